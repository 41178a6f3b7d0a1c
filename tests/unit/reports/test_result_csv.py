"""The result as CSV: every table there, amounts exact, no cell a formula."""

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from connector.reports.result_csv import STARTS_A_FORMULA, guarded, to_csv
from tests.unit.reports import samples


def read(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text)))


def test_the_tables_are_there_findings_first() -> None:
    files = to_csv(samples.month(), "october.csv", samples.lines(10))
    assert list(files) == [
        "october.csv", "october-causes.csv", "october-evidence.csv", "october-conservation.csv",
        "october-verdicts.csv", "october-suppressed.csv", "october-margins.csv", "october-vendor_lines.csv",
        "october-ledger_lines.csv",
    ]  # fmt: skip
    assert len(read(files["october.csv"])) == 5
    assert len(read(files["october-vendor_lines.csv"])) == 5


def test_without_lines_there_are_no_files_of_lines() -> None:
    assert [name for name in to_csv(samples.month(), "out") if "lines" in name] == []
    assert next(iter(to_csv(samples.month(), "out"))) == "out"


def test_amounts_are_exact_and_dates_are_iso() -> None:
    month = samples.month()
    fine = replace(month, findings=(replace(month.findings[0], impact=Decimal("-0.0132")),))
    row = read(to_csv(fine)["findings.csv"])[0]
    assert (row["impact"], row["currency"], row["first_day"]) == ("-0.0132", "USD", "2026-10-01")
    assert row["recurring"] == "yes"
    assert read(to_csv(month)["findings-conservation.csv"])[0]["vendor_header"] == "128412.77"


def test_no_text_cell_is_a_formula() -> None:
    files = to_csv(samples.hostile(), lines=samples.lines(60, samples.HOSTILE))
    for name, text in files.items():
        for row in read(text):
            for column, cell in row.items():
                number = re.fullmatch(r"-[0-9.]+", cell) and column in {"impact", "adjustments"}
                assert number or not cell.lstrip().startswith(STARTS_A_FORMULA), (name, column, cell)


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_every_name_stays_in_its_cell(name: str) -> None:
    files = to_csv(samples.hostile())
    assert len(read(files["findings.csv"])) == len(samples.HOSTILE)
    assert guarded(name) in {row["customer"] for row in read(files["findings.csv"])}
