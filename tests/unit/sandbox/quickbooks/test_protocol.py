"""What surrounds the objects: tokens at the gate, quotas, request ids, batches, lists, templates, attachments."""

import json
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.sandbox.messages import Request
from connector.sandbox.quickbooks import Behaviour, Bookkeeper, QuickBooks, Quotas, open_company
from connector.sandbox.quickbooks.bookkeeper import Entry
from tests.unit.sandbox.quickbooks.caller import REALM, Caller, answer, caller, invoice, line, shop


@pytest.fixture
def qbo() -> Caller:
    return caller()


def test_a_dead_token_and_a_foreign_company_stop_at_the_gate(qbo: Caller) -> None:
    qbo.app.add(open_company("2", qbo.clock))
    qbo.realm = "2"
    wrong = qbo.get("companyinfo/2")
    assert (wrong.status, wrong.body["fault"]["error"][0]["code"]) == (403, "3100")
    qbo.realm = REALM
    qbo.clock.advance(3600)
    late = qbo.get(f"companyinfo/{REALM}")
    assert (late.status, late.body["fault"]["error"][0]["code"]) == (401, "3200")
    assert "errorCode=003200" in late.body["fault"]["error"][0]["message"]
    assert late.headers["WWW-Authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'


def test_a_company_nobody_pays_for_is_closed(qbo: Caller) -> None:
    qbo.company.suspended = True
    assert qbo.post("invoice", invoice()).code == "6190"


def test_no_json_means_xml(qbo: Caller) -> None:
    qbo.headers["accept"] = "*/*"
    response = qbo.send("GET", "customer/1")
    assert response.whole().startswith(b"<?xml")
    assert b"<DisplayName>Alpine Ski House</DisplayName>" in response.whole()


@pytest.mark.parametrize("path", ["customer/1/5", "Customer/1", "nothing/1", "taxservice/taxcode"])
def test_addresses_that_are_none(qbo: Caller, path: str) -> None:
    found = qbo.get(path)
    assert (found.status, found.code) == (400, "500")
    assert qbo.get("customer/1.5").code == "2030"


def test_a_request_id_gives_the_first_answer_again(qbo: Caller) -> None:
    first = qbo.post("invoice", invoice(), requestid="i-1")
    again = qbo.post("invoice", invoice(), requestid="i-1")
    assert again.body == first.body
    assert len(qbo.company.every("Invoice")) == 1
    assert qbo.post("invoice", invoice("other"), requestid="i-1").code == "600"
    wrong = qbo.post("invoice", invoice(), requestid="i-2")
    assert wrong.code == "6140"
    assert qbo.post("invoice", invoice(), requestid="i-2").body == wrong.body
    assert qbo.post("invoice", invoice(), requestid="x" * 51).code == "2130"


def test_request_ids_can_be_forgotten_or_off(qbo: Caller) -> None:
    behaviour = qbo.company.behaviour
    behaviour.unique_numbers, behaviour.requestid_kept = False, 60
    qbo.post("invoice", invoice(), requestid="i-1")
    qbo.clock.advance(61)
    qbo.post("invoice", invoice(), requestid="i-1")
    assert len(qbo.company.every("Invoice")) == 2
    behaviour.requestid = False
    qbo.post("invoice", invoice(), requestid="i-1")
    assert len(qbo.company.every("Invoice")) == 3


def test_request_ids_belong_to_one_company(qbo: Caller) -> None:
    other = shop(qbo.clock)
    other.realm = "2"
    qbo.app.add(other)
    qbo.post("invoice", invoice(), requestid="i-1")
    elsewhere = Caller(qbo.app, qbo.clock, qbo.app.sign_in("2").access_token, "2")
    assert elsewhere.post("invoice", invoice("other"), requestid="i-1").status == 200
    assert [len(company.every("Invoice")) for company in (qbo.company, other)] == [1, 1]


def test_quotas_turn_away_what_is_too_much() -> None:
    qbo = caller(quotas=Quotas())
    answers = [qbo.get("customer/1").status for _ in range(11)]
    assert answers == [200] * 10 + [429]
    fault = qbo.get("customer/1").body["Fault"]
    assert (fault["type"], fault["Error"][0]["code"]) == ("SERVICE", "3001")
    for _ in range(49):
        qbo.clock.advance(1)
        assert {qbo.get("customer/1").status for _ in range(10)} == {200}
    qbo.clock.advance(1)
    assert qbo.get("customer/1").status == 429
    qbo.clock.advance(10)
    assert qbo.get("customer/1").status == 200


def test_only_so_many_at_once() -> None:
    qbo = caller(quotas=Quotas(at_once=2))
    statuses: list[int] = []
    with qbo.company.lock:
        threads = [threading.Thread(target=lambda: statuses.append(qbo.get("customer/1").status)) for _ in range(3)]
        for thread in threads:
            thread.start()
        while not statuses:
            threads[0].join(0.01)
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 429]


@pytest.mark.parametrize(("form", "expected"), [("upper", "Fault"), ("lower", "fault")])
def test_how_a_throttled_answer_looks(form: str, expected: str) -> None:
    qbo = caller(quotas=Quotas(per_second=0), throttled_as=form)
    assert expected in qbo.get("customer/1").body
    empty = caller(quotas=Quotas(per_second=0), throttled_as="empty").send("GET", "customer/1")
    assert (empty.status, empty.whole()) == (429, b"")


def test_faults_ask_for_intuits_own_words(qbo: Caller) -> None:
    request = Request("GET", f"/v3/company/{REALM}/customer/1", headers={"accept": "application/json"})
    assert qbo.app.refusal(request, 429, "57").headers["Retry-After"] == "57"
    assert answer(qbo.app.refusal(request, 503, None)).code == "10000"
    assert "fault" in answer(qbo.app.refusal(request, 401, None)).body


def test_a_batch_does_each_for_itself(qbo: Caller) -> None:
    items = [
        {"bId": "1", "operation": "create", "Invoice": invoice()},
        {"bId": "2", "operation": "create", "Invoice": invoice()},
        {"bId": "3", "operation": "delete", "Invoice": {"Id": "999", "SyncToken": "0"}},
        {"bId": "4", "Query": "select * from Invoice"},
        {"bId": "5", "operation": "update", "optionsData": "void", "Invoice": {"Id": "1", "SyncToken": "0"}},
        {"bId": "6", "operation": "create", "Nothing": {}},
    ]
    answers = qbo.post("batch", {"BatchItemRequest": items}).body["BatchItemResponse"]
    codes = [one["Fault"]["Error"][0]["code"] if "Fault" in one else None for one in answers]
    assert codes == [None, "6140", "610", None, None, "2000"]
    assert answers[3]["QueryResponse"]["maxResults"] == 1
    assert answers[4]["Invoice"]["TotalAmt"] == 0
    many = [{"bId": str(at), "Query": "select * from Term"} for at in range(31)]
    assert qbo.post("batch", {"BatchItemRequest": many}).code == "1040"


def test_a_batch_is_replayed_item_by_item(qbo: Caller) -> None:
    item = {"bId": "1", "operation": "create", "Invoice": invoice()}
    first = qbo.post("batch", {"BatchItemRequest": [item]}, requestid="b-1")
    assert qbo.post("batch", {"BatchItemRequest": [item]}, requestid="b-1").body == first.body
    other = qbo.post("batch", {"BatchItemRequest": [{**item, "bId": "2"}]}, requestid="b-1")
    assert other.body["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "6140"
    assert qbo.post("batch", {"BatchItemRequest": [item]}, requestid="b" * 37).code == "2130"
    assert qbo.post("batch", {"BatchItemRequest": [{**item, "bId": "x" * 11}]}, requestid="b-2").code == "2130"


def test_names_are_unique_among_customers_and_vendors(qbo: Caller) -> None:
    assert "Id=1" in qbo.post("customer", {"DisplayName": "alpine ski house"}).detail
    assert qbo.post("vendor", {"DisplayName": "Alpine Ski House"}).code == "6240"
    assert qbo.post("item", {"Name": "Microsoft 365 E3", "IncomeAccountRef": {"value": "1"}}).code == "6240"
    assert qbo.post("customer", {"DisplayName": "a:b"}).code == "2040"
    assert qbo.post("customer", {"Notes": "nameless"}).code == "6080"
    Bookkeeper(qbo.company).deactivate("1")
    assert qbo.post("customer", {"DisplayName": "Alpine Ski House"}).status == 200


def test_sub_customers_stand_below_others(qbo: Caller) -> None:
    body = {"DisplayName": "Branch", "Job": True, "ParentRef": {"value": "1"}, "BillWithParent": True}
    branch = qbo.post("customer", body).body["Customer"]
    assert (branch["FullyQualifiedName"], branch["Level"]) == ("Alpine Ski House:Branch", 1)
    finance = Bookkeeper(qbo.company)
    finance.invoice(branch["Id"], [Entry("1", "E3", Decimal(50))])
    parent = qbo.get("customer/1").body["Customer"]
    assert (parent["Balance"], parent["BalanceWithJobs"]) == (0, 50)
    finance.rename("1", "Alpine")
    assert qbo.get(f"customer/{branch['Id']}").body["Customer"]["FullyQualifiedName"] == "Alpine:Branch"
    change = {"Id": branch["Id"], "SyncToken": "1", "sparse": True, "BillWithParent": False}
    assert qbo.post("customer", change).code == "6130"
    above = branch["Id"]
    for level in range(2, 6):
        made = qbo.post("customer", {"DisplayName": f"L{level}", "ParentRef": {"value": above}})
        if level == 5:
            assert made.code == "6180"
        else:
            above = made.body["Customer"]["Id"]


def test_a_merged_customer_is_gone_and_its_documents_move(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    keeper = finance.customer("Keeper")
    key = finance.invoice("1", [Entry("1", "E3", Decimal(50))])
    finance.merge("1", keeper)
    assert qbo.get("customer/1").code == "610"
    assert qbo.get(f"invoice/{key}").body["Invoice"]["CustomerRef"] == {"value": keeper, "name": "Keeper"}
    assert qbo.get(f"customer/{keeper}").body["Customer"]["Balance"] == 50


def test_edits_by_hand_show(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company, "Jane")
    made = qbo.post("invoice", invoice("N", line("230.00", Qty=10, UnitPrice=23))).body["Invoice"]
    finance.edit_line(made["Id"], 1, quantity=Decimal(8))
    finance.add_line(made["Id"], Entry("1", "more", Decimal("0.5")))
    finance.edit_line(made["Id"], 2, text="extra", amount=Decimal(1))
    changed = qbo.get(f"invoice/{made['Id']}").body["Invoice"]
    assert (changed["TotalAmt"], changed["SyncToken"]) == (185, "3")
    finance.remove_line(made["Id"], 2)
    finance.edit_line(made["Id"], 1, price=Decimal(20))
    assert qbo.get(f"invoice/{made['Id']}").body["Invoice"]["TotalAmt"] == 160
    late = qbo.post("invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DueDate": "2026-12-24"})
    assert "You and Jane were working on this" in late.detail


def test_templates_bill_by_themselves(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    template = finance.template("1", "E3 monthly", [Entry("1", "E3", Decimal(230))], date(2026, 11, 5), day_of_month=5)
    (seen,) = qbo.query("SELECT * FROM RecurringTransaction").body["QueryResponse"]["RecurringTransaction"]
    assert seen["Invoice"]["RecurringInfo"]["ScheduleInfo"]["NextDate"] == "2026-11-05"
    assert finance.run_templates() == []
    qbo.clock.advance(timedelta(days=35))
    made = finance.run_templates()
    invoices = [qbo.company.get("Invoice", key) for key in made]
    assert [one["TxnDate"] for one in invoices] == ["2026-11-05", "2026-12-05"]
    assert [one["RecurDataRef"] for one in invoices] == [{"value": "1"}] * 2
    assert len({one["DocNumber"] for one in invoices}) == 2
    qbo.token = qbo.app.sign_in().access_token
    after = qbo.get(f"recurringtransaction/{template}").body["RecurringTransaction"]["Invoice"]
    assert after["RecurringInfo"]["ScheduleInfo"]["NextDate"] == "2027-01-05"
    wrapped = {"RecurringTransaction": {"Invoice": {}}}
    assert qbo.post("recurringtransaction", wrapped).code == "2120"
    gone = {"Invoice": {"Id": template, "SyncToken": after["SyncToken"]}}
    assert qbo.post("recurringtransaction", gone, operation="delete").status == 200
    simple = caller(shop(edition="QuickBooks Online Simple Start"))
    assert simple.post("recurringtransaction", {"Invoice": {}}).code == "5030"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    pieces = [b"--X\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts]
    return b"".join(pieces) + b"--X--\r\n"


def test_files_are_attached_and_fetched(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice()).body["Invoice"]
    described = {
        "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": made["Id"]}, "IncludeOnSend": True}],
        "FileName": "usage.xlsx",
    }
    meta = ('Content-Disposition: form-data; name="file_metadata_01"', json.dumps(described).encode())
    content = b"PK\x03\x04\r\n\x00 binary"
    file = ('Content-Disposition: form-data; name="file_content_01"; filename="usage.xlsx"', content)
    kind = "multipart/form-data; boundary=X"
    kept = answer(qbo.send("POST", "upload", multipart(meta, file), kind)).body["AttachableResponse"][0]["Attachable"]
    assert (kept["Size"], kept["FileName"]) == (len(content), "usage.xlsx")
    where = f"AttachableRef.EntityRef.Type = 'invoice' AND AttachableRef.EntityRef.value = '{made['Id']}'"
    assert qbo.ids(f"SELECT * FROM Attachable WHERE {where}") == [kept["Id"]]
    link = qbo.send("GET", f"download/{kept['Id']}").whole().decode()
    path, _, query = link.removeprefix("http://127.0.0.1:1").partition("?")
    asked = {name: [value] for name, _, value in (one.partition("=") for one in query.split("&"))}
    fetched = qbo.app.handle(Request("GET", path, asked))
    assert (fetched.status, fetched.whole()) == (200, content)
    qbo.clock.advance(901)
    assert qbo.app.handle(Request("GET", path, asked)).status == 403


def test_what_cannot_be_attached_says_so_within_the_answer(qbo: Caller) -> None:
    kind = "multipart/form-data; boundary=X"
    program = ('Content-Disposition: form-data; name="file_content_01"; filename="run.exe"', b"MZ")
    response = answer(qbo.send("POST", "upload", multipart(program), kind))
    assert response.status == 200
    assert response.body["AttachableResponse"][0]["Fault"]["Error"][0]["code"] == "6041"
    lost = {"AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "999"}}], "FileName": "a.csv"}
    meta = ('Content-Disposition: form-data; name="file_metadata_01"', json.dumps(lost).encode())
    file = ('Content-Disposition: form-data; name="file_content_01"', b"a,b")
    response = answer(qbo.send("POST", "upload", multipart(meta, file), kind))
    assert response.body["AttachableResponse"][0]["Fault"]["Error"][0]["code"] == "2500"
    assert qbo.company.files == {}


def test_several_companies_stand_side_by_side(qbo: Caller) -> None:
    europe = open_company("2", qbo.clock, country="DE", currency="EUR", behaviour=Behaviour())
    app = QuickBooks(qbo.clock, [qbo.company, europe])
    tokens = {realm: app.sign_in(realm).access_token for realm in app.companies}
    for realm, currency in ((REALM, "USD"), ("2", "EUR")):
        other = Caller(app, qbo.clock, tokens[realm], realm)
        preferences = other.get("preferences").body["Preferences"]
        assert preferences["CurrencyPrefs"]["HomeCurrency"] == {"value": currency}
        assert other.get(f"companyinfo/{realm}").body["CompanyInfo"]["Country"] == ("US" if currency == "USD" else "DE")
