"""Takes in what was fetched: keeps it as it came, reads it, and writes what is new in it as a snapshot.

What tells nothing new leaves no trace, so fetching twice changes nothing. A process that is killed leaves either the
snapshot or nothing of it.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from connector.domain.extraction import Taken
from connector.domain.tables import SAME_THING, TABLES
from connector.warehouse.archive import Archive
from connector.warehouse.tables import Warehouse

_NOT_OF_THE_STATE = frozenset({"observed_at", "source", "line", "row_hash"})
_FRESH = "fresh_records"
UNBILLED = "unbilled at Partner Center"


class _Source(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def format(self) -> str: ...

    @property
    def content_hash(self) -> str: ...


class Reading(Protocol):
    """What a reader makes of files: rows of our tables, and afterwards what it noticed."""

    notes: list[str]

    def __iter__(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the rows, table by table."""
        ...

    @property
    def content_hashes(self) -> frozenset[str]:
        """The hashes of the files, known before they are read."""
        ...

    @property
    def sources(self) -> Sequence[_Source]:
        """The files that were read."""
        ...


Read = Callable[[Sequence[Path], str, str | None], Reading]


class Intake:
    """Fits the Intake port. `read` takes files, the moment they were seen (ISO 8601), and the month they are of."""

    def __init__(self, warehouse: Warehouse, archive: Archive, read: Read) -> None:
        self._warehouse, self._archive, self._read = warehouse, archive, read

    @contextmanager
    def room(self) -> Iterator[str]:
        """Give an empty folder for what is being fetched, gone at the end."""
        with self._archive.room() as room:
            yield str(room)

    def take_whole(
        self, paths: Sequence[str], observed_at: str, origin: Mapping[str, object], *, month: str | None = None
    ) -> Taken:
        """Keep payloads (files, or folders with a manifest) and write all their rows as one snapshot.

        The same content again changes nothing. Raises UnreadableInput where they cannot be used; then they are kept
        nevertheless, to be looked at.
        """
        kept = [self._archive.keep(Path(path)).path for path in paths]
        reading = self._read(kept, observed_at, month)
        if self._warehouse.has(reading.content_hashes):
            return Taken(notes=tuple(reading.notes))
        return self._write(reading, observed_at, origin)

    def take_news(self, path: str, table: str, observed_at: str, origin: Mapping[str, object]) -> Taken:
        """Keep those records of a JSON Lines file that tell something new, and write their rows as a snapshot."""
        fetched = Path(path)
        rows, aside = self._gathered(self._read([fetched], observed_at, None), table)
        count = sum(batch.num_rows for batch in (*rows, *aside))
        news = self._news(table, rows)
        wanted = news.keys() | self._unknown_faults(aside)
        if not wanted:
            return Taken(read=count)
        if len(wanted) < count:
            fetched = _only(fetched, wanted)
        kept = self._archive.keep(fetched)
        taken = self._write(self._read([kept.path], observed_at, None), observed_at, origin)
        return replace(taken, read=count, things=tuple(news.values()))

    def no_more_unbilled(self, table: str, observed_at: str) -> bool:
        """Write down that the vendor has no lines without an invoice any more; nothing where there were none."""
        if not self._warehouse.holds(table, UNBILLED):
            return False
        empty = pa.RecordBatch.from_pylist([], schema=_shape(self._warehouse, table))
        self._warehouse.take_in([(table, empty)], observed_at=observed_at, unbilled=UNBILLED)
        return True

    def holds(self, table: str, invoice: str) -> bool:
        """Tell whether lines of an invoice are there."""
        return self._warehouse.holds(table, invoice)

    def charged(self, invoice: str, category: str) -> dict[str, Decimal]:
        """Sum an invoice's charges of a category, credits left out, by currency."""
        lines = self._warehouse.table("charges")
        of_them = (lines.invoice == invoice) & (lines.category == category)
        lines = lines.filter(of_them & (lines.charge_type.fill_null("").lower() != "customercredit"))
        rows = self._warehouse.rows(lines.group_by("currency").aggregate(amount=lines.subtotal.sum()))
        return {row["currency"]: row["amount"] for row in rows}

    def newest(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield the last known state of each thing in a table (see domain.tables.SAME_THING)."""
        connection = self._warehouse.connection
        self._warehouse.table(table)
        with self._warehouse.asking():
            for batch in connection.con.sql(_newest(table)).to_arrow_reader(10_000):
                yield from batch.to_pylist()

    def origins(self) -> list[tuple[str, Mapping[str, object]]]:
        """Say of what the snapshots were made, oldest first: (observed_at, what it was)."""
        return self._warehouse.origins()

    def _write(self, reading: Reading, observed_at: str, origin: Mapping[str, object]) -> Taken:
        def sources() -> list[Mapping[str, object]]:
            return [
                {"name": one.name, "format": one.format, "content_hash": one.content_hash, **origin}
                for one in reading.sources
            ]

        receipt = self._warehouse.take_in(reading, observed_at=observed_at, sources=sources, unbilled=UNBILLED)
        return Taken(
            read=sum(receipt.rows.values()),
            rows=receipt.rows,
            totals=receipt.totals,
            snapshot=receipt.snapshot,
            set_aside=receipt.rows.get("set_aside", 0),
            notes=tuple(reading.notes),
        )

    @staticmethod
    def _gathered(reading: Reading, table: str) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
        rows: list[pa.RecordBatch] = []
        aside: list[pa.RecordBatch] = []
        for name, batch in reading:
            (aside if name == "set_aside" else rows).append(batch)
            if name not in (table, "set_aside"):
                raise ValueError(f"records of {table} were expected, {name} came")
        return rows, aside

    def _news(self, table: str, rows: Sequence[pa.RecordBatch]) -> dict[int, tuple[str, ...]]:
        """The lines of the records that are not known, or were last seen in another state, with what they are of."""
        if not rows:
            return {}
        con = self._warehouse.connection.con
        self._warehouse.table(table)
        con.register(_FRESH, pa.Table.from_batches(rows))
        try:
            with self._warehouse.asking():
                found = con.sql(_changed(table)).to_arrow_table()
        finally:
            con.unregister(_FRESH)
        names = SAME_THING[table]
        return {row["line"]: tuple(row[name] or "" for name in names) for row in found.to_pylist()}

    def _unknown_faults(self, aside: Sequence[pa.RecordBatch]) -> set[int]:
        """The lines of the records set aside that were not set aside before for the same reason."""
        if not aside:
            return set()
        fresh = pa.Table.from_batches(aside)
        known = self._warehouse.table("set_aside")
        told = known.select("table", "reason", "customer_id", "excerpt").distinct()
        before = {tuple(row.values()) for row in self._warehouse.rows(told)}
        rows = fresh.select(["table", "reason", "customer_id", "excerpt"]).to_pylist()
        lines = fresh.column("line").to_pylist()
        return {line for line, row in zip(lines, rows, strict=True) if tuple(row.values()) not in before}


def _newest(table: str) -> str:
    keys = ", ".join(f'"{name}"' for name in SAME_THING[table])
    when = '"observed_at" DESC, ' if "observed_at" in TABLES[table] else ""
    return (
        f'SELECT * FROM "{table}" QUALIFY row_number() OVER '  # noqa: S608 - our own names
        f"(PARTITION BY {keys} ORDER BY {when}source DESC, line DESC) = 1"
    )


def _changed(table: str) -> str:
    """Write the SQL for the lines of fresh records that tell something new."""
    if "observed_at" not in TABLES[table]:
        return (
            f'SELECT * FROM {_FRESH} WHERE row_hash NOT IN (SELECT row_hash FROM "{table}") '  # noqa: S608
            "QUALIFY row_number() OVER (PARTITION BY row_hash ORDER BY line) = 1"
        )
    keys = SAME_THING[table]
    same = " AND ".join(f'f."{name}" IS NOT DISTINCT FROM k."{name}"' for name in keys)
    state = [name for name in TABLES[table] if name not in _NOT_OF_THE_STATE and name not in keys]
    other = " OR ".join(f'f."{name}" IS DISTINCT FROM k."{name}"' for name in state)
    listed = ", ".join(f'"{name}"' for name in keys)
    # Of a thing that was listed twice, the later record counts.
    fresh = f"SELECT * FROM {_FRESH} QUALIFY row_number() OVER (PARTITION BY {listed} ORDER BY line DESC) = 1"  # noqa: S608
    return (
        f"WITH known AS ({_newest(table)}), fresh AS ({fresh}) "  # noqa: S608
        f"SELECT f.* FROM fresh f LEFT JOIN known k ON {same} WHERE k.row_hash IS NULL OR {other}"
    )


def _only(path: Path, lines: set[int]) -> Path:
    """Copy the lines of these numbers into a file of their own beside it."""
    chosen = path.with_name(f"news-{path.name}")
    with gzip.open(path, "rb") as whole, chosen.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as news:
        for number, line in enumerate(whole, 1):
            if number in lines:
                news.write(line)
    return chosen


def _shape(warehouse: Warehouse, table: str) -> pa.Schema:
    shape: pa.Schema = warehouse.table(table).schema().to_pyarrow()
    return shape
