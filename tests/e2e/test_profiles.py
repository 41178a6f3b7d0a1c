"""Exports of other layouts at the real command line: drafted into a profile, then reconciled through it."""

import json
from pathlib import Path

import pytest

from tests.builders import MAPPING, SUBSCRIPTION, TENANT, Month, answer
from tests.layouts import as_text, as_workbook

GERMAN = """\
Rechnungsausgang\r
Stand 30.11.2026;;\r
Belegnr.;Datum;Kundennr.;Artikel;Menge;Einzelpreis;Nettobetrag;Abo-Nummer;Währung\r
RE-1;02.11.2026;58;31;10;24,00;240,00;{subscription};USD\r
Summe;;;;;;240,00;;\r
"""


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """Ten seats of October, charged and billed alike."""
    return Month(tmp_path).write()


def test_a_drafted_profile_reads_the_file_it_was_drafted_from(month: Month) -> None:
    month.ledger_file.write_text(GERMAN.format(subscription=SUBSCRIPTION), encoding="utf-8")
    refused = answer(month.words(), month.folder)
    assert refused.returncode == 2
    assert "init --profile-from" in refused.stderr
    draft = month.folder / "mappings" / "exports.yaml"
    done = answer(["init", "--profile-from", str(month.ledger_file), "--output", str(draft)], month.folder)
    assert (done.returncode, done.stderr) == (0, "")
    written = draft.read_text(encoding="utf-8")
    assert "customer_id: 'Kundennr.'" in written
    assert 'decimal: ","' in written
    draft.write_text(written.replace("items_by: name", "items_by: id"), encoding="utf-8")
    done = answer(month.words(), month.folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    again = answer(["init", "--profile-from", str(month.ledger_file), "--output", str(draft)], month.folder)
    assert again.returncode == 2
    assert "there already" in again.stderr


def test_a_profile_that_is_unsure_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sales 'x' #1.csv"
    path.write_text("Net amount,Party number,On 'day',When\n1.00,5,03/04/2026,x\n", encoding="utf-8")
    done = answer(["init", "--profile-from", str(path)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "# MISSING document_number" in done.stdout
    assert "unsure" in done.stdout
    assert "amount: 'Net amount'" in done.stdout


def test_a_workbook_with_names_is_reconciled(month: Month) -> None:
    rows: list[list[object]] = [
        ["Sales by Customer Detail"], ["Example Partner"], [],
        ["", "Date", "Transaction Type", "Num", "Product/Service", "Memo/Description", "Qty", "Sales Price", "Amount"],
        ["Alpine Ski House"], ["", "11/02/2026", "Invoice", 1001, "Premium", SUBSCRIPTION, 10, 24.0, 240.0],
        ["Total for Alpine Ski House", *[None] * 7, 240.0], ["TOTAL", *[None] * 7, 240.0],
    ]  # fmt: skip
    book = month.folder / "sales.xlsx"
    as_workbook({"Sales by Customer Detail": rows}, book)
    month.mapping = MAPPING.replace('ledger_customer: "58"', "ledger_customer: Alpine Ski House").replace(
        '"31"', "Premium"
    )
    month.write()
    done = answer(month.words("--format", "json", ledger=[book]), month.folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert json.loads(done.stdout)["result"] == "reconciled"
    rows[6][8] = 250.0
    as_workbook({"Sales by Customer Detail": rows}, book)
    done = answer(month.words(ledger=[book]), month.folder)
    assert done.returncode == 2
    assert "sum to 240.00" in done.stderr


def test_a_distributors_file_is_reconciled_as_the_vendors(month: Month) -> None:
    header = ["invoiceNumber", "companyName", "sku", "productName", "startPeriod", "endPeriod", "term", "quantity",
              "cost", "costTotal", "currencyCode", "vendorSubscriptionId"]  # fmt: skip
    line = ["2044", "Alpine Ski House", "P-1", "Premium", "2026-10-01", "2026-10-31", "1 Year", "10", "20.00",
            "200.00", "USD", SUBSCRIPTION]  # fmt: skip
    month.vendor_file.write_text(as_text([header, line]), encoding="utf-8")
    (month.folder / "mappings" / "exports.yaml").write_text(
        "exports:\n- name: own\n  like: pax8-invoice-items\n"
        f"  customers: {{Alpine Ski House: {TENANT}}}\n  items: {{P-1: 'CFQ7TTC0LCHC:0002'}}\n",
        encoding="utf-8",
    )
    done = answer(month.words("--format", "json"), month.folder)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "shows no total" in done.stderr
