"""A whole month by the real command line: import, plan, post, sync and reconcile; then people change the ledger."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, no_quotas, open_company
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.serving import Server
from tests.crash.office import ENVIRONMENT, REALM
from tests.e2e.test_quickbooks_ledger import CHARGE

TENANTS = ("5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "6e2f0c9e-8a55-4d5e-9a53-0c8a3a4ecb22")
NAMES = ("Alpine Ski House", "Fabrikam")
INVOICE = {
    "id": "G012345678", "invoiceDate": "2026-11-08T00:00:00Z", "billingPeriodStartDate": "2026-10-01T00:00:00Z",
    "billingPeriodEndDate": "2026-10-31T00:00:00Z", "totalCharges": "660.00", "currencyCode": "USD",
    "documentType": "Invoice", "amendments": [], "invoiceType": "OneTime",
}  # fmt: skip


@dataclass
class Month:
    """A company, its bookkeeper, and the connector's folder."""

    folder: Path
    app: QuickBooks
    finance: Bookkeeper
    customers: list[str]
    item: str
    vendor: str

    def invoices(self) -> list[dict[str, Any]]:
        return sorted(self.app.company().every("Invoice"), key=lambda one: one["DocNumber"])


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    clock = SandboxClock(datetime(2026, 11, 9, 8, tzinfo=UTC), following=True)
    app = QuickBooks(clock, [open_company(REALM, clock)], quotas=no_quotas())
    monkeypatch.chdir(tmp_path)
    for name, value in {**ENVIRONMENT, "QB_REFRESH": app.sign_in().refresh_token}.items():
        monkeypatch.setenv(name, value)
    with Server(app, clock=clock) as server:
        finance = Bookkeeper(app.company())
        made = Month(
            tmp_path, app, finance,
            [finance.customer(name, PrimaryEmailAddr={"Address": "ap@example.com"}) for name in NAMES],
            finance.item("Business Premium"), finance.vendor("Microsoft"),
        )  # fmt: skip
        _configure(made, server.url)
        yield made


def _configure(month: Month, url: str) -> None:
    (month.folder / "config.yaml").write_text(
        "company: {name: Northwind}\nledgers:\n  books-us:\n    kind: quickbooks\n"
        f'    realm_id: "{REALM}"\n    client_id: sandbox-client\n    client_secret: ${{QB_SECRET}}\n'
        f'    refresh_token: ${{QB_REFRESH}}\n    vendor_bill: {{vendor: "{month.vendor}", account: "80"}}\n'
        f'    endpoints: {{api: "{url}", token: "{url}/oauth2/v1/tokens/bearer"}}\nsecret_key: ${{STORE_KEY}}\n'
        "posting: {mode: review, start: 2026-10, deliver: true}\n",
        encoding="utf-8",
    )
    customers = "\n".join(
        f'- {{name: {name}, tenant_id: {tenant}, ledger: books-us, ledger_customer: "{customer}"}}'
        for name, tenant, customer in zip(NAMES, TENANTS, month.customers, strict=True)
    )
    write_mapping(month, customers, "18")
    charges = [
        {**CHARGE, "CustomerId": TENANTS[0]},
        {**CHARGE, "CustomerId": TENANTS[1], "CustomerName": "Fabrikam", "Quantity": "20", "BillableQuantity": "20",
         "Subtotal": "440.00", "Total": "440.00", "SubscriptionId": "8c6c1e2c-c7cd-450b-ca5c-cddac4018e1f"},
    ]  # fmt: skip
    folder = month.folder / "vendor"
    folder.mkdir()
    with gzip.open(folder / "lines.json.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(charge) + "\n" for charge in charges)
    (folder / "invoice.json").write_text(json.dumps(INVOICE), encoding="utf-8")


def write_mapping(month: Month, customers: str, markup: str) -> None:
    folder = month.folder / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / "all.yaml").write_text(
        f"customers:\n{customers}\nproducts:\n"
        f'- {{name: Business Premium, product_id: CFQ7TTC0LCHC, item: "{month.item}"}}\n'
        f"prices:\n- {{for: {{}}, markup_percent: {markup}, change_at: cycle}}\n",
        encoding="utf-8",
    )


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    capsys.readouterr()
    code = run([*words, "--format", "json"])
    out = capsys.readouterr()
    return code, json.loads(out.out) if out.out.strip() else out.err


def post_the_month(capsys: pytest.CaptureFixture[str], *held: str) -> str:
    """Import, read, plan and post; `held` are the guards that hold the plan, which are released."""
    assert run(["import", "vendor"]) == 0
    assert run(["sync", "--only", "ledger"]) == 0
    code, plan = told(["plan", "--period", "2026-10"], capsys)
    assert (code, len(plan["documents"])) == (1, 2)
    assert [one["guard"] for one in plan["held"] if one["guard"] != "review"] == list(held)
    released = [word for guard in held for word in ("--release", guard)]
    code, posted = told(["post", plan["plan_id"], "--yes", "--wait", "--by", "jane", *released], capsys)
    assert (code, {one["state"] for one in posted["postings"]}) == (0, {"verified"})
    plan_id: str = plan["plan_id"]
    return plan_id


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What a reconciliation finds of posted documents, after the ledger was read anew."""
    assert run(["sync", "--only", "ledger"]) == 0
    _, result = told(["reconcile"], capsys)
    found: dict[str, list[str]] = {}
    for one in result["findings"]:
        found.setdefault(one["kind"], []).append(one["impact"])
    return found


def test_a_clean_month_is_posted_and_reconciled_and_planned_no_more(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    post_the_month(capsys)
    assert [one["TotalAmt"] for one in month.invoices()] == [Decimal("259.60"), Decimal("519.20")]
    (bill,) = month.app.company().every("Bill")
    assert (bill["DocNumber"], bill["TotalAmt"]) == ("G012345678", Decimal("660.00"))
    attached = {one["FileName"] for one in month.app.company().every("Attachable")}
    assert attached == {"CSP-000001-details.xlsx", "CSP-000002-details.xlsx"}
    words = ["map", "bindings", "--subscription", "8c6c1e2c-c7cd-450b-ca5c-cddac4018e1f"]
    _, tied = told(words, capsys)
    assert [(one["document"], one["line"], one["ledger_customer"], one["start"]) for one in tied["bindings"]] == [
        ("CSP-000002", "1", month.customers[1], "2026-10-01")
    ]
    assert {one["EmailStatus"] for one in month.invoices()} == {"EmailSent"}
    assert findings(capsys) == {}
    code, result = told(["reconcile"], capsys)
    assert (code, result["result"]) == (0, "reconciled")
    code, again = told(["plan", "--period", "2026-10"], capsys)
    assert (code, again["documents"]) == (0, [])
    # A second copy of what we posted is told once: its lines are compared, and its mark adds nothing to the sums.
    first = month.invoices()[0]
    entry = Entry(month.item, "Microsoft 365 Business Premium", Decimal("259.60"))
    month.finance.invoice(month.customers[0], [entry], date(2026, 11, 2), PrivateNote=first["PrivateNote"])
    assert findings(capsys) == {"duplicate_billing": ["-259.60"]}


def test_what_people_do_to_posted_documents_is_told_and_never_billed_anew(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    # What the ledger bills by itself holds the plan for that customer, before anything is billed twice.
    month.finance.template(month.customers[0], "Monthly", [Entry(month.item, "", Decimal(50))], date(2026, 12, 1))
    post_the_month(capsys, "recurring")
    first, second = month.invoices()
    month.finance.edit_line(first["Id"], 1, amount=Decimal("200.00"))
    month.finance.delete(second["Id"])
    (bill,) = month.app.company().every("Bill")
    lines = [{**line, "Amount": Decimal("600.00")} for line in bill["Line"]]
    month.finance.edit(bill["Id"], entity="Bill", Line=lines)
    found = findings(capsys)
    assert found["posted_document_edited"] == ["59.60"]
    assert found["posted_document_missing"] == ["519.20"]
    assert found["duplicate_billing"] == ["-50.00"]
    assert found["vendor_bill_differs"] == ["-60.00"]
    code, again = told(["plan", "--period", "2026-10"], capsys)
    assert (code, again["documents"]) == (0, [])


def test_a_new_price_after_posting_is_told_and_bills_nothing_by_itself(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    post_the_month(capsys)
    file = month.folder / "mappings" / "all.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("markup_percent: 18", "markup_percent: 20"), "utf-8")
    found = findings(capsys)
    assert sorted(found["changed_after_posting"]) == ["4.40", "8.80"]
    code, again = told(["plan", "--period", "2026-10"], capsys)
    assert (code, again["documents"]) == (0, [])


def test_a_document_that_is_gone_is_billed_anew_once_a_person_has_made_sure(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    post_the_month(capsys)
    month.finance.void(month.invoices()[0]["Id"])
    month.finance.delete(month.invoices()[1]["Id"])
    assert findings(capsys)["posted_document_missing"] == ["519.20", "259.60"]
    code, plan = told(["plan", "--period", "2026-10", "--rebill"], capsys)
    assert (code, {one["guard"] for one in plan["held"]}) == (1, {"review", "gone"})
    words = ["post", plan["plan_id"], "--yes", "--wait", "--by", "jane"]
    code, posted = told([*words, "--release", "gone"], capsys)
    assert (code, {one["state"] for one in posted["postings"]}) == (0, {"verified"})
    assert findings(capsys) == {}
    # What stands in the place of a document that is gone is not taken back for it.
    code, again = told(["plan", "--period", "2026-10", "--rebill"], capsys)
    assert (code, again["documents"]) == (0, [])
    code, result = told(["reconcile"], capsys)
    assert (code, result["result"]) == (0, "reconciled")


def test_what_was_edited_and_billed_anew_is_right_again(month: Month, capsys: pytest.CaptureFixture[str]) -> None:
    post_the_month(capsys)
    first = month.invoices()[0]
    month.finance.edit_line(first["Id"], 1, amount=Decimal("200.00"))
    assert findings(capsys)["posted_document_edited"] == ["59.60"]
    _, plan = told(["plan", "--period", "2026-10", "--rebill"], capsys)
    assert told(["post", plan["plan_id"], "--yes", "--wait", "--by", "jane"], capsys)[0] == 0
    assert findings(capsys) == {}
    month.finance.delete(first["Id"])
    assert findings(capsys)["posted_document_missing"] == ["259.60"]


def test_a_document_is_ours_by_its_id_whatever_number_it_bears(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    post_the_month(capsys)
    first = month.invoices()[0]
    month.finance.edit(first["Id"], DocNumber="2026-0815")
    entry = Entry(month.item, "Goodwill", Decimal(10))
    month.finance.invoice(month.customers[1], [entry], date(2026, 10, 31), DocNumber=first["DocNumber"])
    findings(capsys)
    code, again = told(["plan", "--period", "2026-10", "--rebill"], capsys)
    assert (code, again["documents"]) == (0, [])


def test_what_was_posted_after_the_ledger_was_read_is_not_gone_whoever_says_so(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    month.finance.invoice(month.finance.customer("Others"), [Entry(month.item, "", Decimal(10))], date(2026, 10, 31))
    # The ledger is read, and then posted into.
    post_the_month(capsys)
    _, plan = told(["plan", "--period", "2026-10", "--rebill"], capsys)
    assert len(plan["documents"]) == 2
    words = ["post", plan["plan_id"], "--yes", "--wait", "--by", "jane", "--release", "gone"]
    code, sent = told(words, capsys)
    assert (code, [one["guard"] for one in sent["held"]]) == (1, ["gone", "gone"])
    assert len(month.invoices()) == 3


NOTE = {
    **INVOICE, "id": "G012345679", "invoiceDate": "2026-11-09T00:00:00Z", "totalCharges": "40.00",
    "documentType": "credit_note", "amendsOf": "G012345678",
}  # fmt: skip


def test_what_microsoft_owes_is_entered_once_as_a_vendor_credit(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    (month.folder / "vendor" / "note.json").write_text(json.dumps(NOTE), encoding="utf-8")
    post_the_month(capsys)
    (bill,) = month.app.company().every("Bill")
    (credit,) = month.app.company().every("VendorCredit")
    assert (bill["DocNumber"], bill["TotalAmt"]) == ("G012345678", Decimal("660.00"))
    assert (credit["DocNumber"], credit["TotalAmt"]) == ("G012345679", Decimal("40.00"))
    assert "vendor_bill_differs" not in findings(capsys)
    config = month.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("mode: review", "mode: auto"), "utf-8")
    assert told(["post", "--period", "2026-10", "--yes", "--wait"], capsys)[0] == 0
    assert len(list(month.app.company().every("VendorCredit"))) == 1
    assert run(["status"]) == 0
    assert "vendor credit verified  -40.00 USD" in capsys.readouterr().out
    month.finance.delete(credit["Id"], entity="VendorCredit")
    assert findings(capsys)["vendor_bill_differs"] == ["40.00"]


def test_a_quarters_service_is_one_line_that_reads_back_and_agrees(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, before, after in (
        ("mappings/all.yaml", ", ledger: books-us", ", ledger: books-us, frequency: quarterly, valid_from: 2026-08-01"),
        ("config.yaml", "start: 2026-10", "start: 2026-08"),
    ):
        file = month.folder / name
        file.write_text(file.read_text(encoding="utf-8").replace(before, after), "utf-8")
    desk = month.finance.item("Service desk")
    with (month.folder / "mappings" / "all.yaml").open("a", encoding="utf-8") as rules:
        rules.write(f'own_items:\n- {{for: {{}}, item: "{desk}", description: Service desk, unit_price: 25.00}}\n')
    post_the_month(capsys)
    assert [one["TotalAmt"] for one in month.invoices()] == [Decimal("334.60"), Decimal("594.20")]
    assert {one["CustomerMemo"]["value"] for one in month.invoices()} == {"Services of 2026-08-01 to 2026-10-31"}
    for invoice in month.invoices():
        (line,) = (one for one in invoice["Line"] if "Service desk" in one.get("Description", ""))
        assert line["Description"] == "Service desk, 1 × 75.00, 2026-08-01 to 2026-10-31"
    assert findings(capsys) == {}
    assert told(["reconcile"], capsys)[1]["result"] == "reconciled"
    assert told(["plan", "--period", "2026-10"], capsys)[1]["documents"] == []
