"""Keeps what vendors sent exactly as it came, under the hash of its content, for ever.

A payload is one file, or a folder of files that belong together (an export's manifest and its blobs). Work goes on in
a room of its own, and what is kept moves out of it in one step: a process that is killed leaves nothing half-done.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

_ROOM = ".room-"
# A room that a killed process left behind is cleared after a day; a younger one may still be in use.
_ABANDONED_AFTER = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload in the archive: where it lies, the SHA-256 of its content in hex, and whether it is new there."""

    path: Path
    content_hash: str
    is_new: bool


class Archive:
    """Payloads in a folder, each below the first two digits of its hash: `ab/abcdef….json.gz`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Give an empty folder to work in, gone at the end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        room = self.folder / f"{_ROOM}{uuid4().hex}"
        room.mkdir()
        self._clear_away(room)
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def keep(self, path: Path) -> Kept:
        """Move a file or folder out of a room into the archive; what is there already stays as it is."""
        digest = folder_hash(path) if path.is_dir() else file_hash(path)
        # Everything from the first point of a file's name on, but no more than two endings: `.json.gz`.
        ending = "" if path.is_dir() else "".join(path.suffixes[-2:])
        place = self.folder / digest[:2] / f"{digest}{ending}"
        if place.exists():
            return Kept(place, digest, is_new=False)
        for inside in (*path.rglob("*"), path):
            _sync(inside)
        place.parent.mkdir(exist_ok=True)
        path.rename(place)
        _sync(place.parent)
        _sync(self.folder)
        return Kept(place, digest, is_new=True)

    def _clear_away(self, own: Path) -> None:
        """Take away what was abandoned, by the clock of whatever holds the folder: others may have another one."""
        now = own.stat().st_mtime
        for left in self.folder.glob(f"{_ROOM}*"):
            # Whoever works in a room may leave it at this moment.
            with suppress(FileNotFoundError):
                if now - left.stat().st_mtime > _ABANDONED_AFTER:
                    shutil.rmtree(left, ignore_errors=True)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_hash(path: Path) -> str:
    """Return the SHA-256 that stands for the names and contents of a folder's files, in hex."""
    whole = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        whole.update(f"{file.relative_to(path).as_posix()} {file_hash(file)}\n".encode())
    return whole.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
