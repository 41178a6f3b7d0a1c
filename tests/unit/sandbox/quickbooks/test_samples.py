"""Recorded and documented requests are accepted and answered in the same structure; skipped without the samples."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.messages import Request
from connector.sandbox.quickbooks import Bookkeeper, add_tax
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.entities import EVERY
from connector.sandbox.quickbooks.kinds import Reading, read_object
from tests.unit.sandbox.quickbooks.caller import REALM, Caller, answer, caller, shop

FOLDERS = [parent / "shared" / "samples" / "quickbooks" for parent in Path(__file__).resolve().parents]
SAMPLES = next((folder for folder in FOLDERS if folder.is_dir()), Path("absent"))
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Intuit's samples are not part of the repository")

# What Intuit no longer answers, or answers only for companies with features that the sandbox does not have.
ABSENT = {"ProjectRef", "Lat", "Long", "ThumbnailFileAccessUri", "TaxClassificationRef", "EmployerId"}
ABSENT |= {"TaxIdentifier", "MiddleName", "Title", "Suffix", "GivenName", "FamilyName", "CompanyName", "AcctNum", "Fax"}
ABSENT |= {"Mobile", "WebAddr", "BillAddr", "ShipAddr", "PrimaryPhone", "PrimaryEmailAddr", "TermRef"}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"), parse_float=Decimal)


def lacking(theirs: Any, ours: Any, where: str = "") -> Iterator[str]:
    """The places of a sample that our answer does not have, or has in another form."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            yield f"{where}: not an object"
            return
        for name, value in theirs.items():
            if name in ABSENT:
                continue
            if name not in ours:
                yield f"{where}.{name}"
            else:
                yield from lacking(value, ours[name], f"{where}.{name}")
    elif isinstance(theirs, list):
        if not isinstance(ours, list):
            yield f"{where}: not a list"
            return
        for each in theirs:
            kind = each.get("DetailType") if isinstance(each, dict) else None
            same = [one for one in ours if not kind or one.get("DetailType") == kind]
            if not same:
                yield f"{where}[{kind}]"
            elif each:
                yield from min((list(lacking(each, one, f"{where}[]")) for one in same), key=len)
    elif isinstance(theirs, bool) != isinstance(ours, bool) or isinstance(theirs, str) != isinstance(ours, str):
        yield f"{where}: {theirs!r} is not like {ours!r}"


@pytest.fixture
def qbo() -> Caller:
    """A company with the ids the samples speak of."""
    qbo = caller(shop(multicurrency=True))
    company = qbo.company
    names = [
        {"Name": f"SalesFormsPrefs.SalesCustomName{place}", "Type": "StringType", "StringValue": name}
        for place, name in enumerate(("Crew #", "PO #", "Sales #"), 1)
    ]
    company.prefer("SalesFormsPrefs", CustomField=[{"CustomField": names}])
    known = company.get("Customer", "1")
    for key in ("3", "20", "24", "26", "68", "401"):
        company.put(
            "Customer", {**known, "DisplayName": f"Customer {key}", "DefaultTaxCodeRef": {"value": "2"}}, key=key
        )
    for key in ("30", "32", "40", "46", "56", "81", "84"):
        vendor = {"DisplayName": f"Vendor {key}", "PrintOnCheckName": f"Vendor {key}", "Active": True}
        company.put("Vendor", {**vendor, "Vendor1099": False, "CurrencyRef": known["CurrencyRef"]}, key=key)
    service = company.get("Item", "1")
    for key in ("2", "3", "5", "11", "211"):
        company.put("Item", {**service, "Name": f"Item {key}", "FullyQualifiedName": f"Item {key}"}, key=key)
    parts = {"ItemGroupLine": [{"ItemRef": {"value": "1"}, "Qty": Decimal(1)}]}
    company.put("Item", {**service, "Name": "Bundle", "Type": "Group", "ItemGroupDetail": parts}, key="201")
    company.put("Item", {**service, "Name": "Amazon Echo", "FullyQualifiedName": "Amazon Echo"}, key="58")
    expense = company.get("Account", "7")
    for key in ("8", "17", "64", "69", "75", "77", "94"):
        company.put("Account", {**expense, "Name": f"Account {key}", "FullyQualifiedName": f"Account {key}"}, key=key)
    company.put("Account", {**company.get("Account", "33"), "Name": "Payable 2"}, key="49")
    company.put("Term", {**company.get("Term", "3"), "Name": "Net 12"}, key="12")
    company.put("Department", {"Name": "Garden", "FullyQualifiedName": "Garden", "Active": True}, key="1")
    return qbo


@pytest.mark.parametrize(
    ("path", "request_name", "answer_name"),
    [
        ("invoice", "invoice.create.request.json", "invoice.create.response.json"),
        ("invoice", "rec.invoice.create.request.json", "invoice.create.response.json"),
        ("creditmemo", "creditmemo.create.request.json", "creditmemo.create.response.json"),
        ("bill", "bill.create.request.json", "bill.create.response.json"),
        ("vendorcredit", "vendorcredit.create.request.json", "vendorcredit.read.json"),
        ("item", "item.service.create.request.json", "item.create.response.json"),
        ("item", "item.category.create.request.json", "item.category.create.response.json"),
        (
            "recurringtransaction",
            "recurringtransaction.invoice.create.request.json",
            "recurringtransaction.invoice.create.response.json",
        ),
    ],
)
def test_documented_requests_are_answered_alike(qbo: Caller, path: str, request_name: str, answer_name: str) -> None:
    qbo.company.prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    made = qbo.post(path, sample(request_name))
    assert (made.status, made.body.get("Fault")) == (200, None)
    assert list(lacking(sample(answer_name), made.body)) == []


def test_a_documented_payment_is_accepted_and_made_void(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    body = sample("payment.create.request.json")
    body["Line"][0]["LinkedTxn"][0]["TxnId"] = finance.invoice("20", [Entry("1", "x", Decimal(25))])
    made = qbo.post("payment", body)
    assert list(lacking(sample("payment.create.response.json"), made.body)) == []
    assert list(lacking(sample("payment.read.json"), made.body)) == [".Payment.PaymentMethodRef"]
    head = {"Id": made.body["Payment"]["Id"], "SyncToken": "0", "sparse": True}
    void = qbo.post("payment", head, operation="update", include="void")
    assert list(lacking(sample("payment.void.response.json"), void.body)) == []


def test_a_bill_of_elsewhere_keeps_the_tax_it_is_given() -> None:
    company = shop(country="GB", currency="USD", multicurrency=True)
    qbo = caller(company)
    vendor = {"DisplayName": "Vendor", "Active": True, "CurrencyRef": {"value": "USD"}}
    company.put("Vendor", vendor, key="84")
    company.put("Account", {**company.get("Account", "7"), "Name": "69", "FullyQualifiedName": "69"}, key="69")
    company.put("Class", {"Name": "C", "FullyQualifiedName": "C", "Active": True}, key="5000000000000142238")
    add_tax(company, "28", "GST", Decimal("6.7416"))
    add_tax(company, "37", "PST", Decimal("5.6180"))
    rates = [{"TaxRateRef": {"value": key}} for key in ("28", "37")]
    both = {"TaxRateDetail": rates}
    company.put("TaxCode", {"Name": "Both", "Active": True, "PurchaseTaxRateList": both}, key="17")
    made = qbo.post("bill", sample("bill.create.nonUS_tax_override.request.json"))
    assert made.body["Bill"]["TotalAmt"] == Decimal("1.0")
    assert [one["Amount"] for one in made.body["Bill"]["TxnTaxDetail"]["TaxLine"]] == [Decimal("0.06"), Decimal("0.05")]


def test_updates_and_deletions_as_documented(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    for name, key in (("invoice.sparse_update.request.json", "238"), ("invoice.full_update.request.json", "239")):
        first = finance.invoice("1", [Entry("1", "x", Decimal(100))])
        thing = qbo.company.get("Invoice", first)
        qbo.company.put("Invoice", {**thing, "DocNumber": f"S{key}"}, key=key)
        changed = qbo.post("invoice", sample(name))
        assert changed.body["Invoice"]["SyncToken"] == "1"
    assert changed.body["Invoice"]["CustomerMemo"] == {"value": "Added customer memo."}
    void = {**sample("rec.invoice.void.request.json"), "Id": "238", "SyncToken": "1"}
    assert qbo.post("invoice", void, operation="void").body["Invoice"]["PrivateNote"] == "Voided"
    gone = qbo.post(
        "invoice", {**sample("rec.invoice.delete.request.json"), "Id": "239", "SyncToken": "1"}, operation="delete"
    )
    assert list(lacking(sample("rec.invoice.delete.response.json"), gone.body)) == []
    assert set(gone.body["Invoice"]) == set(sample("invoice.delete.response.json")["Invoice"])
    customer = qbo.post("customer", sample("rec.customer.sparse_update.request.json"))
    found = list(lacking(sample("rec.customer.sparse_update.response.json"), customer.body))
    assert found == [".Customer.DefaultTaxCodeRef"]


@pytest.mark.parametrize(
    "name",
    [
        "account.read.json",
        "attachable.note.read.json",
        "bill.read.json",
        "class.read.json",
        "creditmemo.read.json",
        "department.read.json",
        "invoice.read.json",
        "item.inventory.read.json",
        "payment.read.json",
        "rec.account.deactivated.json",
        "recurringtransaction.invoice.create.response.json",
        "term.read.json",
        "vendorcredit.read.json",
    ],
)
def test_no_property_of_a_sample_is_unknown(name: str) -> None:
    content = sample(name)
    if "RecurringTransaction" in content:
        content = content["RecurringTransaction"]
    entity = next(key for key in content if key != "time")
    reading = Reading()
    read_object(content[entity], entity, EVERY[entity].shape, reading)
    assert reading.errors == []


@pytest.mark.parametrize(
    "name",
    [
        "account.read.json",
        "class.read.json",
        "department.read.json",
        "term.read.json",
        "taxcode.read.json",
        "companyinfo.read.json",
    ],
)
def test_lists_read_as_documented(qbo: Caller, name: str) -> None:
    qbo.post("class", {"Name": "France"})
    content = sample(name)
    entity = next(key for key in content if key != "time")
    keys = {"Class": "5000000000000000001", "TaxCode": "2", "Term": "3", "Account": "94", "Department": "1"}
    found = list(lacking(content, qbo.get(f"{entity.lower()}/{keys.get(entity, REALM)}").body))
    assert [place for place in found if "SubDepartment" not in place] == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("select * from Vendor maxresults 5", "rec.vendor.query.page1.response.json"),
        ("select count(*) from Customer", "rec.customer.count.response.json"),
        ("select * from TaxCode", "taxcode.query.response.json"),
        ("select * from TaxRate", "taxrate.query.response.json"),
        ("select * from Class", "class.query.response.json"),
        ("select * from CompanyCurrency", "companycurrency.query.response.json"),
        ("select * from ExchangeRate", "exchangerate.query.response.json"),
        ("select * from Invoice", "invoice.query.response.json"),
        ("select * from Bill", "bill.query.response.json"),
        ("select * from CreditMemo", "creditmemo.query.response.json"),
        ("select * from VendorCredit", "vendorcredit.query.response.json"),
        ("select * from RecurringTransaction", "recurringtransaction.query.mixed.response.json"),
        ("select Id from Attachable", "attachable.query.response.json"),
    ],
)
def test_pages_look_as_recorded(qbo: Caller, query: str, name: str) -> None:
    finance = Bookkeeper(qbo.company)
    qbo.post("class", {"Name": "France"})
    qbo.post("class", {"Name": "Paris", "ParentRef": {"value": "5000000000000000001"}})
    qbo.post("exchangerate", {"SourceCurrencyCode": "EUR", "Rate": 5, "AsOfDate": "2026-10-01"})
    finance.invoice(
        "1", [Entry("1", "x", Decimal(1))], CustomerMemo={"value": "m"}, BillEmail={"Address": "a@b.example"}
    )
    finance.credit_memo("1", [Entry("1", "x", Decimal(1))], CustomerMemo={"value": "m"}, BillEmail={"Address": "a@b.c"})
    finance.bill("46", Decimal(1))
    item = {"ItemRef": {"value": "11"}, "Qty": 8, "UnitPrice": 10, "TaxCodeRef": {"value": "NON"}}
    line = {"Amount": 80, "Description": "Pump", "DetailType": "ItemBasedExpenseLineDetail"}
    line |= {"ItemBasedExpenseLineDetail": item}
    qbo.post("bill", {"VendorRef": {"value": "46"}, "Line": [line]})
    credit = {**sample("vendorcredit.create.request.json"), "VendorRef": {"value": "30"}}
    qbo.post("vendorcredit", credit)
    template = sample("recurringtransaction.query.mixed.response.json")["QueryResponse"]["RecurringTransaction"]
    for each in template[:2]:
        made = qbo.post("recurringtransaction", {k: {**v, "Id": None} for k, v in each.items()})
        assert made.status == 200, made.body
    qbo.clock.advance(86400 * 60)
    finance.run_templates()
    qbo.token = qbo.app.sign_in().access_token
    for number in range(2):
        qbo.post("attachable", {"Note": f"n{number}"})
    theirs, ours = sample(name), qbo.query(query).body
    found = list(lacking(theirs, ours))
    allowed = ("MetaData", "SyncToken", "Balance", "TaxGroup", "SalesTermRef", "Qty", "UnitPrice", "PreviousDate")
    assert [place for place in found if not place.split(".")[-1].startswith(allowed)] == []
    assert set(theirs["QueryResponse"]) == set(ours["QueryResponse"])


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("rec.fault.2010.unknown_property.json", lambda qbo: qbo.post("invoice", {"BadJson": 1})),
        ("rec.fault.2030.invalid_id.json", lambda qbo: qbo.get("customer/1.5")),
        ("rec.fault.4000.query_parser.json", lambda qbo: qbo.query("select * from")),
        ("rec.fault.500.unsupported_operation.json", lambda qbo: qbo.get("customer/1/5")),
        ("rec.fault.610.object_not_found.json", lambda qbo: qbo.get("item/999")),
        ("rec.fault.6240.duplicate_name.json", lambda qbo: qbo.post("customer", {"DisplayName": "Customer 3"})),
        (
            "fault.6070.amount_mismatch.json",
            lambda qbo: qbo.post(
                "invoice",
                {
                    "CustomerRef": {"value": "1"},
                    "Line": [
                        {
                            "Amount": "1861.07",
                            "DetailType": "SalesItemLineDetail",
                            "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": "128.35", "UnitPrice": "14.5"},
                        }
                    ],
                },
            ),
        ),
    ],
)
def test_faults_have_intuits_form_code_and_first_words(qbo: Caller, name: str, ask: Any) -> None:
    theirs, ours = sample(name), ask(qbo)
    assert ours.status == 400
    assert list(lacking(theirs, ours.body)) == []
    (their,), (our,) = theirs["Fault"]["Error"], ours.body["Fault"]["Error"]
    assert (our["code"], our["Message"]) == (their["code"], their["Message"])
    assert our["Detail"][:25] == their["Detail"][:25]


def test_a_recorded_batch_gets_its_recorded_codes(qbo: Caller) -> None:
    answers = qbo.post("batch", sample("rec.batch.request.json")).body["BatchItemResponse"]
    theirs = sample("rec.batch.response.json")["BatchItemResponse"]
    assert [one["bId"] for one in answers] == [one["bId"] for one in theirs]
    assert list(lacking(theirs[0], answers[0])) == []
    assert list(lacking(theirs[1], answers[1])) == []
    assert "QueryResponse" in answers[3]


def test_a_recorded_upload_is_kept(qbo: Caller) -> None:
    key = Bookkeeper(qbo.company).invoice("1", [Entry("1", "x", Decimal(1))])
    qbo.company.put("Invoice", {**qbo.company.get("Invoice", key), "DocNumber": "75"}, key="75")
    body = (SAMPLES / "rec.upload.request.multipart.txt").read_bytes()
    boundary = body.split(b"\n", 1)[0].strip().decode().removeprefix("--")
    made = answer(qbo.send("POST", "upload", body, f"multipart/form-data; boundary={boundary}"))
    assert list(lacking(sample("rec.upload.response.json"), made.body)) == []
    assert made.body["AttachableResponse"][0]["Attachable"]["ContentType"] == "text/xml"


def test_changes_look_as_documented(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    key = finance.invoice("1", [Entry("1", "x", Decimal(1))])
    finance.delete(key)
    since = "2026-11-01T00:00:00-07:00"
    ours = qbo.get("cdc", entities="Customer,Invoice", changedSince=since).body
    theirs = sample("cdc.response.json")
    theirs["CDCResponse"][0]["QueryResponse"][1]["Invoice"] = theirs["CDCResponse"][0]["QueryResponse"][1].pop(
        "Estimate"
    )
    assert list(lacking(theirs, ours)) == []


def test_the_sign_in_looks_as_documented(qbo: Caller) -> None:
    found = qbo.app.handle(Request("GET", "/.well-known/openid_configuration", origin="http://127.0.0.1:1"))
    assert list(lacking(sample("oauth.discovery.json"), json.loads(found.whole()))) == []


def test_the_general_ledger_is_the_one_that_was_recorded() -> None:
    """The same two invoices of 100.00 stand on the same accounts, cell by cell."""
    qbo = caller()
    finance = Bookkeeper(qbo.company)
    finance.rename("1", "Amy's Bird Sanctuary")
    days = {"start_date": "2026-11-01", "end_date": "2026-11-29"}
    assert qbo.get("reports/GeneralLedger", **days).body["Header"]["Option"][0]["Value"] == "true"
    for number in ("1041", "1042"):
        finance.invoice("1", [Entry("1", "", Decimal(100))], date(2026, 11, 3), DocNumber=number)
    theirs, ours = sample("rec.report.generalledger.json"), qbo.get("reports/GeneralLedger", **days).body

    def sections(report: Any) -> dict[str, Any]:
        return {row["Header"]["ColData"][0]["value"]: row for row in report["Rows"]["Row"] if "Header" in row}

    def cells(row: Any) -> list[str]:
        values = [cell["value"] for cell in row["ColData"]]
        return ["a day", *values[1:]] if values[0][:2] == "20" else values

    titles = [one["ColTitle"] for one in theirs["Columns"]["Column"]]
    assert [one["ColTitle"] for one in ours["Columns"]["Column"]] == titles
    for name in ("Services", "Accounts Receivable (A/R)"):
        mine, recorded = sections(ours)[name], sections(theirs)[name]
        assert mine["Header"]["ColData"][0] == recorded["Header"]["ColData"][0]
        assert cells(mine["Summary"]) == cells(recorded["Summary"])
        # The recorded company brought 5,004.02 forward.
        recorded_rows = [cells(row)[:-1] for row in recorded["Rows"]["Row"] if cells(row)[0] == "a day"]
        assert [cells(row)[:-1] for row in mine["Rows"]["Row"]] == recorded_rows
    assert list(lacking({**theirs["Header"], "DateMacro": ""}, {**ours["Header"], "DateMacro": ""})) == []
    one = qbo.get(
        "reports/GeneralLedger", account="1", columns="account_name,debt_amt,credit_amt,debt_home_amt", **days
    )
    assert [column["MetaData"][0]["Value"] for column in one.body["Columns"]["Column"]] == [
        "tx_date", "txn_type", "account_name", "debt_amt", "credit_amt",
    ]  # fmt: skip
    assert list(sections(one.body)) == ["Services"]
