"""Where a result goes: what does not fit on a page or a sheet lies beside it, whole."""

import csv
from pathlib import Path

import pytest

from connector.cli.options import Format
from connector.cli.showing import show
from connector.domain.errors import ConnectorError
from connector.reports import workbook
from connector.reports.page import embedding
from tests.unit.reports import samples


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_lines_that_no_page_holds_lie_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(embedding, "MOST_LINES", 100)
    output = tmp_path / "out" / "october.html"
    show(samples.month(), "r", Format.HTML, output, samples.lines(300))
    assert 'href="./october-lines.csv"' in output.read_text(encoding="utf-8")
    written = rows(tmp_path / "out" / "october-lines.csv")
    assert len(written) == 300
    assert {row["side"] for row in written} == {"vendor", "ledger"}
    assert "all 300 lines are in" in capsys.readouterr().err


def test_lines_that_no_sheet_holds_lie_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 30)
    show(samples.month(), "r", Format.XLSX, tmp_path / "october.xlsx", samples.lines(100))
    assert len(rows(tmp_path / "october-lines.csv")) == 100


@pytest.mark.parametrize("form", [Format.HTML, Format.XLSX])
def test_nothing_lies_beside_what_holds_all(form: Format, tmp_path: Path) -> None:
    show(samples.month(), "r", form, tmp_path / "october", samples.lines(100))
    assert [path.name for path in tmp_path.iterdir()] == ["october"]


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX])
def test_several_files_need_a_name(form: Format) -> None:
    with pytest.raises(ConnectorError, match="--output"):
        show(samples.month(), "r", form, None, samples.lines(4))


def test_a_table_is_written_piece_by_piece_as_in_one(tmp_path: Path) -> None:
    show(samples.month(), "r", Format.CSV, tmp_path / "october.csv", samples.lines(4_500))
    written = rows(tmp_path / "october-vendor_lines.csv") + rows(tmp_path / "october-ledger_lines.csv")
    assert len(written) == 4_500
    assert {row["amount"] for row in written} == {f"{row.amount:f}" for row in samples.lines(4_500)}
