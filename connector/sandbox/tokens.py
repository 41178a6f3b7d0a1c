"""The access tokens the simulated Entra has issued, and what each of them allows.

They look like Microsoft's (a JWT with the same claims); the simulators recognise them by heart.
"""

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request

KEY_ID = "sandbox-signing-key"


@dataclass(frozen=True, slots=True)
class Pass:
    """One access token: for which service, for which application, for whom, and with which permissions."""

    token: str
    audience: str
    tenant_id: str
    client_id: str
    expires: datetime
    person: str = ""
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    mfa: bool = False

    @property
    def is_app_only(self) -> bool:
        """Whether the application acts by itself."""
        return not self.person


class Tokens:
    """All passes of a sandbox."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._passes: dict[str, Pass] = {}
        self._lock = threading.Lock()

    def issue(self, claims: dict[str, object], granted: Pass) -> Pass:
        """Sign the claims and remember what they allow; `granted.token` is ignored."""
        token = signed({**claims, "uti": secrets.token_urlsafe(16)})
        made = Pass(**{name: getattr(granted, name) for name in Pass.__slots__} | {"token": token})
        with self._lock:
            self._passes[token] = made
        return made

    def find(self, token: str) -> Pass | None:
        """The pass, whether it has expired or not; None for a token nobody issued."""
        return self._passes.get(token)

    def shown(self, request: Request) -> Pass | None:
        """The pass in a request's Authorization header; None where it is missing, unknown or out of date."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        found = self.find(token.strip()) if kind.lower() == "bearer" else None
        return found if found is not None and found.expires > self._clock.now() else None

    def expire_all(self) -> None:
        """Every pass so far is out of date from now on."""
        with self._lock:
            self._passes.clear()


def signed(claims: dict[str, object]) -> str:
    """A JWT with RS256."""
    head = {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
    content = f"{_part(json.dumps(head).encode())}.{_part(json.dumps(claims).encode())}"
    return f"{content}.{_part(_key().sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def public_keys() -> dict[str, object]:
    """The signing key as clients fetch it."""
    numbers = _key().public_key().public_numbers()
    modulus, exponent = (_part(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
    return {"keys": [{"kty": "RSA", "use": "sig", "kid": KEY_ID, "x5t": KEY_ID, "n": modulus, "e": exponent}]}


def seconds(moment: datetime) -> int:
    """A moment as JWTs write it."""
    return int(moment.astimezone(UTC).timestamp())


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
