"""What the work needs from the outside, in our own words."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import ibis.expr.types as ir


class LineTables(Protocol):
    """The line-level tables and the engine that runs expressions over them; amounts come back as exact Decimals."""

    def table(self, name: str) -> ir.Table:
        """One of domain.tables, as an expression; empty where nothing was read."""
        ...

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression once and keep its rows under a name for the expressions that follow."""
        ...

    def store(self, name: str, expression: ir.Table) -> ir.Table:
        """Like keep, but beside the lines it was made of: the same expression over the same lines runs only once."""
        ...

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> ir.Table:
        """Bring rows made in Python into the engine; `columns` gives names and types in order."""
        ...

    def rows(self, expression: ir.Table) -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""
        ...


class Clock(Protocol):
    """The only source of time for everything that waits, dates or expires."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises Unavailable when the program is asked to stop meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that opens an account: what it is, when it ends, and whether a person has to sign in again.

    `owner` names the account and what the token is for, and has one token; `kind` is the sort of secret, such as
    refresh or cache. `hard_expires_at` is the moment no rotation reaches beyond, `previous` the value before the
    last rotation. Secrets stay out of the repr.
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
        ...

    def save(self, owner: str, token: Token) -> None:
        """Keep the owner's token in place of the one before; it is durable when this returns."""
        ...

    def holding(self, owner: str) -> AbstractContextManager[None]:
        """While it lasts nobody else holds this owner; waits for whoever does, raises Locked after too long.

        Not to be entered twice by one thread. Loading and saving work inside and outside of it.
        """
        ...
