"""The bench a run works on: the warehouse's tables, and the run's own intermediate ones, gone when it ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from connector.warehouse.queries import code_of, written
from connector.warehouse.tables import Warehouse

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa

# Rows take much more room as Python's than as Arrow's.
_BATCH = 8_192
_TYPES = {"string": "VARCHAR", "int64": "BIGINT", "int32": "INTEGER", "int16": "SMALLINT", "int8": "TINYINT"}


class Workspace:
    """Fits the LineTables port: runs expressions over a warehouse, in exact numbers."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._stored: list[str] = []

    def table(self, name: str) -> "ir.Table":
        """One of domain.tables, as an expression; empty where nothing was read."""
        return self._warehouse.table(name)

    def placed(self, name: str) -> "ir.Table":
        """The same with `file_row`, by which the engine finds a few rows without reading the columns of the others."""
        return self._warehouse.placed(name)

    def dated(self, name: str) -> "ir.Table":
        """A table of which all snapshots count, with the market, view and month of the edition and when it was seen."""
        return self._warehouse.dated(name)

    def keep(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Run an expression once and keep its rows under a name for the expressions that follow."""
        connection = self._warehouse.connection
        sql = _typed(written(expression), expression.schema())
        with self._warehouse.asking():
            connection.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')
        return _named(name, expression.schema())

    def store(self, name: str, made: "Callable[..., ir.Table]", *of: "ir.Table") -> "ir.Table":
        """Like keep, but in a file beside the lines: what is `made` of them is made only once.

        Beside lines that are gone when the run ends a file would serve nobody.
        """
        if self._warehouse.is_temporary:
            return self.keep(name, made(*of))
        import ibis
        import pyarrow.parquet as pq

        connection = self._warehouse.connection
        # Put together anew, the expression itself would tell as much, but writing it takes longer than reading the
        # file. What was stored before may be read by it: its own file names say of what it was made.
        words = (code_of(made), ibis.__version__, *map(written, of), *self._stored)
        path = self._warehouse.derived(name, "\n".join(words))
        self._stored.append(path.name)
        if not path.exists():
            expression = made(*of)
            sql = _typed(written(expression), expression.schema())
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{uuid4().hex}.unfinished")
            try:
                with self._warehouse.asking():
                    connection.raw_sql(f"COPY ({sql}) TO '{_quoted(unfinished)}' (FORMAT parquet, COMPRESSION zstd)")
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            self._warehouse.forget_derived(name, path)
        rows = f"SELECT * FROM read_parquet('{_quoted(path)}')"  # noqa: S608  our own file
        with self._warehouse.asking():
            connection.raw_sql(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {rows}')
        # The file says of columns that happen to be full that they never are empty.
        columns = {
            name: kind.copy(nullable=True) for name, kind in ibis.Schema.from_pyarrow(pq.read_schema(path)).items()
        }
        return _named(name, ibis.schema(columns))

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> "ir.Table":
        """Bring rows made in Python into the engine; `columns` gives names and types in order."""
        import ibis

        connection = self._warehouse.connection
        connection.con.register("rows_taken", arrow_of(rows, columns))
        with self._warehouse.asking():
            connection.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM rows_taken')  # noqa: S608  our own name
        connection.con.unregister("rows_taken")
        return _named(name, ibis.schema(dict(columns)))

    def rows(self, expression: "ir.Table") -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows, batch by batch, so that no table need fit into memory."""
        connection = self._warehouse.connection
        # Ibis asks DuckDB 2 for its batches by a name that is gone; DuckDB itself is asked instead.
        with self._warehouse.asking():
            for batch in connection.con.sql(written(expression)).to_arrow_reader(_BATCH):
                yield from batch.to_pylist()


def arrow_of(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> "pa.Table":
    """Make a table in memory of rows; `columns` gives names and types in order. A digit that does not fit raises."""
    import ibis
    import pyarrow as pa

    schema = ibis.schema(dict(columns)).to_pyarrow()
    cells_of = itemgetter(*columns)
    source, batches = iter(rows), []
    while chunk := list(islice(source, _BATCH)):
        by_column = zip(*map(cells_of, chunk), strict=True) if len(columns) > 1 else [list(map(cells_of, chunk))]
        arrays = [pa.array(cells, own.type) for cells, own in zip(by_column, schema, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _typed(sql: str, schema: "ibis.Schema") -> str:
    """Have every column come in the type that Ibis believes it has.

    DuckDB sums whole numbers into wider ones, which a Parquet file would keep as floating ones.
    """
    columns = ", ".join(
        # Lists of structs come as they were built; only plain columns are summed.
        f'"{name}"' if kind.is_nested() else f'CAST("{name}" AS {_duckdb_type(kind)}) AS "{name}"'
        for name, kind in schema.items()
    )
    return f"SELECT {columns} FROM ({sql})"  # noqa: S608  our own names


def _duckdb_type(kind: "ibis.DataType") -> str:
    text = str(kind.copy(nullable=True))
    return _TYPES.get(text) or text.upper()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _named(name: str, schema: "ibis.Schema") -> "ir.Table":
    # Asking DuckDB for a table's columns costs a query that Ibis and DuckDB 2 no longer agree on.
    import ibis

    return ibis.table(schema, name=name)
