"""What an approval freezes, what it leaves as it is, and what it refuses, over the real store."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.document import Document, Plan, SliceRef
from connector.domain.errors import ConnectorError
from connector.domain.posting import Approval, Stamp, State
from connector.engine.posting_rules import marker
from connector.jobs.approving import Annex, Approved, Approver, Extras
from tests.crash.network import Ledger, Profile
from tests.crash.simulation import CLOCK, STORE, MemoryStore, a_document

APPROVAL = Approval("p", "jane", datetime(2026, 11, 2, tzinfo=UTC), "review", ("change",))


@pytest.fixture
def store() -> MemoryStore:
    STORE.bring_back(STORE.empty)
    return STORE


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger("look", Profile("calm"), random.Random(1))
    made.calm = True
    return made


def approve(
    store: MemoryStore, ledger: object, *documents: Document, extras: Extras | None = None, plan_id: str = "p"
) -> Approved:
    where: Any = store
    what: Any = ledger
    return Approver(where, what, "C-", extras).approve(documents, replace(APPROVAL, plan_id=plan_id))


def numbers(store: MemoryStore) -> dict[str, str]:
    with store.work() as unit:
        return {one.customer: one.stamp.number for one in unit.postings.all() if not one.about}


def settle(store: MemoryStore, key: str, state: State) -> None:
    store.raw.execute("UPDATE posting SET state = ? WHERE key = ?", (state.value, key))


def test_numbers_follow_each_other_past_those_that_are_taken(store: MemoryStore, ledger: Ledger) -> None:
    ledger.by_hand("C-000002")
    approve(store, ledger, a_document(1), a_document(2))
    approve(store, ledger, a_document(3))
    assert numbers(store) == {"58": "C-000001", "59": "C-000003", "60": "C-000004"}


def test_what_is_in_the_ledger_already_keeps_its_number(store: MemoryStore, ledger: Ledger) -> None:
    document = a_document(2)
    ledger.by_hand("C-000007")
    (found,) = ledger.documents.values()
    ledger.documents[found.remote_id] = replace(found, marker=marker(document.key).lower())
    approve(store, ledger, a_document(1), document)
    assert numbers(store) == {"58": "C-000001", "59": "C-000007"}


def test_the_same_plan_again_changes_nothing_and_other_content_is_refused(store: MemoryStore, ledger: Ledger) -> None:
    first = approve(store, ledger, a_document(1), a_document(2))
    assert approve(store, ledger, a_document(1), a_document(2)) == Approved((), first.new, ())
    again = approve(store, ledger, a_document(1, more="5"))
    assert [key for key, _ in again.refused] == [a_document(1).key]
    with store.work() as unit:
        assert [entry.action for entry in unit.audit.entries()] == ["approve"]


def test_a_charge_is_in_one_document_only(store: MemoryStore, ledger: Ledger) -> None:
    first = a_document(1)
    other = replace(a_document(2), lines=first.lines)
    both = approve(store, ledger, first, other)
    assert (both.new, [key for key, _ in both.refused]) == ((first.key,), [other.key])
    supplement = replace(first, sequence=2)
    assert [key for key, _ in approve(store, ledger, supplement).refused] == [supplement.key]
    # Taking it back and billing it anew names the same charges.
    back = replace(first, kind="credit_memo", reverses=first.key)
    anew = replace(first, sequence=2, corrects=(first.key,))
    assert approve(store, ledger, back, anew).refused == ()


def with_parts(document: Document, *parts: SliceRef, **changes: Any) -> Document:
    (first, *_) = document.lines
    return replace(document, lines=(replace(first, slices=parts),), **changes)


def test_a_charge_is_in_one_document_only_however_it_is_shared_out(store: MemoryStore, ledger: Ledger) -> None:
    # Two plans were saved, the template was edited between them, and both are approved.
    (whole,), own = a_document(1).lines[0].slices, SliceRef("", "item:0123456789abcdef", "", 1, Decimal(0), "USD")
    first = with_parts(a_document(1), whole, own)
    red, blue = (replace(whole, part=f"|{name}|web") for name in ("red", "blue"))
    others = [with_parts(a_document(1), part, split=split) for part, split in ((red, "red"), (own, "own"))]
    assert approve(store, ledger, first).refused == ()
    assert [key for key, _ in approve(store, ledger, *others).refused] == sorted(one.key for one in others)
    shared = replace(a_document(2), split="red"), replace(a_document(2), split="blue")
    two = [with_parts(one, replace(part, row_hash="r2")) for one, part in zip(shared, (red, blue), strict=True)]
    assert approve(store, ledger, *two).refused == ()
    one_more = with_parts(a_document(2), replace(whole, row_hash="r2"), customer="77")
    assert [key for key, _ in approve(store, ledger, one_more).refused] == [one_more.key]


def test_a_charge_without_an_invoices_number_is_in_one_document_only_too(store: MemoryStore, ledger: Ledger) -> None:
    # Files of distributors name no invoice.
    first = with_parts(a_document(1), SliceRef("", "2f9c", "", 1, Decimal(5), "USD"))
    assert approve(store, ledger, first).refused == ()
    moved = replace(first, customer="77")
    assert [key for key, _ in approve(store, ledger, moved).refused] == [moved.key]


def test_two_plans_that_share_a_charge_out_by_different_tags_are_not_both_billed(
    store: MemoryStore, ledger: Ledger
) -> None:
    (whole,) = a_document(1).lines[0].slices

    def shared(*names: str) -> list[Document]:
        """A plan that splits the charge by a tag with these values."""
        return [with_parts(a_document(1), replace(whole, part=f"|{name}|web"), split=name) for name in names]

    def planned(*documents: Document) -> Approval:
        CLOCK.seconds += 1
        with store.work() as unit:
            plan_id = unit.plans.save(Plan(documents[0].period, documents))
        CLOCK.seconds += 1
        return replace(APPROVAL, plan_id=plan_id)

    def approved(approval: Approval, *documents: Document) -> Approved:
        where: Any = store
        what: Any = ledger
        return Approver(where, what, "C-").approve(documents, approval)

    by_team, by_owner = shared("red", "blue"), shared("ann", "bob")
    first, second = planned(*by_team), planned(*by_owner)
    assert approved(first, by_team[0]).refused == ()
    assert approved(first, *by_team).new == (by_team[1].key,)
    refused = approved(second, *by_owner).refused
    assert {key for key, _ in refused} == {one.key for one in by_owner}
    assert "shares a charge out in another way than" in refused[0][1]
    # Who plans after the first half was posted knows of it.
    rest = [replace(one, customer="90") for one in shared("green")]
    assert approved(planned(*rest), *rest).refused == ()


def test_what_is_billed_anew_is_billed_anew_once(store: MemoryStore, ledger: Ledger) -> None:
    first = a_document(1)
    late = SliceRef("G1", "late", "", 1, Decimal(5), "USD")
    back = replace(first, kind="credit_memo", reverses=first.key)
    anew = replace(
        first,
        sequence=2,
        corrects=(first.key,),
        lines=(*first.lines, replace(first.lines[0], number=3, slices=(late,))),
    )
    assert approve(store, ledger, first).refused == approve(store, ledger, back, anew).refused == ()
    # Other plans from before: one bills it anew to another customer, one bills what came late in a supplement there.
    elsewhere = replace(first, customer="77", corrects=(first.key,))
    supplement = with_parts(first, late, customer="78")
    assert [key for key, _ in approve(store, ledger, elsewhere, supplement).refused] == [elsewhere.key, supplement.key]
    again = replace(anew, customer="77", corrects=(first.key, anew.key))
    assert approve(store, ledger, again).refused == ()


def test_a_plan_from_before_bills_nothing_of_what_was_taken_back_since(store: MemoryStore, ledger: Ledger) -> None:
    first = a_document(1)
    back = replace(first, kind="credit_memo", reverses=first.key)
    anew = replace(first, sequence=2, corrects=(first.key,), lines=first.lines[:1])
    assert approve(store, ledger, first).refused == approve(store, ledger, back, anew).refused == ()
    before = replace(first, customer="77", lines=first.lines[1:])
    also = replace(first, customer="78", lines=first.lines[:1])
    assert [key for key, _ in approve(store, ledger, before, also).refused] == [before.key, also.key]
    assert approve(store, ledger, replace(before, corrects=(first.key,))).refused == ()


def test_what_the_ledger_refused_for_good_makes_room_for_another_document(store: MemoryStore, ledger: Ledger) -> None:
    first = a_document(1)
    approve(store, ledger, first)
    settle(store, first.key, State.REJECTED)
    second = replace(first, sequence=2)
    assert approve(store, ledger, second).new == (second.key,)
    with store.work() as unit:
        old = unit.postings.get(first.key)
        assert old is not None
        assert old.state is State.CANCELLED
    assert [key for key, _ in approve(store, ledger, first).refused] == [first.key]


def test_what_was_refused_makes_no_room_as_long_as_its_draft_stands_in_the_ledger(
    store: MemoryStore, ledger: Ledger
) -> None:
    first = a_document(1)
    approve(store, ledger, first)
    settle(store, first.key, State.REJECTED)
    ledger.by_hand("C-000001")
    (key, draft), *_ = ledger.documents.items()
    ledger.documents[key] = replace(draft, marker=marker(first.key), status="draft")
    second, other = replace(first, sequence=2), a_document(2)
    found = approve(store, ledger, second, other)
    assert found.new == (other.key,)
    ((refused, why),) = found.refused
    assert refused == second.key
    assert f"{first.key} was refused, and stands in the ledger as draft C-000001; delete it there, then" in why
    ledger.documents[key] = replace(ledger.documents[key], status="deleted")
    assert approve(store, ledger, second).new == (second.key,)


def test_a_draft_that_was_refused_in_another_ledger_makes_no_room_either(store: MemoryStore, ledger: Ledger) -> None:
    first = a_document(1)
    approve(store, ledger, first)
    settle(store, first.key, State.REJECTED)
    store.raw.execute("UPDATE posting SET ledger = 'elsewhere', remote_id = 'd7' WHERE key = ?", (first.key,))
    ((_, why),) = approve(store, ledger, replace(first, customer="77")).refused
    assert "as draft d7 in elsewhere" in why


def test_one_document_that_cannot_be_written_stops_no_other(store: MemoryStore, ledger: Ledger) -> None:
    class Picky:
        name, steps, numbered = ledger.name, ledger.steps, ledger.numbered

        def payload(self, document: Document, stamp: Stamp) -> str:
            if document.customer == "58":
                raise ConnectorError("there is no term Net 30")
            return ledger.payload(document, stamp)

    found = approve(store, Picky(), a_document(1), a_document(2))
    assert found.refused == ((a_document(1).key, "there is no term Net 30"),)
    assert numbers(store) == {"59": "C-000001"}


def test_annex_and_mail_wait_for_the_document_one_after_the_other(store: MemoryStore, ledger: Ledger) -> None:
    document = a_document(1)
    extras = Extras(lambda document, number: Annex(f"{number}.xlsx", b"book"), lambda document: True)
    approve(store, ledger, document, extras=extras)
    with store.work() as unit:
        found = {one.what: one for one in unit.postings.all()}
        assert unit.postings.due("books") == (document.key,)
        assert unit.postings.annex(found["annex"].key) == b"book"
    assert (found["annex"].after, found["delivery"].after) == (document.key, found["annex"].key)
    assert {one.about for one in found.values()} == {"", document.key}
    assert found["annex"].payload == "C-000001.xlsx"
    assert len({one.stamp.request_id for one in found.values()}) == 3
    settle(store, document.key, State.VERIFIED)
    with store.work() as unit:
        assert unit.postings.due("books") == (found["annex"].key,)
    settle(store, document.key, State.CONFLICT)
    with store.work() as unit:
        # What waits for a document that waits for a person is not waited for.
        assert unit.postings.waiting("books") == (0, None)


@pytest.mark.parametrize("kind", ["bill", "vendor_credit"])
def test_a_bill_and_a_vendor_credit_bear_microsofts_number(store: MemoryStore, ledger: Ledger, kind: str) -> None:
    bill = replace(a_document(1), kind=kind, split="G012345678", customer="56")
    approve(store, ledger, bill, a_document(2))
    assert numbers(store) == {"56": "G012345678", "59": "C-000001"}
    assert sum(one.total for one in (bill,)) == Decimal("73.54")
