"""Approvals, claims and steps on each database: who may change a posting, and what can never be written."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from connector.domain.document import Document, DocumentLine, Plan, SliceRef
from connector.domain.errors import ConnectorError
from connector.domain.period import Period
from connector.domain.posting import ANNEX, Approval, Frozen, Move, Posting, State
from connector.engine import posting_rules as rules
from connector.store import Store
from connector.store.posting_rows import PostingRow
from tests.unit.store.conftest import StillClock

LEASE = timedelta(seconds=60)
OCTOBER = Period.month("2026-10")


def a_document(number: int = 1) -> Document:
    line = DocumentLine(
        1, "31", "Business Premium", Decimal("61.20"), reference=f"sub-{number}", first=date(2026, 10, 1),
        last=date(2026, 10, 31), slices=(SliceRef("G1", f"row-{number}", "", 1, Decimal("50.123456789"), "USD"),),
    )  # fmt: skip
    return Document("books", str(number), f"Customer {number}", OCTOBER, "USD", "invoice", (line,), date(2026, 10, 31))


def frozen(document: Document, number: str) -> Frozen:
    return Frozen(document.key, document, rules.stamp(document.key, number, "invoice"), "{}", "create")


def approve(store: Store, *documents: Document) -> list[str]:
    approval = Approval("p", "jane", datetime(2026, 11, 2, tzinfo=UTC), "review", ("amount",))
    with store.work() as unit:
        unit.approvals.freeze(approval, [frozen(one, f"C-{number}") for number, one in enumerate(documents, 1)])
    return [one.key for one in documents]


def claim(store: Store, key: str) -> Posting | None:
    with store.work() as unit:
        return unit.postings.claim(key, LEASE)


def move(store: Store, posting: Posting, step: Move) -> Posting | None:
    with store.work() as unit:
        return unit.postings.move(posting, step, "worker", LEASE)


def pass_time(store: Store, key: str) -> None:
    """Let what a posting waits for be over; on PostgreSQL time is the server's and cannot be moved."""
    with store.work() as unit:
        row = unit.get_one(PostingRow, key)
        for name in ("lease_until", "next_at"):
            moment = getattr(row, name)
            setattr(row, name, moment and moment - timedelta(days=1))


def test_what_is_frozen_comes_back_as_it_was(store: Store) -> None:
    document = a_document()
    (key,) = approve(store, document)
    with store.look() as unit:
        posting = unit.postings.get(key)
        assert posting is not None
        assert (posting.document, posting.stamp.number, posting.state) == (document, "C-1", State.READY)
        assert unit.postings.lines_of(rules.marker(key)) == document.lines
        assert [(one.document, one.number) for one in unit.postings.posted()] == [(document, "C-1")]
        assert unit.postings.posted(date(2026, 11, 1)) == ()
        assert [one.by for one in unit.approvals.approvals("p")] == ["jane"]
        ((part, its_key),) = unit.approvals.billed(document.lines[0].slices)
        assert (part.cost, its_key) == (Decimal("50.123456789"), key)


def test_one_claim_at_a_time_and_who_lost_it_writes_nothing(store: Store) -> None:
    (key,) = approve(store, a_document())
    first = claim(store, key)
    assert first is not None
    assert claim(store, key) is None
    pass_time(store, key)
    second = claim(store, key)
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert move(store, first, rules.intent()) is None
    sending = move(store, second, rules.intent())
    assert sending is not None
    assert (sending.state, sending.attempts) == (State.SENDING, 1)
    # A second intent from the same claim finds another state.
    assert move(store, second, rules.intent()) is None


def test_a_posting_that_waits_is_not_due_before_its_time(store: Store) -> None:
    (key,) = approve(store, a_document())
    claimed = claim(store, key)
    assert claimed is not None
    later = move(store, claimed, Move(State.READY, "busy", wait=timedelta(seconds=90)))
    assert later is not None
    with store.look() as unit:
        assert unit.postings.due("books") == ()
        assert unit.postings.waiting("books") == (1, later.next_at)
    pass_time(store, key)
    with store.look() as unit:
        assert unit.postings.due("books") == (key,)


def test_the_history_tells_every_step_and_cannot_be_changed(store: Store) -> None:
    (key,) = approve(store, a_document())
    claimed = claim(store, key)
    assert claimed is not None
    move(store, claimed, rules.intent())
    with store.look() as unit:
        told = [(one.before, one.after, one.by) for one in unit.postings.history(key)]
    assert told == [("planned", "ready", "jane"), ("ready", "sending", "worker")]
    for words in ("UPDATE posting_event SET text = 'x'", "DELETE FROM posting_event"):
        with pytest.raises(DBAPIError), store.work() as unit:
            unit.connection().exec_driver_sql(words)


def test_no_step_leads_where_none_may(store: Store) -> None:
    (key,) = approve(store, a_document())
    claimed = claim(store, key)
    assert claimed is not None
    with pytest.raises(ValueError, match="no step leads from ready to verified"):
        move(store, claimed, Move(State.VERIFIED))


def test_neither_a_key_nor_a_number_nor_a_charge_comes_twice(store: Store) -> None:
    document = a_document()
    approve(store, document)
    other = a_document(2)
    same_charge = replace(other, lines=(replace(other.lines[0], slices=document.lines[0].slices),))
    for one, number in ((document, "C-9"), (other, "C-1"), (same_charge, "C-9")):
        with pytest.raises(DBAPIError), store.work() as unit:
            unit.approvals.freeze(Approval("q", "jane", datetime.now(UTC), "review"), [frozen(one, number)])
    with store.look() as unit:
        assert len(unit.postings.all()) == 1


def test_a_number_is_given_out_once(store: Store) -> None:
    with store.work() as unit:
        assert unit.approvals.next_number("books", "C-") == 1
        assert unit.approvals.advance("books", "C-", 1, 4)
    with store.work() as unit:
        assert not unit.approvals.advance("books", "C-", 1, 2)
        assert (unit.approvals.next_number("books", "C-"), unit.approvals.next_number("books", "D-")) == (4, 1)


def test_a_cancelled_document_lets_go_of_its_charges_and_takes_its_annex_along(store: Store) -> None:
    document = a_document()
    key = f"{document.key}|annex"
    annex = Frozen(
        key, document, rules.stamp(key, "C-1", "invoice"), "C-1.xlsx", "attach", ANNEX, document.key, document.key,
        b"x", "ab",
    )  # fmt: skip
    with store.work() as unit:
        unit.approvals.freeze(Approval("p", "jane", datetime.now(UTC), "review"), [frozen(document, "C-1"), annex])
    with store.look() as unit:
        # The annex waits for its document.
        assert unit.postings.due("books") == (document.key,)
        assert unit.postings.annex(key) == b"x"
        posting = unit.postings.get(document.key)
    assert posting is not None
    with store.work() as unit:
        assert unit.approvals.settle(posting, State.CANCELLED, "jane", "not wanted")
        assert not unit.approvals.settle(posting, State.CANCELLED, "jane", "not wanted")
    with store.look() as unit:
        assert {one.state for one in unit.postings.all()} == {State.CANCELLED}
        assert unit.approvals.billed(document.lines[0].slices) == ()


def test_a_large_plan_is_kept_packed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(OCTOBER, (a_document(),))
    with store.work() as unit:
        monkeypatch.setattr("connector.store.plans._LONGEST_PLAIN", 100)
        unit.plans.save(plan)
        (content,) = unit.connection().exec_driver_sql("SELECT content FROM plan").one()
        assert not content.startswith("{")
        assert unit.plans.get(plan.plan_id) == plan


def test_a_plan_is_kept_under_the_hash_of_its_content(store: Store, clock: StillClock) -> None:
    plan, other = Plan(OCTOBER, (a_document(),)), Plan(OCTOBER, (a_document(2),))
    with store.work() as unit:
        unit.plans.save(plan)
    clock.sleep(1)
    with store.work() as unit:
        unit.plans.save(other)
    with store.look() as unit:
        assert unit.plans.get(plan.plan_id) == plan
        assert unit.plans.newest(OCTOBER) == other
        assert unit.plans.get("none") is None
    clock.sleep(1)
    with store.work() as unit:
        unit.plans.save(plan)
        assert unit.plans.newest(OCTOBER) == plan
        unit.connection().exec_driver_sql("UPDATE plan SET content = replace(content, '61.20', '6.12')")
    with store.look() as unit, pytest.raises(ConnectorError, match="was changed after it was saved"):
        unit.plans.get(plan.plan_id)


def test_of_many_workers_one_gets_the_claim(store: Store) -> None:
    (key,) = approve(store, a_document())
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: claim(store, key), range(16)))
    assert sum(one is not None for one in claims) == 1
