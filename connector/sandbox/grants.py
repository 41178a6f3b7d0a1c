"""How the simulated Entra turns a secret, a certificate, a code or an earlier sign-in into tokens.

Source: Microsoft, "Microsoft identity platform and OAuth 2.0" (client credentials, refresh tokens, device code,
authorization code, certificate credentials).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connector.sandbox import directory as names
from connector.sandbox.aadsts import Refused
from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import Directory, Person, RefreshToken, Registration, real_now
from connector.sandbox.messages import Request
from connector.sandbox.tokens import Pass, Tokens, seconds, signed

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEVICE = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")
_OPENID = ("openid", "profile", "offline_access", "email")


@dataclass(frozen=True, slots=True)
class Granting:
    """The token endpoint of one tenant."""

    directory: Directory
    tokens: Tokens
    clock: SandboxClock

    def grant(self, request: Request, tenant: str, *, first_version: bool) -> dict[str, Any]:
        """The answer to a token request; raises Refused."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
        kind = _needed(form, "grant_type")
        registration = self._registration(form)
        if kind == "client_credentials":
            return self._for_the_app(request, form, registration, tenant, first_version)
        if kind == "refresh_token":
            self._prove(request, form, registration, needed=not registration.public)
            return self._again(form, registration, first_version)
        if kind in _DEVICE:
            self._prove(request, form, registration, needed=not registration.public)
            return self._from_elsewhere(form, registration, first_version)
        if kind == "authorization_code":
            self._prove(request, form, registration, needed="code_verifier" not in form)
            return self._from_sign_in(form, registration, first_version)
        raise Refused(70003, kind)

    def _registration(self, form: Mapping[str, str]) -> Registration:
        client_id = form.get("client_id", "")
        if not client_id and "client_assertion" in form:
            client_id = str(_unpacked(form["client_assertion"])[1].get("sub", ""))
        if not client_id:
            raise Refused(900144, "client_id")
        if client_id not in self.directory.registrations:
            raise Refused(700016, client_id)
        return self.directory.registrations[client_id]

    def _prove(self, request: Request, form: Mapping[str, str], registration: Registration, *, needed: bool) -> None:
        given = form.get("client_secret")
        if given is None and request.headers.get("authorization", "").startswith("Basic "):
            pair = base64.b64decode(request.headers["authorization"][6:]).decode()
            given = pair.partition(":")[2]
        if "client_assertion" in form:
            self._check_assertion(request, form, registration)
        elif given is not None:
            match = next((secret for secret in registration.secrets if secret.text == given), None)
            if match is None:
                raise Refused(7000215, registration.client_id)
            if match.expires <= self.clock.now():
                raise Refused(7000222, registration.client_id)
        elif needed:
            raise Refused(7000218)

    def _check_assertion(self, request: Request, form: Mapping[str, str], registration: Registration) -> None:
        if form.get("client_assertion_type") != _ASSERTION:
            raise Refused(900144, "client_assertion_type")
        head, claims, content, signature = _unpacked(form["client_assertion"])
        thumbprint = _from_base64(str(head.get("x5t#S256") or head.get("x5t") or "")).hex().upper()
        certificate = registration.certificate(thumbprint)
        if certificate is None:
            raise Refused(700027, thumbprint)
        key = certificate.public_key()
        ways: dict[str, padding.AsymmetricPadding] = {
            "RS256": padding.PKCS1v15(),
            "PS256": padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size),
        }
        if not isinstance(key, rsa.RSAPublicKey) or head.get("alg") not in ways:
            raise Refused(50027, "The signature algorithm is not supported.")
        try:
            key.verify(signature, content, ways[head["alg"]], hashes.SHA256())
        except InvalidSignature:
            raise Refused(700027, thumbprint) from None
        if not claims.get("sub") == claims.get("iss") == registration.client_id:
            raise Refused(700021)
        if urlsplit(str(claims.get("aud", ""))).path.rstrip("/") not in _audiences(request.path):
            raise Refused(700023)
        now, leeway = seconds(real_now(self.directory)), 300
        first, last = int(claims.get("nbf", now)), int(claims.get("exp", 0))
        if not first - leeway <= now <= last + leeway:
            raise Refused(700024, f"Current time: {now}, expiry time of assertion: {last}.")

    def _for_the_app(
        self, request: Request, form: Mapping[str, str], app: Registration, tenant: str, first_version: bool
    ) -> dict[str, Any]:
        if tenant in ("common", "organizations"):
            raise Refused(50059)
        self._prove(request, form, app, needed=True)
        audience, names_scope = _audience(form, first_version)
        if names_scope not in ("", ".default"):
            raise Refused(1002012, form.get("scope", ""))
        return self._answer(app, audience, first_version, roles=frozenset(app.roles.get(audience, ())))

    def _again(self, form: Mapping[str, str], app: Registration, first_version: bool) -> dict[str, Any]:
        text = _needed(form, "refresh_token")
        known = self.directory.refresh_tokens.get(text)
        if known is None or known.client_id != app.client_id:
            raise Refused(9002313, "The refresh token is not one of this application's.")
        now = self.clock.now()
        if known.used and self.directory.single_use:
            raise Refused(70000, "The refresh token was used before.")
        self._still_welcome(known)
        if now - known.issued >= self.directory.refresh_life:
            raise Refused(700082, f"{known.issued:%Y-%m-%dT%H:%M:%S.%f}0Z")
        answer = self._for_a_person(form, app, known.person, known.mfa, first_version)
        known.used = True
        return answer

    def _still_welcome(self, known: RefreshToken) -> None:
        if known.person.disabled:
            raise Refused(50057)
        if known.person.revoked is not None and known.issued <= known.person.revoked:
            raise Refused(50173, f"{known.issued:%Y-%m-%dT%H:%M:%S.%f}0Z")

    def _from_elsewhere(self, form: Mapping[str, str], app: Registration, first_version: bool) -> dict[str, Any]:
        code = self.directory.device_codes.get(form.get("device_code") or form.get("code", ""))
        if code is None or code.client_id != app.client_id:
            raise Refused(70018)
        if code.expires <= self.clock.now():
            raise Refused(70020)
        if code.verdict is None:
            raise Refused(70016)
        del self.directory.device_codes[code.device_code]
        if code.verdict != "approved" or code.person is None:
            raise Refused(65004)
        return self._for_a_person({"scope": code.scope, **form}, app, code.person, code.person.mfa, first_version)

    def _from_sign_in(self, form: Mapping[str, str], app: Registration, first_version: bool) -> dict[str, Any]:
        code = self.directory.sign_in_codes.get(_needed(form, "code"))
        if code is None or code.client_id != app.client_id:
            raise Refused(9002313, "The authorization code is unknown.")
        if code.used:
            raise Refused(54005)
        if code.expires <= self.clock.now():
            raise Refused(70008)
        if code.redirect != form.get("redirect_uri", code.redirect):
            raise Refused(50011, form["redirect_uri"])
        if code.challenge:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
                raise Refused(501481)
        code.used = True
        return self._for_a_person(form, app, code.person, code.person.mfa, first_version)

    def _for_a_person(
        self, form: Mapping[str, str], app: Registration, person: Person, mfa: bool, first_version: bool
    ) -> dict[str, Any]:
        audience, wanted = _audience(form, first_version)
        consented = app.scopes.get(audience, set())
        if not consented or (wanted not in ("", ".default") and wanted not in consented):
            raise Refused(65001, f"{app.client_id}' named '{app.name}")
        if self.directory.requires_mfa and not mfa:
            raise Refused(50076, names.RESOURCES[audience])
        renewed = self.directory.keep_signed_in(person, app.client_id, self.clock.now(), mfa)
        answer = self._answer(app, audience, first_version, person, frozenset(consented), mfa=mfa)
        scopes = sorted(consented)
        answer["scope"] = " ".join(scopes if first_version else [f"{audience}/{scope}" for scope in scopes])
        return answer | {"refresh_token": renewed.text, "id_token": self._identity(app, person)}

    def _answer(
        self,
        app: Registration,
        audience: str,
        first_version: bool,
        person: Person | None = None,
        scopes: frozenset[str] = frozenset(),
        roles: frozenset[str] = frozenset(),
        mfa: bool = False,
    ) -> dict[str, Any]:
        now, life = self.clock.now(), self.directory.access_life
        claims: dict[str, object] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.directory.tenant_id}/",
            "iat": seconds(now),
            "nbf": seconds(now),
            "exp": seconds(now + life),
            "appid": app.client_id,
            "tid": self.directory.tenant_id,
            "ver": "1.0",
        }
        if person is None:
            claims |= {"idtyp": "app", "appidacr": "1", "oid": app.client_id} | (
                {"roles": sorted(roles)} if roles else {}
            )
        else:
            ways = ["pwd", "mfa"] if mfa else ["pwd"]
            claims |= {
                "idtyp": "user",
                "amr": ways,
                "oid": person.object_id,
                "upn": person.name,
                "scp": " ".join(scopes),
            }
        allows = Pass(
            "", audience, self.directory.tenant_id, app.client_id, now + life,
            person=person.name if person is not None else "", scopes=scopes, roles=roles, mfa=mfa,
        )  # fmt: skip
        token = self.tokens.issue(claims, allows).token
        left = int(life.total_seconds()) - 1
        if first_version:
            texts = {"expires_in": str(left), "ext_expires_in": str(left), "expires_on": str(seconds(now + life))}
            return {"token_type": "Bearer", **texts, "not_before": str(seconds(now)), "resource": audience,
                    "access_token": token}  # fmt: skip
        return {"token_type": "Bearer", "expires_in": left, "ext_expires_in": left, "access_token": token}

    def _identity(self, app: Registration, person: Person) -> str:
        now = real_now(self.directory)
        return signed(
            {
                "aud": app.client_id,
                "iss": f"https://login.microsoftonline.com/{self.directory.tenant_id}/v2.0",
                "iat": seconds(now),
                "nbf": seconds(now),
                "exp": seconds(now + timedelta(hours=1)),
                "name": person.name.partition("@")[0],
                "preferred_username": person.name,
                "oid": person.object_id,
                "sub": person.object_id,
                "tid": self.directory.tenant_id,
                "ver": "2.0",
            }
        )


def _needed(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise Refused(900144, name)
    return form[name]


def _audience(form: Mapping[str, str], first_version: bool) -> tuple[str, str]:
    """The service a token is asked for, and the permission named; the older endpoint takes `resource` instead."""
    resource = form.get("resource", "") if first_version else ""
    wanted = ""
    if not resource:
        asked = [scope for scope in form.get("scope", "").split() if scope not in _OPENID]
        if not asked:
            raise Refused(900144, "resource" if first_version else "scope")
        resource, _, wanted = asked[0].rpartition("/")
    resource = resource.rstrip("/")
    if resource not in names.RESOURCES:
        raise Refused(500011, resource or form.get("scope", ""))
    return resource, wanted


def _audiences(path: str) -> set[str]:
    tenant = path.strip("/").split("/")[0]
    return {path, f"/{tenant}/oauth2/v2.0/token", f"/{tenant}/oauth2/token", f"/{tenant}/v2.0", f"/{tenant}"}


def _unpacked(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        head, claims, signature = assertion.split(".")
        pieces = json.loads(_from_base64(head)), json.loads(_from_base64(claims))
        return *pieces, f"{head}.{claims}".encode(), _from_base64(signature)
    except (ValueError, binascii.Error):
        raise Refused(50027, "It is not a signed JWT.") from None


def _from_base64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
