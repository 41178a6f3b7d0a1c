"""What passes between the connector and the simulated Business Central fits the description of the real API.

The description was made from Microsoft's own source of the API's pages; Prism, which others wrote, does the judging.
Skipped where the description, Node or the registry cannot be had.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connector.sandbox.business_central import Bookkeeper, Entry
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.messages import Exchange, Request, Response
from tests.conformance.node_package import Missing
from tests.conformance.prism import Validator, prism
from tests.conformance.recording import VARIABLE, recorded
from tests.unit.sandbox.business_central.caller import TENANT, Caller, answer, line, open_caller, written

ROOT = Path(__file__).resolve().parents[2]
# What the description does not have: pages and parts that belong to no path of its own there.
NOT_DESCRIBED = ("pdfDocument", "picture", "pictures")


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    try:
        with prism() as running:
            yield running
    except Missing as why:
        pytest.skip(str(why))


class Listening:
    """An app that remembers what it was asked and what it answered."""

    def __init__(self, bc: Caller) -> None:
        self.app, self.heard = bc.app, list[Exchange]()

    def handle(self, request: Request) -> Response:
        response = self.app.handle(request)
        self.heard.append(Exchange(datetime.now(UTC), request, response))
        return response


@pytest.fixture
def bc() -> Caller:
    """A company in which everything there is has been written and posted once."""
    bc = open_caller()
    finance = Bookkeeper(bc.company)
    finance.vendor("V10", "Microsoft Ireland")
    entries = [
        Entry("M365-BP", Decimal("10.505"), "October", Decimal(3)),
        Entry("8500", Decimal(5), line_type="Account"),
    ]
    posted = finance.posted("C10", entries, externalDocumentNumber="CSP-1", shortcutDimension1Code="CLOUD")
    finance.posted("C10", entries, page="salesCreditMemos", invoiceId=posted)
    bills = [Entry("5400", Decimal("99.99"), line_type="Account")]
    finance.posted("V10", bills, page="purchaseInvoices", vendorInvoiceNumber="G1")
    finance.posted("V10", bills, page="purchaseCreditMemos", vendorCreditMemoNumber="G2")
    bc.app = Listening(bc)  # type: ignore[assignment]
    return bc


def heard(bc: Caller) -> list[Exchange]:
    assert isinstance(bc.app, Listening)
    return bc.app.heard


def test_every_page_is_read_as_described(bc: Caller, validator: Validator) -> None:
    read = set()
    for name, page in PAGES.items():
        if name in NOT_DESCRIBED or page.parent:
            continue
        parts = [part for part in page.parts if part not in NOT_DESCRIBED and not page.parts[part].is_one]
        expand = f"&$expand={','.join(parts)}" if parts else ""
        for row in bc.get(f"{name}?$top=3{expand}").value:
            assert bc.get(f"{name}({row['id']})").status == 200
            read.add(name)
            for part in parts:
                below = bc.get(f"{name}({row['id']})/{part}")
                assert below.status == 200
                read.update({part} if below.value else ())
    assert {"salesInvoices", "salesInvoiceLines", "generalLedgerEntries", "dimensionSetLines"} <= read
    assert validator.complaints(heard(bc)) == []


def test_every_write_is_as_described(bc: Caller, validator: Validator) -> None:
    wanted = {"customerNumber": "C10", "externalDocumentNumber": "CSP-2", "dueDate": "2026-12-01"}
    dimension = {"code": "PROJECT", "valueCode": "SUPPORT"}
    for page, lines in (("salesInvoices", "salesInvoiceLines"), ("salesCreditMemos", "salesCreditMemoLines")):
        made = bc.post(page, {**wanted, lines: [line(), line(dimensionSetLines=[dimension])]}).body
        path = f"{page}({made['id']})"
        assert bc.patch(path, {"externalDocumentNumber": "CSP-3"}).status == 200
        one = bc.post(f"{path}/{lines}", line("1", "7.25")).body
        assert bc.patch(f"{path}/{lines}({one['id']})", {"description": "Changed"}).status == 200
        assert bc.delete(f"{path}/{lines}({one['id']})").status == 204
        assert bc.post(f"{path}/dimensionSetLines", dimension).status == 201
        for action in ("post", "send"):
            assert bc.post(f"{path}/Microsoft.NAV.{action}").status == 204
    invoice = bc.company.find("salesInvoices", externalDocumentNumber="CSP-3")[0]["id"]
    file = bc.post("documentAttachments", {
        "fileName": "a.xlsx", "parentType": "Sales_x0020_Invoice", "parentId": invoice,
    })  # fmt: skip
    assert file.status == 201
    octets = {"content-type": "application/octet-stream", "if-match": "*"}
    stream = f"documentAttachments({file.body['id']})/attachmentContent"
    assert bc.send("PATCH", stream, b"PK", octets).status == 204
    assert bc.post(f"salesInvoices({invoice})/Microsoft.NAV.cancel").status == 204
    journal = bc.get("customerPaymentJournals").value[0]["id"]
    payment = {"customerNumber": "C10", "amount": Decimal("-1.5")}
    assert bc.post(f"customerPaymentJournals({journal})/customerPayments", payment).status == 201
    assert bc.post(f"journals({journal})/Microsoft.NAV.post").status == 204
    bill = {"vendorNumber": "V10", "vendorInvoiceNumber": "G9", "purchaseInvoiceLines": [
        {"lineType": "Account", "lineObjectNumber": "5400", "quantity": 1, "unitCost": Decimal("5.55")}
    ]}  # fmt: skip
    key = bc.post("purchaseInvoices", bill).body["id"]
    assert bc.post(f"purchaseInvoices({key})/Microsoft.NAV.post").status == 204
    assert validator.complaints(heard(bc)) == []


def test_batches_are_held_against_it_one_by_one(bc: Caller, validator: Validator) -> None:
    company = f"companies({bc.company.id})"
    inner = [
        {"method": "GET", "id": "1", "url": f"{company}/items?$select=number"},
        {"method": "POST", "id": "2", "url": f"{company}/salesInvoices", "body": {"customerNumber": "C10"}},
    ]
    path = f"/v2.0/{TENANT}/Production/api/v2.0/$batch"
    assert answer(bc.send("POST", path, written({"requests": inner}))).status == 200
    assert validator.complaints(heard(bc)) == []
    inner[1]["body"] = {"customerNumber": "C10", "colour": "red"}
    bc.send("POST", path, written({"requests": inner}))
    (complaint,) = validator.complaints(heard(bc))
    assert "colour" in complaint


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"customerNumber": "C10", "number": "X"}, "number"),
        ({"customerNumber": "C10", "externalDocumentNumber": "X" * 36}, "35"),
        ({"customerNumber": "C10", "salesInvoiceLines": [{"lineType": "Non-Inventory"}]}, "lineType"),
    ],
)
def test_it_finds_what_does_not_fit(bc: Caller, validator: Validator, body: dict[str, object], why: str) -> None:
    assert bc.post("salesInvoices", body).status == 400, "the simulator refuses it as well"
    (complaint,) = validator.complaints(heard(bc))
    assert why in complaint


def test_it_finds_an_answer_that_does_not_fit(bc: Caller, validator: Validator) -> None:
    bc.get("items?$top=1")
    (one,) = heard(bc)
    assert one.response is not None
    twisted = one.response.whole().replace(b'"blocked":false', b'"blocked":"no"')
    wrong = Exchange(one.at, one.request, Response(200, one.response.headers, twisted))
    (complaint,) = validator.complaints([wrong])
    assert "blocked" in complaint


def test_everything_the_adapter_says_is_as_described(validator: Validator, tmp_path: Path) -> None:
    suites = [path for path in ("tests/contract", "tests/unit/business_central") if (ROOT / path).is_dir()]
    if not (ROOT / "connector" / "adapters" / "business_central").is_dir() or not suites:
        pytest.skip("the adapter for Business Central is not here")
    record = tmp_path / "exchanges.jsonl"
    words = ["-p", "tests.conformance.recording", "-q", "-x", "-p", "no:cacheprovider", "-k", "business_central"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, *suites],
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(record)},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    exchanges = list(recorded(record))
    said = {(one.request.method, one.request.path.rpartition("/")[2].partition("(")[0]) for one in exchanges}
    assert {("POST", "salesInvoices"), ("POST", "Microsoft.NAV.post"), ("GET", "salesInvoices")} <= said
    assert validator.complaints(exchanges) == []
