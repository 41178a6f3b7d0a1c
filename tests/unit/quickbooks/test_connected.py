"""Against a simulated company over real sockets: what is read, what is sent, what becomes of trouble on the line."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.adapters.quickbooks.client import QuickBooksRefused
from connector.adapters.quickbooks.faults import Fault
from connector.adapters.quickbooks.posting import QuickBooksPosting
from connector.adapters.quickbooks.source import QuickBooksSource
from connector.domain.document import Document, DocumentLine
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.period import Period
from connector.domain.posting import NeverSent, NumberTaken, OutcomeUnknown, Rejected, Stamp, Throttled
from connector.engine.sameness import differences
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.serving import Request, Response
from tests.unit.quickbooks.connected import Connected, connected
from tests.unit.quickbooks.issuer import REALM

OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
STAMP = Stamp("C26-10-00042", "7" * 36, "CONNECTOR-0123456789ABCDEF01234567", "invoice")
INVOICE = f"POST /v3/company/{REALM}/invoice"


def planned(customer: str, item: str, *, kind: str = "invoice") -> Document:
    lines = (
        DocumentLine(1, item, "Microsoft 365, 10 × 41.30", Decimal("413.00"), Decimal(10), Decimal("41.30"), *OCTOBER),
        DocumentLine(2, item, "Azure usage", Decimal("0.07"), first=OCTOBER[0], last=OCTOBER[1]),
        DocumentLine(3, None, "Thank you", Decimal(0)),
    )
    return Document(
        "books-us", customer, "Alpine", Period.month("2026-10"), "USD", kind, lines, date(2026, 11, 1), terms="Net 30"
    )


def sent(there: Connected, stamp: Stamp = STAMP) -> Any:
    document = planned(there.finance.customer("Alpine"), there.finance.item("Seats"), kind=stamp.kind)
    payload = there.posting.payload(document, stamp)
    return document, payload, there.posting.send("create", payload, stamp, None)


@pytest.mark.parametrize("kind", ["invoice", "credit_memo"])
def test_a_document_is_created_looked_up_and_read_back_equal(kind: str) -> None:
    stamp = Stamp(STAMP.number, STAMP.request_id, STAMP.marker, kind)
    with connected() as there:
        document, payload, made = sent(there, stamp)
        assert made.number == stamp.number
        found = there.posting.read(kind, made.remote_id)
        assert found is not None
        assert there.posting.look(stamp) == (found,)
        sign = -1 if kind == "credit_memo" else 1
        assert (found.net, found.currency, found.party) == (sign * document.total, "USD", document.customer)
        assert found.marker == stamp.marker
        assert [(line.amount, line.first, line.last) for line in found.lines[:2]] == [
            (sign * line.amount, line.first, line.last) for line in document.lines[:2]
        ]
        request = there.asked("/invoice" if kind == "invoice" else "/creditmemo")[0]
        assert request.body.decode() == payload
        assert (request.first("requestid"), request.first("minorversion")) == (stamp.request_id, "75")


def test_the_same_request_again_gives_the_same_document() -> None:
    with connected() as there:
        _, payload, made = sent(there)
        assert there.posting.send("create", payload, STAMP, None) == made
        assert len(there.company.every("Invoice")) == 1


def test_our_number_in_a_second_request_is_taken_and_says_by_which_document() -> None:
    with connected() as there:
        _, payload, made = sent(there)
        other = Stamp(STAMP.number, "8" * 36, STAMP.marker, "invoice")
        with pytest.raises(NumberTaken) as taken:
            there.posting.send("create", payload, other, None)
        assert taken.value.remote_id == made.remote_id


@pytest.mark.parametrize(
    ("fault", "outcome", "there_after"),
    [
        ("request_lost", OutcomeUnknown, 0),
        ("answer_lost", OutcomeUnknown, 1),
        ("reset", OutcomeUnknown, 0),
        ("cut:10", OutcomeUnknown, 1),
        ("status:500", OutcomeUnknown, 0),
        ("status:503", OutcomeUnknown, 0),
        ("garbage", OutcomeUnknown, 0),
        ("garbage:503", OutcomeUnknown, 0),
        ("status:429", Throttled, 0),
        ("status:403", SignInNeeded, 0),
    ],
)
def test_trouble_on_the_line_is_told_for_what_it_is(fault: str, outcome: type[Exception], there_after: int) -> None:
    with connected([{"on": INVOICE, "do": fault, "times": 1}]) as there:
        with pytest.raises(outcome) as failure:
            sent(there)
        if isinstance(failure.value, Throttled):
            assert failure.value.retry_after == 60
        if fault != "garbage" and not fault.startswith("garbage"):
            assert len(there.company.every("Invoice")) == there_after
        assert len(there.asked("/invoice")) == 1, "a create was repeated"


@pytest.mark.parametrize("status", [200, 400])
def test_a_fault_of_the_system_itself_says_nothing_of_what_became_of_a_write(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = {"Error": [{"Message": "Internal Server Error", "Detail": "", "code": "1000"}], "type": "SystemFault"}
    with connected() as there:
        payload = there.posting.payload(planned(there.finance.customer("Alpine"), there.finance.item("Seats")), STAMP)
        handle = there.app.handle

        def handled(request: Request) -> Response:
            if not request.path.endswith("/invoice"):
                return handle(request)
            return Response(status, {"Content-Type": "application/json"}, json.dumps({"Fault": fault}).encode())

        monkeypatch.setattr(there.app, "handle", handled)
        with pytest.raises(OutcomeUnknown):
            there.posting.send("create", payload, STAMP, None)


def test_a_refused_connection_never_left() -> None:
    with connected() as there:
        document = planned(there.finance.customer("Alpine"), there.finance.item("Seats"))
        payload = there.posting.payload(document, STAMP)
    with pytest.raises(NeverSent):
        there.posting.send("create", payload, STAMP, None)


def test_a_sign_in_that_fails_before_sending_never_left() -> None:
    with connected([{"on": "POST /oauth2/*", "do": "status:503", "nth": 2}]) as there:
        document = planned(there.finance.customer("Alpine"), there.finance.item("Seats"))
        payload = there.posting.payload(document, STAMP)
        there.clock.advance(3500)
        with pytest.raises(NeverSent):
            there.posting.send("create", payload, STAMP, None)
        assert there.asked("/invoice") == []


def test_an_access_token_that_ended_is_renewed_once_by_all_and_the_call_made_again() -> None:
    with connected([{"on": INVOICE, "do": "status:401"}]) as there:
        _, _, made = sent(there)
        assert made.remote_id
        assert len(there.asked("/invoice")) == 2
        assert len(there.asked("/bearer")) == 2
        first, second = (one.headers["authorization"] for one in there.asked("/invoice"))
        assert first != second
        assert {one.first("requestid") for one in there.asked("/invoice")} == {STAMP.request_id}


def test_threads_share_one_renewal() -> None:
    with connected() as there:
        there.sign_in.current()
        there.app.tokens.expire_access(REALM)
        threads = [threading.Thread(target=there.source.company) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(there.asked("/bearer")) == 2


def test_a_refusal_is_quickbooks_own_words_with_what_to_do() -> None:
    with connected() as there:
        item, customer = there.finance.item("Seats"), there.finance.customer("Alpine")
        there.finance.deactivate(item, entity="Item")
        payload = there.posting.payload(planned(customer, item), STAMP)
        with pytest.raises(Rejected, match=r"QuickBooks \(books-us\) refused POST invoice with fault .*active again"):
            there.posting.send("create", payload, STAMP, None)


def test_a_document_that_was_deleted_is_gone() -> None:
    with connected() as there:
        _, _, made = sent(there)
        there.finance.delete(made.remote_id)
        assert there.posting.read("invoice", made.remote_id) is None
        assert there.posting.look(STAMP) == ()


def test_files_are_attached_once_under_their_names() -> None:
    with connected() as there:
        _, _, made = sent(there)
        content = b"PK\x03\x04 \r\n--connector- \x00\xff" * 100
        there.posting.attach("invoice", made.remote_id, "Übersicht.xlsx", content, request_id="f" * 36)
        there.posting.attach("invoice", made.remote_id, "Übersicht.xlsx", content, request_id="f" * 36)
        assert there.posting.attached("invoice", made.remote_id) == frozenset({"Übersicht.xlsx"})
        assert len(there.company.every("Attachable")) == 1
        key = there.company.every("Attachable")[0]["Id"]
        assert there.company.files[key] == content


def test_quickbooks_mails_the_document_to_its_customer() -> None:
    with connected() as there:
        customer = there.finance.customer("Alpine", PrimaryEmailAddr={"Address": "ap+ms@alpine.example"})
        payload = there.posting.payload(planned(customer, there.finance.item("Seats")), STAMP)
        made = there.posting.send("create", payload, STAMP, None)
        there.posting.deliver("invoice", made.remote_id, request_id="d" * 36)
        found = there.posting.read("invoice", made.remote_id)
        assert found is not None
        assert found.emailed
        assert [mail.to for mail in there.company.mails] == ["ap+ms@alpine.example"]


def test_a_customer_without_an_address_is_told() -> None:
    with connected() as there:
        _, _, made = sent(there)
        with pytest.raises(Rejected, match="has no e-mail address of customer Alpine"):
            there.posting.deliver("invoice", made.remote_id, request_id="d" * 36)


def test_a_company_that_numbers_by_itself_is_an_obstacle() -> None:
    with connected(custom_numbers=False) as there:
        assert "switch on Custom transaction numbers" in there.posting.obstacles()[0]
    with connected() as there:
        assert there.posting.obstacles() == ()


def test_microsofts_bill_goes_to_the_vendor() -> None:
    with connected() as there:
        vendor = there.finance.vendor("Microsoft")
        line = DocumentLine(1, None, "Microsoft G012345678", Decimal("1234.50"))
        bill = Document("b", vendor, "Microsoft", Period.month("2026-10"), "USD", "bill", (line,), date(2026, 11, 8))
        stamp = Stamp("G012345678", "9" * 36, STAMP.marker, "bill")
        made = there.posting.send("create", there.posting.payload(bill, stamp), stamp, None)
        found = there.posting.read("bill", made.remote_id)
        assert found is not None
        assert (found.number, found.total, found.party) == ("G012345678", Decimal("1234.50"), vendor)


@pytest.mark.parametrize("kind", ["bill", "vendor_credit"])
def test_microsofts_bill_goes_to_the_vendor_outside_the_united_states_as_well(kind: str) -> None:
    """There QuickBooks asks of each document how its taxes are meant: a bill's lines say the tax themselves."""
    with connected(country="GB", currency="GBP") as there:
        vendor = there.finance.vendor("Microsoft")
        posting = QuickBooksPosting(there.client, there.source, vendor, "80")
        lines = DocumentLine(1, None, "Microsoft G1", Decimal("100.00")), DocumentLine(2, None, "Tax", Decimal("20.00"))
        document = replace(planned(vendor, "1", kind=kind), currency="GBP", lines=lines)
        stamp = Stamp("G012345678", "9" * 36, "CONNECTOR-0123456789ABCDEF01234568", kind)
        made = posting.send("create", posting.payload(document, stamp), stamp, None)
        found = posting.read(kind, made.remote_id)
        assert found is not None
        assert differences(document, found) == ()


def test_what_microsoft_owes_goes_to_the_vendor_as_a_credit_once() -> None:
    with connected() as there:
        vendor = there.finance.vendor("Microsoft")
        line = DocumentLine(1, None, "Microsoft G012345679", Decimal("40.50"))
        october = Period.month("2026-10")
        credit = Document("b", vendor, "Microsoft", october, "USD", "vendor_credit", (line,), date(2026, 11, 8))
        stamp = Stamp("G012345679", "9" * 36, STAMP.marker, "vendor_credit")
        # A bill of that number is another document.
        there.finance.bill(vendor, Decimal("40.50"), DocNumber="G012345679")
        posting = QuickBooksPosting(there.client, there.source, vendor, "80")
        assert posting.look(stamp) == ()
        for _ in range(2):
            made = posting.send("create", posting.payload(credit, stamp), stamp, None)
        (kept,) = there.company.every("VendorCredit")
        assert (kept["DocNumber"], kept["TotalAmt"]) == ("G012345679", Decimal("40.50"))
        found = posting.read("vendor_credit", made.remote_id)
        assert found is not None
        assert posting.look(stamp) == (found,)
        assert (found.number, found.total, found.party) == ("G012345679", Decimal("-40.50"), vendor)
        assert differences(credit, found) == ()
        assert differences(replace(credit, kind="bill"), found) != ()


def test_a_foreign_document_is_booked_at_the_companys_own_rate() -> None:
    from connector.sandbox.quickbooks import set_rate

    with connected(country="DE", currency="EUR", multicurrency=True) as there:
        set_rate(there.company, "USD", Decimal("0.92"), "2026-11-01")
        customer = there.finance.customer("Alpine", CurrencyRef={"value": "USD"})
        document = planned(customer, there.finance.item("Seats"))
        document = replace(document, lines=tuple(replace(line, tax_code="19% USt") for line in document.lines))
        made = there.posting.send("create", there.posting.payload(document, STAMP), STAMP, None)
        found = there.posting.read("invoice", made.remote_id)
        assert found is not None
        assert found.tax == Decimal("78.48")
        assert (found.currency, found.exchange_rate, found.net) == ("USD", Decimal("0.92"), document.total)


def test_a_foreign_document_is_not_booked_where_the_company_keeps_no_rate() -> None:
    with connected(country="DE", currency="EUR", multicurrency=True) as there:
        customer = there.finance.customer("Alpine", CurrencyRef={"value": "USD"})
        document = planned(customer, there.finance.item("Seats"))
        document = replace(document, lines=tuple(replace(line, tax_code="19% USt") for line in document.lines))
        with pytest.raises(ConnectorError, match=r"no exchange rate of USD for 2026-11-01.* at a rate of 1; enter"):
            there.posting.payload(document, STAMP)


def test_a_foreign_document_bears_the_rate_that_holds_where_none_was_entered_for_its_day() -> None:
    from connector.sandbox.quickbooks import set_rate

    with connected(country="DE", currency="EUR", multicurrency=True) as there:
        set_rate(there.company, "USD", Decimal("0.91"), "2026-10-15")
        customer = there.finance.customer("Alpine", CurrencyRef={"value": "USD"})
        document = planned(customer, there.finance.item("Seats"))
        document = replace(document, lines=tuple(replace(line, tax_code="19% USt") for line in document.lines))
        assert json.loads(there.posting.payload(document, STAMP))["ExchangeRate"] == 0.91


def test_the_companys_own_rates_are_read_of_today_and_of_the_end_of_the_month_before() -> None:
    from connector.sandbox.quickbooks import set_rate

    with connected(country="DE", currency="EUR", multicurrency=True) as there:
        today = there.clock.now().date()
        before = today.replace(day=1) - timedelta(days=1)
        for day, rate in ((today, "0.93"), (before, "0.92"), (date(2026, 1, 1), "0.80")):
            set_rate(there.company, "USD", Decimal(rate), str(day))
        found = {one.facts["day"]: one for one in there.source.records("exchange_rate")}
        assert {day: one.facts["rate"] for day, one in found.items()} == {str(today): "0.93", str(before): "0.92"}
        assert {(one.currency, one.facts["home"]) for one in found.values()} == {("USD", "EUR")}
    with connected() as there:
        assert list(there.source.records("exchange_rate")) == []


def test_names_with_quotes_backslashes_and_other_letters_are_read_and_asked_for() -> None:
    names = ["O'Reilly & Sons", "Back\\slash", 'Say "hi"', "株式会社アルプス", "Żółć ß"]
    with connected(country="DE", currency="EUR") as there:
        for name in names:
            there.finance.customer(name)
        assert sorted(one.name for one in there.source.records("customer")) == sorted(names)
        stamp = Stamp("O'R\\1", "7" * 36, STAMP.marker, "invoice")
        assert there.posting.look(stamp) == ()


def test_records_of_all_kinds_inactive_ones_too() -> None:
    with connected() as there:
        parent = there.finance.customer("Contoso", PrimaryEmailAddr={"Address": "ap@contoso.example"})
        there.finance.customer("Contoso Labs", Job=True, ParentRef={"value": parent})
        gone = there.finance.customer("Fabrikam")
        there.finance.deactivate(gone)
        found = {one.record_id: one for one in there.source.records("customer")}
        assert (found[gone].active, found[gone].name) == (False, "Fabrikam")
        assert [one.parent for one in found.values() if one.parent] == [parent]
        assert found[parent].email == "ap@contoso.example"
        assert {"TAX", "NON"} <= {one.record_id for one in there.source.records("tax_code")}
        for kind in ("item", "term", "account", "vendor", "class", "department"):
            list(there.source.records(kind))
        company = there.source.company()
        assert (company.home_currency, company.own_numbers, company.country) == ("USD", True, "US")


def seats(amount: str = "10.00") -> list[Entry]:
    return [Entry("1", "Seats", Decimal(amount))]


def test_changes_are_read_from_a_cursor_with_what_was_deleted_and_voided() -> None:
    with connected() as there:
        there.finance.item("Seats")
        customer = there.finance.customer("Alpine")
        first, second, third = (there.finance.invoice(customer, seats()) for _ in range(3))
        whole = there.source.changes(None)
        assert whole.whole
        assert {one.remote_id for one in whole.documents} == {first, second, third}
        there.clock.advance(3600)
        there.finance.void(first)
        there.finance.delete(second)
        memo = there.finance.credit_memo(customer, seats("4.00"))
        there.finance.pay(third)
        there.clock.advance(60)
        changed = there.source.changes(whole.cursor)
        assert not changed.whole
        assert changed.gone == (second,)
        status = {one.remote_id: (one.kind, one.status) for one in changed.documents}
        assert status[first] == ("invoice", "void")
        assert status[third] == ("invoice", "paid")
        assert status[memo][0] == "credit_memo"
        assert "payment" in {kind for kind, _ in status.values()}
        there.clock.advance(3600)
        again = there.source.changes(changed.cursor)
        assert again.documents == changed.documents, "they may show late, so the last minutes are asked for again"
        assert there.source.changes(again.cursor).documents == ()


def test_a_cursor_older_than_quickbooks_remembers_reads_everything() -> None:
    with connected() as there:
        there.finance.item("Seats")
        customer = there.finance.customer("Alpine")
        kept, gone = there.finance.invoice(customer, seats()), there.finance.invoice(customer, seats())
        cursor = there.source.changes(None).cursor
        there.finance.delete(gone)
        there.clock.advance(31 * 86400)
        found = there.source.changes(cursor)
        assert found.whole
        assert [one.remote_id for one in found.documents] == [kept]
        for nonsense in ("nonsense", '{"v": 99}', "[1]", '{"v": 1, "since": "never"}'):
            assert there.source.changes(nonsense).whole


def test_more_changes_than_quickbooks_tells_at_once_are_read_by_pages() -> None:
    with connected() as there:
        there.finance.item("Seats")
        customer = there.finance.customer("Alpine")
        cursor = there.source.changes(None).cursor
        made = {there.finance.invoice(customer, seats()) for _ in range(1001)}
        there.clock.advance(60)
        found = there.source.changes(cursor)
        assert found.whole
        assert {one.remote_id for one in found.documents} == made


def test_recurring_templates_say_what_will_be_billed() -> None:
    with connected() as there:
        there.finance.item("Seats")
        customer = there.finance.customer("Alpine")
        there.finance.template(customer, "Monthly seats", seats("55.00"), date(2026, 12, 1))
        found = [one for one in there.source.changes(None).documents if one.kind == "template"]
        assert [(one.next_day, one.party, one.total) for one in found] == [
            (date(2026, 12, 1), customer, Decimal("55.00"))
        ]
        there.clock.advance(30 * 86400)
        made = there.finance.run_templates()
        by_hand = {one.remote_id: one for one in there.source.changes(None).documents}
        assert by_hand[made[0]].made_by == found[0].made_by != ""


def test_a_storm_of_429_is_waited_out_a_minute_at_a_time() -> None:
    storm = [{"on": "POST /v3/company/*/query", "do": "status:429", "times": 3}]
    with connected(storm) as there:
        there.finance.customer("Alpine")
        begun = there.clock.now()
        assert len(list(there.source.records("customer"))) == 1
        assert (there.clock.now() - begun).total_seconds() >= 180
        assert len(there.asked("/query")) == 4


def test_a_storm_without_end_is_given_up_and_told() -> None:
    with (
        connected([{"on": "POST /v3/company/*/query", "do": "status:429", "times": 0}]) as there,
        pytest.raises(Unavailable),
    ):
        list(there.source.records("customer"))


def test_who_is_told_to_stay_away_for_hours_is_not_held_for_hours() -> None:
    with connected([{"on": "POST /v3/company/*/query", "do": "status:429:7200"}]) as there:
        begun = there.clock.now()
        with pytest.raises(Throttled) as told:
            list(there.source.records("customer"))
        assert told.value.retry_after == 7200
        assert list(there.source.records("item")) == []
        assert (there.clock.now() - begun).total_seconds() <= 300


def test_reads_are_made_again_after_passing_trouble() -> None:
    troubles = [
        {"on": "POST /v3/company/*/query", "nth": nth, "do": what}
        for nth, what in enumerate(("answer_lost", "status:503", "garbage", "cut:20"), 1)
    ]
    with connected(troubles) as there:
        there.finance.customer("Alpine")
        assert [one.name for one in there.source.records("customer")] == ["Alpine"]


def test_a_record_deleted_while_pages_are_read_hides_none() -> None:
    with connected() as there:
        from connector.adapters.quickbooks.pager import read_all

        made = [there.finance.customer(f"Customer {nth:02}") for nth in range(25)]
        asked = 0

        class Deleting:
            def query(self, words: str) -> Any:
                nonlocal asked
                asked += 1
                if asked == 2:
                    there.company.remove("Customer", there.company.get("Customer", made[0]))
                return there.client.query(words)

        found = read_all(Deleting(), "Customer", page=10)
        assert {one["Id"] for one in found} == set(made[1:])


def test_a_query_nobody_understands_is_a_refusal() -> None:
    with connected() as there, pytest.raises(QuickBooksRefused) as refusal:
        there.client.query("SELECT nonsense")
    assert refusal.value.codes == {"4000"}
    assert refusal.value.request_id


def test_two_thousand_queued_reads_use_the_quota_and_are_never_turned_away() -> None:
    """At 500 a minute QuickBooks allows 2,000 reads in four minutes; nine tenths of that are 4 minutes 27 seconds."""
    with connected() as there:
        there.sign_in.current()
        begun, left = there.clock.now(), iter(range(2000))

        def work() -> None:
            for _ in left:
                there.client.get("preferences")

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        spent = (there.clock.now() - begun).total_seconds()
        assert there.app.turned_away == 0
        assert spent <= 2000 / (500 * 0.9) * 60


def test_the_payload_is_json_of_seven_bits() -> None:
    with connected() as there:
        _, payload, _ = sent(there)
        assert payload.isascii()
        assert json.loads(payload)["Line"][0]["Description"] == "Microsoft 365, 10 × 41.30"


def test_what_the_companys_subscription_lacks_is_left_out() -> None:
    class Lacking:
        """A company without recurring transactions and classes."""

        def __init__(self, there: Connected) -> None:
            self.there = there

        def query(self, words: str) -> Any:
            if "FROM RecurringTransaction" in words or "FROM Class" in words:
                fault = Fault("5020", "Permission Denied Error")
                raise QuickBooksRefused("refused", (fault,), "")
            return self.there.client.query(words)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.there.client, name)

    with connected() as there:
        there.finance.customer("Alpine")
        lacking: Any = Lacking(there)
        source = QuickBooksSource(lacking, there.clock)
        assert list(source.records("class")) == []
        assert source.changes(None).notes == ()
