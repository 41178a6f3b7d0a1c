"""What is taken in is there whole or not at all, sums to the last digit, and newer invoices replace older ones."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from connector.adapters.files.schemas import schema
from connector.domain.tables import TABLES
from connector.warehouse import UnevenTotals, Warehouse
from connector.warehouse.parts import CHUNK, Tally, differences

Rows = Iterator[tuple[str, pa.RecordBatch]]


def batch(table: str, *rows: Mapping[str, Any]) -> tuple[str, pa.RecordBatch]:
    return table, pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema(table))


def charge(invoice: str | None, subtotal: str, currency: str = "USD", **more: Any) -> dict[str, Any]:
    return {"invoice": invoice, "subtotal": Decimal(subtotal), "currency": currency} | more


def subtotals(warehouse: Warehouse) -> list[Decimal]:
    return sorted(row["subtotal"] for row in warehouse.rows(warehouse.table("charges")))


def test_totals_are_exact_and_per_currency(tmp_path: Path) -> None:
    tiny = "0.0000000000000000000001"
    with Warehouse(tmp_path) as warehouse:
        receipt = warehouse.take_in(
            iter(
                [
                    batch("charges", charge("G1", "99999999999999.99"), charge("G1", tiny), charge("G2", "5", "EUR")),
                    batch("charges", charge(None, "-1", tax=Decimal("0.19"))),
                ]
            )
        )
        assert receipt.rows == {"charges": 4}
        assert receipt.documents == {"charges": ("G1", "G2")}
        assert receipt.totals["charges"]["USD"]["subtotal"] == "99999999999998.9900000000000000000001"
        assert receipt.totals["charges"]["USD"]["tax"] == "0.19"
        assert receipt.totals["charges"]["EUR"]["subtotal"] == "5"
        charges = warehouse.table("charges")
        by_currency = charges.group_by("currency").aggregate(sum=charges.subtotal.sum())
        found = {row["currency"]: row["sum"] for row in warehouse.rows(by_currency)}
        assert found == {"USD": Decimal("99999999999998.9900000000000000000001"), "EUR": 5}


def test_the_manifest_tells_what_is_there(tmp_path: Path) -> None:
    with Warehouse(tmp_path, lasting=True) as warehouse:
        receipt = warehouse.take_in(
            iter([batch("charges", charge("G/1", "10.50"))]),
            observed_at="2026-11-08T02:00:00Z",
            sources=lambda: [{"name": "a.csv", "content_hash": "abc"}],
        )
    manifest = json.loads((tmp_path / receipt.snapshot / "manifest.json").read_text("utf-8"))
    assert manifest["observed_at"] == "2026-11-08T02:00:00Z"
    assert manifest["sources"] == [{"name": "a.csv", "content_hash": "abc"}]
    assert manifest["tables"] == {
        "charges": {"rows": 1, "totals": {"USD": {"subtotal": "10.5", "tax": "0", "total": "0"}}}
    }
    (part,) = manifest["parts"]
    assert (part["division"], part["file"]) == ("G/1", "charges/invoice=G%2F1/part-0000.parquet")
    assert (tmp_path / receipt.snapshot / part["file"]).is_file()


def test_nothing_stays_of_a_reading_that_failed(tmp_path: Path) -> None:
    def cut_off() -> Rows:
        yield batch("charges", charge("G1", "1"))
        raise OSError("the disk is gone")

    with Warehouse(tmp_path / "warehouse") as warehouse:
        warehouse.take_in(iter([batch("charges", charge("G1", "7"))]))
        with pytest.raises(OSError, match="the disk is gone"):
            warehouse.take_in(cut_off())
        assert subtotals(warehouse) == [7]
    assert len(list((tmp_path / "warehouse").iterdir())) == 1


def test_a_file_that_reads_back_otherwise_is_noticed() -> None:
    def tally(*rows: Mapping[str, Any]) -> Tally:
        found = Tally()
        found.count("charges", batch("charges", *rows)[1])
        return found

    written = tally(charge("G1", "10"), charge("G1", "5", "EUR"))
    assert differences(written, tally(charge("G1", "10"), charge("G1", "5", "EUR"))) == ""
    assert differences(written, tally(charge("G1", "10"))) == "2 rows were to be written, 1 are there"
    swapped = tally(charge("G1", "5"), charge("G1", "10", "EUR"))
    assert differences(written, swapped) == "subtotal in USD was to be 10, it is 5"


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse, pytest.raises(UnevenTotals, match="charges: came with other columns"):
        warehouse.take_in(iter([("charges", pa.RecordBatch.from_pylist([{"invoice": "G1"}]))]))


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse:
        receipt = warehouse.take_in(iter([batch("charges", charge("G1", "7"))]))
        path = tmp_path / receipt.snapshot / "manifest.json"
        path.write_text(path.read_text("utf-8")[:-30], encoding="utf-8")
        with pytest.raises(UnevenTotals, match="the manifest is damaged"):
            warehouse.table("charges")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda file: file.unlink(), r"part-0000\.parquet: the warehouse's file is gone; restore it from a backup"),
        (lambda file: file.write_bytes(file.read_bytes()[:30]), r"part-0000\.parquet: the warehouse's file is damaged"),
        (lambda file: file.write_bytes(b""), r"part-0000\.parquet: the warehouse's file is damaged"),
        (
            lambda file: file.write_bytes(b"PAR1" + b"\xff" * (file.stat().st_size - 40) + file.read_bytes()[-36:]),
            r"part-0000\.parquet: the warehouse's file is damaged",
        ),
    ],
    ids=["gone", "cut off", "emptied", "overwritten"],
)
def test_a_damaged_file_of_the_warehouse_is_named(
    tmp_path: Path, harm: Callable[[Path], object], sentence: str
) -> None:
    with Warehouse(tmp_path) as warehouse:
        warehouse.take_in(iter([batch("charges", charge("G1", "7"), charge("G1", "8"))]))
    (file,) = tmp_path.rglob("charges/**/*.parquet")
    harm(file)
    with Warehouse(tmp_path) as warehouse, pytest.raises(UnevenTotals, match=sentence):
        warehouse.rows(warehouse.table("charges"))


def test_what_lost_a_file_is_taken_in_again(tmp_path: Path) -> None:
    def take_in(warehouse: Warehouse) -> None:
        rows = iter([batch("charges", charge("G1", "7"))])
        warehouse.take_in(rows, sources=lambda: [{"name": "a.csv", "content_hash": "abc"}])

    with Warehouse(tmp_path) as warehouse:
        take_in(warehouse)
        assert warehouse.has(["abc"])
        next(tmp_path.rglob("*.parquet")).unlink()
        assert not warehouse.has(["abc"])
        take_in(warehouse)
        assert (warehouse.has(["abc"]), subtotals(warehouse)) == (True, [7])


def test_the_newest_snapshot_of_an_invoice_counts_and_the_older_stays(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse:
        first = warehouse.take_in(iter([batch("charges", charge("G1", "1"), charge("G2", "2"), charge(None, "9"))]))
        assert subtotals(warehouse) == [1, 2, 9]
        warehouse.take_in(iter([batch("charges", charge("G1", "10"), charge("G1", "11"))]))
        assert subtotals(warehouse) == [2, 9, 10, 11]
        warehouse.take_in(iter([batch("charges", charge(None, "8"))]))
        assert subtotals(warehouse) == [2, 8, 10, 11]
    assert (tmp_path / first.snapshot / "charges" / "invoice=G1" / "part-0000.parquet").is_file()


def test_prices_and_subscriptions_add_up(tmp_path: Path) -> None:
    with Warehouse(tmp_path) as warehouse:
        for moment in ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"):
            warehouse.take_in(iter([batch("subscriptions", {"subscription_id": "s", "observed_at": moment})]))
        assert len(warehouse.rows(warehouse.table("subscriptions"))) == 2


def test_the_same_sources_are_known_until_something_newer_comes(tmp_path: Path) -> None:
    def take(subtotal: str, *hashes: str) -> None:
        warehouse.take_in(
            iter([batch("charges", charge("G1", subtotal))]),
            sources=lambda: [{"name": one, "content_hash": one} for one in hashes],
        )

    with Warehouse(tmp_path) as warehouse:
        assert not warehouse.has(["a"])
        take("1", "a", "b")
        assert warehouse.has(["a"])
        assert warehouse.has(["b", "a"])
        assert not warehouse.has(["a", "c"])
        take("2", "c")
        assert warehouse.has(["c"])
        assert not warehouse.has(["a"])


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_its_columns(tmp_path: Path, table: str) -> None:
    with Warehouse(tmp_path) as warehouse:
        warehouse.take_in(iter([batch(table, {})]))
        filled = warehouse.table(table).schema()
    with Warehouse(tmp_path / "none") as warehouse:
        empty = warehouse.table(table)
        assert empty.schema() == filled
        assert empty.columns == tuple(TABLES[table])
        assert warehouse.rows(empty) == []


def test_a_temporary_warehouse_is_gone_at_the_end(tmp_path: Path) -> None:
    with Warehouse.temporary(spill=tmp_path, memory_limit="500MB", threads=1) as warehouse:
        warehouse.take_in(iter([batch("charges", charge("G1", "1"))]))
        assert subtotals(warehouse) == [1]
        assert list(tmp_path.iterdir()) == [warehouse.folder]
    assert list(tmp_path.iterdir()) == []


def test_the_engine_keeps_to_its_limits(tmp_path: Path) -> None:
    with Warehouse(tmp_path, memory_limit="1GB", threads=1, spill=tmp_path / "spill") as warehouse:
        settings = (
            "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory')"
        )
        threads, memory, spill = warehouse.connection.con.execute(settings).fetchone()
    assert (threads, memory, spill) == (1, "953.6 MiB", str(tmp_path / "spill"))


def test_integers_are_divided_exactly_toward_zero(tmp_path: Path) -> None:
    @ibis.udf.scalar.builtin(signature=(("int64", "int64"), "int64"))
    def div(a: int, b: int) -> int:
        """Stand for the engine's own."""

    large = 9_007_199_254_740_993
    with Warehouse(tmp_path) as warehouse:
        warehouse.take_in(iter([batch("charges", {"line": -7}, {"line": 7}, {"line": large * 3})]))
        halves = warehouse.table("charges").select(n=div(ibis._.line, 2), third=div(ibis._.line, 3))
        found = {(row["n"], row["third"]) for row in warehouse.rows(halves)}
    assert found == {(-3, -2), (3, 2), (large * 3 // 2, large)}


def test_large_tables_are_sorted_in_chunks_and_lose_nothing(tmp_path: Path) -> None:
    def shuffled() -> Rows:
        for start in range(0, CHUNK * 2 + 1000, 50_000):
            numbers = range(start, min(start + 50_000, CHUNK * 2 + 1000))
            customers = pa.array([f"c{(number * 7919) % 1000:03d}" for number in numbers])
            columns = {"invoice": pa.repeat("G1", len(numbers)), "customer_id": customers, "line": pa.array(numbers)}
            columns["currency"] = pa.repeat("USD", len(numbers))
            columns["subtotal"] = pa.repeat(
                pa.scalar(Decimal("0.01"), schema("charges").field("subtotal").type), len(numbers)
            )
            shape = schema("charges")
            arrays = [columns.get(one.name, pa.nulls(len(numbers), one.type)) for one in shape]
            yield "charges", pa.record_batch(arrays, schema=shape)

    with Warehouse(tmp_path) as warehouse:
        receipt = warehouse.take_in(shuffled())
        assert receipt.rows == {"charges": CHUNK * 2 + 1000}
        assert receipt.totals["charges"]["USD"]["subtotal"] == "2631.44"
        rows = warehouse.rows(warehouse.table("charges").select("customer_id", "line"))
    assert sorted(row["line"] for row in rows) == list(range(CHUNK * 2 + 1000))
    customers = [row["customer_id"] for row in rows]
    assert sum(one > two for one, two in pairwise(customers)) <= 3
    with Warehouse.temporary() as warehouse:
        # Sorting would take longer than reading once what is not sorted.
        assert warehouse.take_in(shuffled()).totals == receipt.totals
        rows = warehouse.rows(warehouse.table("charges").select("line"))
    assert [row["line"] for row in rows] == list(range(CHUNK * 2 + 1000))


def test_sightings_count_from_their_own_moment_on_whenever_they_were_taken_in(tmp_path: Path) -> None:
    """A history that is imported today tells of past days what was seen by then; an invoice does not."""
    states = [
        {"subscription_id": "s", "customer_id": "c", "observed_at": moment, "quantity": Decimal(seats)}
        for moment, seats in (("2026-03-01T02:00:00Z", 10), ("2026-06-01T02:00:00.123456Z", 12))
    ]
    with Warehouse(tmp_path) as warehouse:
        warehouse.take_in(iter([batch("subscriptions", *states), batch("charges", charge("G1", "5"))]))
    for moment, seats in (("2026-02-28", []), ("2026-05-31", [10]), ("2026-06-02", [10, 12])):
        before = datetime.fromisoformat(f"{moment}T00:00:00+00:00")
        over = Warehouse.temporary(over=tmp_path, known_before=before)
        for warehouse in (Warehouse(tmp_path, known_before=before), over):
            with warehouse:
                rows = warehouse.rows(warehouse.table("subscriptions"))
                assert sorted(row["quantity"] for row in rows) == seats
                assert subtotals(warehouse) == []
