"""Drafts that are compared before they are posted, and outcomes that are told apart, over a real socket."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.document import Document, DocumentLine
from connector.domain.errors import ConnectorError, SignInNeeded
from connector.domain.period import Period
from connector.domain.posting import NeverSent, NumberTaken, OutcomeUnknown, Rejected, Sent, Stamp, Throttled
from connector.engine.sameness import differences
from connector.sandbox.business_central import Application, Behaviour, Price, Setup
from tests.unit.business_central.connected import Connected, connected, stamp

POST = "POST /v2.0/*/Microsoft.NAV.post"
CREATE = "POST /v2.0/*/salesInvoices"


def drafted(there: Connected, **fields: Any) -> tuple[str, Sent]:
    payload = there.posting.payload(there.document(**fields), stamp())
    return payload, there.posting.send("draft", payload, stamp(), None)


def drafts(there: Connected) -> list[Any]:
    return there.company.find("salesInvoices", status="Draft")


def test_a_draft_is_no_posted_document_and_keeps_its_id_when_it_becomes_one() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        (seen,) = there.posting.look(stamp())
        assert (seen.remote_id, seen.status, seen.number) == (draft.remote_id, "draft", draft.number)
        posted = there.posting.send("post", payload, stamp(), draft.remote_id)
        (seen,) = there.posting.look(stamp())
        assert (posted.remote_id, seen.status, seen.number) == (draft.remote_id, "open", posted.number)
        assert posted.number != draft.number


def test_a_price_list_does_not_change_our_price() -> None:
    with connected() as there:
        there.company.prices.append(Price("M365-BP", Decimal("19.00"), "C10"))
        remote_id = there.post(there.document(), stamp()).remote_id
        read = there.posting.read("invoice", remote_id)
        assert read is not None
        assert read.net == Decimal("413.07")


@pytest.mark.parametrize("kind", ["invoice", "credit_memo"])
def test_a_price_that_the_order_of_the_page_overwrote_is_put_right_in_the_draft(kind: str) -> None:
    with connected(behaviour=Behaviour(field_order="page")) as there:
        there.company.prices.append(Price("M365-BP", Decimal("19.00"), "C10"))
        remote_id = there.post(there.document(kind), stamp(kind=kind)).remote_id
        read = there.posting.read(kind, remote_id)
        assert read is not None
        assert abs(read.net) == Decimal("413.07")


def test_a_draft_that_became_another_is_left_named_and_never_posted() -> None:
    with connected() as there:
        there.company.setup.amount_precision = Decimal("0.1")
        with pytest.raises(Rejected, match=r"total: expected 413.07, found .*Draft S-INV102001 is left"):
            drafted(there)
        assert len(drafts(there)) == 1
        assert there.asked("Microsoft.NAV.post") == []


def test_a_draft_that_somebody_edited_is_not_posted() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        (line,) = there.company.find("salesInvoiceLines", documentId=draft.remote_id, lineObjectNumber="M365-BP")
        there.call(f"salesInvoiceLines({line['id']})", {"quantity": 9}, "PATCH", If_Match="*")
        with pytest.raises(Rejected, match=r"total: expected 413\.07"):
            there.posting.send("post", payload, stamp(), draft.remote_id)
        assert there.asked("Microsoft.NAV.post") == []


def test_a_draft_that_is_edited_in_the_last_moment_is_not_posted_either() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        act = there.client.act

        def after_an_edit(*words: str) -> None:
            there.call(f"salesInvoices({draft.remote_id})", {"email": "new@alpine.example"}, "PATCH", If_Match="*")
            act(*words)

        there.client.act = after_an_edit  # type: ignore[method-assign]
        with pytest.raises(NeverSent, match="changed"):
            there.posting.send("post", payload, stamp(), draft.remote_id)
        assert len(drafts(there)) == 1


def test_a_draft_that_is_gone_is_told() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        there.call(f"salesInvoices({draft.remote_id})", method="DELETE")
        with pytest.raises(Rejected, match="gone"):
            there.posting.send("post", payload, stamp(), draft.remote_id)


def test_rounding_at_posting_shows_when_it_is_read_back() -> None:
    with connected(setup=Setup(invoice_rounding=Decimal("0.05"))) as there:
        document = there.document(amount="413.01")
        remote_id = there.post(document, stamp()).remote_id
        read = there.posting.read("invoice", remote_id)
        assert read is not None
        assert "G/L 4970" in [line.item for line in read.lines]


@pytest.mark.parametrize(
    ("twist", "step"), [("app:post-fails-late", POST), ("app:acts-then-503", POST), ("answer_lost", POST)]
)
def test_a_posting_that_worked_and_then_failed_is_found(twist: str, step: str) -> None:
    with connected([{"on": step, "do": twist}]) as there:
        payload, draft = drafted(there)
        try:
            assert there.posting.send("post", payload, stamp(), draft.remote_id).number == "PS-INV103001"
        except OutcomeUnknown:
            (seen,) = there.posting.look(stamp())
            assert (seen.status, seen.number) == ("open", "PS-INV103001")
        # The next try finds it posted, and posts nothing.
        assert there.posting.send("post", payload, stamp(), draft.remote_id).number == "PS-INV103001"
        assert len(there.asked("Microsoft.NAV.post", "POST")) == 1


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("request_lost", OutcomeUnknown), ("status:504", OutcomeUnknown), ("status:408", OutcomeUnknown),
        ("garbage:503", OutcomeUnknown), ("status:429", Throttled), ("status:429:17", Throttled),
        ("status:401", SignInNeeded), ("status:403", SignInNeeded), ("status:409", OutcomeUnknown),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [CREATE, POST])
def test_what_is_not_certain_is_unknown(step: str, trouble: str, outcome: type[Exception]) -> None:
    with connected([{"on": step, "do": trouble}]) as there, pytest.raises(outcome) as told:
        there.post(there.document(), stamp())
    if isinstance(told.value, Throttled):
        assert told.value.retry_after == (17 if trouble.endswith("17") else 10)


def test_a_look_before_that_fails_means_that_nothing_was_sent() -> None:
    with connected([{"on": "GET /v2.0/*/salesInvoices*", "do": "status:503", "times": 0}]) as there:
        with pytest.raises(NeverSent):
            there.posting.send("draft", there.posting.payload(there.document(), stamp()), stamp(), None)
        assert there.company.find("salesInvoices") == []


def test_who_stood_still_before_the_write_does_not_write() -> None:
    with connected() as there:
        payload = there.posting.payload(there.document(), stamp())
        asked = there.client.ask

        def slowly(*words: Any, **more: Any) -> Any:
            there.clock.advance(20)
            return asked(*words, **more)

        there.client.ask = slowly  # type: ignore[method-assign]
        with pytest.raises(NeverSent, match="longer than 15 seconds"):
            there.posting.send("draft", payload, stamp(), None)
        assert there.company.find("salesInvoices") == []


def test_a_document_that_is_there_is_not_made_again() -> None:
    with connected() as there:
        first = there.post(there.document(), stamp())
        with pytest.raises(NumberTaken) as taken:
            drafted(there)
        assert taken.value.remote_id == first.remote_id


def test_a_released_draft_is_no_posted_document_though_both_are_called_open() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        row = there.company.row("salesInvoices", draft.remote_id)
        there.company.put("salesInvoices", {**row, "_state": "Released", "status": "Open"}, row)
        assert there.posting.look(stamp())[0].status == "draft"
        whole = there.source.changes(None)
        assert [one.status for one in whole.documents] == ["draft"]
        posted = there.posting.send("post", payload, stamp(), draft.remote_id)
        assert posted.number == "PS-INV103001"
        assert there.source.changes(None).documents[0].status == "open"


def test_a_draft_in_review_waits_for_a_person() -> None:
    with connected() as there:
        payload, draft = drafted(there)
        row = there.company.row("salesInvoices", draft.remote_id)
        there.company.put("salesInvoices", {**row, "_state": "Pending Approval", "status": "In_x0020_Review"}, row)
        with pytest.raises(Rejected, match="approval"):
            there.posting.send("post", payload, stamp(), draft.remote_id)


@pytest.mark.parametrize(
    ("setup", "advice"),
    [
        (Setup(posting_from=date(2026, 11, 2)), "Allow Posting From"),
        (Setup(customer_template=False), "posting group"),
        (Setup(mandatory_dimensions=("DEPARTMENT",)), "dimension"),
        (Setup(approval_from=Decimal(1)), "approved"),
    ],
)
def test_a_refusal_at_posting_says_what_to_do_and_leaves_a_draft(setup: Setup, advice: str) -> None:
    with connected(setup=setup) as there:
        with pytest.raises(Rejected, match=advice) as told:
            there.post(there.document(), stamp())
        (draft,) = drafts(there)
        assert f"Draft {draft['number']} waits there: put it right, then resolve the posting as absent" in str(
            told.value
        )


def test_dimensions_stand_at_the_head_and_reach_the_lines() -> None:
    setup = Setup(mandatory_dimensions=("DEPARTMENT", "REGION"))
    with connected(setup=setup) as there:
        dimensions = (("department", "Cloud"), ("Region", "north"))
        remote_id = there.post(there.document(dimensions=dimensions), stamp()).remote_id
        row = there.company.row("salesInvoices", remote_id)
        assert row["shortcutDimension1Code"] == "CLOUD"
        for unknown in ((("colour", "red"),), (("region", "west"),)):
            with pytest.raises(ConnectorError, match="dimensions"):
                there.posting.payload(there.document(dimensions=unknown), stamp())


def test_terms_order_and_foreign_currency_go_along() -> None:
    with connected() as there:
        from connector.sandbox.business_central import add_exchange_rate

        add_exchange_rate(there.company, "USD", Decimal("0.92"), date(2026, 1, 1))
        document = there.document(terms="Net 30 days", purchase_order="PO-1123")
        remote_id = there.post(replace(document, currency="USD"), stamp()).remote_id
        read = there.posting.read("invoice", remote_id)
        assert read is not None
        assert (read.currency, read.due, read.net) == ("USD", date(2026, 12, 1), Decimal("413.07"))
        assert read.note.endswith("PO-1123")


@pytest.mark.parametrize(
    "fields",
    [{"customer": "C11"}, {"customer": "c10"}, {"currency": "SEK"}, {"terms": "Net 77"}],
)
def test_what_the_company_lacks_is_told_before_anything_is_sent(fields: dict[str, str]) -> None:
    with connected() as there, pytest.raises(ConnectorError, match="write"):
        there.posting.payload(replace(there.document(), **fields), stamp())  # type: ignore[arg-type]


def test_lines_that_are_no_product_and_long_words_keep_their_amounts() -> None:
    lines = (
        DocumentLine(1, "M365-BP", "x" * 90 + " " + "y" * 40, Decimal("33.33"), Decimal(3), Decimal("11.1111111")),
        DocumentLine(2, "AZURE", "Credit", Decimal("-5.00")),
        DocumentLine(3, "AZURE", "Less seats", Decimal("-20.00"), Decimal(2), Decimal("-10")),
        DocumentLine(4, "AZURE", "Finer", Decimal("0.13"), Decimal(10), Decimal("0.01325")),
    )
    with connected() as there:
        remote_id = there.post(there.document(lines=lines), stamp()).remote_id
        read = there.posting.read("invoice", remote_id)
        assert read is not None
        assert [line.amount for line in read.lines if line.item] == [line.amount for line in lines]
        assert (read.lines[1].kind, read.lines[1].description) == ("text", "y" * 40)


def of_the_vendor(there: Connected, kind: str, number: str, amount: str) -> tuple[Document, Stamp]:
    """What Microsoft's invoice or note is in the books, and its mark: its number is Microsoft's own."""
    lines = (DocumentLine(1, None, f"Microsoft invoice {number}", Decimal(amount)),)
    document = replace(there.document(kind, lines=lines), customer="V10", customer_name="Microsoft")
    return document, replace(stamp(kind=kind), number=number)


def test_microsofts_bill_is_posted_once_for_a_vendor() -> None:
    with connected() as there:
        bill, mark = of_the_vendor(there, "bill", "G012345678", "1234.56")
        first = there.post(bill, mark)
        read = there.posting.read("bill", first.remote_id)
        assert read is not None
        assert (read.number, read.net, read.marker, read.status) == (
            "G012345678", Decimal("1234.56"), mark.marker, "open",
        )  # fmt: skip
        assert [line.item for line in read.lines if line.kind == "sale"] == [None]
        with pytest.raises(NumberTaken):
            there.post(bill, mark)


def test_what_microsoft_owes_is_posted_once_as_a_vendors_credit_memo() -> None:
    with connected() as there:
        credit, mark = of_the_vendor(there, "vendor_credit", "G012345679", "40.50")
        first = there.post(credit, mark)
        (kept,) = there.company.find("purchaseCreditMemos")
        assert (kept["vendorCreditMemoNumber"], kept["_posted"]) == ("G012345679", True)
        assert there.company.find("purchaseInvoices") == []
        read = there.posting.read("vendor_credit", first.remote_id)
        assert read is not None
        assert (read.number, read.net, read.marker) == ("G012345679", Decimal("-40.50"), mark.marker)
        assert [one.remote_id for one in there.posting.look(mark)] == [first.remote_id]
        assert differences(credit, read) == ()
        with pytest.raises(NumberTaken):
            there.post(credit, mark)


def test_the_vendors_number_is_taken_where_another_posted_it_meanwhile() -> None:
    with connected() as there:
        bill, mark = of_the_vendor(there, "bill", "G012345678", "10.00")
        payload = there.posting.payload(bill, mark)
        draft = there.posting.send("draft", payload, mark, None)
        other = there.call("purchaseInvoices", {
            "vendorNumber": "V10", "vendorInvoiceNumber": "G012345678",
            "purchaseInvoiceLines": [{"lineType": "Account", "lineObjectNumber": "5400", "quantity": 1, "unitCost": 9}],
        })  # fmt: skip
        there.call(f"purchaseInvoices({other['id']})/Microsoft.NAV.post")
        with pytest.raises(NumberTaken, match="already exists for this vendor"):
            there.posting.send("post", payload, mark, draft.remote_id)


def test_files_arrive_whole_however_often_they_are_interrupted() -> None:
    faults = [
        {"on": "POST /v2.0/*/documentAttachments", "do": "answer_lost"},
        {"on": "PATCH /v2.0/*/attachmentContent", "do": "request_lost"},
    ]
    with connected(faults) as there:
        remote_id = there.post(there.document(), stamp()).remote_id
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                there.posting.attach("invoice", remote_id, "a.xlsx", b"PK", request_id="r")
            assert there.posting.attached("invoice", remote_id) == frozenset()
        for _ in range(2):
            there.posting.attach("invoice", remote_id, "a.xlsx", b"PK", request_id="r")
        assert there.posting.attached("invoice", remote_id) == frozenset({"a.xlsx"})
        assert len(there.company.find("documentAttachments")) == 1
        assert list(there.company.files.values()) == [b"PK"]


def test_a_document_is_mailed_or_said_why_not() -> None:
    with connected() as there:
        remote_id = there.post(there.document(), stamp()).remote_id
        there.posting.deliver("invoice", remote_id, request_id="d" * 36)
        assert [mail.to for mail in there.company.mails] == ["ap@alpine.example"]
        there.company.setup.mail_account = False
        with pytest.raises(Rejected, match="Email Accounts"):
            there.posting.deliver("invoice", remote_id, request_id="d" * 36)
        read = there.posting.read("invoice", remote_id)
        assert read is not None
        assert read.emailed is None


def test_nothing_is_ever_posted_and_sent_at_once_or_deleted() -> None:
    with connected() as there:
        there.post(there.document(), stamp())
        there.post(there.document("credit_memo"), stamp(43, "credit_memo"))
        assert there.company.deletions == []
        assert there.asked("postAndSend") == []


def test_ours_are_listed_whatever_number_business_central_gave_them() -> None:
    with connected() as there:
        there.post(there.document(), stamp())
        there.post(there.document("credit_memo"), stamp(43, "credit_memo"))
        there.call("salesInvoices", {"customerNumber": "C10", "externalDocumentNumber": "CUSTOMER-1"})
        found = {one.number: one.marker for one in there.posting.numbered("CSP-", date(2026, 10, 1))}
        assert found == {"PS-INV103001": stamp().marker, "PS-CR104001": stamp(43).marker}
        assert list(there.posting.numbered("CSP-", date(2026, 11, 2))) == []


def test_an_app_without_permission_is_told_where_to_give_it() -> None:
    with connected() as there:
        environment = there.app.environment()
        environment.applications = {"connector": Application("connector", may_write=False)}
        payload = there.posting.payload(there.document(), stamp())
        with pytest.raises(SignInNeeded, match="permission sets"):
            there.posting.send("draft", payload, stamp(), None)
        environment.applications = {}
        with pytest.raises(SignInNeeded, match="Microsoft Entra"):
            there.posting.look(stamp())


def test_the_same_document_a_third_time_by_hand_is_a_conflict_to_see() -> None:
    with connected() as there:
        there.post(there.document(), stamp())
        row = there.call("salesInvoices", {"customerNumber": "C10", "externalDocumentNumber": stamp().marker.lower()})
        assert len(there.posting.look(stamp())) == 2
        assert row["externalDocumentNumber"] == stamp().marker
        there.clock.advance(timedelta(minutes=1))


def test_the_months_and_the_exchange_rate_are_said_in_lines_of_text() -> None:
    quarter = Period(date(2026, 10, 1), date(2027, 1, 1))
    with connected() as there:
        document = there.document(covers=quarter, rate_note="USD to EUR × 0.92 (the rate of books-eu of 2026-10-31)")
        read = there.posting.read("invoice", there.post(document, stamp()).remote_id)
        assert read is not None
        assert [line.description for line in read.lines[-2:]] == [
            "Services of 2026-10-01 to 2026-12-31",
            "Exchange rate: USD to EUR × 0.92 (the rate of books-eu of 2026-10-31)",
        ]
        assert differences(document, read) == ()


@pytest.mark.parametrize(
    ("kind", "order"), [("invoice", "Frame contract 2026/17 of 1 March, position 4"), ("credit_memo", "PO-1123")]
)
def test_a_purchase_order_without_room_in_its_field_is_said_whole_in_a_line_of_text(kind: str, order: str) -> None:
    with connected() as there:
        document = there.document(kind, purchase_order=order)
        read = there.posting.read(kind, there.post(document, stamp(kind=kind)).remote_id)
        assert read is not None
        assert read.lines[-1].description == f"Purchase order: {order}"
        assert differences(document, read) == ()
