"""Export profiles: which rows are lines, what they sum to, and what is said where a file does not fit."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_ledger, read_prices, read_vendor
from connector.adapters.files.grids import Typed
from connector.adapters.files.spellings import read_amount, spell_day
from connector.config.mappings import read_mappings
from connector.config.profiles import whole_profiles
from connector.domain.errors import InvalidConfig, UnreadableInput
from tests.layouts import as_text, as_workbook

HEADER = ["", "Date", "Transaction Type", "Num", "Product/Service", "Memo/Description", "Qty", "Sales Price", "Amount"]
TITLE = ["Sales by Customer Detail"]


def sale(amount: str, *, kind: str = "Invoice", day: str = "11/02/2026", num: str = "1001") -> list[str]:
    """A line of the report."""
    return ["", day, kind, num, "Cloud:M365", "October", "1", amount, amount]


def total(name: str, amount: str) -> list[str]:
    """A total of the report."""
    return [name, "", "", "", "", "", "", "", amount]


def report(*rows: list[str]) -> list[list[str]]:
    """The report with its titles."""
    return [TITLE, ["Example Partner"], [], HEADER, *rows]


GOOD = report(
    ["Alpine Ski House"], sale("1,200.50"), sale("(200.50)", kind="Credit Memo"),
    total("Total for Alpine Ski House", "$1,000.00"),
    ["Bellows"], ["Bellows North"], sale("10.00"), total("Total for Bellows North", "10.00"),
    total("Total for Bellows with sub-customers", "10.00"), total("TOTAL", "$1,010.00"),
    ["Monday, November 9, 2026 - Accrual Basis"],
)  # fmt: skip


class Read:
    """What came out of a file."""

    def __init__(self, reading: Any) -> None:
        self.lines: list[dict[str, Any]] = []
        self.aside: list[dict[str, Any]] = []
        for table, batch in reading:
            (self.aside if table == "set_aside" else self.lines).extend(batch.to_pylist())
        self.notes = " ".join(reading.notes)


def profiles(text: str, folder: Path) -> Any:
    """The profiles of a mapping file with these exports, and the shipped ones."""
    path = folder / "exports.yaml"
    path.write_text(text, encoding="utf-8")
    return whole_profiles(read_mappings(path).exports)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def reading(
        rows: Sequence[list[Any]], exports: str = "", *, name: str = "sales.csv", separator: str = ",",
        currency: str | None = "USD",
    ) -> Read:  # fmt: skip
        path = tmp_path / name
        if name.endswith(".xlsx"):
            as_workbook({"Report": [list(row) for row in rows]}, path)
        else:
            out = io.StringIO()
            csv.writer(out, delimiter=separator).writerows(rows)
            path.write_text(out.getvalue(), encoding="utf-8")
        return Read(read_ledger("books", [path], profiles=profiles(exports, tmp_path), currency=currency))

    return reading


def test_titles_headings_totals_and_the_footer_are_no_lines(read: Callable[..., Read]) -> None:
    found = read(GOOD)
    assert [(line["customer_id"], line["amount"], line["document_type"]) for line in found.lines] == [
        ("Alpine Ski House", Decimal("1200.50"), "invoice"),
        ("Alpine Ski House", Decimal("-200.50"), "credit_memo"),
        ("Bellows:Bellows North", Decimal("10.00"), "invoice"),
    ]
    assert [line["line"] for line in found.lines] == [6, 7, 11]
    assert {line["document_date"] for line in found.lines} == {date(2026, 11, 2)}
    assert (found.aside, found.notes) == ([], "")


@pytest.mark.parametrize(
    ("at", "written", "named"),
    [(7, "$999.99", "Alpine Ski House"), (11, "10.01", "Bellows North"), (13, "1,010.01", "all lines")],
)
def test_a_total_that_the_lines_do_not_reach_refuses_the_file(
    read: Callable[..., Read], at: int, written: str, named: str
) -> None:
    rows = [list(row) for row in GOOD]
    rows[at][8] = written
    with pytest.raises(UnreadableInput, match=rf"sales.csv:{at + 1}: the total of {named} is .* but the lines"):
        read(rows)


def test_a_missing_line_is_noticed_by_the_total(read: Callable[..., Read]) -> None:
    with pytest.raises(UnreadableInput, match="lines are missing or were changed"):
        read([row for row in GOOD if row != sale("10.00")])


def test_what_shows_no_total_is_told(read: Callable[..., Read]) -> None:
    found = read(report(["Alpine"], sale("10.00"), sale("5.00")))
    assert "shows no total to hold its 2 lines against" in found.notes


def test_where_not_one_line_can_be_used_the_profile_is_wrong(read: Callable[..., Read]) -> None:
    with pytest.raises(UnreadableInput, match="not one line can be used; in the first, customer_id is missing"):
        read(report(sale("10.00"), sale("5.00"), total("TOTAL", "15.00")))


def test_totals_of_single_groups_prove_the_whole(read: Callable[..., Read]) -> None:
    assert read(GOOD[:-2]).notes == ""


def test_a_row_that_is_no_line_is_set_aside_with_its_money(read: Callable[..., Read]) -> None:
    rows = report(["Alpine"], sale("10.00"), sale("5.00", kind="Voucher"), total("Total for Alpine", "15.00"))
    found = read(rows)
    (aside,) = found.aside
    assert (aside["line"], aside["amount"], aside["excerpt"]) == (7, Decimal("5.00"), "Voucher")


def test_a_stray_heading_never_becomes_a_customer(read: Callable[..., Read]) -> None:
    rows = report(["Alpine"], sale("10.00"), ["Page 2"], sale("5.00"), total("Total for Alpine", "15.00"))
    with pytest.raises(UnreadableInput, match=r"sales.csv:7: 'Page 2' looks like a heading"):
        read(rows)
    skipping = "exports: [{name: own, like: quickbooks-online-sales-by-customer-detail, skip: ['Page *']}]"
    assert {line["customer_id"] for line in read(rows, skipping).lines} == {"Alpine"}


@pytest.mark.parametrize("end", [6, 7, 11])
def test_a_file_that_is_cut_off_is_noticed(read: Callable[..., Read], end: int) -> None:
    rows = GOOD[:end]
    if end < 8:  # no total of a heading tells yet that there should be more
        assert "shows no total" in read(rows).notes
        return
    with pytest.raises(UnreadableInput, match="no total of its own follows before the file ends; the file is cut off"):
        read(rows)


def test_headings_without_totals_take_the_place_of_each_other(read: Callable[..., Read]) -> None:
    found = read(report(["Alpine"], sale("10.00"), ["Bellows"], sale("5.00")))
    assert [line["customer_id"] for line in found.lines] == ["Alpine", "Bellows"]
    assert "shows no total" in found.notes


def test_a_lost_total_never_makes_one_customer_the_others_child(read: Callable[..., Read]) -> None:
    rows = report(
        ["Alpine"],
        sale("10.00"),
        ["Bellows"],
        sale("5.00"),
        total("Total for Bellows", "5.00"),
        total("TOTAL", "15.00"),
    )
    with pytest.raises(UnreadableInput, match=r"sales.csv:5: 'Alpine' looks like a heading, but no total of its own"):
        read(rows)


@pytest.mark.parametrize("seed", range(60))
def test_damage_is_refused_or_set_aside_but_never_swallowed(read: Callable[..., Read], seed: int) -> None:
    """Whatever happens to one row of a report with totals, all its lines come out, or somebody is told."""
    chance = random.Random(seed)
    rows = [list(row) for row in GOOD[:-1]]
    at = chance.randrange(4, len(rows))
    match chance.randrange(5):
        case 0:
            del rows[at]
        case 1:
            rows.insert(at, list(rows[at]))
        case 2 if len(rows[at]) == 9:
            rows[at][8] = chance.choice(["77.00", "", "x", "1,2"])
        case 3:
            rows.insert(at, ["Something else", *[""] * chance.randrange(3)])
        case _:
            cell = chance.randrange(len(rows[at]))
            rows[at][cell] = chance.choice(["", "?"]) if rows[at][cell] else rows[at][cell]
    if rows == GOOD[:-1]:
        return
    try:
        found = read(rows)
    except UnreadableInput:
        return
    expected = read(GOOD)
    same = [(one["customer_id"], one["amount"]) for one in found.lines] == [
        (one["customer_id"], one["amount"]) for one in expected.lines
    ]
    assert same or found.aside, rows


def test_money_in_a_skipped_row_is_told(read: Callable[..., Read]) -> None:
    own = "exports: [{name: own, like: quickbooks-online-sales-by-customer-detail, skip: ['Carried *']}]"
    found = read(report(["Alpine"], sale("10.00"), total("Carried over", "99.00"), total("TOTAL", "10.00")), own)
    assert len(found.lines) == 1
    assert "1 row left out as no lines of invoices (skip Carried over), amounts 99.00" in found.notes


def test_payments_are_left_out_and_told(read: Callable[..., Read]) -> None:
    header = ["Date", "Transaction Type", "Num", "Posting", "Name", "Item", "Amount"]
    rows = [
        ["Transaction List"], header, ["11/02/2026", "Invoice", "7", "Y", "Alpine", "M365", "100.00"],
        ["11/03/2026", "Payment", "", "Y", "Alpine", "", "-60.00"], ["11/04/2026", "Invoice", "8", "N", "B", "M", "1"],
    ]  # fmt: skip
    found = read(rows)
    assert [(line["document_number"], line["status"]) for line in found.lines] == [("7", "posted"), ("8", "draft")]
    assert "1 row left out as no lines of invoices (document_type Payment), amounts -60.00" in found.notes


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234.50", ".", "1234.50"), ("(1,234.50)", ".", "-1234.50"), ("-$5.00", ".", "-5.00"), ("$-5", ".", "-5"),
        ("12.00-", ".", "-12.00"), ("€ 1.234,50", ",", "1234.50"), ("1 234,5", ",", "1234.5"),
        ("1'234.50", ".", "1234.50"), ("−7.25", ".", "-7.25"), (".5", ".", "0.5"), ("0.0132", ".", "0.0132"),
        ("1,23", ".", None), ("12,34.5", ".", None), ("1.234.5", ".", None), ("(-5)", ".", None), ("ten", ".", None),
        ("", ".", None), ("$", ".", None), ("1e5", ".", None), ("1234,567.00", ".", None),
        ("0,1", ",", "0.1"), (Typed("1234.5"), ",", "1234.5"), ("NaN", ".", None),
    ],
)  # fmt: skip
def test_numbers_are_read_exactly_or_not_at_all(text: str, decimal: str, number: str | None) -> None:
    assert read_amount(text, decimal) == (None if number is None else Decimal(number))


def test_dates_fit_the_declared_pattern_or_are_set_aside(read: Callable[..., Read]) -> None:
    own = "exports: [{name: own, like: quickbooks-online-sales-by-customer-detail, dates: '%d/%m/%Y'}]"
    found = read(report(["A"], sale("1", day="02/11/2026"), sale("2", day="11/30/2026"), total("TOTAL", "3")), own)
    assert [line["document_date"] for line in found.lines] == [date(2026, 11, 2)]
    assert found.aside[0]["excerpt"] == "11/30/2026 (expected %d/%m/%Y)"
    assert spell_day(Typed("46327"), None) == "2026-11-01"
    assert spell_day(Typed("46327"), "%d.%m.%Y") == "2026-11-01"


def test_a_workbooks_numbers_are_what_was_typed(read: Callable[..., Read]) -> None:
    typed = ["0.1", "24.4", "1234567.89", "0.0132", "-215.22", "1E-7", "123456789012.34"]
    rows: list[list[Any]] = [TITLE, HEADER, ["Alpine"]]
    rows += [["", date(2026, 11, 2), "Invoice", 1001, "M365", "x", 1, float(text), float(text)] for text in typed]
    rows += [["", 46327, "Invoice", 1002, "M365", "x", 1, 0.1 + 0.2, 0.1 + 0.2]]
    found = read(rows, name="sales.xlsx")
    assert [line["amount"] for line in found.lines] == [Decimal(text) for text in (*typed, "0.3")]
    assert {line["document_number"] for line in found.lines} == {"1001", "1002"}
    assert found.lines[-1]["document_date"] == date(2026, 11, 1)


def test_a_total_that_a_workbook_never_computed_proves_nothing(read: Callable[..., Read]) -> None:
    rows: list[list[Any]] = [TITLE, HEADER, ["Alpine"], ["", date(2026, 11, 2), "Invoice", 1, "M365", "x", 1, 5, 5]]
    rows += [["Total for Alpine", *[None] * 7, 0], ["TOTAL", *[None] * 7, 0]]
    found = read(rows, name="sales.xlsx")
    assert len(found.lines) == 1
    assert "shows no total" in found.notes


def test_a_decimal_comma_is_asked_for(read: Callable[..., Read]) -> None:
    rows = report(["A"], sale("1.200,50"), total("TOTAL", "1.200,50"))
    with pytest.raises(UnreadableInput, match='write `decimal: ","`'):
        read(rows, separator=";")
    own = "exports: [{name: own, like: quickbooks-online-sales-by-customer-detail, decimal: ','}]"
    assert [line["amount"] for line in read(rows, own, separator=";").lines] == [Decimal("1200.50")]


def test_names_stand_only_for_what_was_declared(read: Callable[..., Read]) -> None:
    own = (
        "exports:\n- name: own\n  like: quickbooks-online-sales-by-customer-detail\n"
        "  customers: {Alpine Ski House: '58'}\n  items: {'Cloud:M365': '31'}\n"
    )
    found = read(GOOD, own)
    assert [(line["customer_id"], line["customer_name"], line["item_id"]) for line in found.lines] == [
        ("58", "Alpine Ski House", "31"), ("58", "Alpine Ski House", "31"),
        ("Bellows:Bellows North", "Bellows:Bellows North", "31"),
    ]  # fmt: skip


def test_a_currency_is_never_assumed(read: Callable[..., Read]) -> None:
    with pytest.raises(UnreadableInput, match=r"names no currency.*fixed: \{currency: USD\}"):
        read(GOOD, currency=None)
    own = "exports: [{name: own, like: quickbooks-online-sales-by-customer-detail, fixed: {currency: CAD}}]"
    assert {line["currency"] for line in read(GOOD, own, currency=None).lines} == {"CAD"}


def test_an_unknown_layout_is_told_what_it_lacks(read: Callable[..., Read]) -> None:
    with pytest.raises(
        UnreadableInput, match=r"nearest is the profile quickbooks-online-sales.*\(row 4\).*Amount is missing"
    ):
        read([[cell if cell != "Amount" else "Betrag" for cell in row] for row in GOOD])


def test_a_column_that_is_there_twice_is_refused(read: Callable[..., Read]) -> None:
    rows = [[*row, *([row[8]] if len(row) == 9 else [])] for row in GOOD]
    with pytest.raises(UnreadableInput, match=r"sales.csv:4:10: the column Amount is there twice \(also as column 9\)"):
        read(rows)


def test_a_workbook_of_no_known_layout_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    as_workbook({"A": [["a", "b"], [1, 2]]}, path)
    for reading in (lambda: read_prices([path]), lambda: read_ledger("books", [path], profiles=whole_profiles(()))):
        with pytest.raises(UnreadableInput, match="Excel workbook in none of the known layouts; save the sheet as CSV"):
            reading()


def test_two_layouts_that_fit_alike_are_refused(read: Callable[..., Read]) -> None:
    header = ["Document No.", "Posting Date", "Sell-to Customer No.", "No.", "Amount"]
    rows = [header, ["103001", "11/02/2026", "10000", "1896-S", "100.00"]]
    with pytest.raises(UnreadableInput, match="fit equally well; name the file 'Posted Sales Invoice Lines' or"):
        read(rows)
    (line,) = read(rows, name="Posted Sales Credit Memo Lines.csv").lines
    assert (line["document_type"], line["amount"]) == ("credit_memo", Decimal(-100))


def test_a_workbook_in_our_own_layout_needs_no_profile(read: Callable[..., Read]) -> None:
    header = ["document_number", "document_date", "document_type", "customer_id", "item_id", "amount", "currency"]
    (line,) = read([header, ["1", date(2026, 11, 2), "invoice", 58, 31, 24.4, "USD"]], name="a.xlsx").lines
    assert (line["customer_id"], line["item_id"], line["amount"]) == ("58", "31", Decimal("24.4"))


@pytest.mark.parametrize("damage", ["zeros", "cut off"])
def test_a_damaged_workbook_is_refused_in_a_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "sales.xlsx"
    as_workbook({"A": [[1]]}, path)
    packed = bytearray(path.read_bytes())
    end = packed.index(b"PK\x01\x02")
    packed[60:end] = bytes(end - 60)
    path.write_bytes(packed if damage == "zeros" else packed[: end // 2])
    with pytest.raises(UnreadableInput, match=r"sales\.xlsx: the (workbook|ZIP archive) .*again"):
        Read(read_ledger("books", [path], profiles=whole_profiles(()), currency="USD"))


PAX8 = ["invoiceNumber", "companyName", "sku", "productName", "startPeriod", "endPeriod", "term", "quantity", "cost",
        "costTotal", "currencyCode", "vendorSubscriptionId"]  # fmt: skip
TENANT = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"


def test_a_distributors_invoice_becomes_charges(tmp_path: Path) -> None:
    line = ["2044", "Alpine Ski House", "MST-365BP", "Business Premium", "2026-10-01", "2026-10-31", "1 Year", "10",
            "20.00", "200.00", "USD", "9d7d1f3d-c8de-461c-db6d-91debd5129f0"]  # fmt: skip
    other = [*line[:1], "Bellows", *line[2:]]
    path = tmp_path / "pax8.csv"
    path.write_text(as_text([PAX8, line, other]), encoding="utf-8")
    known = profiles(
        "exports:\n- name: own\n  like: pax8-invoice-items\n"
        f"  customers: {{Alpine Ski House: {TENANT}}}\n  items: {{MST-365BP: 'CFQ7TTC0LCHC:0002'}}\n",
        tmp_path,
    )
    found = Read(read_vendor([path], profiles=known))
    first, second = found.lines
    wanted = (TENANT, "CFQ7TTC0LCHC", "0002", Decimal(200), "P1Y", "license", "2044")
    assert (
        tuple(
            first[name] for name in ("customer_id", "product_id", "sku_id", "subtotal", "term", "category", "invoice")
        )
        == wanted
    )
    assert (second["customer_id"], second["customer_name"]) == (None, "Bellows")
    assert "1 customers without a tenant id (Bellows)" in found.notes


def test_a_credit_of_a_distributor_has_its_sign_in_the_price(tmp_path: Path) -> None:
    back = ["2044", "Alpine", "CFQ7TTC0LCHC:0002", "Premium", "2026-10-01", "2026-10-31", "1 Year", "-2", "20.00",
            "(40.00)", "USD", ""]  # fmt: skip
    path = tmp_path / "pax8.csv"
    path.write_text(as_text([PAX8, back]), encoding="utf-8")
    (found,) = Read(read_vendor([path], profiles=whole_profiles(()))).lines
    assert (found["quantity"], found["effective_unit_price"], found["subtotal"]) == (2, -20, -40)


@pytest.mark.parametrize(
    ("exports", "said"),
    [
        ("[{name: own}]", "'columns' is missing"),
        ("[{name: own, like: own}]", "cannot be like itself"),
        ("[{name: own, like: quickbooks}]", "is not there"),
        ("[{name: a, like: b}, {name: b, like: a}]", "leads back to itself"),
        ("[{name: own, columns: {amount: Amount}}]", "does not say where document_number"),
        ("[{name: own, columns: {amuont: Amount}}]", "did you mean 'amount'"),
        ("[{name: own, reads: vendor, columns: {document_number: A}}]", "there is no vendor column"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_work_is_an_error_of_the_mapping(tmp_path: Path, exports: str, said: str) -> None:
    path = tmp_path / "exports.yaml"
    path.write_text(f"exports: {exports}\n", encoding="utf-8")
    with pytest.raises(InvalidConfig, match=said):
        read_mappings(path)
