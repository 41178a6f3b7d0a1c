"""Spark gives the same result as DuckDB, byte for byte: the same expressions, nothing that only one of them can."""

import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import ibis
import pytest

from connector import bootstrap
from connector.cli.main import run
from connector.config.mappings import read_mappings
from connector.engine.expecting.whole import divided, whole
from connector.jobs.reconcile import reconcile
from connector.jobs.request import Request
from connector.ports import LineTables
from connector.reports.result_json import to_json
from connector.warehouse import Warehouse, spark
from connector.warehouse.spark import SparkWorkspace
from connector.warehouse.workspace import Workspace
from tests.builders import MadeUp, Month, ledger_line, make_world

# Spark's own Python side leaves sockets to the garbage collector.
pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


@dataclass(frozen=True, slots=True)
class Benches:
    """The same warehouse on both engines."""

    world: MadeUp
    duckdb: LineTables
    spark: LineTables


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Without the compilers that pay only for large months: Java's slow one, and Spark's own of whole queries."""
    quick = pytest.MonkeyPatch()
    quick.setitem(spark._QUIET, "spark.sql.codegen.wholeStage", "false")
    quick.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    yield
    quick.undo()
    gc.collect()


def test_the_settings_choose_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    month = Month(tmp_path, ledger=[ledger_line(amount="230.00")]).write()
    monkeypatch.chdir(tmp_path)
    config, output = tmp_path / "config.yaml", tmp_path / "result.json"
    words = month.words("--format", "json", "--output", str(output))
    config.write_text("company: {name: Northwind Cloud Partners}\n", encoding="utf-8")
    assert run(words) == 1
    on_duckdb = json.loads(output.read_text(encoding="utf-8"))

    kept: list[str] = []
    keep = SparkWorkspace.keep
    monkeypatch.setattr(SparkWorkspace, "keep", lambda self, name, rows: (kept.append(name), keep(self, name, rows))[1])
    with config.open("a", encoding="utf-8") as more:
        more.write('engine: {kind: spark, master: "local[*]", threads: 1, memory_limit: 1GB}\n')
    assert run(words) == 1
    assert "expected" in kept
    assert json.loads(output.read_text(encoding="utf-8")) | {"run_id": on_duckdb["run_id"]} == on_duckdb


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    # A folder whose name means something to Spark must be as good as any other.
    folder = tmp_path_factory.mktemp("world") / "a {b} [c]*"
    world = make_world(folder, 7)
    with Warehouse(folder / "warehouse", spill=folder / "spill") as warehouse:
        for reading in bootstrap.readings(world.request(), read_mappings(world.request().mappings)):
            warehouse.take_in(iter(reading))
        with SparkWorkspace(warehouse, "local[2]", memory_limit="1GB", spill=folder / "spill") as on_spark:
            yield Benches(world, Workspace(warehouse), on_spark)


def result(world: MadeUp, tables: LineTables, settle_from: int) -> str:
    asked = world.request()
    ledgers = tuple(name for name, _ in asked.ledgers)
    request = Request(asked.month, asked.totals, asked.taxes, ledgers, settle_from=settle_from)
    return to_json(reconcile(tables, read_mappings(asked.mappings), request), "run")


@pytest.mark.parametrize("settle_from", [10**6, 0], ids=["piece by piece", "settled by the engine"])
def test_a_month_with_every_mistake_gives_the_same_bytes(benches: Benches, settle_from: int) -> None:
    expected = result(benches.world, benches.duckdb, settle_from)
    assert expected.count('"fingerprint"') > 20
    assert result(benches.world, benches.spark, settle_from) == expected


NUMBERS = ("0", "0.0000005", "-0.0000005", "1234567890123.4567895", "-99.9999995", "0.0049995")
WHOLE = {"amount": "decimal(38, 22)", "top": "int64", "bottom": "int64"}
TOPS = (0, 1, -1, 7, -7, 999_999_999_999_999_999, -1_000_000_000_000_000_001, 5, -5)


def test_whole_numbers_are_rounded_alike_and_right(benches: Benches) -> None:
    rows = [
        {"amount": Decimal(number), "top": top, "bottom": bottom}
        for number in NUMBERS
        for top in TOPS
        for bottom in (1, 2, 3, 10)
    ]
    for tables in (benches.duckdb, benches.spark):
        taken = tables.take("numbers", rows, WHOLE)
        computed = taken.mutate(micro=whole(taken.amount, 10**6), result=divided(taken.top, taken.bottom))
        seen = list(tables.rows(computed))
        assert len(seen) == len(rows)
        for row in seen:
            assert row["micro"] == half_up(Fraction(row["amount"]) * 10**6)
            assert row["result"] == half_up(Fraction(row["top"], row["bottom"]))


def half_up(number: Fraction) -> int:
    size = (2 * abs(number.numerator) + number.denominator) // (2 * number.denominator)
    return -size if number < 0 else size


def test_products_keep_their_digits_on_both(benches: Benches) -> None:
    columns = {"quantity": "decimal(38, 22)", "price": "decimal(38, 22)"}
    rows = [{"quantity": Decimal("744.00000001"), "price": Decimal("0.013200000001")}]
    for tables in (benches.duckdb, benches.spark):
        taken = tables.take("factors", rows, columns)
        product = taken.quantity.cast("decimal(38, 8)") * taken.price.cast("decimal(38, 12)")
        (row,) = tables.rows(taken.select(product=product))
        assert row["product"] == Decimal("744.00000001") * Decimal("0.013200000001")


def test_nothing_that_does_not_fit_is_cut_or_left_out(benches: Benches) -> None:
    too_fine = [{"number": Decimal("0.12345678901234567890123")}]
    too_large = [{"number": Decimal(9 * 10**15)}]
    for tables in (benches.duckdb, benches.spark):
        with pytest.raises(Exception, match=r"(?i)rescal|precision|loss"):
            tables.take("fine", too_fine, {"number": "decimal(38, 22)"})
        taken = tables.take("large", too_large, {"number": "decimal(38, 22)"})
        with pytest.raises(Exception, match=r"(?i)overflow|out of range|CAST|NUMERIC_VALUE"):
            list(tables.rows(taken.select(number=(whole(taken.number, 10**6) * ibis.literal(10**6)).cast("int64"))))
