"""A token service as strict as Intuit's may be, a durable place for tokens, and processes that die when told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.adapters.quickbooks.tokens import App, SignIn
from connector.ports import Token

REALM = "9130357849016286"
APP = App("ABc1", "s3cret", "http://127.0.0.1/token")


class Killed(BaseException):
    """The process ends here; nothing after it happens."""


class StillClock:
    """A clock that moves only when told to, or slept on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> Any:
        return (self.time - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()

    def sleep(self, seconds: Any) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Answer:
    status_code: int
    body: Any

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Issuer:
    """Gives tokens. With `grace` an old refresh token lives until the new one is used, else it dies at once."""

    clock: StillClock
    grace: bool
    rotates_every: timedelta = timedelta(hours=24)
    live: set[str] = field(default_factory=lambda: {"r0"})
    newest: str = "r0"
    rotated: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    given: int = 0
    asked: int = 0
    troubles: list[Any] = field(default_factory=list)
    die: str = ""

    def request(self, method: str, url: str, *, data: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        if self.die == "before_request":
            raise Killed
        self.asked += 1
        answer = self.troubles.pop(0) if self.troubles else self._answer(data, headers)
        if self.die == "answer_lost":
            raise Killed
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, data: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        assert headers["x-include-refresh-token-hard-expires-in"] == "true"
        used = data.get("refresh_token", "")
        if data["grant_type"] != "refresh_token" or used not in self.live:
            said = "Incorrect or invalid refresh token"
            return Answer(400, {"error": "invalid_grant", "error_description": said})
        if used == self.newest:
            # The new one was used: whatever came before it is dead now.
            self.live = {used}
        if self.clock.now() - self.rotated >= self.rotates_every:
            self.rotated = self.clock.now()
            self.given += 1
            self.newest = f"r{self.given}"
            self.live = {used, self.newest} if self.grace else {self.newest}
        return Answer(
            200,
            {
                "access_token": f"a-{self.newest}-{self.asked}",
                "refresh_token": self.newest if used != self.newest or used in self.live else used,
                "expires_in": 3600,
                "x_refresh_token_expires_in": 8640000,
                "x_refresh_token_hard_expires_in": 157680000,
                "token_type": "bearer",
            },
        )


class Kept:
    """Tokens on a disk: what was written stays, whoever dies; and one holder at a time."""

    def __init__(self) -> None:
        self.rows: dict[str, Token] = {}
        self.holders = 0
        self.die = ""
        self.saved = 0

    def load(self, owner: str) -> Token | None:
        return self.rows.get(owner)

    def save(self, owner: str, token: Token) -> None:
        if self.die == "before_save":
            raise Killed
        self.rows[owner] = replace(token)
        self.saved += 1
        if self.die == "after_save":
            raise Killed

    @contextmanager
    def holding(self, owner: str) -> Iterator[None]:
        assert self.holders == 0, "two at once"
        self.holders += 1
        try:
            yield
        finally:
            self.holders -= 1


def sign_in(issuer: Issuer, kept: Kept, seed: str | None = "r0") -> SignIn:
    """A process as it starts: it knows the settings and what lies on the disk, nothing else."""
    session: Any = issuer
    return SignIn("books-us", REALM, APP, tokens=kept, session=session, clock=issuer.clock, seed=seed)
