"""Recorded and documented exchanges are answered in the same structure; skipped without the samples.

Recorded answers of real environments (`live_*`) rule; Microsoft's documents show older or undecoded forms here and
there, and what they show wrongly must be refused.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.business_central import Bookkeeper, Entry, add_rate
from connector.sandbox.business_central.fields import Field, decoded
from connector.sandbox.business_central.pages import PAGES
from tests.unit.sandbox.business_central.caller import TENANT, Caller, answer, line, open_caller, written

SHARED = [parent / "shared" for parent in Path(__file__).resolve().parents]
SAMPLES = next((folder / "samples" / "dynamics" for folder in SHARED if (folder / "samples").is_dir()), Path("absent"))
SPECS = next((folder / "specs" for folder in SHARED if (folder / "specs").is_dir()), Path("absent"))
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's samples are not part of the repository")

# Fields that Microsoft's documents still show although the pages of today do not have them.
GONE = {
    "bc_account_get.1.response.json": {"incomeBalance", "debitCreditBalance", "totalBalance", "balance"},
    "bc_salesCreditMemo_get.1.response.json": {"contactId", "billingPostalAddress"},
    "bc_customerPayment_create.2.response.json": {"contactId"},
}
# Samples of Business Central that show what the sandbox does not have.
ELSEWHERE = re.compile(r"bc_(subscription|webhook|salesOrder)|live_salesOrders")
COMPARED: set[str] = set()


def sample(name: str) -> Any:
    """A sample; requests come as what stands behind their head."""
    COMPARED.add(name)
    text = (SAMPLES / name).read_text(encoding="utf-8")
    start = 0 if text.startswith("{") else text.index("\n{")
    shortened = re.sub(r",?\s*// \.\.\.$", "", text[start:], flags=re.MULTILINE)
    return json.loads(shortened, parse_float=Decimal)


def recorded(name: str) -> Any:
    """A recorded answer: its headers and body."""
    return sample(name)["response"]


def differing(theirs: Any, ours: Any, where: str = "", gone: frozenset[str] = frozenset()) -> Iterator[str]:
    """The places of a sample that our answer does not have, or has in another form."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            if name in gone or name.startswith("@odata.context"):
                continue
            if not isinstance(ours, dict) or name not in ours:
                yield f"{where}.{name}"
            else:
                yield from differing(value, ours[name], f"{where}.{name}", gone)
    elif isinstance(theirs, list):
        for each in theirs[:1]:
            if not ours:
                yield f"{where}[]"
            else:
                yield from differing(each, ours[0], f"{where}[]", gone)
    elif isinstance(theirs, bool) != isinstance(ours, bool) or isinstance(theirs, str) != isinstance(ours, str):
        yield f"{where}: {theirs!r} is not like {ours!r}"


def orders(value: dict[str, Any]) -> list[str]:
    """The plain fields of a row in their order."""
    return [
        name for name, inner in value.items() if not isinstance(inner, dict | list) and "@odata.context" not in name
    ]


@pytest.fixture
def bc() -> Caller:
    """A company in the United States with what the samples speak of."""
    bc = open_caller(country="US", currency="USD", name="CRONUS USA, Inc.")
    add_rate(bc.company, ["ATLANTA, GA"], "FURNITURE", Decimal(5))
    put = bc.company.put
    for page, key, code in (
        ("taxAreas", "90196a90-44e3-ea11-bb43-000d3a2feca1", "MIAMI, FL"),
        ("paymentTerms", "04a5738a-44e3-ea11-bb43-000d3a2feca1", "CM+15"),
        ("paymentMethods", "3b196a90-44e3-ea11-bb43-000d3a2feca1", "CHECK"),
        ("taxGroups", "9f196a90-44e3-ea11-bb43-000d3a2feca1", "FURNITURE"),
        ("itemCategories", "e21a6a90-44e3-ea11-bb43-000d3a2feca1", "TABLE"),
        ("unitsOfMeasure", "5ca6738a-44e3-ea11-bb43-000d3a2feca1", "BOX"),
    ):
        old = bc.company.one(page, code=code)
        like = {**(old or bc.company.rows(page)[0]), "code": code, "id": key}
        if old is not None:
            bc.company.remove(page, old)
        put(page, like)
    finance = Bookkeeper(bc.company)
    finance.customer("20000", "Trey Research", email="helen.ray@contoso.com")
    finance.vendor("20000", "First Up Consultants")
    for number, name, price in (("1928-S", "AMSTERDAM Lamp", "54.90"), ("1936-S", "BERLIN Chair", "192.80")):
        finance.item(number, name, Decimal(price), taxGroupCode="FURNITURE", itemCategoryCode="TABLE")
    return bc


def undecoded(body: dict[str, Any]) -> dict[str, Any]:
    """A documented body with its options as the wire writes them: the documents show their captions."""
    return {name: "_x0020_" if value == " " else value for name, value in body.items()}


def posted(bc: Caller) -> str:
    entry = Entry("1928-S", Decimal("54.9"), "AMSTERDAM Lamp", Decimal(3))
    return Bookkeeper(bc.company).posted("20000", [entry], shortcutDimension1Code="CLOUD")


@pytest.mark.parametrize(
    ("page", "asked", "answered"),
    [
        ("customers", "bc_customer_create.1.request.txt", "bc_customer_create.2.response.json"),
        ("items", "bc_item_create.1.request.txt", "bc_item_create.2.response.json"),
    ],
)
def test_documented_cards_are_accepted_and_answered_alike(bc: Caller, page: str, asked: str, answered: str) -> None:
    body = undecoded(sample(asked))
    if page == "items":
        body |= {"baseUnitOfMeasureCode": "BOX"}
    made = bc.post(page, body)
    assert made.status == 201, made.body
    assert list(differing(sample(answered), made.body)) == []
    for name, value in body.items():
        assert made.body[name] == value, name


def test_a_documented_line_comes_to_the_documented_amounts(bc: Caller) -> None:
    wanted, shown = (sample(f"bc_salesInvoiceLine_create.{end}") for end in ("1.request.txt", "2.response.json"))
    item = bc.company.one("items", number="1928-S")
    assert item is not None
    draft = bc.invoice(customerNumber="20000")
    body = {**wanted, "itemId": item["id"], "unitOfMeasureCode": "BOX"}
    body["quantity"] = body.pop("quantity")
    body["unitPrice"] = body.pop("unitPrice")
    made = bc.post(f"salesInvoices({draft['id']})/salesInvoiceLines", body)
    assert made.status == 201, made.body
    assert list(differing(shown, made.body)) == []
    amounts = [name for name, value in shown.items() if isinstance(value, int | Decimal) and "Applied" not in name]
    assert {name: made.body[name] for name in amounts} == {name: shown[name] for name in amounts}
    nested = sample("bc_salesInvoiceLine_create.3.request.txt")
    assert bc.post("salesInvoices", nested).body["totalAmountIncludingTax"] == Decimal("172.94")
    for name in ("bc_salesInvoiceLine_get.1.response.json", "bc_salesInvoice_create.2.response.json"):
        ours = made.body if "Line" in name else bc.get(f"salesInvoices({draft['id']})").body
        assert list(differing(sample(name), ours)) == []


def test_a_documented_batch_is_done(bc: Caller) -> None:
    draft = bc.invoice(customerNumber="20000")
    text = json.dumps(sample("bc_salesInvoiceLine_create.4.request.txt"))
    text = text.replace("companies({id})", f"companies({bc.company.id})").replace("{salesInvoiceId}", draft["id"])
    path = f"/v2.0/{TENANT}/Production/api/v2.0/$batch"
    made = answer(bc.send("POST", path, text.encode(), {"isolation": "snapshot"}))
    assert [one["status"] for one in made.body["responses"]] == [201, 201]
    assert bc.get(f"salesInvoices({draft['id']})").body["totalAmountExcludingTax"] == Decimal("1321.5")


def test_a_documented_batch_fails_in_the_same_words(bc: Caller) -> None:
    requests = sample("bc_batch.1.request.json")["requests"]
    item = bc.company.one("items", number="1928-S")
    assert item is not None
    first, _, third = ({**one, "url": f"items({item['id']})"} for one in requests)
    for one in (first, third):
        one["headers"]["Company"] = bc.company.name
    path = f"/v2.0/{TENANT}/Production/api/v2.0/$batch"
    made = answer(bc.send("POST", path, written({"requests": [first, third]})))
    (good, bad) = made.body["responses"]
    theirs = sample("bc_batch.2.response.txt")["responses"]
    assert (good["id"], good["status"]) == (theirs[0]["id"], theirs[0]["status"])
    assert good["headers"].items() >= theirs[0]["headers"].items()
    expected = sample("bc_error.batch_inner_400.json")
    assert {name: bad[name] for name in ("id", "status", "headers")} == {
        name: expected[name] for name in ("id", "status", "headers")
    }
    assert plain(bad["body"]) == plain(expected["body"])
    assert plain(bad["body"]) == plain(theirs[2]["body"])


def plain(body: Any) -> tuple[str, str]:
    """The code and message of a refusal without its id and runs of blanks."""
    error = body["error"]
    return error["code"], " ".join(re.sub(r"CorrelationId:.*$", "", error["message"]).split())


def test_what_the_documents_show_wrongly_is_refused(bc: Caller) -> None:
    invoice = sample("bc_salesInvoice_create.1.request.txt")
    assert bc.post("salesInvoices", invoice).code == "BadRequest_InvalidOperation"
    file = sample("bc_documentAttachment_create.1.request.txt")
    assert bc.post("documentAttachments", file).status == 400
    payment = sample("bc_customerPayment_create.1.request.txt")
    assert bc.post("customerPayments", payment).status == 400


@pytest.mark.parametrize("page", ["documentAttachments", "attachments"])
def test_attachments_are_answered_alike(bc: Caller, page: str) -> None:
    key = posted(bc)
    body = {"fileName": "myPDF.pdf", "parentId": key, "parentType": "Sales_x0020_Invoice"}
    made = bc.post(page, body)
    name = f"bc_{page.removesuffix('s')}_create.2.response.json"
    assert list(differing(sample(name), made.body, gone=frozenset({"attachmentContent"}))) == []
    assert set(sample("bc_attachment_create.1.request.json")) == set(body)
    assert made.body["attachmentContent@odata.mediaReadLink"].endswith("/attachmentContent")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("bc_account_get.1.response.json", "accounts"),
        ("bc_currency_get.1.response.json", "currencies"),
        ("bc_customer_get.1.response.json", "customers"),
        ("bc_generalLedgerEntry_get.1.response.json", "generalLedgerEntries"),
        ("bc_itemCategory_get.1.response.json", "itemCategories"),
        ("bc_item_get.1.response.json", "items"),
        ("bc_paymentTerm_get.1.response.json", "paymentTerms"),
        ("bc_purchaseInvoice_get.1.response.json", "purchaseInvoices"),
        ("bc_salesCreditMemo_get.1.response.json", "salesCreditMemos"),
        ("bc_salesInvoice_get.1.response.json", "salesInvoices"),
        ("bc_taxArea_get.1.response.json", "taxAreas"),
        ("bc_taxGroup_get.1.response.json", "taxGroups"),
        ("bc_unitOfMeasure_get.1.response.json", "unitsOfMeasure"),
        ("bc_vendor_get.1.response.json", "vendors"),
        ("bc_journal_create.2.response.json", "journals"),
        ("bc_purchaseInvoiceLine_get.1.response.json", "purchaseInvoices/purchaseInvoiceLines"),
        ("bc_salesCreditMemoLine_get.1.response.json", "salesCreditMemos/salesCreditMemoLines"),
        ("bc_dimensionSetLine_get.1.response.json", "salesInvoices/dimensionSetLines"),
        ("bc_customerPayment_create.2.response.json", "customerPaymentJournals/customerPayments"),
        ("bc_journalLine_get.1.response.json", "journals/journalLines"),
    ],
)
def test_documented_answers_have_our_fields(bc: Caller, name: str, path: str) -> None:
    finance, key = Bookkeeper(bc.company), posted(bc)
    finance.correct(key)
    bill = [Entry("5400", Decimal(5), line_type="Account")]
    finance.posted("20000", bill, page="purchaseInvoices", vendorInvoiceNumber="107001")
    for page, below in (("customerPaymentJournals", "customerPayments"), ("journals", "journalLines")):
        journal = bc.get(page).value[0]["id"]
        assert bc.post(f"{page}({journal})/{below}", {"amount": -5}).status == 201
    page, _, part = path.partition("/")
    ours = bc.get(page).value[-1]
    if part:
        (ours, *_) = bc.get(f"{page}({ours['id']})/{part}").value
    gone = frozenset(GONE.get(name, ()))
    assert list(differing(sample(name), ours, gone=gone)) == []


def test_a_printed_document_is_found_alike(bc: Caller) -> None:
    theirs = sample("bc_pdfDocument_get.1.response.json")["value"][0]
    ours = bc.get(f"salesInvoices({posted(bc)})/pdfDocument").body
    assert {name.replace("content@", "pdfDocumentContent@") for name in theirs} <= set(ours)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("live_generalLedgerEntries_expand.scrubbed.json", "generalLedgerEntries?$expand=dimensionSetLines"),
        ("live_items_expand.scrubbed.json", "items?$filter=number eq '1928-S'&$expand=itemCategory,picture"),
        (
            "live_purchaseInvoices_expand.scrubbed.json",
            "purchaseInvoices?$expand=dimensionSetLines,purchaseInvoiceLines($expand=dimensionSetLines)",
        ),
        ("live_vendors_expand.scrubbed.json", "vendors?$expand=defaultDimensions"),
        ("live_companies.scrubbed.json", "/v2.0/Production/api/v2.0/companies"),
        ("bc_generalLedgerEntries_real.json", "generalLedgerEntries?$expand=dimensionSetLines"),
        ("bc_company_get.1.response.json", ""),
    ],
)
def test_recorded_answers_are_ours_field_by_field(bc: Caller, name: str, path: str) -> None:
    finance = Bookkeeper(bc.company)
    posted(bc)
    bill = [Entry("5400", Decimal(5), line_type="Account")]
    finance.posted("20000", bill, page="purchaseInvoices", vendorInvoiceNumber="107001", shortcutDimension1Code="CLOUD")
    if not name.startswith("live"):
        ours = bc.get(path or f"/v2.0/Production/api/v2.0/companies({bc.company.id})").body
        assert list(differing(sample(name), ours)) == []
        return
    theirs, ours_ = recorded(name), bc.get(path, prefer="odata.maxpagesize=5000")
    assert list(differing(theirs["body"], ours_.body)) == []
    first, second = theirs["body"]["value"][0], ours_.value[0]
    assert orders(first) == orders(second)
    for part, inner in first.items():
        if isinstance(inner, list | dict) and inner:
            one, other = (found[0] if isinstance(found, list) else found for found in (inner, second[part]))
            assert orders(one) == orders(other)
    wanted = {"Content-Type", "OData-Version", "Request-Id", "ms-correlation-x", "mise-correlation-id"}
    wanted |= {"Preference-Applied"} if "companies" not in name else set()
    for header in wanted:
        assert header in theirs["headers"]
        assert header in ours_.headers
    assert ours_.headers["Content-Type"] == theirs["headers"]["Content-Type"]


def test_recorded_environments_are_ours(bc: Caller) -> None:
    theirs = recorded("live_environments_v1.1.scrubbed.json")
    ours = bc.get("/environments/v1.1")
    assert list(differing(theirs["body"], ours.body)) == []
    assert ours.headers["api-supported-versions"] == theirs["headers"]["api-supported-versions"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("bc_error.Application_DialogException.duplicateVendorInvoice.json", {"586265": "107001"}),
        (
            "bc_error.Application_DialogException.missingPostingGroup.json",
            {"PROV-000477": "30000"},
        ),
        ("bc_error.BadRequest_InvalidToken.json", {}),
        ("bc_error.BadRequest_MethodNotAllowed.json", {}),
        ("bc_error.Application_DialogException.dimensions.json", {"Order CP-005293": "Invoice S-INV102001"}),
        (
            "bc_error.Application_FieldValidationException.json",
            {"'Open' in Purchase Header: Document Type=Order, No.=CP-005156": "'Open' in Sales Header: Document "
             "Type=Invoice, No.=S-INV102001"},
        ),
        ("bc_error.Application_DialogException.json", {}),
        ("bc_error.Internal_EntityWithSameKeyExists.json", {}),
    ],
)  # fmt: skip
def test_recorded_refusals_are_said_in_the_same_words(bc: Caller, name: str, known: dict[str, str]) -> None:
    code, message = plain(sample(name))
    for theirs, ours in known.items():
        message = message.replace(theirs, ours)
    refused = refuse(bc, name.split(".", 1)[1])
    if "dimensions" in name:
        message = message.partition("The Dimension Value Code")[0].strip()
        assert plain(refused)[1].startswith(message)
        assert plain(refused)[0] == code
    elif refused is not None:
        assert plain(refused) == (code, message)
    else:
        assert code.startswith(("Application_", "Internal_"))


def refuse(bc: Caller, what: str) -> Any:
    """Make the refusal happen; None where the sandbox has no warehouse or no table of its own to say it."""
    company, finance = bc.company, Bookkeeper(bc.company)
    bill = [Entry("5400", Decimal(5), line_type="Account")]
    if "duplicateVendor" in what:
        finance.posted("20000", bill, page="purchaseInvoices", vendorInvoiceNumber="107001")
        key = finance.draft("20000", bill, page="purchaseInvoices", vendorInvoiceNumber="107001")
        return bc.post(f"purchaseInvoices({key})/Microsoft.NAV.post").body
    if "missingPostingGroup" in what:
        company.setup.customer_template = False
        finance.vendor("30000", "New")
        key = finance.draft("30000", bill, page="purchaseInvoices", vendorInvoiceNumber="107001")
        return bc.post(f"purchaseInvoices({key})/Microsoft.NAV.post").body
    if "InvalidToken" in what:
        item = company.rows("items")[0]
        return bc.patch(f"items({item['id']})", {"displayName": "A"}, etag="").body
    if "MethodNotAllowed" in what:
        return bc.patch("items", {"displayName": "A"}).body
    if "dimensions" in what:
        company.setup.mandatory_dimensions = ("REGION",)
        return bc.post(f"salesInvoices({bc.invoice(line())['id']})/Microsoft.NAV.post").body
    if "FieldValidation" in what:
        key = bc.invoice(line())["id"]
        finance.release(key)
        return bc.patch(f"salesInvoices({key})", {"email": ""}).body
    return None


def kind_of(known: Field) -> str:
    """A field's type in the words of the description."""
    words = {"guid": "Guid", "dec": "Decimal", "int": "Integer", "bool": "Boolean", "date": "Date", "dt": "DateTime"}
    words |= {"stream": "BLOB", "formula": "DateFormula"}
    if known.kind in ("code", "text"):
        length = f"[{known.length}]" if known.length else ""
        return f"{known.kind.title()}{length}"
    return words.get(known.kind, "")


def test_every_page_has_the_fields_of_the_real_one() -> None:
    if not (SPECS / "bc_fields.json").is_file():
        pytest.skip("the list of fields is not part of the repository")
    real = json.loads((SPECS / "bc_fields.json").read_text(encoding="utf-8"))
    for name, page in PAGES.items():
        fields = {one["name"]: one for one in real[f"v2.0/{name}"]["fields"]}
        assert list(page.fields) == list(fields), name
        for own, known in page.fields.items():
            theirs = fields[own]
            assert known.read_only or not theirs["readOnly"], (name, own)
            if theirs["enum"]:
                assert set(known.options) <= set(theirs["enum"]), (name, own)
            else:
                assert kind_of(known) == theirs["al"], (name, own)
        assert set(page.actions) == set(real[f"v2.0/{name}"]["actions"]), name


def test_no_sample_is_forgotten() -> None:
    """Runs last: each sample of Business Central was looked at above, or shows what the sandbox does not have."""
    if len(COMPARED) < 30:
        pytest.skip("only part of the tests ran")
    requests_only = {"bc_journal_create.1.request.txt", "bc_salesInvoiceLine_create.2.response.json"}
    every = {path.name for path in SAMPLES.iterdir() if re.match(r"(bc|live)_", path.name)}
    missing = {name for name in every - COMPARED - requests_only if not ELSEWHERE.match(name)}
    assert missing == set()
    assert decoded("_x0020_") == " "
