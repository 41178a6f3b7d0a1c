"""Copies everything the connector remembers into one file that proves itself, and brings it back into an empty place.

The file is a tar archive: the database (as SQLite, whatever it was), the warehouse's snapshots, the payloads as they
came, the reports, and last a manifest with the hash of each. What is taken first says what must be there; the rest
only grows, so that the copy is consistent while the service goes on working. Sign-ins stay sealed, and the key is not
in it.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, cast

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.publishing import reports_folder
from connector.bootstrap.shared_folder import take_folder
from connector.bootstrap.storing import open_store
from connector.domain.errors import ConnectorError, UnreadableInput

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock

_SCHEMA = "connector.backup/1"
_MANIFEST, _DATABASE = "manifest.json", "connector.db"
_NAME = "connector-%Y%m%dT%H%M%SZ.tar"
_PATTERN = "connector-*Z.tar"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup: its file, how many files and bytes are in it, rows by table, and older backups that were deleted."""

    file: Path
    files: int
    size: int
    rows: dict[str, int]
    deleted: tuple[Path, ...] = ()


def backup_folder(settings: "Settings") -> Path:
    """Where backups go unless told."""
    return settings.backup.folder or settings.state / "backups"


def back_up(settings: "Settings", output: Path | None, clock: "Clock") -> BackedUp:
    """Write a backup and read it again to prove it. Without `output` it goes into the folder, and old ones go.

    Raises ConnectorError where it cannot be written, or does not read back the same.
    """
    now = clock.now()
    file = output or backup_folder(settings) / now.strftime(_NAME)
    if file.exists():
        raise ConnectorError(f"{file} is there already; name a new file.")
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="connector-backup-", dir=file.parent) as room:
            rows = _copy_database(settings, Path(room) / _DATABASE, clock)
            with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
                manifest = _write(raw, _members(settings, Path(room) / _DATABASE), rows, now)
                raw.flush()
                os.fsync(raw.fileno())
        _verified(unfinished)
        unfinished.rename(file)
    except OSError as failure:
        raise ConnectorError(f"{file}: {failure.strerror or failure}; name another place, or make room.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    deleted = () if output is not None else _without_old(file.parent, settings.backup.keep)
    sizes = [entry["size"] for entry in manifest["files"]]
    return BackedUp(file, len(sizes), sum(sizes), rows, deleted)


def restore(settings: "Settings", file: Path, clock: "Clock", *, database_only: bool = False) -> BackedUp:
    """Bring a backup back into an empty database and empty folders. Raises ConnectorError where anything is there."""
    manifest = _verified(file)
    places = {
        "warehouse": warehouse_folder(settings),
        "raw": settings.state / "raw",
        "reports": reports_folder(settings),
    }
    if not database_only:
        for place in places.values():
            if place.exists() and any(place.iterdir()):
                raise ConnectorError(f"{place} is not empty; nothing is ever overwritten: name a new `state` folder.")
    try:
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.state) as name:
            room = Path(name)
            _extract(file, room, manifest, lambda member: not database_only or member == _DATABASE)
            rows = _bring_database(settings, room / _DATABASE, clock, database_only=database_only)
            for top, place in places.items():
                if not database_only and (room / top).exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    if place.exists():
                        place.rmdir()
                    shutil.move(room / top, place)
    except OSError as failure:
        raise ConnectorError(f"{settings.state}: {failure.strerror or failure}; make room and try again.") from None
    sizes = [entry["size"] for entry in manifest["files"]]
    return BackedUp(file, len(sizes), sum(sizes), rows)


def _copy_database(settings: "Settings", file: Path, clock: "Clock") -> dict[str, int]:
    from connector.store import Store
    from connector.store.copying import copy

    with open_store(settings, clock) as source, Store.open(f"sqlite:///{file}", clock=clock) as target:
        return copy(source, target)


def _bring_database(settings: "Settings", file: Path, clock: "Clock", *, database_only: bool) -> dict[str, int]:
    from connector.store import Store
    from connector.store.copying import copy

    # A backup of an earlier version is brought up to this one's tables when it is opened.
    with Store.open(f"sqlite:///{file}", clock=clock) as source, open_store(settings, clock) as target:
        rows = copy(source, target)
        if not database_only:
            take_folder(settings, target)
        return rows


def _members(settings: "Settings", database: Path) -> Iterator[tuple[str, Path]]:
    """Everything that belongs in a backup, by its name there; unfinished work and what can be made again stay out."""
    yield _DATABASE, database
    folder = warehouse_folder(settings)
    for snapshot in sorted(folder.glob("[0-9]*/")):
        yield from _below(snapshot, PurePosixPath("warehouse", snapshot.name))
    raw = settings.state / "raw"
    for shelf in sorted(raw.glob("[0-9a-f][0-9a-f]/")):
        yield from _below(shelf, PurePosixPath("raw", shelf.name))
    for report in sorted(reports_folder(settings).glob("[!.]*")):
        if report.is_file():
            yield f"reports/{report.name}", report


def _below(folder: Path, name: PurePosixPath) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(name / path.relative_to(folder).as_posix()), path


class _Hashing(io.RawIOBase):
    """Reads a file and hashes what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.sha256.update(piece)
        return piece


def _write(raw: IO[bytes], members: Iterator[tuple[str, Path]], rows: dict[str, int], now: datetime) -> dict[str, Any]:
    entries = []
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in members:
            with path.open("rb") as file:
                told = _entry(name, os.fstat(file.fileno()).st_size, now)
                hashing = _Hashing(file)
                archive.addfile(told, hashing)
            entries.append({"name": name, "size": told.size, "sha256": hashing.sha256.hexdigest()})
        manifest = {"schema": _SCHEMA, "made_at": now.isoformat(timespec="seconds"), "rows": rows, "files": entries}
        text = json.dumps(manifest, indent=1).encode()
        archive.addfile(_entry(_MANIFEST, len(text), now), io.BytesIO(text))
    return manifest


def _entry(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(now.timestamp())
    return entry


def _verified(file: Path) -> dict[str, Any]:
    """Read a backup whole and return its manifest. Raises UnreadableInput where anything is not as it was written."""
    found: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(file, "r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None:
                    continue
                if entry.name == _MANIFEST:
                    manifest = json.load(content)
                    continue
                found[entry.name] = entry.size, hashlib.file_digest(cast(Any, content), "sha256").hexdigest()
    except FileNotFoundError:
        raise UnreadableInput(f"{file}: there is no such file.") from None
    except (OSError, tarfile.TarError, ValueError) as damage:
        raise UnreadableInput(f"{file}: it cannot be read as a backup ({damage}); take another one.") from None
    if manifest is None or manifest.get("schema") != _SCHEMA:
        raise UnreadableInput(f"{file}: it is no complete backup of this program; take another one.")
    meant = {entry["name"]: (entry["size"], entry["sha256"]) for entry in manifest["files"]}
    if found != meant:
        wrong = next(iter(sorted(set(found) ^ set(meant)) or [name for name in meant if found[name] != meant[name]]))
        raise UnreadableInput(f"{file}: {wrong} in it is not what was written; take another backup.")
    return manifest


def _extract(file: Path, room: Path, manifest: dict[str, Any], wanted: Callable[[str], bool]) -> None:
    """Write the members into a folder, under names that lead nowhere else, and prove each once more."""
    hashes = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    with tarfile.open(file, "r:") as archive:
        for entry in archive:
            if entry.name not in hashes or not wanted(entry.name):
                continue
            parts = PurePosixPath(entry.name).parts
            content = archive.extractfile(entry)
            if content is None or entry.name.startswith("/") or ".." in parts or not entry.isfile():
                raise UnreadableInput(f"{file}: {entry.name} in it is no plain file; take another backup.")
            place = room.joinpath(*parts)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sha256 = hashlib.sha256()
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                while piece := content.read(_PIECE):
                    sha256.update(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            if sha256.hexdigest() != hashes[entry.name]:
                raise UnreadableInput(f"{file}: {entry.name} in it is not what was written; take another backup.")


def _without_old(folder: Path, keep: int) -> tuple[Path, ...]:
    """Delete all backups but the newest."""
    old = sorted(folder.glob(_PATTERN))[:-keep]
    for path in old:
        path.unlink(missing_ok=True)
    return tuple(old)
