"""Keeps a checked mapping beside the state, so that an unchanged one is not read and checked again.

The file is MessagePack of plain values, never anything that could run. Its key is the hash of everything the result
depends on: the mapping's own text, the ledgers, and this package. A file that is missing, damaged or cannot be
written only costs the time of reading the mapping.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from connector.domain import rules
from connector.domain.rules import Mapping

_KEPT = 4
_PATTERN = "mapping-*.msgpack"


def usual_folder() -> Path:
    """The folder for caches of the person who runs the command, by the custom of the system."""
    home = Path.home()
    custom = {
        "win32": ("LOCALAPPDATA", home / "AppData" / "Local"),
        "darwin": ("", home / "Library" / "Caches"),
    }
    variable, otherwise = custom.get(sys.platform, ("XDG_CACHE_HOME", home / ".cache"))
    named = os.environ.get(variable, "")
    return (Path(named) if named and Path(named).is_absolute() else otherwise) / "csp-ledger-connector"


def key(parts: Iterable[bytes]) -> str:
    """Hash what the mapping depends on, and the code that reads it."""
    digest = hashlib.sha256()
    own_code = sorted(Path(__file__).parent.glob("*.py"))
    for part in (*(path.read_bytes() for path in (*own_code, Path(rules.__file__))), *parts):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def load(folder: Path, name: str) -> Mapping | None:
    """Return the mapping kept under a key, or None."""
    try:
        return msgspec.msgpack.decode(_path(folder, name).read_bytes(), type=Mapping)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None


def keep(folder: Path, name: str, mapping: Mapping) -> None:
    """Keep a mapping under a key, readable by its owner only, and drop the oldest kept ones."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".mapping-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.msgpack.encode(mapping))
            Path(temporary).replace(_path(folder, name))
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        by_age = sorted(folder.glob(_PATTERN), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[_KEPT:]:
            old.unlink(missing_ok=True)


def _path(folder: Path, name: str) -> Path:
    return folder / f"mapping-{name[:32]}.msgpack"
