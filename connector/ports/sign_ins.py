"""Tokens, kept encrypted, with one writer at a time."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that opens an account: what it is, when it ends, and whether a person has to sign in again.

    `owner` names the account and what the token is for; `kind` is the sort of secret, such as refresh or cache. No
    rotation reaches beyond `hard_expires_at`; `previous` is the value before the last one. The repr holds no secret.
    """

    owner: str
    kind: str
    value: str = field(repr=False)
    expires_at: datetime | None = None
    hard_expires_at: datetime | None = None
    previous: str | None = field(default=None, repr=False)
    state: Literal["ok", "sign_in_needed"] = "ok"
    updated_at: datetime | None = None


class Tokens(Protocol):
    """Keeps tokens encrypted, and lets one writer at a time at each of them, across all processes."""

    def load(self, owner: str) -> Token | None:
        """The owner's token as last saved; None where there is none."""

    def save(self, owner: str, token: Token) -> None:
        """Keep the owner's token in place of the one before; it is durable when this returns."""

    def holding(self, owner: str) -> AbstractContextManager[None]:
        """While it lasts nobody else holds this owner; waits for whoever does, raises Locked after too long.

        Not to be entered twice by one thread. Loading and saving work inside and outside of it.
        """
