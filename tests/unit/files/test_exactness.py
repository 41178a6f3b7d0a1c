"""No digit is lost on the way from a vendor's file into a table, whatever the file's shape."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.adapters.files import cells, read_vendor
from connector.adapters.files.schemas import schema
from connector.domain.tables import TABLES
from tests.unit.files.vendor_files import Line, as_csv, as_json_lines, as_line_items, line, lines, rows_of, write

Shape = Callable[[Sequence[Line]], str]
SHAPES: dict[str, Shape] = {
    "portal CSV": as_csv,
    "JSON Lines": as_json_lines,
    "JSON Lines with numbers in quotes": lambda records: as_json_lines(records, quoted=True),
    "v1 line items": as_line_items,
}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
numbers = st.decimals(min_value=-(10**15), max_value=10**15, places=22, allow_nan=False)


@every_shape
def test_a_line_keeps_every_value(tmp_path: Path, shape: Shape) -> None:
    price = Decimal("0.1999968000511991808131")
    written = line(UnitPrice=price, EffectiveUnitPrice=-price, Subtotal=Decimal("99999999999999.99"))
    (row,) = rows_of(read_vendor([write(tmp_path / "lines", shape([written]))]))["charges"]
    assert row["unit_price"] == price
    assert row["effective_unit_price"] == -price
    assert row["subtotal"] == Decimal("99999999999999.99")
    assert (row["quantity"], row["tax"], row["total"]) == (10, 62, 372)
    assert row["charge_start"] == date(2026, 10, 1)
    assert row["charge_end"] == date(2026, 10, 31)
    assert (row["term"], row["billing_plan"], row["category"]) == ("P1Y", "monthly", "license")
    assert (row["customer_id"], row["sku_id"]) == ("5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "0002")
    assert row["reseller_mpn_id"] is None
    assert row["price_adjustment"] is None


@every_shape
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=numbers, amount=numbers)
def test_any_number_the_tables_can_hold_arrives(tmp_path: Path, shape: Shape, price: Decimal, amount: Decimal) -> None:
    written = line(EffectiveUnitPrice=price, Subtotal=amount)
    (row,) = rows_of(read_vendor([write(tmp_path / "lines", shape([written]))]))["charges"]
    assert (row["effective_unit_price"], row["subtotal"]) == (price, amount)


def test_the_same_line_has_the_same_hash_in_every_shape(tmp_path: Path) -> None:
    records = [*lines(3), line(Subtotal=Decimal("310.01"))]
    hashes = {
        tuple(row["row_hash"] for row in rows_of(read_vendor([write(tmp_path / "lines", shape(records))]))["charges"])
        for shape in SHAPES.values()
    }
    assert len(hashes) == 1
    assert len(set(hashes.pop())) == 4


def test_the_hash_stays_the_same_over_versions(tmp_path: Path) -> None:
    (row,) = rows_of(read_vendor([write(tmp_path / "lines", as_csv([line()]))]))["charges"]
    assert row["row_hash"] == "28b9cb7443ce6f89"


def test_exponents_are_numbers(tmp_path: Path) -> None:
    text = as_json_lines([line()]).replace('"EffectiveUnitPrice": 31', '"EffectiveUnitPrice": 1e-7')
    (row,) = rows_of(read_vendor([write(tmp_path / "lines", text)]))["charges"]
    assert row["effective_unit_price"] == Decimal("0.0000001")


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain, so large that threads share it"])
def test_many_blocks_keep_order_lines_and_sums(tmp_path: Path, packed: bool) -> None:
    records = lines(30_000)
    for content in (as_csv(records), as_json_lines(records)):
        charges = rows_of(read_vendor([write(tmp_path / "lines", content, packed=packed)]))["charges"]
        first = 2 if content.startswith("PartnerId") else 1
        assert [row["line"] for row in charges] == list(range(first, 30_000 + first))
        assert [row["order_id"] for row in charges] == [f"order-{number}" for number in range(30_000)]
        assert sum(row["subtotal"] for row in charges) == Decimal("9300000.00")


def test_lines_are_counted_where_cells_have_line_ends(tmp_path: Path) -> None:
    text = as_csv([line(CustomerName='Alpine\nSki "House"'), line(), line()])
    charges = rows_of(read_vendor([write(tmp_path / "lines", text)]))["charges"]
    assert [row["line"] for row in charges] == [2, 4, 5]
    assert charges[0]["customer_name"] == 'Alpine\nSki "House"'


def test_every_batch_has_the_columns_of_its_table(tmp_path: Path) -> None:
    content = as_csv([line(), line(Subtotal="abc")])
    batches = dict(read_vendor([write(tmp_path / "lines", content)]))
    assert batches.keys() == {"charges", "set_aside"}
    for table, batch in batches.items():
        assert batch.schema == schema(table)
        assert batch.schema.names == list(TABLES[table])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021-05-20T18:30:06.6045692Z", date(2021, 5, 20)),
        ("2021-05-01T00:00:00", date(2021, 5, 1)),
        ("2021-05-20T23:30:00-08:00", date(2021, 5, 21)),
        ("2021-05-20T00:30:00+0200", date(2021, 5, 19)),
        ("2015-11-25T06: 41: 12Z", date(2015, 11, 25)),
        ("2026-10-31", date(2026, 10, 31)),
        ("10/31/2026", date(2026, 10, 31)),
        ("2/28/2019 23:59", date(2019, 2, 28)),
        ("2/4/2021 8:35:31 PM", date(2021, 2, 4)),
        ("0001-01-01T00:00:00", None),
        ("11/30/9999 11:59:59 PM", None),
        ("1/1/1753 12:00:00 AM", None),
        ("", None),
    ],
)
def test_all_spellings_of_dates(text: str, day: date | None) -> None:
    assert cells.read_day(text) == day


@pytest.mark.parametrize("text", ["31.10.2026", "2026-13-01", "20261031", "yesterday", "1/2/26"])
def test_what_is_no_date_says_so(text: str) -> None:
    with pytest.raises(cells.BadCell, match="is not a"):
        cells.read_day(text)


@pytest.mark.parametrize("text", ["1_000", "0x10", "$5", "1 000", "--1", "1e5x"])
def test_what_is_no_number_says_so(text: str) -> None:
    with pytest.raises(cells.BadCell, match="is not a number"):
        cells.read_number(text)
