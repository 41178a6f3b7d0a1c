"""The workbook opened by a spreadsheet program of others: the same numbers, and names that stay text."""

import csv
import shutil
import subprocess
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.result import Reconciliation
from connector.reports.workbook import to_xlsx
from tests.unit.reports import samples

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed (Debian: libreoffice-calc)")
# Commas, quotes round every text, UTF-8, formulas as formulas, all sheets.
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,true,false,false,-1"


def opened(result: Reconciliation, folder: Path, names: tuple[str, ...] = ()) -> dict[str, list[dict[str, str]]]:
    """The sheets of the workbook as LibreOffice reads them."""
    book = folder / "book.xlsx"
    book.write_bytes(to_xlsx(result, "run-1", samples.lines(200, names)))
    words = [str(OFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    subprocess.run(
        [*words, "--convert-to", EVERY_SHEET, "--outdir", str(folder), str(book)], check=True, capture_output=True
    )
    sheets = {}
    for path in folder.glob("book-*.csv"):
        with path.open(encoding="utf-8", newline="") as text:
            header, *rows = csv.reader(text)
            columns = [name.lower().replace(" ", "_") for name in header]
            sheets[path.stem.removeprefix("book-")] = [dict(zip(columns, row, strict=False)) for row in rows]
    return sheets


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def visible(name: str) -> str:
    """A name as the workbook writes it: what cannot be seen, or turns the writing round, stands as a mark."""
    marked = (" " if c.isspace() else "\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in name)
    return "".join("".join(marked).split())


def test_every_number_is_the_same(tmp_path: Path) -> None:
    result = samples.month()
    sheets = opened(result, tmp_path)
    impacts = sorted(number(row["impact"]) for row in sheets["Findings"])
    assert impacts == sorted(finding.impact for finding in result.findings)
    lines = samples.lines(200)
    for sheet, side in (("Microsoft's lines", "vendor"), ("Ledger lines", "ledger")):
        written = [(number(row["amount"]), number(row["unit_price"])) for row in sheets[sheet]]
        given = [(line.amount, line.unit_price) for line in lines if line.side == side]
        assert sorted(written) == sorted(given)  # type: ignore[type-var]
    margins = [(number(row["revenue"]), number(row["cost"]), number(row["margin"])) for row in sheets["Margins"]]
    assert margins == [(one.revenue, one.cost, one.margin) for one in result.margins]


def test_hostile_columnsstay_text(tmp_path: Path) -> None:
    sheets = opened(samples.hostile(), tmp_path, samples.HOSTILE)
    shown = {"".join(row["customer"].split()) for row in sheets["Margins"]}
    assert shown == {visible(name) for name in samples.HOSTILE}
    cells = {cell for rows in sheets.values() for row in rows for cell in row.values() if cell}
    assert not any("Err:" in cell or cell.startswith("#") for cell in cells)
