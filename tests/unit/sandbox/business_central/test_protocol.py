"""OData as the simulated Business Central speaks it: filters, pages, concurrency, batches, streams, limits."""

import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from connector.sandbox.business_central import Application, Bookkeeper, Entry, Environment, Limits, open_company
from connector.sandbox.messages import Request
from tests.unit.sandbox.business_central.caller import TENANT, Caller, answer, line, open_caller, written

BATCH = f"/v2.0/{TENANT}/Production/api/v2.0/$batch"


@pytest.fixture
def bc() -> Caller:
    return open_caller()


def batch(bc: Caller, *requests: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    body = {"requests": [{"id": str(n), **one} for n, one in enumerate(requests)]}
    outer = answer(bc.send("POST", BATCH, written(body), headers))
    assert outer.status == 200, outer.body
    return list(outer.body["responses"])


def in_company(bc: Caller, path: str) -> str:
    return f"companies({bc.company.id})/{path}"


@pytest.fixture
def many(bc: Caller) -> Caller:
    finance = Bookkeeper(bc.company)
    for number in range(1, 8):
        finance.item(f"I-{number}", f"Item {number}", Decimal(number))
        bc.clock.advance(60)
    finance.customer("O'NEIL", "O'Neil & Sons")
    return bc


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("number eq 'i-3'", ["I-3"]),
        ("number eq 'I-3' or number eq 'I-5'", ["I-3", "I-5"]),
        ("unitPrice gt 4 and unitPrice le 6", ["I-5", "I-6"]),
        ("unitPrice ge 6.00 and type ne 'Inventory'", ["I-6", "I-7", "M365-BP"]),
        ("startswith(number,'I-') and unitPrice lt 3", ["I-1", "I-2"]),
        ("endswith(displayName,'7')", ["I-7"]),
        ("contains(displayName,'tem 2') eq true", ["I-2"]),
        ("contains(displayName,'ITEM 2')", []),
        ("tolower(displayName) eq 'item 2'", ["I-2"]),
        ("substring(number,2) eq '4'", ["I-4"]),
        ("lastModifiedDateTime gt 2026-11-03T09:34:00Z", ["I-6", "I-7"]),
        ("lastModifiedDateTime gt 2026-11-03T10:34:00+01:00", ["I-6", "I-7"]),
        ("blocked eq false and (number eq 'I-1' or number eq 'I-2')", ["I-1", "I-2"]),
        ("defaultDimensions/any(d: d/dimensionCode eq 'X') and unitPrice gt 6 and unitPrice lt 9", ["I-7"]),
    ],
)
def test_filters(many: Caller, text: str, found: list[str]) -> None:
    assert [row["number"] for row in many.get(f"items?$filter={quote(text)}&$select=number").value] == found


def test_apostrophes_are_doubled(many: Caller) -> None:
    wanted = quote("displayName eq 'O''Neil & Sons'")
    assert [row["number"] for row in many.get(f"customers?$filter={wanted}").value] == ["O'NEIL"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("items", "number eq 'I-1' or displayName eq 'Item 2'"),
        ("items", "not (number eq 'I-1')"),
        ("items", "number in ('I-1','I-2')"),
        ("items", "startswith(tolower(number),'i')"),
        ("items", "unitPrice eq '5'"),
        ("items", "number eq I-1"),
        ("items", "colour eq 'red'"),
        ("items", "inventory gt 1"),
        ("items", "type eq 'Non-Inventory'"),
        ("items", "itemCategoryId eq 'dd1a6a90-44e3-ea11-bb43-000d3a2feca1'"),
        ("items", "unitPrice eq 5 and"),
        ("items", "number eq 'I-1"),
        ("items", "unitPrice add 1 eq 5"),
        ("items", f"number eq '{'X' * 21}'"),
        ("salesInvoices", "remainingAmount gt 0"),
        ("salesInvoices", "currencyCode eq 'EUR'"),
        ("salesCreditMemos", "invoiceId eq 00000000-0000-0000-0000-000000000000"),
        ("salesInvoiceLines", "quantity gt 1"),
    ],
)
def test_filters_that_are_refused(many: Caller, page: str, text: str) -> None:
    assert many.get(f"{page}?$filter={quote(text)}").status in (400, 404)


def test_the_newer_schema_version_knows_more(many: Caller) -> None:
    for text in ("number in ('I-1','i-2')", "startswith(tolower(displayName),'item') and unitPrice lt 3"):
        rows = many.get(f"items?$filter={quote(text)}&$schemaversion=2.1").value
        assert [row["number"] for row in rows] == ["I-1", "I-2"]


def test_pages_are_followed_by_their_links(many: Caller) -> None:
    first = many.get("items?$select=number&$filter=unitPrice lt 10&$count=true", Prefer="odata.maxpagesize=3")
    assert first.headers["Preference-Applied"] == "odata.maxpagesize"
    assert first.body["@odata.count"] == 7
    assert [row["number"] for row in first.value] == ["I-1", "I-2", "I-3"]
    link = first.body["@odata.nextLink"]
    assert "aid=FIN" in link
    assert "$skiptoken=" in link
    Bookkeeper(many.company).item("I-0", "Earlier", Decimal(1))
    third = many.company.one("items", number="I-3")
    assert third is not None
    assert many.delete(f"items({third['id']})").status == 204
    rest = many.every(link.removeprefix("http://127.0.0.1:1"), Prefer="odata.maxpagesize=3")
    assert [row["number"] for row in rest] == ["I-4", "I-5", "I-6", "I-7"]
    broken = many.get(f"items?$skiptoken={quote('%%%')}")
    assert broken.code == "SkipTokenIsNoLongerValid"


def test_order_top_skip_and_count(many: Caller) -> None:
    top = many.get("items?$orderby=unitPrice desc&$top=3&$skip=1&$select=number", Prefer="odata.maxpagesize=2")
    assert [row["number"] for row in top.value] == ["I-7", "I-6"]
    rest = many.every(top.body["@odata.nextLink"].removeprefix("http://127.0.0.1:1"))
    assert [row["number"] for row in rest] == ["I-5"]
    assert many.send("GET", "items/$count").whole() == b"8"
    for wrong in ("$orderby=colour", "$top=many", "$select=colour", "$expand=colour", "$apply=x"):
        assert many.get(f"items?{wrong}").status == 400


def test_a_row_shows_its_own_token_and_chosen_fields_only(bc: Caller) -> None:
    made = bc.invoice(line())
    seen = bc.get(f"salesInvoices({made['id']})?$select=number,status")
    assert set(seen.body) == {"@odata.context", "@odata.etag", "number", "status"}
    assert seen.headers["ETag"] == seen.body["@odata.etag"]
    assert seen.body["@odata.context"].endswith(f"$metadata#companies({bc.company.id})/salesInvoices/$entity")


def test_changes_demand_the_token_and_refuse_a_stale_one(bc: Caller) -> None:
    made = bc.invoice(line())
    path = f"salesInvoices({made['id']})"
    missing = bc.patch(path, {"dueDate": "2026-12-01"}, etag="")
    assert (missing.status, missing.code) == (400, "BadRequest_InvalidToken")
    assert bc.patch(path, {"dueDate": "2026-12-01"}, etag="nonsense").code == "BadRequest_InvalidToken"
    assert bc.patch(path, {"dueDate": "2026-12-01"}, etag=made["@odata.etag"]).status == 200
    stale = bc.patch(path, {"dueDate": "2026-12-02"}, etag=made["@odata.etag"])
    assert (stale.status, stale.code) == (409, "Request_EntityChanged")
    assert bc.post(f"{path}/Microsoft.NAV.post", If_Match=made["@odata.etag"]).status == 409
    assert bc.delete(path, If_Match=made["@odata.etag"]).status == 409
    assert bc.patch(path, {"dueDate": "2026-12-03"}).status == 200


def test_lines_cannot_be_changed_together_with_their_document(bc: Caller) -> None:
    made = bc.invoice(line())
    refused = bc.patch(f"salesInvoices({made['id']})", {"salesInvoiceLines": [line()]})
    assert refused.status == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "colours", 404, "BadRequest_ResourceNotFound"),
        ("GET", "customers(not-an-id)", 400, "Application_InvalidGUID"),
        ("GET", "customers(00000000-0000-0000-0000-000000000001)", 404, "Internal_RecordNotFound"),
        ("PATCH", "items", 405, "BadRequest_MethodNotAllowed"),
        ("DELETE", "items", 405, "BadRequest_MethodNotAllowed"),
        ("POST", "accounts", 405, "BadRequest_MethodNotAllowed"),
        ("PUT", "items", 405, "BadRequest_MethodNotAllowed"),
        ("GET", "/v2.0/Nowhere/api/v2.0/companies", 404, "NoEnvironment"),
        ("GET", f"/v2.0/{TENANT}/Production/api/v1.0/companies", 404, "BadRequest_ResourceNotFound"),
        ("GET", "/v2.0/Production/api/v2.0/companies(00000000-0000-0000-0000-000000000001)/items", 404,
         "Internal_CompanyNotFound"),
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere(bc: Caller, method: str, path: str, status: int, code: str) -> None:
    headers = {"if-match": "*", "content-type": "application/json"}
    refused = answer(bc.send(method, path, b"{}" if method != "GET" else b"", headers))
    assert (refused.status, refused.code) == (status, code), refused.body


def test_companies_and_environments(bc: Caller) -> None:
    listed = bc.get("/v2.0/Production/api/v2.0/companies").value
    assert [one["name"] for one in listed] == ["Northwind Cloud Europe"]
    assert bc.get(f"/v2.0/{TENANT}/Production/api/v2.0/companies({bc.company.id})").body["name"] == listed[0]["name"]
    by_name = bc.get(f"/v2.0/Production/api/v2.0/items?company={quote(bc.company.name)}")
    assert by_name.status == 200
    for path in ("/environments/v1.1", "/admin/v2.0/applications/BusinessCentral/environments"):
        assert [one["name"] for one in bc.get(path).value] == ["Production"]
    assert bc.get("companyInformation").value[0]["currencyCode"] == "EUR"


def test_several_companies_know_nothing_of_each_other(bc: Caller) -> None:
    other = open_company(bc.clock, "Northwind US", country="US", currency="USD")
    bc.app.environment().add(other)
    bc.app.environments.append(Environment("Sandbox", TENANT, kind="Sandbox"))
    bc.company = other
    assert bc.get("customers").value == []
    bc.environment = "Sandbox"
    assert bc.get("customers").code == "Internal_CompanyNotFound"


def test_headers_are_those_of_the_service(bc: Caller) -> None:
    headers = bc.get("items").headers
    assert headers["OData-Version"] == "4.0"
    assert headers["Content-Type"] == "application/json; odata.metadata=minimal; odata.streaming=true"
    assert {"Request-Id", "ms-correlation-x", "mise-correlation-id"} <= set(headers)


def test_tokens_and_applications(bc: Caller) -> None:
    good = bc.token
    for token in ("", "unknown", bc.app.sign_in(audience="https://graph.microsoft.com")):
        bc.token = token
        refused = bc.get("items")
        assert (refused.status, refused.code) == (401, "Unauthorized")
        assert refused.message == "The credentials provided are incorrect"
        assert "WWW-Authenticate" in refused.headers
    bc.token = bc.app.sign_in(role="")
    assert bc.get("items").code == "Authentication_InvalidCredentials"
    bc.token = good
    bc.app.environment().applications = {}
    assert (bc.get("items").status, bc.get("items").code) == (401, "Authentication_InvalidCredentials")
    bc.app.environment().applications = {"connector": Application("connector", may_write=False)}
    assert bc.get("items").status == 200
    assert (bc.post("items", {}).status, bc.post("items", {}).code) == (403, "Authorization_InsufficientPermissions")
    other = bc.send("GET", "/v2.0/00000000-0000-0000-0000-00000000000a/Production/api/v2.0/companies")
    assert other.status == 401
    bc.clock.advance(3601)
    assert bc.get("items").status == 401


def test_bodies_must_be_json(bc: Caller) -> None:
    assert bc.send("POST", "items", b"a=1", {"content-type": "text/plain"}).status == 415
    for body in (b"{", b"[]"):
        assert answer(bc.send("POST", "items", body)).message.startswith("Invalid Request Body")


def test_read_only_intent_is_for_reading(bc: Caller) -> None:
    assert bc.get("items", Data_Access_Intent="ReadOnly").status == 200
    assert bc.post("items", {"displayName": "A"}, Data_Access_Intent="ReadOnly").status == 400


def test_a_replica_may_lag_behind(bc: Caller) -> None:
    bc.company.behaviour.replica_lag = 30
    bc.clock.advance(60)
    bc.posted(externalDocumentNumber="CSP-1")
    search = "salesInvoices?$filter=externalDocumentNumber eq 'CSP-1'&$select=number"
    assert len(bc.get(search).value) == 1
    assert bc.get(search, Data_Access_Intent="ReadOnly").value == []
    bc.clock.advance(60)
    assert len(bc.get(search, Data_Access_Intent="ReadOnly").value) == 1


def test_messages_come_in_the_language_that_is_asked_for(bc: Caller) -> None:
    path, body = "salesInvoices", {"customerNumber": "NOBODY"}
    assert bc.post(path, body, Accept_Language="de-DE").message.startswith("Der Debitor wurde nicht gefunden.")
    assert bc.post(path, body, Accept_Language="en-US").message.startswith("The customer cannot be found.")


def test_attachments_get_their_content_by_a_second_request(bc: Caller) -> None:
    made = bc.posted()
    path = f"salesInvoices({made['id']})/documentAttachments"
    wanted = {"fileName": "detail.xlsx", "parentType": "Sales_x0020_Invoice", "parentId": made["id"]}
    file = bc.post("documentAttachments", wanted)
    assert (file.status, file.body["byteSize"]) == (201, 0)
    stream = f"documentAttachments({file.body['id']})/attachmentContent"
    octets = {"content-type": "application/octet-stream"}
    assert answer(bc.send("PATCH", stream, b"PK\x03\x04", octets)).code == "BadRequest_InvalidToken"
    assert bc.send("PATCH", stream, b"PK\x03\x04", {**octets, "if-match": "*"}).status == 204
    assert bc.get(path).value[0]["byteSize"] == 4
    assert bc.send("GET", stream).whole() == b"PK\x03\x04"
    assert bc.post("documentAttachments", {"fileName": "a", "parentType": "Sales Invoice"}).code == "Unknown"
    assert bc.post("documentAttachments", {"fileName": "a", "attachmentContent": "UEs="}).code == (
        "BadRequest_InvalidOperation"
    )
    assert bc.get("documentAttachments").status == 400


def test_a_document_can_be_had_as_pdf(bc: Caller) -> None:
    made = bc.posted()
    seen = bc.get(f"salesInvoices({made['id']})/pdfDocument")
    assert seen.body["parentType"] == "Sales_x0020_Invoice"
    for path in (f"salesInvoices({made['id']})/pdfDocument", f"pdfDocument({made['id']})"):
        assert bc.send("GET", f"{path}/pdfDocumentContent").whole().startswith(b"%PDF")
    memo = bc.post("salesCreditMemos", {"customerNumber": "C10"}).body
    assert bc.send("GET", f"salesCreditMemos({memo['id']})/pdfDocument/pdfDocumentContent").status == 404


def test_a_batch_stops_at_the_first_failure_unless_told_otherwise(bc: Caller) -> None:
    good = {"method": "POST", "url": in_company(bc, "items"), "body": {"displayName": "One"}}
    bad = {"method": "POST", "url": in_company(bc, "items"), "body": {"colour": "red"}}
    assert [one["status"] for one in batch(bc, good, bad, good)] == [201, 400]
    answers = batch(bc, good, bad, good, prefer="odata.continue-on-error")
    assert [(one["id"], one["status"]) for one in answers] == [("0", 201), ("1", 400), ("2", 201)]
    assert answers[1]["body"]["error"]["code"] == "BadRequest"
    assert len(bc.company.rows("items")) == 4


def test_a_snapshot_batch_is_one_transaction_until_an_action_commits(bc: Caller) -> None:
    invoice = {"customerNumber": "C10", "salesInvoiceLines": [line()]}
    create = {"method": "POST", "url": in_company(bc, "salesInvoices"), "body": invoice}
    bad = {"method": "GET", "url": in_company(bc, "colours")}
    assert [one["status"] for one in batch(bc, create, bad, isolation="snapshot")] == [201, 404]
    assert bc.company.rows("salesInvoices") == []
    draft = bc.invoice(line())
    post = {"method": "POST", "url": in_company(bc, f"salesInvoices({draft['id']})/Microsoft.NAV.post")}
    batch(bc, create, post, bad, isolation="snapshot")
    kept = [row["number"] for row in bc.company.rows("salesInvoices")]
    assert kept == ["S-INV102001", "S-INV102002"], "the first is there for good, the posting itself was taken back"


def test_batches_have_their_own_rules(bc: Caller) -> None:
    read = {"method": "GET", "url": "items?$select=number", "headers": {"Company": bc.company.name}}
    assert batch(bc, read)[0]["body"]["value"] == bc.get("items?$select=number").value
    change = {"method": "PATCH", "url": in_company(bc, f"items({bc.company.rows('items')[0]['id']})"), "body": {}}
    assert batch(bc, change)[0]["body"]["error"]["code"] == "BadRequest_InvalidToken"
    nested = {"method": "POST", "url": "$batch", "body": {}}
    assert batch(bc, nested)[0]["status"] == 400
    for requests in ([], [read] * 101, ["x"]):
        assert answer(bc.send("POST", BATCH, written({"requests": requests}))).status == 400


def test_six_thousand_requests_in_five_minutes(bc: Caller) -> None:
    bc.app.limits = Limits(requests=20)
    statuses = [bc.get("companyInformation").status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert "Retry-After" not in bc.get("companyInformation").headers, "the documents name none"
    bc.app.limits.retry_after = 7
    assert bc.get("companyInformation").headers["Retry-After"] == "7"
    bc.token = bc.app.sign_in("another")
    assert bc.get("companyInformation").status == 200, "every application is a user of its own"
    bc.clock.advance(300)
    bc.token = bc.app.sign_in("connector")
    assert bc.get("companyInformation").status == 200


def test_five_at_once_and_the_others_wait(bc: Caller) -> None:
    limits = bc.app.limits = Limits(waiting=3)
    for _ in range(5):
        assert limits.enter("connector", bc.clock) == 0
    found: list[int] = []
    waiting = [threading.Thread(target=lambda: found.append(bc.get("companyInformation").status)) for _ in range(3)]
    for thread in waiting:
        thread.start()
    deadline = time.monotonic() + 5
    while sum(limits._queued.values()) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert bc.get("companyInformation").status == 429, "the queue is full"
    bc.clock.advance(8 * 60)
    for thread in waiting:
        thread.join(5)
    assert found == [503, 503, 503], "eight minutes are the longest wait"
    limits.leave("connector")
    assert bc.get("companyInformation").status == 200
    assert limits.most_at_once == 5


@pytest.mark.parametrize(
    ("twist", "status", "made"), [("acts-then-504", 504, 1), ("acts-then-503", 503, 1), ("times-out", 408, 0)]
)
def test_the_gateway_may_give_up_although_the_service_acts(bc: Caller, twist: str, status: int, made: int) -> None:
    assert bc.post("salesInvoices", {"customerNumber": "C10"}, twist=twist).status == status
    assert len(bc.company.rows("salesInvoices")) == made


def test_slow_operations_are_ended(bc: Caller) -> None:
    bc.app.latency = 9 * 60_000
    assert bc.post("salesInvoices", {"customerNumber": "C10"}).status == 408
    bc.token, bc.app.latency = bc.app.sign_in(), 10 * 60_000
    assert bc.post("salesInvoices", {"customerNumber": "C10"}).status == 504
    assert len(bc.company.rows("salesInvoices")) == 1


def test_the_service_has_its_own_words_for_a_status_somebody_asks_for(bc: Caller) -> None:
    request = Request("GET", "/v2.0/Production/api/v2.0/companies")
    for status in (401, 429, 503, 504, 500, 418):
        made = bc.app.refusal(request, status, "9")
        assert made.status == status
        assert "error" in made.json()


def test_rows_of_the_set_up_have_never_been_touched(bc: Caller) -> None:
    assert {row["lastModifiedDateTime"] for row in bc.get("paymentTerms").value} == {"0001-01-01T00:00:00Z"}
    assert bc.get("paymentTerms?$filter=lastModifiedDateTime gt 2000-01-01T00:00:00Z").value == []
    assert len(bc.get("paymentTerms?$filter=lastModifiedDateTime ge 0001-01-01T00:00:00Z").value) == 5


def test_moments_lose_zeros_at_their_end(bc: Caller) -> None:
    bc.clock.advance_to(datetime(2026, 11, 3, 10, 0, 0, 550_900, UTC))
    assert bc.invoice()["lastModifiedDateTime"] == "2026-11-03T10:00:00.55Z"


def test_an_entry_with_all_it_may_say(bc: Caller) -> None:
    entry = Entry("M365-BP", Decimal(3), "Text", Decimal(2), tax="VAT7", first=date(2026, 10, 1))
    key = Bookkeeper(bc.company).posted("C10", [entry])
    one = bc.get(f"salesInvoices({key})/salesInvoiceLines").value[0]
    assert (one["description"], one["taxPercent"], one["shipmentDate"], one["netAmount"]) == (
        "Text",
        7,
        "2026-10-01",
        6,
    )
