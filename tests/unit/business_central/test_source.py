"""What changed is all told, the gaps of Business Central's own dates included."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.business_central import client as wire
from connector.adapters.business_central.source import BusinessCentralSource
from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.ledger import LedgerChanges
from connector.sandbox.business_central.journals import pay
from connector.sandbox.business_central.opening import add_exchange_rate
from tests.unit.business_central.connected import Connected, connected, stamp


def ids(changes: LedgerChanges) -> list[str]:
    return [one.number for one in changes.documents]


def post(there: Connected, number: int) -> str:
    return there.post(there.document(sequence=number), stamp(number)).remote_id


def test_a_partial_payment_is_told_though_its_invoice_bears_no_new_date() -> None:
    with connected() as there:
        remote_id = post(there, 1)
        cursor = there.source.changes(None).cursor
        there.clock.advance(86_400)
        row = there.company.row("salesInvoices", remote_id)
        with there.company.lock:
            pay(there.company, "salesInvoices", row, Decimal("100.00"))
        assert there.company.row("salesInvoices", remote_id)["lastModifiedDateTime"] == row["lastModifiedDateTime"]
        (found,) = there.source.changes(cursor).documents
        assert (found.balance, found.status) == (Decimal("391.55"), "open")


def test_only_what_changed_is_read_again() -> None:
    with connected() as there:
        paid, open_ = post(there, 1), post(there, 2)
        with there.company.lock:
            pay(there.company, "salesInvoices", there.company.row("salesInvoices", paid), Decimal("491.55"))
        there.clock.advance(3_600)
        cursor = there.source.changes(None).cursor
        there.clock.advance(86_400)
        changes = there.source.changes(cursor)
        assert [one.remote_id for one in changes.documents] == [open_]
        assert (changes.whole, changes.there) == (False, frozenset({paid, open_}))


def test_rows_without_a_date_are_read_at_first_and_new_ones_make_everything_be_read() -> None:
    with connected() as there:
        post(there, 1)
        row = there.call("salesInvoices", {"customerNumber": "C10"})
        old = there.company.row("salesInvoices", row["id"])
        there.company.untouch("salesInvoices", old)
        first = there.source.changes(None)
        assert len(first.documents) == 2
        there.clock.advance(86_400)
        assert not there.source.changes(first.cursor).whole
        more = there.call("salesInvoices", {"customerNumber": "C10"})
        there.company.untouch("salesInvoices", there.company.row("salesInvoices", more["id"]))
        again = there.source.changes(first.cursor)
        assert (again.whole, len(again.documents)) == (True, 3)


def test_a_cursor_of_another_kind_means_that_everything_is_read() -> None:
    with connected() as there:
        post(there, 1)
        for cursor in ("", "{", '{"v": 7}', '{"v": 1}', "[1]"):
            assert there.source.changes(cursor).whole


def test_money_received_and_not_posted_is_a_payment_in_draft() -> None:
    with connected() as there:
        invoice = there.company.row("salesInvoices", post(there, 1))
        (journal,) = there.company.find("journals", code="GENERAL")
        there.call(
            f"customerPaymentJournals({journal['id']})/customerPayments",
            {"customerNumber": "C10", "amount": -200, "appliesToInvoiceNumber": invoice["number"]},
        )
        (payment,) = [one for one in there.source.changes(None).documents if one.kind == "payment"]
        assert (payment.total, payment.status, payment.party) == (Decimal(200), "draft", "C10")


def test_a_document_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with connected() as there:
        post(there, 1)
        bad = post(there, 2)
        ask = there.client.ask

        def spoilt(*words: Any, **more: Any) -> Iterator[Any]:
            for body in ask(*words, **more):
                yield {**body, "totalTaxAmount": "much"} if body["id"] == bad else body

        monkeypatch.setattr(there.client, "ask", spoilt)
        changes = there.source.changes(None)
        assert len(changes.documents) == 1
        assert "not a number" in changes.notes[0]


def test_what_the_app_may_not_see_is_told_and_the_rest_is_read() -> None:
    faults = [
        {"on": f"GET /v2.0/*/{page}", "do": "status:403", "times": 0}
        for page in ("generalLedgerEntries", "customerPaymentJournals")
    ]
    with connected(faults) as there:
        post(there, 1)
        fresh = BusinessCentralSource(there.client, there.clock)
        changes = fresh.changes(None)
        assert [one.status for one in changes.documents] == ["open"]
        assert len(changes.notes) == 2
        assert all("permission sets" in note for note in changes.notes)


def test_a_cancelled_invoice_and_what_corrects_it_are_void_together() -> None:
    with connected() as there:
        remote_id = post(there, 1)
        there.call(f"salesInvoices({remote_id})/Microsoft.NAV.cancel")
        changes = there.source.changes(None)
        assert {(one.kind, one.status) for one in changes.documents} == {("invoice", "void"), ("credit_memo", "void")}
        assert sum(one.net for one in changes.documents) == 0


def test_closed_books_end_the_day_before_postings_are_allowed() -> None:
    with connected() as there:
        (setup,) = there.company.rows("generalLedgerSetup")
        there.company.put("generalLedgerSetup", {**setup, "allowPostingFrom": date(2026, 10, 1)}, setup)
        company = there.source.company()
        assert company.closed_until == date(2026, 9, 30)
        assert (company.country, company.home_currency, company.tax_mode) == ("DE", "EUR", "excluded")


def test_records_are_known_by_their_numbers() -> None:
    with connected() as there:
        there.card("customers", "C11", blocked="All")
        found = {one.record_id: one for one in there.source.records("customer")}
        assert {number: one.active for number, one in found.items()} == {"C10": True, "C11": False}
        assert found["C10"].email == "ap@alpine.example"
        assert len(found["C10"].facts["id"]) == 36
        assert list(there.source.records("class")) == []


def test_exchange_rates_are_read_with_the_day_they_begin() -> None:
    with connected() as there:
        add_exchange_rate(there.company, "USD", Decimal("0.92"), date(2026, 10, 1))
        found = {one.record_id: one for one in there.source.records("exchange_rate")}
        assert found["USD 2026-10-01"].facts == {"rate": "0.92", "per": "1", "day": "2026-10-01", "home": "EUR"}


def test_a_company_is_found_by_name_or_id_and_a_wrong_one_is_told_with_those_there_are() -> None:
    with connected() as there:
        by_id = wire.Client("books-eu", there.client._api, there.company.id.upper())
        assert by_id.company == there.client.company
        wrong = wire.Client("books-eu", there.client._api, "Contoso")
        with pytest.raises(ConnectorError, match="write one of Northwind Cloud Europe"):
            _ = wrong.company


def test_everything_comes_page_by_page_in_whatever_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAGE_WITH_LINES", 2)
    monkeypatch.setattr(wire, "PAGE", 2)
    with connected() as there:
        for number in range(1, 6):
            post(there, number)
        assert len(there.source.changes(None).documents) == 5
        links = [one for one in there.asked("salesInvoices", "GET") if "$skiptoken" in one.query]
        assert links
        assert sum(1 for _ in there.source.records("account")) == 9


def test_only_rows_that_never_change_are_asked_of_the_copy_of_the_database() -> None:
    with connected() as there:
        post(there, 1)
        BusinessCentralSource(there.client, there.clock).changes(None)
        asked = {
            one.request.path.rpartition("/")[2]
            for one in there.server.exchanges
            if "data-access-intent" in one.request.headers
        }
        assert asked == {"generalLedgerEntries"}
        assert {one.request.headers["accept-language"] for one in there.server.exchanges
                if one.request.method == "GET"} == {"en-US"}  # fmt: skip


def test_trouble_on_the_way_is_waited_out_and_then_told() -> None:
    with connected([{"on": "GET /v2.0/*/customers", "do": "status:503:7", "times": 2}]) as there:
        before = there.clock.monotonic()
        assert len(list(there.source.records("customer"))) == 1
        assert there.clock.monotonic() - before >= 14
    always = [{"on": "GET /v2.0/*/customers", "do": "status:429", "times": 0}]
    with connected(always) as there, pytest.raises(Unavailable):
        list(there.source.records("customer"))
