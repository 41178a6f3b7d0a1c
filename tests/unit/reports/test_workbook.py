"""The workbook: equal numbers, real dates, and no cell that is anything but text or number."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest

from connector.domain.kinds import KINDS
from connector.domain.result import Reconciliation
from connector.reports import workbook
from connector.reports.wording import plain
from connector.reports.workbook import to_xlsx
from tests.unit.reports import samples


def opened(result: Reconciliation, count: int = 40) -> openpyxl.Workbook:
    """The workbook as another program reads it."""
    return openpyxl.load_workbook(io.BytesIO(to_xlsx(result, "run-1", samples.lines(count))))


def column(sheet: openpyxl.worksheet.worksheet.Worksheet, title: str) -> list[object]:
    """The cells below a title."""
    heads = [cell.value for cell in sheet[1]]
    return [row[heads.index(title)] for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_it_has_a_sheet_for_each_table() -> None:
    assert opened(samples.month()).sheetnames == [
        "Summary", "Findings", "Microsoft's lines", "Ledger lines", "Margins", "Verdicts", "Proof", "Causes",
        "Evidence", "Kept silent",
    ]  # fmt: skip


def test_numbers_are_numbers_and_days_are_days() -> None:
    book = opened(samples.month())
    findings = book["Findings"]
    assert [Decimal(str(value)) for value in column(findings, "Impact")] == [
        finding.impact
        for finding in sorted(
            samples.month().findings, key=lambda f: column(findings, "Fingerprint").index(f.fingerprint)
        )
    ]
    assert set(column(findings, "First day")) == {datetime(2026, 10, 1)}  # noqa: DTZ001 - a day in a workbook has no time zone
    rows = [row for row in samples.lines(40) if row.side == "vendor"]
    amounts = [Decimal(str(value)) for value in column(book["Microsoft's lines"], "Amount")]
    assert amounts == [row.amount for row in rows]


def test_sheets_can_be_filtered_and_keep_their_heads() -> None:
    book = opened(samples.month())
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "B2", name
        assert book[name].auto_filter.ref.startswith("A1:"), name


def test_no_cell_is_a_formula_or_a_link() -> None:
    written = to_xlsx(samples.hostile(), "=1+1", samples.lines(100, samples.HOSTILE))
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        for name in parts.namelist():
            text = parts.read(name).decode("utf-8", "replace")
            assert "<f>" not in text, name
            assert "<f " not in text, name
            assert "<hyperlink " not in text.lower(), name
    book = openpyxl.load_workbook(io.BytesIO(written))
    names = column(book["Findings"], "Customer")
    assert {plain(name) for name in samples.HOSTILE} == {re.sub(r"^'", "", str(name)) for name in names}
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("text", ["12345678901234567.89", "0.12345678901234567", "-9999999999999999"])
def test_an_amount_of_many_digits_is_never_cut(text: str) -> None:
    one = replace(samples.month().findings[0], impact=Decimal(text))
    value = column(opened(replace(samples.month(), findings=(one,)))["Findings"], "Impact")[0]
    assert isinstance(value, str)
    assert Decimal(value) == Decimal(text)


@pytest.mark.parametrize("text", ["9.41", "123456789012.35", "-0.0132", "99999999999999.9", "8.7", "0.1"])
def test_an_amount_of_few_digits_is_equal(text: str) -> None:
    one = replace(samples.month().findings[0], impact=Decimal(text))
    written = to_xlsx(replace(samples.month(), findings=(one,)), "r")
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        assert f"<v>{text}</v>" in parts.read("xl/worksheets/sheet2.xml").decode()


def test_equal_results_are_equal_bytes() -> None:
    assert to_xlsx(samples.month(), "r", samples.lines(9)) == to_xlsx(samples.month(), "r", samples.lines(9))


def test_a_long_text_is_shortened_and_not_lost() -> None:
    long = replace(samples.month().findings[0], advice="long " * 20_000)
    advice = column(opened(replace(samples.month(), findings=(long,)))["Findings"], "Advice")[0]
    assert isinstance(advice, str)
    assert advice.startswith("long long")
    assert advice.endswith("…")


def test_what_no_sheet_holds_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 30)
    written = to_xlsx(samples.month(), "r", samples.lines(100), "october-lines.csv")
    book = openpyxl.load_workbook(io.BytesIO(written))
    assert "Ledger lines" not in book.sheetnames
    said = [row[1] for row in book["Summary"].iter_rows(values_only=True)]
    assert "Ledger lines: too many rows for a sheet; all of them are in october-lines.csv" in said


def test_the_summary_says_result_and_proof() -> None:
    rows = list(opened(samples.month())["Summary"].iter_rows(values_only=True))
    words = {row[0]: row[1] for row in rows if row[0]}
    assert words["Result"] == "DIFFERENCES"
    assert "every cent is accounted for" in str(words["Proof"])
    assert words["You lose"] == 3168.4
    assert words["Customers are over-charged"] == 410
    assert words["At risk"] == 2000


def test_the_summary_counts_each_finding_once_and_has_no_empty_rows() -> None:
    month = samples.month()
    free = samples.finding("term_mismatch", "0", "Contoso", number=6)
    book = opened(replace(month, findings=(*month.findings, free)))
    rows = [row[:4] for row in book["Summary"].iter_rows(values_only=True) if isinstance(row[3], int)]
    assert (KINDS["duplicate_billing"].title, -410, "USD", 1) in rows
    assert (KINDS["term_mismatch"].title, None, "USD", 1) in rows
    assert ("Without an amount", None, "USD", 1) in rows
    assert [row for row in rows if not row[3]] == []
    # Each is in the sum of its measure, and in that of its kind.
    assert sum(row[3] for row in rows) == 2 * (len(month.findings) + 1)


def test_an_empty_result_is_a_workbook_too() -> None:
    assert opened(samples.nothing(), 0)["Findings"].max_row == 1
