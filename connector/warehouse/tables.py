"""The warehouse: takes tables in, keeps them as Parquet, and answers questions about them exactly."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connector.domain.errors import ConnectorError
from connector.domain.tables import NUMBER_PRECISION, NUMBER_SCALE, TABLES
from connector.warehouse import snapshots
from connector.warehouse.editions import EDITION, dated_view
from connector.warehouse.harm import harmed
from connector.warehouse.queries import written
from connector.warehouse.snapshots import Receipt

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends.duckdb import Backend

_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "day": "DATE",
    "number": f"DECIMAL({NUMBER_PRECISION}, {NUMBER_SCALE})",
    "count": "BIGINT",
    "flag": "BOOLEAN",
}
_IBIS_TYPES = {
    "text": "string",
    "day": "date",
    "number": f"decimal({NUMBER_PRECISION}, {NUMBER_SCALE})",
    "count": "int64",
    "flag": "boolean",
}

FILE_ROW = "file_row"
_BATCH = 50_000
# Tables that got columns after the first version wrote them.
_GROWN = frozenset({"subscriptions"})
# Each row says when it was seen, whenever the file that holds it was taken in.
_SIGHTED = frozenset({"subscriptions", "customers"})
# DuckDB divides decimals as floating numbers: wide whole numbers are divided as such instead.
_DIV = """
CREATE MACRO div(a BIGINT, b BIGINT) AS a // b,
    (a DECIMAL(38, 0), b DECIMAL(38, 0)) AS CAST(CAST(a AS HUGEINT) // CAST(b AS HUGEINT) AS DECIMAL(38, 0))
"""
_DERIVED = "derived"
# How many earlier derivations are kept, so that the months audited lately need not be prepared again.
_KEPT = 3


class Warehouse:
    """Line-level tables in a folder, queried by DuckDB within a memory limit.

    Use it as a context manager. `spill` is the folder for what does not fit into memory (default: in the
    warehouse's own); `memory_limit` is in DuckDB's spelling ("2GB"). A `lasting` warehouse makes sure that what it
    took in is on the disk, even when the power fails the moment after. One that stands at a past moment,
    `known_before` (aware), leaves out what was observed from that moment on.
    """

    def __init__(
        self,
        folder: Path,
        *,
        memory_limit: str | None = None,
        spill: Path | None = None,
        threads: int | None = None,
        lasting: bool = False,
        known_before: datetime | None = None,
    ) -> None:
        self.folder = folder
        self._lasting = lasting
        self._known_before = known_before
        self._memory_limit, self._spill, self._threads = memory_limit, spill, threads
        self._temporary = False
        self._over: Path | None = None
        self._below_before: datetime | None = None
        self._ready: set[str] = set()

    @classmethod
    def temporary(
        cls,
        *,
        over: Path | None = None,
        memory_limit: str | None = None,
        spill: Path | None = None,
        threads: int | None = None,
        known_before: datetime | None = None,
    ) -> Self:
        """Make a warehouse that is deleted at the end of its context.

        It lies `over` the folder of another, which it never writes to: what it takes in itself replaces what is there.
        `known_before` is for that other one.
        """
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="connector-", dir=spill))
        warehouse = cls(folder, memory_limit=memory_limit, spill=spill, threads=threads)
        warehouse._temporary, warehouse._over, warehouse._below_before = True, over, known_before
        return warehouse

    @property
    def is_temporary(self) -> bool:
        """Whether it is deleted at the end of its context."""
        return self._temporary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the engine; a temporary warehouse is deleted."""
        if "connection" in self.__dict__:
            self.connection.disconnect()
            del self.__dict__["connection"]
        self._ready.clear()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def take_in(
        self,
        rows: "Iterable[tuple[str, pa.RecordBatch]]",
        *,
        observed_at: str | None = None,
        sources: Callable[[], Sequence[Mapping[str, object]]] = tuple,
        unbilled: str | None = None,
    ) -> Receipt:
        """Write a stream of (table, batch) as one snapshot, all or nothing.

        `sources` says what was read (each with a `content_hash`); it is asked when all rows are written. `unbilled`
        names where lines without an invoice come from: they replace those that came from there before.
        Raises UnevenTotals where the files do not read back as they were written.
        """
        moment = observed_at or datetime.now(UTC).isoformat(timespec="seconds")
        receipt = snapshots.write_snapshot(
            self.folder,
            rows,
            observed_at=moment,
            sources=sources,
            lasting=self._lasting,
            is_sorted=not self._temporary,
            unbilled=unbilled,
        )
        self._ready.clear()
        return receipt

    def write(self, table: str, batches: "Iterable[pa.RecordBatch]") -> Receipt:
        """Write one table's batches as a snapshot of their own."""
        return self.take_in((table, batch) for batch in batches)

    def has(self, content_hashes: Iterable[str]) -> bool:
        """Tell whether each of these sources was taken in before, by a snapshot that nothing newer replaced."""
        known = snapshots.read_snapshots(self.folder)
        current = {path for table in TABLES for path in snapshots.current_parts(known, table)}
        there = {
            source
            for snapshot in known
            if all(path in current and path.exists() for _, _, path in snapshot.parts)
            for source in snapshot.sources
        }
        return there.issuperset(content_hashes)

    def derived(self, name: str, made_by: str) -> Path:
        """The file for rows that were computed from the lines as they are now, by the SQL `made_by`."""
        parts = sorted(str(path) for table in TABLES for path in self.parts(table))
        moment = "" if self._moment is None else self._moment.isoformat()
        key = hashlib.sha256("\n".join([made_by, moment, *parts]).encode()).hexdigest()[:24]
        return self.folder / _DERIVED / f"{name}-{key}.parquet"

    def forget_derived(self, name: str, newest: Path) -> None:
        """Delete what was derived under this name before, but for the last few months."""
        others = (path for path in newest.parent.glob(f"{name}-*.parquet") if path != newest)
        for path in sorted(others, key=lambda path: path.stat().st_mtime)[: -_KEPT or None]:
            path.unlink(missing_ok=True)

    @cached_property
    def connection(self) -> "Backend":
        """The engine, as an Ibis backend; it has `div(a, b)`, division of integers toward zero."""
        import ibis

        settings: dict[str, Any] = {"temp_directory": str(self._spill or self.folder / ".spill")}
        if self._memory_limit is not None:
            settings["memory_limit"] = self._memory_limit
        if self._threads is not None:
            settings["threads"] = self._threads
        # DuckDB puts nested selections together by itself, and much faster.
        ibis.options.sql.fuse_selects = False
        backend = ibis.duckdb.connect(**settings)
        backend.raw_sql(_DIV)
        return backend

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn the engine's lack of memory, or a damaged file, into a ConnectorError that says what to do, and its own
        words for Ctrl-C into Python's.
        """
        import duckdb

        try:
            yield
        except (RuntimeError, duckdb.InterruptException) as ended:
            if "interrupted" not in str(ended).lower():
                raise
            raise KeyboardInterrupt from ended
        except duckdb.OutOfMemoryException as error:
            limit = f"{self._memory_limit}, which is" if self._memory_limit else "what is here, without"
            raise ConnectorError(
                f"The query engine needs more memory than {limit} engine.memory_limit; set a higher one."
            ) from error
        except duckdb.Error as error:
            if (harm := harmed(self._taken_in(), self.folder / _DERIVED)) is None:
                raise
            raise harm from error

    def _taken_in(self) -> list[Path]:
        """All files of the snapshots, those it lies over first."""
        folders = [folder for folder in (self._over, self.folder) if folder is not None]
        return [path for folder in folders for one in snapshots.read_snapshots(folder) for _, _, path in one.parts]

    def table(self, name: str) -> "ir.Table":
        """Return a table as it is now, empty where nothing was taken in."""
        if name not in self._ready:
            with self.asking():
                self.connection.raw_sql(_view(name, self.parts(name), self.condition(name)))
            self._ready.add(name)
        return named(name)

    def placed(self, name: str) -> "ir.Table":
        """Return a table as it is now with `file_row`, which row of its file each is, from 0."""
        import ibis

        if _placed(name) not in self._ready:
            with self.asking():
                self.connection.raw_sql(_view(name, self.parts(name), self.condition(name), placed=True))
            self._ready.add(_placed(name))
        columns = {column: _IBIS_TYPES[kind] for column, kind in TABLES[name].items()}
        return ibis.table({**columns, FILE_ROW: "int64"}, name=_placed(name))

    def dated(self, name: str) -> "ir.Table":
        """Return a table with the edition (price sheet) and the moment of the snapshot that each row came in."""
        import ibis

        below = snapshots.read_snapshots(self._over, self._below_before) if self._over is not None else []
        own = snapshots.read_snapshots(self.folder, self._known_before)
        with self.asking():
            self.connection.raw_sql(dated_view(name, [*below, *own]))
        columns = {column: _IBIS_TYPES[kind] for column, kind in TABLES[name].items()}
        return ibis.table(columns | dict.fromkeys(EDITION, "string"), name=f"{name}_dated")

    def parts(self, name: str) -> list[Path]:
        """Return the files of a table that count now; of sightings all, as each says itself when it was."""
        sighted = name in _SIGHTED
        below_before, known_before = (None, None) if sighted else (self._below_before, self._known_before)
        below = snapshots.read_snapshots(self._over, below_before) if self._over is not None else []
        own = snapshots.read_snapshots(self.folder, known_before)
        return snapshots.current_parts([*below, *own], name)

    def condition(self, name: str) -> str | None:
        """The SQL condition under which rows of a table count; None: all do."""
        if name not in _SIGHTED or self._moment is None:
            return None
        return f"substr(observed_at, 1, 19) < '{self._moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}'"

    @property
    def _moment(self) -> datetime | None:
        """The moment before which things must be known; None: now."""
        return self._known_before if self._over is None else self._below_before

    def holds(self, table: str, division: str) -> bool:
        """Tell whether rows of an invoice (or of an origin of unbilled lines) are there now."""
        import pyarrow.parquet as pq

        known = snapshots.read_snapshots(self.folder, self._known_before)
        current = set(snapshots.current_parts(known, table))
        return any(
            name == table and of == division and path in current and pq.read_metadata(path).num_rows
            for snapshot in known
            for name, of, path in snapshot.parts
        )

    def origins(self) -> list[tuple[str, Mapping[str, object]]]:
        """Say of what files and payloads the snapshots were made, oldest first: (observed_at, what it was)."""
        found = snapshots.read_snapshots(self.folder, self._known_before)
        return [(snapshot.observed_at, origin) for snapshot in found for origin in snapshot.origins]

    def rows(self, expression: "ir.Table") -> list[dict[str, Any]]:
        """Compute an expression and return its rows, numbers as exact Decimals."""
        return [row for batch in self.batches(expression) for row in batch.to_pylist()]

    def batches(self, expression: "ir.Table") -> "Iterator[pa.RecordBatch]":
        """Compute an expression and yield its rows batch by batch."""
        # Ibis asks DuckDB 2 for its batches by a name that is gone; DuckDB itself is asked instead.
        with self.asking():
            yield from self.connection.con.sql(written(expression)).to_arrow_reader(_BATCH)


def named(name: str) -> "ir.Table":
    """Return one of domain.tables as an expression that any engine can run that knows it by its name."""
    import ibis

    # Asking DuckDB for a table's columns costs a query that Ibis and DuckDB 2 no longer agree on.
    return ibis.table({column: _IBIS_TYPES[kind] for column, kind in TABLES[name].items()}, name=name)


def _view(name: str, paths: Sequence[Path], condition: str | None = None, *, placed: bool = False) -> str:
    """Write the SQL for a view of the files, or of no rows with the right columns."""
    columns = {**TABLES[name], FILE_ROW: "count"} if placed else TABLES[name]
    view = _placed(name) if placed else name
    if paths:
        files = ", ".join("'{}'".format(str(path).replace("'", "''")) for path in paths)
        listed = ", ".join(f'"{column}"' for column in columns)
        grown = ", union_by_name = true" if name in _GROWN else ""
        numbered = ", file_row_number = true" if placed else ""
        row = f', file_row_number AS "{FILE_ROW}"' if placed else ""
        rows = f"SELECT *{row} FROM read_parquet([{files}], hive_partitioning = false{grown}{numbered})"  # noqa: S608 - own paths
        if name in _GROWN:
            # Files of before have fewer columns; what they do not tell is null.
            rows = f"{_nothing(columns)} UNION ALL BY NAME {rows}"
        inside = f"SELECT {listed} FROM ({rows})"  # noqa: S608 - our own names
    else:
        inside = _nothing(columns)
    if condition is not None:
        inside = f"SELECT * FROM ({inside}) WHERE {condition}"  # noqa: S608 - our own moment
    return f'CREATE OR REPLACE VIEW "{view}" AS {inside}'


def _placed(name: str) -> str:
    return f"{name}_placed"


def _nothing(columns: Mapping[str, str]) -> str:
    """Write the SQL for no rows with these columns."""
    nulls = ", ".join(f'CAST(NULL AS {_DUCKDB_TYPES[kind]}) AS "{column}"' for column, kind in columns.items())
    return f"SELECT {nulls} WHERE false"
