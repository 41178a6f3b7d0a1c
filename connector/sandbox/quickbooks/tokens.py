"""Intuit's tokens: how a connection is granted, renewed, rotated, revoked, and how it ends by itself.

One grant stands for one company's consent. Its access tokens live an hour; its refresh token changes its value a day
after it was issued, lives for 100 days from its last use, and the grant ends for good after five years.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox.clock import SandboxClock

ACCESS = timedelta(hours=1)
REFRESH = timedelta(days=100)
ROTATE = timedelta(hours=24)
HARD = timedelta(days=1825)
CODE = timedelta(minutes=10)


@dataclass(slots=True)
class TokenRules:
    """Where Intuit's texts disagree, and what tests want to see.

    `rotates`: `daily`, `always` or `never`. What an old refresh token does after its successor was issued: it lives
    on for `old_lives` seconds; `until_used`: it lives until the new one was used once. `reuse_revokes`: an old one
    that is dead ends the whole grant.
    """

    rotates: str = "daily"
    old_lives: int = 0
    until_used: bool = False
    reuse_revokes: bool = True


@dataclass(slots=True)
class Grant:
    """One consent: the company, the living refresh token, and the one before it."""

    realm: str
    began: datetime
    refresh_token: str
    issued: datetime
    expires: datetime
    previous: dict[str, datetime] = field(default_factory=dict)
    access: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False

    @property
    def ends(self) -> datetime:
        """When the grant ends for good."""
        return self.began + HARD


@dataclass(frozen=True, slots=True)
class Pair:
    """What a token request gives; seconds until the refresh token dies by disuse and for good."""

    access_token: str
    refresh_token: str
    refresh_expires_in: int
    hard_expires_in: int


class Dead(Exception):
    """The token or code is not (any longer) good for anything."""


@dataclass(frozen=True, slots=True)
class _Code:
    realm: str
    redirect: str
    until: datetime


class TokenDesk:
    """Issues tokens and knows which of them live. Safe to use from several threads."""

    def __init__(self, clock: SandboxClock, rules: TokenRules | None = None, salt: str = "") -> None:
        self.clock = clock
        self.rules = rules or TokenRules()
        self.grants: list[Grant] = []
        self.refreshes = 0
        self.refused = 0
        self._codes: dict[str, _Code] = {}
        self._salt = salt
        self._count = 0
        self._lock = threading.RLock()

    def code(self, realm: str, redirect: str) -> str:
        """An authorization code, good once and for ten minutes."""
        with self._lock:
            code = self._new("XAB11", 32)
            self._codes[code] = _Code(realm, redirect, self.clock.now() + CODE)
            return code

    def exchange(self, code: str, redirect: str) -> Pair:
        """Turn a code into tokens; raises Dead."""
        with self._lock:
            found = self._codes.pop(code, None)
            if found is None or found.until < self.clock.now() or found.redirect != redirect:
                raise Dead
            return self.grant(found.realm)

    def grant(self, realm: str) -> Pair:
        """A new consent for a company, as if somebody had just signed in."""
        with self._lock:
            now = self.clock.now()
            grant = Grant(realm, now, self._new("RT1-", 46), now, now + REFRESH)
            self.grants.append(grant)
            return self._pair(grant)

    def refresh(self, token: str) -> Pair:
        """New tokens for a refresh token; raises Dead where it has expired, was replaced or revoked."""
        with self._lock:
            now = self.clock.now()
            self.refreshes += 1
            grant = self._holder(token)
            if grant is None or grant.revoked or now >= min(grant.expires, grant.ends):
                self.refused += 1
                raise Dead
            if token != grant.refresh_token:
                if not self._still_good(grant, token, now):
                    grant.revoked = self.rules.reuse_revokes
                    self.refused += 1
                    raise Dead
            elif self.rules.until_used:
                grant.previous = dict.fromkeys(grant.previous, now)
            self._rotate(grant, now)
            grant.expires = now + REFRESH
            return self._pair(grant)

    def revoke(self, token: str) -> bool:
        """End the grant behind either of its tokens; False where nobody knows the token."""
        with self._lock:
            grant = self._holder(token) or next((one for one in self.grants if token in one.access), None)
            if grant is None:
                return False
            grant.revoked = True
            return True

    def revoke_all(self, realm: str) -> None:
        """What a user does who disconnects the app in QuickBooks."""
        with self._lock:
            for grant in self.grants:
                grant.revoked = grant.revoked or grant.realm == realm

    def realm_of(self, access_token: str) -> str | None:
        """The company an access token is good for now; None where it is dead or unknown."""
        with self._lock:
            for grant in reversed(self.grants):
                until = grant.access.get(access_token)
                if until is not None:
                    alive = not grant.revoked and self.clock.now() < min(until, grant.ends)
                    return grant.realm if alive else None
            return None

    def expire_access(self, realm: str) -> None:
        """Let all access tokens of a company die now."""
        with self._lock:
            for grant in self.grants:
                if grant.realm == realm:
                    grant.access = dict.fromkeys(grant.access, self.clock.now())

    def _rotate(self, grant: Grant, now: datetime) -> None:
        due = self.rules.rotates == "always" or (self.rules.rotates == "daily" and now - grant.issued >= ROTATE)
        if due:
            far = now + HARD if self.rules.until_used else now + timedelta(seconds=self.rules.old_lives)
            grant.previous[grant.refresh_token] = far
            grant.refresh_token, grant.issued = self._new("RT1-", 46), now

    def _still_good(self, grant: Grant, token: str, now: datetime) -> bool:
        return token in grant.previous and now < grant.previous[token]

    def _holder(self, token: str) -> Grant | None:
        for grant in reversed(self.grants):
            if token == grant.refresh_token or token in grant.previous:
                return grant
        return None

    def _pair(self, grant: Grant) -> Pair:
        now = self.clock.now()
        access = self._new("eyJhbGciOiJkaXIi", 900)
        grant.access = {token: until for token, until in grant.access.items() if until > now}
        grant.access[access] = now + ACCESS
        left = int((min(grant.expires, grant.ends) - now).total_seconds())
        return Pair(access, grant.refresh_token, left, int((grant.ends - now).total_seconds()))

    def _new(self, prefix: str, length: int) -> str:
        self._count += 1
        digest = hashlib.sha512(f"{self._salt}/{self._count}".encode()).hexdigest()
        return (prefix + digest * (length // len(digest) + 1))[:length]
