"""Snapshots: what was taken in at one moment, written once and for all, with a manifest that proves it is whole."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from connector.domain.errors import ConnectorError
from connector.domain.tables import TABLES
from connector.warehouse.parts import CHUNK, DIVIDED_BY, Part, PartWriter, Tally, differences, read_tally

_SCHEMA = "connector.snapshot/1"
_MANIFEST = "manifest.json"
_UNFINISHED = ".unfinished-"

# Work that a killed process left behind is thrown away after a day; a younger one may still be at it.
_ABANDONED_AFTER = 24 * 60 * 60

Totals = Mapping[str, Mapping[str, str]]
Sources = Callable[[], Sequence[Mapping[str, object]]]


class UnevenTotals(ConnectorError):
    """What lies on the disk is not what was read: the disk, or a program, is at fault."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a taking-in brought: the snapshot's name, and for each table its rows and control totals.

    `totals` are per currency and amount column, as text; `documents` the invoices or ledgers of each table.
    """

    snapshot: str
    rows: Mapping[str, int]
    totals: Mapping[str, Totals]
    documents: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A finished snapshot as its manifest tells it."""

    name: str
    observed_at: str
    sources: frozenset[str]
    parts: tuple[tuple[str, str | None, Path], ...]
    origins: tuple[Mapping[str, object], ...] = ()

    @property
    def divided(self) -> frozenset[Path]:
        """The files that a newer snapshot of the same invoice (or ledger) replaces."""
        return frozenset(path for name, _, path in self.parts if name in DIVIDED_BY)

    def divisions(self, table: str) -> frozenset[str | None]:
        """The invoices (or ledgers) of a table that are in it."""
        return frozenset(division for name, division, _ in self.parts if name == table)


def write_snapshot(
    folder: Path,
    rows: Iterable[tuple[str, pa.RecordBatch]],
    *,
    observed_at: str,
    sources: Sources,
    lasting: bool = False,
    is_sorted: bool = True,
    unbilled: str | None = None,
) -> Receipt:
    """Write rows as a new snapshot, all or nothing; with `lasting` it is on the disk when this returns.

    Rows that will be read more than once are worth being sorted (`is_sorted`).

    `unbilled` names where lines without an invoice come from: they replace those that came from there before. A batch
    without rows says that there are none any more.

    Raises UnevenTotals where what was written does not read back the same; what `rows` raises goes through.
    """
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / f"{_UNFINISHED}{uuid4().hex}"
    writers: dict[tuple[str, str | None], PartWriter] = {}
    hand = ThreadPoolExecutor(1)
    try:
        work.mkdir()
        _clear_away(folder, work.stat().st_mtime)
        waiting = 0
        for table, batch in rows:
            for division, own in _divided(table, batch, unbilled):
                if (table, division) not in writers:
                    writers[table, division] = PartWriter(
                        work, table, division, batch.schema, hand, is_sorted=is_sorted
                    )
                writers[table, division].write(own)
            waiting += batch.num_rows
            if waiting >= CHUNK:
                waiting -= max(writers.values(), key=lambda writer: writer.waiting).flush()
        parts = [writer.close() for writer in writers.values()]
        for part in parts:
            if said := differences(part.tally, read_tally(part)):
                raise UnevenTotals(f"{part.table}: {said}; nothing was taken in. Check the disk and try again.")
        name = f"{_newest_number(folder) + 1:06d}-{uuid4().hex[:8]}"
        receipt = _receipt(name, parts)
        manifest = _manifest(receipt, parts, observed_at, sources(), work)
        (work / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        if lasting:
            _make_last(work)
        work.rename(folder / name)
        if lasting:
            _sync(folder)
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        shutil.rmtree(work, ignore_errors=True)
        raise
    finally:
        hand.shutdown()
    return receipt


def read_snapshots(folder: Path, known_before: datetime | None = None) -> list[Snapshot]:
    """Return the finished snapshots, oldest first; with `known_before` (aware) only those observed before it.

    Raises UnevenTotals where a manifest is not readable.
    """
    found: list[Snapshot] = []
    for path in sorted(folder.glob(f"[0-9]*/{_MANIFEST}")):
        try:
            snapshot = _read_manifest(path, path.stat().st_mtime_ns)
        except FileNotFoundError:
            # It was no longer needed, and was taken away at this moment.
            continue
        if known_before is None or _moment(snapshot.observed_at) < known_before:
            found.append(snapshot)
    return found


@lru_cache(maxsize=1 << 16)
def _read_manifest(path: Path, _: int) -> Snapshot:
    """Read a manifest, once in a process: a snapshot never changes. Raises UnevenTotals where it is not readable."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["schema"] != _SCHEMA:
            raise UnevenTotals(f"{path}: written by another version ({manifest['schema']}).")
        parts = tuple((part["table"], part["division"], path.parent / part["file"]) for part in manifest["parts"])
        sources = tuple(manifest["sources"])
        hashes = frozenset(source["content_hash"] for source in sources)
        _moment(manifest["observed_at"])
        return Snapshot(path.parent.name, manifest["observed_at"], hashes, parts, sources)
    except (ValueError, KeyError, TypeError) as damage:
        raise UnevenTotals(f"{path}: the manifest is damaged ({damage}); restore it from a backup.") from damage


def current_parts(snapshots: Sequence[Snapshot], table: str) -> list[Path]:
    """Return the files that count now: of each invoice (or ledger) the newest snapshot's, of other tables all.

    What was set aside counts as long as something that came with it does.
    """
    if table == "set_aside":
        current = {path for divided in DIVIDED_BY for path in current_parts(snapshots, divided)}
        snapshots = [one for one in snapshots if not one.divided or not current.isdisjoint(one.divided)]
    newest: dict[str | None, str] = {}
    for snapshot in snapshots:
        newest |= dict.fromkeys(snapshot.divisions(table), snapshot.name)
    return [
        path
        for snapshot in snapshots
        for name, division, path in snapshot.parts
        if name == table and (table not in DIVIDED_BY or newest[division] == snapshot.name)
    ]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _newest_number(folder: Path) -> int:
    """The number of the newest snapshot; numbers are never used again, also where a snapshot was taken away."""
    return max((int(path.name.partition("-")[0]) for path in folder.glob("[0-9]*-*")), default=0)


def _clear_away(folder: Path, now: float) -> None:
    """Take away what was abandoned; `now` is by the clock of whatever holds the folder: others may have another one."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        # Whoever works there may end at this moment.
        with suppress(FileNotFoundError):
            if now - left.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(left, ignore_errors=True)


def _make_last(work: Path) -> None:
    for path in (*work.rglob("*"), work):
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _divided(table: str, batch: pa.RecordBatch, unbilled: str | None) -> Iterable[tuple[str | None, pa.RecordBatch]]:
    if batch.schema.names != list(TABLES[table]):
        raise UnevenTotals(f"{table}: came with other columns than the table has.")
    column = DIVIDED_BY.get(table)
    if column is None:
        yield None, batch
        return
    if not batch.num_rows:
        yield unbilled, batch
        return
    values = pc.unique(batch.column(column)).to_pylist()
    for value in values:
        if len(values) == 1:
            yield unbilled if value is None else value, batch
        elif value is None:
            yield unbilled, batch.filter(batch.column(column).is_null())
        else:
            yield value, batch.filter(pc.equal(batch.column(column), value))


def _receipt(name: str, parts: Sequence[Part]) -> Receipt:
    tallies: dict[str, Tally] = {}
    documents: dict[str, list[str]] = {}
    for part in parts:
        tallies.setdefault(part.table, Tally()).add(part.tally)
        if part.division is not None:
            documents.setdefault(part.table, []).append(part.division)
    written = {table: tally.written() for table, tally in tallies.items()}
    return Receipt(
        snapshot=name,
        rows={table: tally.rows for table, tally in tallies.items()},
        totals={table: entry["totals"] for table, entry in written.items()},
        documents={table: tuple(sorted(names)) for table, names in documents.items()},
    )


def _manifest(
    receipt: Receipt,
    parts: Sequence[Part],
    observed_at: str,
    sources: Sequence[Mapping[str, object]],
    work: Path,
) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "snapshot": receipt.snapshot,
        "observed_at": observed_at,
        "sources": list(sources),
        "tables": {table: {"rows": rows, "totals": receipt.totals[table]} for table, rows in receipt.rows.items()},
        "parts": [
            {
                "table": part.table,
                "division": part.division,
                "file": part.path.relative_to(work).as_posix(),
                **part.tally.written(),
            }
            for part in parts
        ],
    }
