"""The door to msal, Microsoft's own sign-in library: it speaks with Entra, by our session and our rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msal

from connector.adapters.entra.refusals import Asked, CredentialRefused, codes_in, explained
from connector.adapters.http import Answer, Patience, Session, retrying, written
from connector.domain.errors import ConnectorError

_PATIENCE = Patience(attempts=4, total=60, longest=30)
_PUBLIC_MUST_NOT_SHOW_A_SECRET = 700025
_MUST_SHOW_A_SECRET = 7000218


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer as msal wants it."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str]


class _Wire:
    """What msal calls its HTTP client: our session, patient, and sure that an answer is Entra's.

    msal logs an answer it cannot read as a whole, and stumbles over odd id tokens, of which we make no use: it is
    given readable answers only, and no id tokens.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(self, url: str, **kwargs: Any) -> Any:
        """Ask for a token; asking twice gives two tokens, which harms nobody."""
        return self._ask("POST", url, kwargs)

    def get(self, url: str, **kwargs: Any) -> Any:
        """Ask where Entra's doors are."""
        return self._ask("GET", url, kwargs)

    def close(self) -> None:
        """Leave the session to whoever made it."""

    def _ask(self, method: str, url: str, kwargs: dict[str, Any]) -> Any:
        def attempt() -> Any:
            response = self._session.request(method, url, **kwargs)
            answer = Answer.of(response, self._session.clock.now())
            if answer.status == 429 or answer.status >= 500 or (answer.status >= 400 and not answer.complaint[0]):
                raise answer.failure(reads=True)
            value = answer.json()
            if isinstance(value, dict):
                value = {name: inner for name, inner in value.items() if name not in {"id_token", "client_info"}}
            return _Reply(answer.status, written(value), answer.headers)

        return retrying(attempt, self._session.clock, _PATIENCE)


class _KeepsNothing(msal.TokenCache):  # type: ignore[misc] # msal comes without types
    """No memory: tokens are kept by `kept`, by our clock, encrypted; msal would mix app's and person's by scope."""

    def add(self, event: Any, now: Any = None) -> None:
        """Let the tokens pass."""


class Door:
    """One app at one tenant of Entra. Answers are Entra's own: `access_token` and more, or `error` and more."""

    def __init__(self, authority: str, client_id: str, credential: str | dict[str, Any], session: Session) -> None:
        self._authority = authority
        self._client_id = client_id
        self._credential = credential
        self._wire = _Wire(session)
        self._apps: dict[bool, Any] = {}
        self._shows_secret = True

    def for_app(self, scope: str, asked: Asked) -> Mapping[str, Any]:
        """Sign in as the app itself."""
        result: Mapping[str, Any] = self._app(asked, secret=True).acquire_token_for_client([scope])
        return result

    def refresh(self, refresh_token: str, scope: str, asked: Asked) -> Mapping[str, Any]:
        """Redeem a person's refresh token."""

        def redeem(*, secret: bool) -> Mapping[str, Any]:
            result: Mapping[str, Any] = self._app(asked, secret=secret).acquire_token_by_refresh_token(
                refresh_token, [scope]
            )
            return result

        return self._either_way(redeem)

    def begin_device_code(self, scope: str, asked: Asked) -> dict[str, Any]:
        """Ask for a code a person can type in: `user_code`, `verification_uri`, `expires_in`, `interval`."""
        flow: dict[str, Any] = self._app(asked, secret=False).initiate_device_flow([scope])
        return flow

    def ask_device_code(self, flow: dict[str, Any], asked: Asked) -> Mapping[str, Any]:
        """Ask once whether the person has signed in by now: `error` is authorization_pending until then.

        msal offers this way to public clients only, its underlying client to all; which of the two Entra accepts
        depends on the app's registration.
        """

        def ask(*, secret: bool) -> Mapping[str, Any]:
            flow["latest_attempt_at"] = 0  # we wait by our own clock, and msal would warn by its own
            result: Mapping[str, Any] = self._app(asked, secret=secret).client.obtain_token_by_device_flow(
                flow, exit_condition=lambda _: True, data={"code": flow["device_code"]}
            )
            return result

        return self._either_way(ask)

    def _either_way(self, ask: Any) -> Mapping[str, Any]:
        """Ask with the app's credential, or without where the registration says public client.

        Entra checks this before anything else, so a refusal for this reason has used nothing up.
        """
        result: Mapping[str, Any] = ask(secret=self._shows_secret)
        codes = [*(result.get("error_codes") or []), *codes_in(str(result.get("error_description") or ""))]
        wrong = _PUBLIC_MUST_NOT_SHOW_A_SECRET if self._shows_secret else _MUST_SHOW_A_SECRET
        if wrong in codes:
            self._shows_secret = not self._shows_secret
            result = ask(secret=self._shows_secret)
        return result

    def _app(self, asked: Asked, *, secret: bool) -> Any:
        """Return msal's object; making it asks Entra where its doors are, so it is made once and when needed."""
        if secret not in self._apps:
            if not self._authority.startswith("https://"):
                raise CredentialRefused(f"The authority {self._authority} is no https address; correct the endpoint.")
            common = {
                "authority": f"{self._authority.rstrip('/')}/{asked.tenant}",
                "instance_discovery": False,
                "http_client": self._wire,
                "token_cache": _KeepsNothing(),
            }
            try:
                self._apps[secret] = (
                    msal.ConfidentialClientApplication(self._client_id, client_credential=self._credential, **common)
                    if secret
                    else msal.PublicClientApplication(self._client_id, **common)
                )
            except ValueError as error:
                # msal hides what Entra said of an unknown tenant in the error before its own.
                raise _no_authority(error, asked) from None
        return self._apps[secret]


def _no_authority(error: ValueError, asked: Asked) -> ConnectorError:
    said = f"{error.__context__ or ''} {error}"
    code = next(iter(codes_in(said)), 90002 if "Discovery failed" in said else None)
    description = f"AADSTS{code}" if code else "its addresses could not be read"
    return explained({"error": "invalid_tenant", "error_description": description}, asked)[0]
