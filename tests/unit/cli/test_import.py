"""`connector import` takes files in once, says what came, and leaves nothing behind when it refuses."""

import json
from pathlib import Path

import pytest

from connector.cli.main import run
from tests.unit.files.vendor_files import as_csv, line, lines, write


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    write(tmp_path / "config.yaml", "company:\n  name: Northwind Cloud Partners\n")


def snapshots(folder: Path) -> list[str]:
    return sorted(path.name[:6] for path in folder.glob("**/warehouse/*"))


def test_files_are_taken_in_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path / "a.csv", as_csv(lines(2))))
    assert run(["import", path, "--vendor-total", "USD=744"]) == 0
    said = capsys.readouterr().out
    assert "charges: 2 (subtotal 620.00, tax 124.00, total 744.00 USD)" in said
    assert "headers: 1 (total 744.00, tax 0.00 USD)" in said
    assert "invoices: G012345678" in said
    assert run(["import", path]) == 0
    assert "already there" in capsys.readouterr().out
    assert snapshots(tmp_path) == ["000001"]


def test_an_invoice_that_changed_is_a_new_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(write(tmp_path / "a.csv", as_csv(lines(2))))]) == 0
    capsys.readouterr()
    assert run(["import", str(write(tmp_path / "b.csv", as_csv(lines(3)))), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "connector.import/1"
    assert told["tables"]["charges"] == {
        "rows": 3,
        "totals": {"USD": {"subtotal": "930", "tax": "186", "total": "1116"}},
    }
    assert snapshots(tmp_path) == ["000001", "000002"]


def test_records_set_aside_are_told_by_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(write(tmp_path / "a.csv", as_csv([line(), line(Subtotal="abc")])))]) == 5
    assert "set aside: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "more", "sentence"),
    [
        ("", [], "the file is empty"),
        (as_csv(lines(2)), ["--vendor-total", "744"], "write it as CUR=AMOUNT"),
        (as_csv([line(), line(InvoiceNumber="G2")]), ["--vendor-total", "USD=1"], "these are of G012345678, G2"),
    ],
)
def test_a_refusal_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, more: list[str], sentence: str
) -> None:
    assert run(["import", str(write(tmp_path / "a.csv", content)), *more]) == 2
    assert sentence in capsys.readouterr().err
    assert snapshots(tmp_path) == []


def test_without_settings_there_is_nowhere_to_put_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").unlink()
    assert run(["import", str(write(tmp_path / "a.csv", as_csv(lines(1))))]) == 3
    assert "there is no such settings file" in capsys.readouterr().err


PAX8 = "invoiceNumber,companyName,sku,startPeriod,endPeriod,term,quantity,cost,costTotal,currencyCode\n"
BOUGHT = "2044,Alpine,CFQ7TTC0LCHC:0002,2026-10-01,2026-10-31,1 Year,10,20.00,200.00,USD\n"


def test_a_distributors_file_is_taken_in_anew_when_its_profile_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path / "pax8.csv", PAX8 + BOUGHT))
    assert run(["import", path]) == 0
    told = capsys.readouterr()
    assert "charges: 1 (subtotal 200.00" in told.out
    assert "customers without a tenant id (Alpine)" in told.out + told.err
    (tmp_path / "mappings").mkdir()
    tenant = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
    profile = f"exports:\n- {{name: own, like: pax8-invoice-items, customers: {{Alpine: {tenant}}}}}\n"
    write(tmp_path / "mappings" / "exports.yaml", profile)
    assert run(["import", path]) == 0
    assert "already there" not in capsys.readouterr().out
    assert run(["import", path]) == 0
    assert "already there" in capsys.readouterr().out
    assert snapshots(tmp_path) == ["000001", "000002"]


def test_errors_of_the_mapping_keep_no_file_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mappings").mkdir()
    write(tmp_path / "mappings" / "a.yaml", "custommers: []\n")
    assert run(["import", str(write(tmp_path / "a.csv", as_csv(lines(2))))]) == 0
    told = capsys.readouterr()
    assert "only the shipped export profiles are known" in told.out + told.err
