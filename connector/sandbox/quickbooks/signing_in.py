"""Intuit's sign-in pages: the discovery document, the page of consent, the token and revocation addresses."""

import base64
import binascii
import json
from urllib.parse import parse_qs, urlencode, urlsplit

from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks.tokens import Dead, Pair, TokenDesk
from connector.sandbox.quickbooks.wire import encoded

SCOPE = "com.intuit.quickbooks.accounting"
_PATHS = {
    "authorization_endpoint": "/connect/oauth2",
    "token_endpoint": "/oauth2/v1/tokens/bearer",
    "userinfo_endpoint": "/v1/openid_connect/userinfo",
    "revocation_endpoint": "/v2/oauth2/tokens/revoke",
    "jwks_uri": "/op/v1/jwks",
}
_DISCOVERY = ("/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration")


class SignIn:
    """The addresses of Intuit's sign-in, for one app with its client id and secret.

    `realm` is the company the next person to consent chooses, and `consents` False is somebody who presses Cancel.
    """

    def __init__(self, desk: TokenDesk, client_id: str, client_secret: str) -> None:
        self.desk = desk
        self.client_id, self.client_secret = client_id, client_secret
        self.realm = ""
        self.consents = True

    def handle(self, request: Request) -> Response | None:
        """Answer what belongs here; None for everything else."""
        path = request.path.rstrip("/")
        if path in _DISCOVERY:
            return self._discovery(request.origin)
        if path == _PATHS["authorization_endpoint"]:
            return self._authorize(request)
        if path == _PATHS["token_endpoint"]:
            return self._token(request)
        if path == _PATHS["revocation_endpoint"]:
            return self._revoke(request)
        if path == _PATHS["jwks_uri"]:
            return _json(200, {"keys": []})
        if path == _PATHS["userinfo_endpoint"]:
            known = self.desk.realm_of(request.headers.get("authorization", "").removeprefix("Bearer "))
            return _json(200, {"sub": "1", "email": "books@northwind.example"}) if known else _json(401, {})
        return None

    def _discovery(self, origin: str) -> Response:
        return _json(
            200,
            {
                "issuer": "https://oauth.platform.intuit.com/op/v1",
                **{name: origin + path for name, path in _PATHS.items()},
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
            },
        )

    def _authorize(self, request: Request) -> Response:
        redirect, state = request.first("redirect_uri"), request.first("state")
        target = urlsplit(redirect)
        wrong = (
            request.first("client_id") != self.client_id
            or request.first("response_type") != "code"
            or SCOPE not in request.first("scope").split()
            or target.scheme not in ("http", "https")
        )
        if wrong:
            return Response(400, {"Content-Type": "text/html"}, b"<h1>Sorry, but this app is not set up correctly</h1>")
        if self.consents:
            realm = request.first("realm") or self.realm
            words = {"code": self.desk.code(realm, redirect), "state": state, "realmId": realm}
        else:
            words = {"error": "access_denied", "state": state}
        joined = "&" if target.query else "?"
        return Response(302, {"Location": redirect + joined + urlencode(words)}, b"")

    def _token(self, request: Request) -> Response:
        if request.method != "POST":
            return _json(405, {"error": "invalid_request"})
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        in_form = (form.get("client_id"), form.get("client_secret")) == (self.client_id, self.client_secret)
        if not self._is_client(request) and not in_form:
            return _json(401, {"error": "invalid_client"})
        try:
            match form.get("grant_type"):
                case "authorization_code":
                    pair = self.desk.exchange(form.get("code", ""), form.get("redirect_uri", ""))
                case "refresh_token":
                    pair = self.desk.refresh(form.get("refresh_token", ""))
                case _:
                    return _json(400, {"error": "unsupported_grant_type"})
        except Dead:
            what = "refresh token" if form["grant_type"] == "refresh_token" else "authorization code"
            detail = f"Incorrect or invalid {what}"
            return _json(400, {"error": "invalid_grant", "error_description": detail})
        wants_end = request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true"
        return _json(200, _answer(pair, wants_end))

    def _revoke(self, request: Request) -> Response:
        if not self._is_client(request):
            return _json(401, {"error": "invalid_client"})
        text = request.body.decode("utf-8", "replace")
        try:
            token = str(json.loads(text).get("token", ""))
        except (ValueError, AttributeError):
            token = parse_qs(text).get("token", [""])[0]
        if not self.desk.revoke(token):
            return _json(400, {"error": "invalid_request"})
        return Response(200, {}, b"")

    def _is_client(self, request: Request) -> bool:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return kind.lower() == "basic" and given == f"{self.client_id}:{self.client_secret}"


def _answer(pair: Pair, wants_end: bool) -> dict[str, object]:
    answer: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": pair.refresh_token,
        "x_refresh_token_expires_in": pair.refresh_expires_in,
        "access_token": pair.access_token,
    }
    if wants_end:
        answer["x_refresh_token_hard_expires_in"] = pair.hard_expires_in
    return answer


def _json(status: int, value: object) -> Response:
    headers = {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-cache, no-store"}
    return Response(status, headers, encoded(value))
