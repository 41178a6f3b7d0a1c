"""Makes links that nobody can make up, change or use too late: what they are for and until when is signed."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.domain.errors import ConnectorError

_VERSION = 1
_LONGEST = 2_000


class InvalidLink(ConnectorError):
    """A link that was not made here, or was changed."""


class EndedLink(ConnectorError):
    """A link that was valid until a moment that is over."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a link says: what it is for, what it is about, whom it was made for, until when; no two nonces are alike."""

    purpose: str
    subject: str
    who: str
    until: datetime
    nonce: str


class Signer:
    """Signs with the first of some keys, and knows what any of them signed."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        # A key of its own: what seals sign-ins is never used to sign what goes outside.
        self._keys = tuple(hmac.digest(key, b"connector/links/1", hashlib.sha256) for key in keys)

    def sign(self, purpose: str, subject: str, *, until: datetime, who: str = "") -> str:
        """Make the end of a link."""
        if not self._keys:
            raise ConnectorError("links cannot be signed without a secret_key; write one into the settings.")
        said = [_VERSION, purpose, subject, who, int(until.timestamp()), secrets.token_urlsafe(12)]
        body = _written(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{body}.{_written(self._mark(self._keys[0], body))}"

    def read(self, token: str, purpose: str, now: datetime) -> Signed:
        """Read the end of a link. Raises InvalidLink or EndedLink."""
        body, _, mark = token.partition(".")
        given = _plain(mark)
        if len(token) > _LONGEST or not any(hmac.compare_digest(self._mark(key, body), given) for key in self._keys):
            raise InvalidLink("This link was not made here, or is not complete.")
        version, meant, subject, who, until, nonce = json.loads(_plain(body))
        if version != _VERSION or meant != purpose:
            raise InvalidLink("This link is for something else.")
        end = datetime.fromtimestamp(until, UTC)
        if now >= end:
            raise EndedLink(f"This link was valid until {end:%Y-%m-%d %H:%M} UTC.")
        return Signed(meant, subject, who, end, nonce)

    @staticmethod
    def _mark(key: bytes, body: str) -> bytes:
        return hmac.digest(key, body.encode(), hashlib.sha256)


def keys_of(secret_key: str | None) -> tuple[bytes, ...]:
    """The keys of a `secret_key`: none, one, or two with a comma; in either alphabet of base64."""
    spelled = (secret_key or "").replace("-", "+").replace("_", "/")
    return tuple(base64.b64decode(part) for part in spelled.split(",") if part)


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
