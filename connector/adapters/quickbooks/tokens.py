"""Keeps the connector signed in at QuickBooks: fetches access tokens, and keeps each new refresh token before using it.

A refresh token may be replaced by any answer, and the old one may die at once. So one process at a time asks for a
company (Tokens.holding), what comes back is on the disk before the access token is used, and the value before stays
until the new one was accepted once. A refusal (`invalid_grant`) is final: it is written down, told, and never tried
again until a person signs in or puts another first token into the settings.
"""

import base64
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connector.adapters.http import HttpFailure, Session
from connector.adapters.http.bodies import parse, quoted, text_of
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.ports import Clock, Token, Tokens

KIND = "refresh"
_SEED = "seed"
# An access token that ends sooner than this is not begun with: a request may last two minutes.
_RESERVE = timedelta(minutes=3)
_LIFETIME = 3600
# After a failure the token service is left alone for this long.
_PAUSE = timedelta(seconds=60)
WARN_BEFORE = timedelta(days=30)
KEEP_ALIVE = timedelta(days=7)
"""A company nobody asks is signed in anew this often; its refresh token would die after 100 idle days."""


@dataclass(frozen=True, slots=True)
class App:
    """The app at Intuit that a company lets in, and where tokens are issued."""

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token service gave: `refresh` is kept, `access` is used until `access_until`."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime | None
    hard_until: datetime | None


class GrantRefused(ConnectorError):
    """The token service does not take a refresh token or code any more (`invalid_grant`)."""


def owner_of(realm_id: str) -> str:
    """Under which name the sign-in of a company is kept."""
    return f"quickbooks/{realm_id}"


def ask(app: App, session: Session, clock: Clock, form: Mapping[str, str]) -> Grant:
    """Ask the token service once.

    Raises GrantRefused (invalid_grant), SignInNeeded where it does not know the app, Unavailable for the rest.
    """
    login = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    headers = {
        "Accept": "application/json",
        "Authorization": f"Basic {login}",
        # Only so does the answer say when even a used token ends (Intuit, November 2025).
        "x-include-refresh-token-hard-expires-in": "true",
    }
    try:
        response = session.request("POST", app.token_url, data=dict(form), headers=headers)
    except HttpFailure as failure:
        raise Unavailable(f"Signing in at QuickBooks did not work: {failure}") from failure
    try:
        answer = parse(text_of(response.content))
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if response.status_code == 200 and answer.get("access_token") and answer.get("refresh_token"):
        return _grant(answer, clock.now())
    error = str(answer.get("error") or "")
    said = quoted(": ".join(filter(None, (error, str(answer.get("error_description") or "")))))
    if error == "invalid_grant":
        raise GrantRefused(said)
    if error in {"invalid_client", "unauthorized_client"} or response.status_code == 401:
        raise SignInNeeded(
            f"QuickBooks does not know the app ({said or response.status_code}); correct client_id and client_secret "
            "in the settings (development keys open sandboxes only)."
        )
    raise Unavailable(
        f"Signing in at QuickBooks did not work: it answered {response.status_code} {said}".rstrip() + "; try again."
    )


def _grant(answer: Mapping[str, Any], now: datetime) -> Grant:
    def after(key: str, default: int | None = None) -> datetime | None:
        written = str(answer.get(key, "" if default is None else default)).partition(".")[0]
        return now + timedelta(seconds=int(written)) if written.isdigit() else None

    return Grant(
        access=str(answer["access_token"]),
        refresh=str(answer["refresh_token"]),
        access_until=after("expires_in", _LIFETIME) or now + timedelta(seconds=_LIFETIME),
        refresh_until=after("x_refresh_token_expires_in"),
        hard_until=after("x_refresh_token_hard_expires_in"),
    )


class SignIn:
    """The sign-in of one company, shared by all threads of this process; `seed` is the first token of the settings."""

    def __init__(
        self,
        ledger: str,
        realm_id: str,
        app: App,
        *,
        tokens: Tokens,
        session: Session,
        clock: Clock,
        seed: str | None = None,
    ) -> None:
        self.ledger, self.realm_id, self.app = ledger, realm_id, app
        self._tokens, self._session, self._clock, self._seed = tokens, session, clock, seed
        self._owner = owner_of(realm_id)
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._failed: tuple[datetime, Unavailable] | None = None

    def current(self) -> str:
        """An access token that is valid now. Raises SignInNeeded, Unavailable, Locked."""
        return self.renewed(None)

    def renewed(self, refused: str | None) -> str:
        """An access token other than the one that was refused; however many ask at once, one call is made."""
        with self._lock:
            if self._usable(refused) is None:
                self._grant = self._refreshed()
            assert self._grant is not None  # noqa: S101 - just made
            return self._grant.access

    def keep_alive(self, after: timedelta = KEEP_ALIVE) -> bool:
        """Sign in anew where nobody did for so long; whether that was done."""
        token = self._tokens.load(self._owner)
        if token is None or token.state != "ok":
            return False
        if token.updated_at is not None and self._clock.now() - token.updated_at < after:
            return False
        with self._lock:
            self._grant = self._refreshed()
        return True

    def warning(self) -> str | None:
        """A sentence for people where the sign-in needs one of them, or will within a month; None otherwise."""
        token = self._tokens.load(self._owner)
        if token is None:
            return None if self._seed else str(self._needed("nobody has signed in yet"))
        if token.state == "sign_in_needed" and not self._is_new_seed():
            return str(self._needed("QuickBooks ended it"))
        end = token.hard_expires_at
        if end is not None and end - self._clock.now() <= WARN_BEFORE:
            return (
                f"The sign-in of ledger {self.ledger} at QuickBooks ends for good on {end:%Y-%m-%d}; before that day, "
                f"sign in again with `connector auth quickbooks {self.ledger}`."
            )
        return None

    def take(self, grant: Grant) -> None:
        """Keep what a person's sign-in gave, in place of whatever there was."""
        with self._tokens.holding(self._owner):
            # The settings' first token belongs to the past now, whatever becomes of this one.
            self._remember_seed(self._seed)
            self._save(grant, previous=None)
        with self._lock:
            self._grant, self._failed = grant, None

    def _usable(self, refused: str | None) -> str | None:
        grant = self._grant
        if grant is None or grant.access == refused or grant.access_until - self._clock.now() <= _RESERVE:
            return None
        return grant.access

    def _refreshed(self) -> Grant:
        """Fetch a new access token, alone among all processes; what to keep is kept before it is given."""
        if self._failed is not None and self._clock.now() - self._failed[0] < _PAUSE:
            raise self._failed[1]
        with self._tokens.holding(self._owner):
            token = self._known()
            try:
                grant, used = self._asked(token)
            except GrantRefused as refusal:
                self._remember_seed(token.value, token.previous)
                self._tokens.save(self._owner, replace(token, state="sign_in_needed"))
                raise self._needed(f"QuickBooks no longer takes it ({refusal})") from refusal
            except Unavailable as failure:
                self._failed = (self._clock.now(), failure)
                raise
            self._save(grant, previous=used if used != grant.refresh else None)
            self._remember_seed(used)
        self._failed = None
        return grant

    def _asked(self, token: Token) -> tuple[Grant, str]:
        """Ask with the token, and where it is refused with the one before it; what was given, and for which."""
        form = {"grant_type": "refresh_token", "refresh_token": token.value}
        try:
            return ask(self.app, self._session, self._clock, form), token.value
        except GrantRefused:
            if not token.previous or token.previous == token.value:
                raise
            form["refresh_token"] = token.previous
            return ask(self.app, self._session, self._clock, form), token.previous

    def _known(self) -> Token:
        """The token to ask with: the one kept, or the settings' first one where there is none or it is another."""
        token = self._tokens.load(self._owner)
        if token is not None and token.state == "ok":
            return token
        if self._seed and (token is None or self._is_new_seed()):
            first = Token(self._owner, KIND, self._seed)
            self._tokens.save(self._owner, first)
            return first
        raise self._needed("nobody has signed in yet" if token is None else "QuickBooks ended it")

    def _save(self, grant: Grant, previous: str | None) -> None:
        self._tokens.save(
            self._owner,
            Token(
                self._owner,
                KIND,
                grant.refresh,
                expires_at=grant.refresh_until,
                hard_expires_at=grant.hard_until,
                previous=previous,
                updated_at=self._clock.now(),
            ),
        )

    def _is_new_seed(self) -> bool:
        if not self._seed:
            return False
        known = self._tokens.load(f"{self._owner}/{_SEED}")
        return known is None or known.value != _print_of(self._seed)

    def _remember_seed(self, *used: str | None) -> None:
        """Write down that the settings' first token was used, so that it is not tried again and again."""
        if self._seed in used and self._seed and self._is_new_seed():
            owner = f"{self._owner}/{_SEED}"
            self._tokens.save(owner, Token(owner, _SEED, _print_of(self._seed)))

    def _needed(self, why: str) -> SignInNeeded:
        return SignInNeeded(
            f"Ledger {self.ledger}: the sign-in at QuickBooks does not hold, {why}; sign in again with "
            f"`connector auth quickbooks {self.ledger}`, or put a new refresh_token into the settings."
        )


def _print_of(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()
