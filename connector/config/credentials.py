"""Secrets and other values that stand outside the settings file: in the environment, in files, with systemd or Docker.

`${NAME}` and `${NAME:-default}` are taken from the environment; `{credential env|file|systemd|container NAME}` from
there. Only values are looked at, never keys, and what is found is not looked at again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connector.config.nodes import Fields, Node, Resolved, Scalar, Sequence, is_nothing
from connector.config.shapes import FAILED, Failed, Reading
from connector.config.shapes import Path as Way

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}")
CREDENTIAL = re.compile(r"\{?credential\s+(\S+)\s+(.+?)\s*\}?")
SOURCES = ("env", "file", "systemd", "container")
_LONGEST = 64 * 1024
_BARE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


KNOWN: set[str] = set()
"""Every secret value that this process has read, for whoever writes a log to blot them out."""


def _password(text: str) -> str:
    """The password within an address; empty where there is none."""
    try:
        return urlsplit(text).password or "" if "://" in text else ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value. It is shown as *** wherever it is printed; `reveal` gives it to the one who signs in with it."""

    _value: str = field(repr=False)

    def __post_init__(self) -> None:
        KNOWN.update(part for part in (self._value, *self._value.split(","), _password(self._value)) if part)

    def reveal(self) -> str:
        """The secret itself, never to be logged."""
        return self._value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where references are looked up: the environment, and the folder that relative file names start from."""

    environment: Mapping[str, str]
    folder: Path
    container_folder: Path = Path("/run/secrets")


def resolve(node: Node, path: Way, reading: Reading, around: Surroundings) -> Node:
    """Replace every reference below a node by its value; what cannot be found is a problem at its place."""
    if isinstance(node, Sequence):
        items = [resolve(item, (*path, at), reading, around) for at, item in enumerate(node.items, 1)]
        return Sequence(items, node.line, node.column)
    if isinstance(node, Fields):
        if (written := _unquoted(node)) is not None:
            return _credential(written, path, reading, around)
        entries = [(key, resolve(value, (*path, key.text), reading, around)) for key, value in node.entries]
        return Fields(entries, node.line, node.column)
    if node.text.startswith("{credential"):
        return _credential(node, path, reading, around)
    return _interpolated(node, path, reading, around) if "$" in node.text else node


def _unquoted(node: Fields) -> Scalar | None:
    """A reference written without quotes, which YAML takes for a group with one key."""
    if len(node.entries) != 1 or not is_nothing(node.entries[0][1]):
        return None
    key = node.entries[0][0]
    return Scalar(key.text, node.line, node.column) if key.text.startswith("credential ") else None


def _interpolated(node: Scalar, path: Way, reading: Reading, around: Surroundings) -> Node:
    missing: list[str] = []
    before = len(reading.problems)

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[3]
        if name in around.environment:
            return around.environment[name]
        if default is None:
            missing.append(name)
        return default or ""

    pieces = re.split(r"\$\$", node.text)
    text = "$".join(REFERENCE.sub(value, piece) for piece in pieces)
    if any("${" in REFERENCE.sub("", piece) for piece in pieces):
        reading.refuse(
            node, path, "a reference is malformed; write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
        )
    for name in missing:
        reading.refuse(node, path, f"the environment variable {name} is not set; set it")
    if len(reading.problems) > before:
        return _missing(node)
    found = REFERENCE.fullmatch(node.text)
    # A default is written in the file, so a value with one is no reference alone.
    whole = found is not None and (found[2] is None or found[1] in around.environment)
    return Resolved(text, node.line, node.column, False, f"the value of {node.text}", whole)


def _credential(node: Scalar, path: Way, reading: Reading, around: Surroundings) -> Node:
    parts = CREDENTIAL.fullmatch(node.text)
    if parts is None or parts[1] not in SOURCES:
        reading.refuse(node, path, f"a reference is malformed; write {{credential {'|'.join(SOURCES)} NAME}}")
        return _missing(node)
    source, name = parts[1], parts[2]
    origin = f"the credential {source} {name}"
    text = _looked_up(source, name, around)
    if text is FAILED:
        reading.refuse(node, path, f"{origin} cannot be found; {_ADVICE[source]}")
        return _missing(node)
    return Resolved(text, node.line, node.column, False, origin)


def _missing(node: Scalar) -> Resolved:
    return Resolved("", node.line, node.column, missing=True)


_ADVICE = {
    "env": "set that environment variable",
    "file": "write the secret into that file and allow reading it",
    "systemd": "add LoadCredential= to the unit; a bare name is expected",
    "container": "mount it below /run/secrets; a bare name is expected",
}


def _looked_up(source: str, name: str, around: Surroundings) -> str | Failed:
    if source == "env":
        return around.environment.get(name, FAILED)
    if source == "file":
        return _first_of(around.folder / name)
    if _BARE_NAME.fullmatch(name) is None:
        return FAILED
    if source == "container":
        return _first_of(around.container_folder / name)
    folder = around.environment.get("CREDENTIALS_DIRECTORY")
    return _first_of(Path(folder) / name) if folder else FAILED


def _first_of(path: Path) -> str | Failed:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST + 1)
    except (OSError, UnicodeDecodeError):
        return FAILED
    return text.rstrip("\r\n") if len(text) <= _LONGEST else FAILED


class SecretText:
    """A secret: only a reference to it may be written, so that the file itself holds none."""

    expected = "a reference like ${NAME} or {credential file NAME}, not the secret itself"

    def read(self, node: Node, path: Way, reading: Reading) -> Secret | Failed:
        """Return the secret."""
        if not isinstance(node, Resolved) or not node.whole:
            return reading.refuse(node, path, f"a secret is written in the file; expected {self.expected}")
        if not node.text:
            return reading.refuse(node, path, "the secret is empty; fill it")
        return Secret(node.text)

    def schema(self) -> dict[str, Any]:
        """A string that is a reference."""
        return {"type": "string", "pattern": r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|\{credential .+\})$"}


SECRET = SecretText()
