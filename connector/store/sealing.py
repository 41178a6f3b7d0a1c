"""Seals tokens so that the database alone is worth nothing to a thief, and a sealed row fits its own place only."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.domain.errors import ConnectorError

_VERSION = 1


class Sealer:
    """Seals with the first key, opens with any; without a key it refuses to seal."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self.mark = hashlib.sha256(b"connector/key/1" + keys[0]).hexdigest()[:12] if keys else ""
        """By this the first key can be told from others; it says nothing about the key."""

    @classmethod
    def of(cls, key: bytes | None) -> "Sealer":
        """Take one key, or two with a comma or space between them: 32 bytes in base64 each, the new one first."""
        parts = [part for part in re.split(rb"[,\s]+", key or b"") if part]
        if len(parts) > 2:
            raise ConnectorError("secret_key: give one key, or the new and the old one with a comma between them.")
        return cls([_thirty_two_bytes(part) for part in parts])

    def seal(self, value: str, *, owner: str, kind: str) -> str:
        """Seal a value for its owner and kind. Raises ConnectorError without a key."""
        bound = json.dumps({"v": _VERSION, "owner": owner, "kind": kind, "value": value})
        return self._open_with(owner).encrypt(bound.encode()).decode("ascii")

    def unseal(self, sealed: str, *, owner: str, kind: str) -> str:
        """Open what was sealed for this owner and kind. Raises ConnectorError for any other, or another key."""
        try:
            bound = json.loads(self._open_with(owner).decrypt(sealed.encode("ascii")))
        except InvalidToken:
            raise ConnectorError(
                f"The stored sign-in of {owner} does not open with this `secret_key`; put back the key it was sealed "
                "with (as the second of two, when you are changing it), or sign in again."
            ) from None
        if (bound.get("v"), bound.get("owner"), bound.get("kind")) != (_VERSION, owner, kind):
            raise ConnectorError(
                f"The stored sign-in of {owner} was sealed for another place: rows of the database were exchanged; "
                "sign in again, and find out who can write to it."
            )
        return str(bound["value"])

    def rotate(self, sealed: str, *, owner: str) -> str:
        """Seal anew with the first key. Raises ConnectorError where neither key opens it."""
        try:
            return self._open_with(owner).rotate(sealed.encode("ascii")).decode("ascii")
        except InvalidToken:
            raise ConnectorError(
                f"The stored sign-in of {owner} opens with neither key of `secret_key`; sign in again."
            ) from None

    def _open_with(self, owner: str) -> MultiFernet:
        if self._fernet is None:
            raise ConnectorError(
                f"The sign-in of {owner} is stored sealed only, and there is no key: set `secret_key` to 32 random "
                "bytes in base64, for instance from `openssl rand -base64 32`."
            )
        return self._fernet


def _thirty_two_bytes(text: bytes) -> bytes:
    """Read standard or URL-safe base64 and give it as Fernet wants it."""
    try:
        key = base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConnectorError("secret_key: expected 32 bytes in base64, for instance from `openssl rand -base64 32`.")
    return base64.urlsafe_b64encode(key)
