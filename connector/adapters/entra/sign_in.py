"""Signs in at Microsoft: as the app itself, or for a person who signed in once with a code and multi-factor proof.

For a person this is Microsoft's Secure Application Model: the refresh token is the standing permission. Entra may
give a new one with every use; it is stored before the access token that came with it is used, and only one
process at a time uses it.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connector.adapters.entra.claims import Granted, granted
from connector.adapters.entra.credentials import Credential, for_msal
from connector.adapters.entra.door import Door
from connector.adapters.entra.kept import Access, Kept
from connector.adapters.entra.refusals import AGAIN, Asked, explained
from connector.adapters.http import Hosts, Network, Session
from connector.adapters.http.bodies import quoted
from connector.domain.errors import SignInNeeded
from connector.ports import Clock, Token, Tokens

WORLDWIDE = "https://login.microsoftonline.com"
_REFRESH_TOKEN_LASTS = timedelta(days=90)
"""Since its last use (facts: Partner Center §1.3); each use gives a new one."""
_SHORT = 600
"""Seconds an access token is trusted to hold where Entra does not say."""


class Bearer:
    """Gives the access token for one scope, as the app or for a person, whenever a call needs one."""

    def __init__(self, take: Callable[[], str], forget: Callable[[str], None]) -> None:
        self._take = take
        self._forget = forget
        self._last = threading.local()

    def __call__(self) -> str:
        """Return a token that holds for some minutes; raises SignInNeeded, CredentialRefused, Unavailable."""
        self._last.value = self._take()
        return str(self._last.value)

    def forget(self) -> None:
        """Drop the token this thread was given last: the service did not take it, the next one is asked for anew."""
        self._forget(getattr(self._last, "value", ""))

    def granted(self) -> Granted:
        """Return what the token says it allows."""
        return granted(self())


class EntraSignIn:
    """One app at one tenant. Fit for many threads; several processes share what `tokens` keeps."""

    def __init__(
        self,
        *,
        tenant_id: str,
        client_id: str,
        credential: Credential,
        tokens: Tokens,
        clock: Clock,
        authority: str = WORLDWIDE,
        network: Network | None = None,
    ) -> None:
        self._tenant, self._client, self._authority = tenant_id, client_id, authority
        self._credential = credential
        self._tokens = tokens
        self._clock = clock
        self._session = Session(Hosts.of(authority), network, clock=clock, limit=4 * 1024 * 1024, posts_read=True)
        self.owner = f"entra/{tenant_id}/{client_id}/refresh"
        """Under this name the person's refresh token is kept; only who holds it uses it."""
        self._kept = Kept(tokens, f"entra/{tenant_id}/{client_id}/access", clock)
        self._lock = threading.Lock()
        self._opened: Door | None = None

    def app(self, scope: str) -> Bearer:
        """Return what gives tokens of the app itself for a scope such as `https://graph.microsoft.com/.default`."""
        name = f"app {scope}"
        return Bearer(lambda: self._app_token(name, scope), lambda value: self._forget(name, value))

    def user(self, scope: str) -> Bearer:
        """Return what gives tokens for the person who signed in, made from the stored refresh token."""
        name = f"user {scope}"
        return Bearer(lambda: self._user_token(name, scope), lambda value: self._forget(name, value))

    def signed_in(self) -> Token | None:
        """Return the person's refresh token as it is kept, with its end and state; None before the first sign-in."""
        return self._tokens.load(self.owner)

    @property
    def skew(self) -> timedelta | None:
        """By how much Entra's clock was ahead of ours at its last answer; None before it."""
        return self._session.skew

    def device_code(self, show: Callable[[str], None], scope: str) -> Granted:
        """Let a person sign in with a code in any browser, and keep the refresh token that comes of it.

        `show` is given the sentence that tells the person what to do. Raises SignInNeeded when nobody signs in in
        time or the person declines. Returns what the first token says: see `lacks_mfa`.
        """
        asked = self._asked(scope)
        flow = self._door().begin_device_code(scope, asked)
        if "user_code" not in flow or "device_code" not in flow:
            raise explained(flow, self._asked(scope))[0]
        seconds = int(flow["expires_in"])
        show(
            f"To sign in, open {quoted(str(flow.get('verification_uri') or flow.get('verification_url')))} in a "
            f"browser and enter the code {quoted(str(flow['user_code']))}; it is valid for {seconds // 60} minutes. "
            "Use the account that may read Partner Center, and prove it with multi-factor authentication."
        )
        until = self._clock.monotonic() + seconds
        while True:
            self._clock.sleep(flow["interval"])
            result = self._door().ask_device_code(flow, asked)
            if result.get("error") not in {"authorization_pending", "slow_down"}:
                break
            if self._clock.monotonic() > until:
                result = {"error": "expired_token"}
                break
        if result.get("error") in {"expired_token", "code_expired"}:
            raise SignInNeeded(f"Nobody signed in before the code expired; {AGAIN} again.")
        if result.get("error") == "authorization_declined":
            raise SignInNeeded(f"The sign-in was declined in the browser; {AGAIN} again.")
        if "access_token" not in result:
            raise explained(result, self._asked(scope))[0]
        if not result.get("refresh_token"):
            raise SignInNeeded(
                "Entra gave no refresh token, so the sign-in would not last; allow offline_access to app "
                f"{self._client}, then {AGAIN} again."
            )
        with self._lock, self._tokens.holding(self.owner):
            self._keep_refresh(str(result["refresh_token"]), None)
            self._kept.drop("user ")
            self._keep_access(f"user {scope}", result)
        return granted(str(result["access_token"]))

    def _app_token(self, name: str, scope: str) -> str:
        if token := self._kept.find(name):
            return token
        with self._lock:
            self._kept.reload()
            if token := self._kept.find(name):
                return token
            result = self._door().for_app(scope, self._asked(scope))
            if "access_token" not in result:
                raise explained(result, self._asked(scope))[0]
            return self._keep_access(name, result)

    def _user_token(self, name: str, scope: str) -> str:
        if token := self._kept.find(name):
            return token
        with self._lock, self._tokens.holding(self.owner):
            self._kept.reload()
            if token := self._kept.find(name):
                return token
            refresh = self.signed_in()
            if refresh is None:
                raise SignInNeeded(
                    f"Nobody has signed in for app {self._client} in tenant {self._tenant} yet; {AGAIN}."
                )
            if refresh.state != "ok":
                raise SignInNeeded(f"The sign-in for app {self._client} in tenant {self._tenant} has ended; {AGAIN}.")
            result = self._door().refresh(refresh.value, scope, self._asked(scope))
            if "access_token" not in result:
                error, dead = explained(result, self._asked(scope))
                if dead:
                    ended = replace(refresh, state="sign_in_needed", updated_at=self._clock.now())
                    self._tokens.save(self.owner, ended)
                raise error
            # First the new refresh token, then everything else: were it lost, a person would have to come.
            self._keep_refresh(str(result.get("refresh_token") or refresh.value), refresh)
            return self._keep_access(name, result)

    def _keep_refresh(self, value: str, before: Token | None) -> None:
        now = self._clock.now()
        previous = before.value if before and before.value != value else before.previous if before else None
        self._tokens.save(
            self.owner,
            Token(
                owner=self.owner,
                kind="refresh",
                value=value,
                expires_at=now + _REFRESH_TOKEN_LASTS,
                previous=previous,
                updated_at=now,
            ),
        )

    def _keep_access(self, name: str, result: Any) -> str:
        said = str(result.get("expires_in") or "")
        seconds = int(said) if said.isascii() and said.isdigit() else _SHORT
        value = str(result["access_token"])
        self._kept.keep(name, Access(value, self._clock.now() + timedelta(seconds=seconds)))
        return value

    def _forget(self, name: str, value: str) -> None:
        with self._lock:
            self._kept.forget(name, value)

    def _asked(self, scope: str) -> Asked:
        return Asked(self._client, self._tenant, self._authority, scope, self._session.skew)

    def _door(self) -> Door:
        if self._opened is None:
            credential = for_msal(self._credential, self._clock.now())
            self._opened = Door(self._authority, self._client, credential, self._session)
        return self._opened
