"""Files are enough to watch, too: Microsoft's are imported, and the ledger's export is given."""

import json
from datetime import date
from pathlib import Path

import pytest

from connector.cli.main import run
from tests.builders import MAPPING, SUBSCRIPTION, TENANT, as_csv, ledger_line, vendor_line

SUBSCRIBED = {
    "customerId": TENANT, "observedAt": "2026-11-20T02:00:00Z", "id": SUBSCRIPTION,
    "offerId": "CFQ7TTC0LCHC:0002:CFQ7TTC0K5J2", "friendlyName": "Microsoft 365 Business Premium", "quantity": 10,
    "unitType": "Licenses", "creationDate": "2026-03-01T09:00:00Z", "effectiveStartDate": "2026-03-01T00:00:00Z",
    "commitmentEndDate": "2027-02-28T00:00:00Z", "status": "active", "autoRenewEnabled": True,
    "billingType": "license", "billingCycle": "monthly", "termDuration": "P1Y", "isTrial": False,
}  # fmt: skip


def billed(month: int, customer: str = "58", **changes: str) -> dict[str, str]:
    first = date(2026, month, 1)
    last = date(2026, month + 1, 1) - date.resolution
    return ledger_line(
        document_number=f"INV-{customer}-{month}", document_date=f"2026-{month + 1:02d}-02", customer_id=customer,
        service_start=f"{first}", service_end=f"{last}", **changes,
    )  # fmt: skip


def test_what_the_ledger_bills_no_more_is_told_from_its_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last month billed is August; others were billed on 2 November: 10 × 20.00 a month go unbilled."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n", encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "subscriptions.jsonl").write_text(json.dumps(SUBSCRIBED) + "\n", encoding="utf-8")
    (tmp_path / "vendor.csv").write_text(as_csv([vendor_line()]), encoding="utf-8")
    others = [billed(month, "99", reference="") for month in (7, 8, 9, 10)]
    (tmp_path / "ledger.csv").write_text(as_csv([billed(7), billed(8), *others]), encoding="utf-8")
    assert run(["import", "subscriptions.jsonl", "vendor.csv", "--observed-on", "2026-11-20"]) == 0
    capsys.readouterr()
    told = []
    for on in ("2026-10-31", "2026-11-21", "2026-11-22"):
        run(["watch", "--on", on, "--ledger", "ledger.csv", "--format", "json"])
        document = json.loads(capsys.readouterr().out)
        told.append([(one["kind"], one["change"], one["impact"]) for one in document["findings"]])
    assert told == [
        [],
        [("cancelled_still_charged", "new", "200.00")],
        [("cancelled_still_charged", "unchanged", "200.00")],
    ]
    assert run(["map", "bindings", "--customer", "58"]) == 0
    assert f"{SUBSCRIPTION}  customer 58, item 31, from the beginning to now" in capsys.readouterr().out
