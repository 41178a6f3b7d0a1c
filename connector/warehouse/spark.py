"""The same bench on Spark, for those whose lines outgrow one machine: the same snapshots, the same exact numbers.

Spark's own rules for decimals are changed in two places so that it counts as DuckDB does: a product keeps all its
digits instead of giving some up, and what does not fit is an error instead of nothing.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from connector.domain.errors import ConnectorError
from connector.warehouse.tables import Warehouse, named
from connector.warehouse.workspace import arrow_of

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.pyspark import Backend

_COUNTS_LIKE_DUCKDB = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
}
_QUIET = {
    "spark.driver.maxResultSize": "0",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_HADOOP_PATTERN = re.compile(r"[][{}*?\\]")


def _first_line(error: Exception) -> str:
    cause = getattr(error, "java_exception", None)
    lines = str(error if cause is None else cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


class SparkWorkspace:
    """Fits the LineTables port: runs expressions over a warehouse's files on Spark, in exact numbers.

    Use it as a context manager. `master` is Spark's (local[*], spark://host:7077); a cluster must see the folders of
    the warehouse and of `spill` under the same paths. `memory_limit` ("2GB") holds for the driver and for each
    executor, `spill` is the folder for what does not fit, `threads` how many tasks run at once. One process has one
    Spark.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        master: str,
        *,
        memory_limit: str | None = None,
        spill: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self._warehouse, self._master = warehouse, master
        self._memory_limit, self._spill, self._threads = memory_limit, spill, threads
        self._ready: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "connection" in self.__dict__:
            self._session.stop()
            del self.__dict__["connection"], self.__dict__["_session"]
        self._ready.clear()

    @cached_property
    def _session(self) -> Any:
        """Spark itself. Raises ConnectorError where it is not installed, finds no Java or no master."""
        try:
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            raise ConnectorError(
                "engine.kind is spark, and Spark is not installed; install the extra `spark` (and Java 17 or newer), "
                "or choose engine.kind: duckdb."
            ) from None
        # Spark asks the name service for this machine's address, which a laptop or container may not have.
        if self._master.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.appName("connector").master(self._master_with_threads())
        for name, value in self._settings().items():
            builder = builder.config(name, value)
        try:
            return builder.getOrCreate()
        except (PySparkException, Py4JError, OSError) as error:
            raise ConnectorError(
                f"engine.kind is spark, and Spark does not start with the master {self._master}: "
                f"{_first_line(error)}. Check that Java 17 or newer is here (java -version), and the master."
            ) from error

    @cached_property
    def connection(self) -> "Backend":
        """The engine, as an Ibis backend."""
        import ibis

        return ibis.pyspark.connect(self._session)

    def _master_with_threads(self) -> str:
        return f"local[{self._threads}]" if self._threads and self._master.startswith("local") else self._master

    def _settings(self) -> dict[str, str]:
        settings = {**_COUNTS_LIKE_DUCKDB, **_QUIET}
        if self._memory_limit is not None:
            size = self._memory_limit.removesuffix("B").lower()
            # The Java machine knows no terabytes.
            size = f"{int(size[:-1]) * 1024}g" if size.endswith("t") else size
            settings |= {"spark.driver.memory": size, "spark.executor.memory": size}
        if self._spill is not None:
            settings["spark.local.dir"] = str(self._spill)
        if self._threads is not None:
            settings["spark.cores.max"] = str(self._threads)
        if self._master.startswith("local"):
            # One machine's shuffles need no more parts than it has hands for.
            settings["spark.sql.shuffle.partitions"] = str(2 * (self._threads or os.cpu_count() or 1))
        return settings

    def table(self, name: str) -> "ir.Table":
        """One of domain.tables, as an expression; empty where nothing was read."""
        if name not in self._ready:
            session = self._session
            from ibis.backends.pyspark.datatypes import PySparkSchema

            expression = named(name)
            shape = PySparkSchema.from_ibis(expression.schema())
            paths = [_HADOOP_PATTERN.sub(r"\\\g<0>", str(path)) for path in self._warehouse.parts(name)]
            rows = session.read.schema(shape).parquet(*paths) if paths else session.createDataFrame([], shape)
            condition = self._warehouse.condition(name)
            (rows.filter(condition) if condition else rows).createOrReplaceTempView(name)
            self._ready.add(name)
        return named(name)

    def placed(self, name: str) -> "ir.Table":
        """The same with `file_row`; Spark reads whole rows anyway, so any number that stays the row's own will do."""
        table = self.table(name)
        return table.mutate(file_row=table.line.fill_null(0))

    def keep(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Run an expression once and keep its rows under a name for the expressions that follow."""
        rows = self._session.sql(self.connection.compile(expression))
        return self._kept(name, rows.localCheckpoint(eager=True), expression.schema())

    def store(self, name: str, made: "Callable[..., ir.Table]", *of: "ir.Table") -> "ir.Table":
        """Like keep: on Spark nothing outlives the run."""
        return self.keep(name, made(*of))

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> "ir.Table":
        """Bring rows made in Python into the engine; `columns` gives names and types in order."""
        import ibis
        from ibis.backends.pyspark.datatypes import PySparkSchema

        schema = ibis.schema(dict(columns))
        made = self._session.createDataFrame(arrow_of(rows, columns), PySparkSchema.from_ibis(schema))
        return self._kept(name, made, schema)

    def rows(self, expression: "ir.Table") -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows; they arrive as one table in Arrow's form."""
        for batch in self._session.sql(self.connection.compile(expression)).toArrow().to_batches():
            yield from batch.to_pylist()

    def _kept(self, name: str, rows: Any, schema: Any) -> "ir.Table":
        import ibis

        rows.createOrReplaceTempView(name)
        return ibis.table(schema, name=name)
