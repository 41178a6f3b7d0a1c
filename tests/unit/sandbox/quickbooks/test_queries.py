"""The query language and change data capture, with the limits Intuit sets."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Bookkeeper
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.query import Condition, Query, parse
from tests.unit.sandbox.quickbooks.caller import START, Caller, caller, invoice, shop


@pytest.fixture
def qbo() -> Caller:
    return caller()


def test_a_query_is_read_in_any_casing_and_order_of_its_end() -> None:
    read = parse(
        "select * from Customer where Active in (true, false) and DisplayName like 'O\\'Reil%' "
        "order by DisplayName desc, Id maxresults 5 startposition 11"
    )
    assert read == Query(
        "Customer",
        (),
        all_fields=True,
        conditions=(Condition("Active", "IN", ("true", "false")), Condition("DisplayName", "LIKE", ("O'Reil%",))),
        order=(("DisplayName", True), ("Id", False)),
        start=11,
        size=5,
    )
    assert parse("SELECT COUNT(*) FROM Invoice").counts
    assert parse("SELECT *, Sku FROM Item").fields == ("Sku",)
    assert parse(r"SELECT * FROM Customer WHERE DisplayName = 'a\\b'").conditions[0].values == ("a\\b",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "4000"),
        ("SELECT FROM Customer", "4000"),
        ("SELECT * FROM Customer WHERE Id = 5", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = 'O'Reilly'", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName = 'a' OR DisplayName = 'b'", "4000"),
        ("SELECT * FROM Customer WHERE (DisplayName = 'a')", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName != 'a'", "4000"),
        ("SELECT * FROM Customer GROUP BY Id", "4000"),
        ("SELECT * FROM Customer; DROP", "4000"),
        ("SELECT * FROM Nothing", "4001"),
        ("SELECT * FROM Customer WHERE Color = 'red'", "4001"),
        ("SELECT * FROM Invoice WHERE PrivateNote = 'x'", "4001"),
        ("SELECT * FROM Invoice ORDERBY PrivateNote", "4001"),
        ("SELECT * FROM Customer WHERE Id > '5'", "4001"),
        ("SELECT * FROM Customer WHERE MetaData.LastUpdatedTime > 'yesterday'", "4001"),
        ("SELECT * FROM Customer MAXRESULTS 1001", "4001"),
        ("SELECT * FROM Customer STARTPOSITION 0", "4001"),
        ("SELECT Color FROM Customer", "4001"),
    ],
)
def test_what_the_language_lacks_is_refused(qbo: Caller, text: str, code: str) -> None:
    answer = qbo.query(text)
    assert (answer.status, answer.code) == (400, code)


def test_pages(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    for number in range(250):
        finance.invoice("1", [Entry("1", "E3", Decimal(number))])
    assert qbo.query("SELECT COUNT(*) FROM Invoice").body["QueryResponse"] == {"totalCount": 250}
    assert len(qbo.ids("SELECT * FROM Invoice")) == 100
    pages = [qbo.ids(f"SELECT * FROM Invoice ORDERBY Id STARTPOSITION {at} MAXRESULTS 100") for at in (1, 101, 201)]
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [int(key) for page in pages for key in page] == list(range(1, 251))
    assert qbo.query("SELECT * FROM Invoice STARTPOSITION 251").body["QueryResponse"] == {}


def test_names_are_found_whatever_is_in_them(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    for name in ("O'Reilly; Sons", "Back\\slash", "50% Off", "Süd"):
        finance.customer(name)
    for name in ("O\\'Reilly; Sons", "back\\\\slash", "SÜD"):
        assert len(qbo.ids(f"SELECT * FROM Customer WHERE DisplayName = '{name}'")) == 1
    assert len(qbo.ids("SELECT * FROM Customer WHERE DisplayName LIKE '%o%'")) == 3


def test_lists_show_what_is_active_unless_asked(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    other = finance.customer("Gone Ltd")
    finance.deactivate(other)
    assert qbo.ids("SELECT * FROM Customer") == ["1"]
    assert qbo.query(f"SELECT * FROM Customer WHERE Id = '{other}'").body["QueryResponse"] == {}
    (gone,) = qbo.query("SELECT * FROM Customer WHERE Active = false").body["QueryResponse"]["Customer"]
    assert gone["DisplayName"] == "Gone Ltd (deleted)"
    assert set(qbo.ids("SELECT * FROM Customer WHERE Active IN (true,false)")) == {"1", other}
    assert qbo.get(f"customer/{other}").body["Customer"]["Active"] is False
    finance.edit(other, entity="Customer", Active=True)
    assert qbo.get(f"customer/{other}").body["Customer"]["DisplayName"] == "Gone Ltd"


def test_fields_numbers_and_days(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    for amount in (100, 300, 301):
        finance.invoice("1", [Entry("1", "E3", Decimal(amount))])
    assert len(qbo.ids("SELECT * FROM Invoice WHERE TotalAmt > '300.00'")) == 1
    assert len(qbo.ids("SELECT * FROM Invoice WHERE TxnDate >= '2026-11-03' AND CustomerRef = '1'")) == 3
    (first, *_) = qbo.query("SELECT DocNumber, TotalAmt FROM Invoice ORDERBY TotalAmt").body["QueryResponse"]["Invoice"]
    assert first == {"Id": "1", "DocNumber": "1001", "TotalAmt": 100, "sparse": True}
    qbo.post("item", {"Name": "Sku'd", "Sku": "CFQ7", "IncomeAccountRef": {"value": "1"}})
    where = "FROM Item WHERE Name = 'Sku\\'d'"
    assert "Sku" not in qbo.query(f"SELECT * {where}").body["QueryResponse"]["Item"][0]
    assert qbo.query(f"SELECT *, Sku {where}").body["QueryResponse"]["Item"][0]["Sku"] == "CFQ7"


def test_times_are_those_of_the_company_and_compare_as_moments(qbo: Caller) -> None:
    qbo.post("invoice", invoice())
    qbo.clock.advance(3000)
    qbo.post("invoice", invoice("C26-10-00002"))
    for since in ("2026-11-03T10:20:00-08:00", "2026-11-03T18:20:00Z", "2026-11-03T10:20:00"):
        assert qbo.ids(f"SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= '{since}'") == ["2"]
    newest = qbo.ids("SELECT * FROM Invoice ORDER BY Metadata.LastUpdatedTime DESC")
    assert newest == ["2", "1"]


def test_a_get_may_carry_the_query_and_a_post_only_as_text(qbo: Caller) -> None:
    assert qbo.get("query", query="select * from Customer").body["QueryResponse"]["maxResults"] == 1
    assert qbo.post("query", "select * from Customer").code == "1050"


def test_what_the_sandbox_does_not_keep_is_just_not_there(qbo: Caller) -> None:
    assert qbo.query("SELECT * FROM SalesReceipt WHERE TotalAmt > '1'").body["QueryResponse"] == {}
    assert qbo.query("SELECT * FROM SalesReceipt").body["QueryResponse"] == {}


def test_changes_tell_what_was_made_changed_and_deleted(qbo: Caller) -> None:
    first = qbo.post("invoice", invoice()).body["Invoice"]["Id"]
    second = qbo.post("invoice", invoice("C26-10-00002")).body["Invoice"]["Id"]
    qbo.clock.advance(60)
    since = qbo.clock.now().isoformat()
    finance = Bookkeeper(qbo.company)
    finance.void(first)
    finance.delete(second)
    answer = qbo.get("cdc", entities="Invoice,Customer,Bill", changedSince=since)
    invoices, customers, bills = answer.body["CDCResponse"][0]["QueryResponse"]
    assert [(one["Id"], one.get("status")) for one in invoices["Invoice"]] == [(first, None), (second, "Deleted")]
    assert (customers, bills) == ({}, {})
    assert answer.body["time"].startswith("2026-11-03T09:31:00.000-08:00")


def test_changes_have_their_limits(qbo: Caller) -> None:
    qbo.clock.advance(31 * 86400)
    qbo.token = qbo.app.sign_in().access_token
    old = START.isoformat()
    assert qbo.get("cdc", entities="Customer", changedSince=old).body["CDCResponse"][0]["QueryResponse"] == [{}]
    qbo.company.behaviour.cdc_beyond = "refuse"
    assert qbo.get("cdc", entities="Customer", changedSince=old).code == "4001"
    assert qbo.get("cdc", entities="TaxCode", changedSince="2026-12-01").code == "4001"
    finance = Bookkeeper(qbo.company)
    for number in range(1001):
        finance.customer(f"Customer {number}")
    (answer,) = qbo.get("cdc", entities="Customer", changedSince="2026-12-01").body["CDCResponse"][0]["QueryResponse"]
    assert len(answer["Customer"]) == 1000


def test_a_long_list_is_paged_in_reasonable_time() -> None:
    clock = SandboxClock(datetime(2026, 11, 3, tzinfo=UTC))
    company = shop(clock)
    thing = {"TxnDate": "2026-11-01", "TotalAmt": Decimal(1), "Balance": Decimal(1), "Line": []}
    for number in range(25_000):
        company.put("Invoice", {**thing, "DocNumber": f"N{number}", "CustomerRef": {"value": "1", "name": "A"}})
    qbo = caller(company, clock)
    seen = [
        key
        for at in range(1, 25_001, 1000)
        for key in qbo.ids(f"SELECT * FROM Invoice ORDERBY Id STARTPOSITION {at} MAXRESULTS 1000")
    ]
    assert len(set(seen)) == 25_000
    assert qbo.ids("SELECT * FROM Invoice WHERE DocNumber = 'n4711'") == ["4712"]
