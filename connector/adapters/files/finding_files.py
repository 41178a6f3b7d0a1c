"""Finds the files a person means by a path: one file, what is in a ZIP archive, or what is in a folder."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connector.adapters.files.formats import recognise
from connector.adapters.files.grids import is_workbook
from connector.adapters.files.opening import Export, NotAnExport, is_archive, open_archive
from connector.adapters.files.samples import Sample, Shape, sample
from connector.domain.errors import UnreadableInput

SCHEMA_VERSION = "1"
_IN_BLOBS = frozenset({"charges", "usage"})


@dataclass(slots=True)
class Found:
    """The files to read, with a look at the beginning of each, and notes about those left out."""

    samples: list[Sample] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)


def find_files(paths: Sequence[Path]) -> Found:
    """Look up files, archives and folders; a file given twice counts once. Raises UnreadableInput."""
    found = Found()
    seen: dict[tuple[int, str], str] = {}
    for path in paths:
        if not path.exists():
            what = "the link leads to no file" if path.is_symlink() else "there is no such file or folder"
            raise UnreadableInput(f"{path}: {what}.")
        if not path.is_dir():
            if not path.is_file():
                raise UnreadableInput(
                    f"{path}: this is a pipe or a device, and files are read more than once; write it to a file first."
                )
            found.named.add(path)
            _add(found, [path], seen)
            continue
        inside = sorted(
            file
            for file in path.rglob("*")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
        if not inside:
            raise UnreadableInput(f"{path}: the folder is empty.")
        _add(found, inside, seen)
    return found


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(found: Found, files: Sequence[Path], seen: dict[tuple[int, str], str]) -> None:
    looks: list[Sample] = []
    passed: set[Path] = set()
    for path in files:
        if (twin := _twin(path, path.stat().st_size, seen)) is not None:
            found.notes.append(f"{path}: the same content as {twin}; counted once.")
            passed.add(path)
            continue
        try:
            looks += _looks(path)
        except NotAnExport as other:
            if path in found.named:
                raise
            found.notes.append(f"{str(other).rstrip('.')}; left out.")
            passed.add(path)
    manifests = [look for look in looks if _is_manifest(look)]
    found.samples += _with_blobs(found, looks, manifests, passed) if manifests else looks


def _looks(path: Path) -> list[Sample]:
    whole = Export(str(path), path, group=str(path))
    if not is_archive(path):
        return [sample(whole)]
    if is_workbook(path):
        return [Sample(whole, Shape.WORKBOOK, ())]
    return [sample(export) for export in open_archive(str(path), path)]


def _twin(path: Path, size: int, seen: dict[tuple[int, str], str]) -> str | None:
    """Return the name of an earlier file with the same bytes; they are compared only where the sizes agree."""
    same = [name for (other, _), name in seen.items() if other == size]
    if any(Path(name).resolve() == path.resolve() for name in same):
        return str(path)
    if same:
        digest = content_hash(path)
        for name in same:
            if content_hash(Path(name)) == digest:
                return name
    seen[size, str(path)] = str(path)
    return None


def _is_manifest(look: Sample) -> bool:
    return look.shape is not Shape.CSV and {"schemaversion", "blobcount", "blobs"} <= look.keys


def _with_blobs(found: Found, looks: Sequence[Sample], manifests: Sequence[Sample], passed: set[Path]) -> list[Sample]:
    """Return the files without the manifests, the blobs they name tied together, and stray blobs left out."""
    result: list[Sample] = []
    blobs: set[Path] = set()
    for manifest in manifests:
        for path in _blob_paths(manifest):
            if path not in blobs | passed:
                result.append(sample(Export(str(path), path, group=manifest.export.name)))
            blobs.add(path)
    for look in looks:
        if look in manifests or look.export.path in blobs:
            continue
        known = recognise(look)
        if look.shape is Shape.LINES and known is not None and known.table in _IN_BLOBS:
            found.notes.append(f"{look.export.name}: not named by the manifest beside it; left out.")
            continue
        result.append(look)
    return result


def _blob_paths(manifest: Sample) -> Iterable[Path]:
    """Return the files a Graph manifest names, all of them there. Raises UnreadableInput."""
    from connector.adapters.files.records import LARGEST_DOCUMENT
    from connector.adapters.files.samples import parse_json

    name = manifest.export.name
    document = parse_json(manifest.export.whole(LARGEST_DOCUMENT).decode())
    version = str(document.get("schemaVersion"))
    if version != SCHEMA_VERSION:
        raise UnreadableInput(
            f"{name}: the manifest has schema version {version!r}; this version reads {SCHEMA_VERSION!r} only, "
            "so look for a newer connector."
        )
    named = [str(blob.get("name")) for blob in document.get("blobs") or [] if isinstance(blob, dict)]
    if str(document.get("blobCount")) != str(len(named)):
        raise UnreadableInput(
            f"{name}: the manifest speaks of {document.get('blobCount')} blobs and names {len(named)}; "
            "download it again."
        )
    folder = manifest.export.path.parent
    if odd := [blob for blob in named if Path(blob).name != blob]:
        raise UnreadableInput(f"{name}: names a blob outside its folder ({odd[0]}); do not use it.")
    missing = [blob for blob in named if not (folder / blob).is_file()]
    if missing:
        raise UnreadableInput(
            f"{name}: {len(missing)} of {len(named)} blobs are missing ({', '.join(missing[:3])}"
            f"{', …' if len(missing) > 3 else ''}); download them into the same folder."
        )
    return [folder / blob for blob in named]
