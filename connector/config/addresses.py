"""Addresses, files and keys in the settings: encrypted or on this machine, and never with a password in them."""

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any
from urllib.parse import urlsplit

from connector.config.credentials import SECRET, Secret
from connector.config.nodes import Node, Resolved
from connector.config.shapes import FAILED, Failed, Path, Reading, plain_text


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a service: https, or plain http on this machine only; without a trailing slash."""

    expected: str = "an address like https://api.example.com (http:// only for this machine)"

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the address."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        wrong = self._wrong(text)
        return (
            reading.refuse(node, path, f"the address {wrong}; expected {self.expected}") if wrong else text.rstrip("/")
        )

    @staticmethod
    def _wrong(text: str) -> str | None:
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return "is malformed"
        if not host or re.search(r"[\s\\<>\"{}|^`]", text):
            return "is malformed"
        if "@" in parts.netloc or parts.query or parts.fragment:
            return "holds a user name, a query or a fragment"
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
            return None
        return "is not encrypted" if parts.scheme == "http" else "does not begin with https://"

    def schema(self) -> dict[str, Any]:
        """A string of the form uri."""
        return {"type": "string", "format": "uri"}


@dataclass(frozen=True, slots=True)
class SecretAddress:
    """An address that may hold a password, given by reference; kept like a secret."""

    schemes: tuple[str, ...]
    expected: str

    def read(self, node: Node, path: Path, reading: Reading) -> Secret | Failed:
        """Return the address as a secret."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        scheme, found, rest = text.partition("://")
        if not found or scheme.split("+")[0] not in self.schemes or not rest:
            return reading.refuse(node, path, f"the address does not fit; expected {self.expected}")
        if re.match(r"[^/@]*:[^/@]+@", rest) and not isinstance(node, Resolved):
            return reading.refuse(node, path, f"a password is written in the file; expected {SECRET.expected}")
        return Secret(text)

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class FilePath:
    """A file or folder; relative names start from the folder of the settings file."""

    folder: File = File()
    expected: str = "the path of a file or folder"

    def read(self, node: Node, path: Path, reading: Reading) -> File | Failed:
        """Return the path."""
        text = plain_text(node, path, reading, self.expected)
        return FAILED if text is FAILED else File(reading.file).parent / File(text).expanduser()

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Key:
    """The key for secrets at rest: 32 random bytes in base64, by reference; two while it changes, new one first."""

    expected: str = "a reference to 32 random bytes in base64"

    def read(self, node: Node, path: Path, reading: Reading) -> Secret | Failed:
        """Return the key, or two with a comma between them, still in base64."""
        secret = SECRET.read(node, path, reading)
        if secret is FAILED:
            return FAILED
        keys = secret.reveal().split(",")
        if len(keys) > 2:
            return reading.refuse(
                node, path, f"there are {len(keys)} keys; expected {self.expected}, or two with a comma"
            )
        for key in keys:
            try:
                content = base64.b64decode(key.strip().replace("-", "+").replace("_", "/"), validate=True)
            except (binascii.Error, ValueError):
                said = f"the key is not base64 (it has {len(key.strip())} signs); expected {self.expected}"
                return reading.refuse(node, path, f"{said}; `openssl rand -base64 32` makes such a key")
            if len(content) != 32:
                return reading.refuse(node, path, f"the key has {len(content)} bytes; expected {self.expected}")
        return secret

    def schema(self) -> dict[str, Any]:
        """A reference."""
        return SECRET.schema()
