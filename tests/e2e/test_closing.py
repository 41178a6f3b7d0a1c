"""A month is reported, closed, and what becomes of it later is shown against what was frozen."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from tests.builders import SUBSCRIPTION, Month, as_csv, ledger_line, vendor_line

CONFIG = """\
company: {name: Northwind Cloud Partners}
ledgers:
  books-us: {kind: quickbooks, realm_id: "9341452398374", client_id: a, client_secret: "${SECRET}"}
"""
Say = Callable[..., dict[str, Any]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in the folder of a closed month, and give what it prints as JSON."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECRET", "s3cret-of-the-app")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    Month(tmp_path).write()

    def command(*words: str, exit_code: int = 0) -> dict[str, Any]:
        code = run([*words, "--format", "json"])
        printed = capsys.readouterr()
        assert code == exit_code, printed.err
        found: dict[str, Any] = json.loads(printed.out) if printed.out.startswith("{") else {"stderr": printed.err}
        return found

    command("import", "vendor.csv", "--vendor-total", "USD=200.00")
    return command


LEDGER = ("--ledger", "ledger.csv")


def test_a_month_is_closed_and_a_later_change_is_shown(say: Say, tmp_path: Path) -> None:
    report = say("report", "month", *LEDGER)
    assert (report["result"], report["month"], report["changed_since"]) == ("reconciled", "2026-10", [])
    assert report["inputs"]
    closed = say("close", "2026-10", "--by", "jane", *LEDGER)
    assert (closed["number"], closed["result"], closed["closed_by"]) == (1, "reconciled", "jane")
    assert closed["mapping_digest"] == report["mapping_digest"]

    assert "closed on" in say("close", "2026-10", "--by", "max", *LEDGER, exit_code=2)["stderr"]
    assert say("close", "2026-10", "--by", "max", "--reason", "new credit", *LEDGER)["number"] == 2

    assert say("report", "month", *LEDGER)["changed_since"] == []
    (tmp_path / "ledger.csv").write_text(as_csv([ledger_line(amount="180.00")]), encoding="utf-8")
    later = say("report", "month", "--month", "2026-10", *LEDGER, exit_code=1)
    moved = {what for what, *_ in (one["what"] for one in later["changed_since"])}
    assert {"result", "proof", "finding"} <= moved
    assert "as closed on" in later["against"]


def test_a_month_that_is_not_audited_is_closed_only_with_a_reason(say: Say, tmp_path: Path) -> None:
    (tmp_path / "vendor.csv").write_text(as_csv([vendor_line(InvoiceNumber="G012345699")]), encoding="utf-8")
    say("import", "vendor.csv", "--vendor-total", "USD=999.00")
    assert "not audited" in say("close", "2026-10", "--by", "jane", *LEDGER, exit_code=2)["stderr"]
    forced = say("close", "2026-10", "--by", "jane", "--reason", "the file is late", *LEDGER)
    assert forced["result"] == "not_audited"


def test_a_month_is_held_against_what_was_known_before(say: Say) -> None:
    say("import", "vendor.csv", "--vendor-total", "USD=200.00")
    report = say("report", "month", "--against", "2999-01-01", *LEDGER)
    assert report["changed_since"] == []
    assert "as known before 2999-01-02" in report["against"]


def test_people_are_told_that_a_month_is_closed_with_its_workbook(say: Say, tmp_path: Path) -> None:
    settings = CONFIG + "alerts: {folder: mails, to: [jane@northwind.example]}\n"
    (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
    say("close", "2026-10", "--by", "jane", *LEDGER)
    assert run(["alert"]) == 0
    (mail,) = [path.read_text(encoding="utf-8") for path in (tmp_path / "mails").iterdir()]
    for told in ("October 2026 is closed", "reconciled", "Closed by:", "connector-2026-10-1.xlsx"):
        assert told in mail


def keep(on: str, amount: str, journal: str = "") -> None:
    """What the ledger was seen to hold on a day: October's invoice, its entry, and a journal entry beside it."""
    origin = {"ledger": "books-us", "source": "books-us", "line": 1, "observed_at": f"{on}T05:00:00Z"}
    line = {
        "document_number": "INV-1001", "document_id": "7", "document_type": "invoice", "customer_id": "58",
        "document_date": date(2026, 10, 31), "item_id": "31", "line_number": "1", "quantity": Decimal(10),
        "unit_price": Decimal(amount) / 10, "amount": Decimal(amount), "currency": "USD", "status": "open",
        "service_start": date(2026, 10, 1), "service_end": date(2026, 10, 31), "reference": SUBSCRIPTION,
    }  # fmt: skip
    entry = {"account_id": "80", "currency": "USD", "day": date(2026, 10, 31)}
    made = [("Invoice", "7", amount), ("Journal Entry", "9", journal)] if journal else [("Invoice", "7", amount)]
    record = {"active": True, "gone": False}
    rows: dict[str, list[dict[str, Any]]] = {
        "ledger_lines": [line],
        "ledger_records": [
            {"kind": "item", "record_id": "31", "name": "Premium", "facts": '{"income_account": "80"}', **record},
            {"kind": "account", "record_id": "80", "name": "Cloud revenue", "facts": "{}", **record},
        ],
        "ledger_entries": [
            {**entry, "day": date(2026, 8, 1), "amount": Decimal(0)},
            *({**entry, "kind": kind, "document_id": name, "amount": Decimal(value)} for kind, name, value in made),
        ],
    }
    for own in rows.values():
        own[:] = [{**origin, **row, "row_hash": f"{on}{nth}"} for nth, row in enumerate(own)]
    with Warehouse(Path("state/warehouse")) as warehouse:
        Shelf(warehouse).keep("books-us", origin["observed_at"], rows, frozenset({"7"}))


def test_a_past_month_is_as_it_was_known_then_and_all_that_is_other_now_is_listed(say: Say) -> None:
    """On 5 November 240.00 were billed for October and booked; on the 20th they are 192.00, and 50.00 were accrued."""
    for path in sorted(Path("state/warehouse").glob("0*/manifest.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**told, "observed_at": "2026-11-04T04:00:00+00:00"}), encoding="utf-8")
    keep("2026-11-05", "240.00")
    keep("2026-11-20", "192.00", "50.00")
    then = say("report", "month", "--as-known-on", "2026-11-10")
    assert (then["result"], [one["difference"] for one in then["accounts_tied_out"]]) == ("reconciled", ["0.00"])
    now = say("report", "month", "--against", "2026-11-10", exit_code=1)
    assert [(one["kind"], one["impact"]) for one in now["findings"]] == [
        ("Billed at another price than the rule says", "48.00")
    ]
    (tie,), (line,) = now["accounts_tied_out"], now["differences_of_accounts"]
    assert (tie["account"], tie["held_against"], tie["difference"]) == ("Cloud revenue", "general ledger", "50.00")
    assert (line["kind"], line["difference"]) == ("Journal Entry", "50.00")
    moved = {tuple(one["what"][:2]): (one["before"], one["after"]) for one in now["changed_since"]}
    assert moved["tie-out", "revenue"] == ("0.00", "50.00")
    assert moved["account", "books-us"] == ("240.00", "192.00")
    assert {("margin", "Alpine Ski House"), ("finding", "price_differs"), ("result",)} <= set(moved)
