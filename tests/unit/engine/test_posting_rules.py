"""What each sight and answer means for a posting: the table of design and docs, line by line."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.document import Document, DocumentLine
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.ledger import DISCOUNT, RemoteDocument, RemoteLine
from connector.domain.period import Period
from connector.domain.posting import (
    NeverSent,
    NumberTaken,
    OutcomeUnknown,
    Posting,
    Rejected,
    Sent,
    State,
    Throttled,
)
from connector.engine import posting_rules as rules
from connector.engine.posting_rules import ARROWS, FOR_A_PERSON, Absent, Bounds, Other, Ours
from connector.engine.sameness import differences, expected_taxes
from connector.reports.postings import MEANINGS, WHAT_TO_DO

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOUNDS = Bounds()
DOCUMENT = Document(
    "books", "58", "Alpine", Period.month("2026-10"), "USD", "invoice",
    (DocumentLine(1, "31", "Licences", Decimal("465.00")), DocumentLine(2, None, "thank you", Decimal(0))),
    date(2026, 10, 31),
)  # fmt: skip
ONE, TWO = ("create",), ("draft", "post")


def a_posting(state: State = State.READY, **more: object) -> Posting:
    stamp = rules.stamp(DOCUMENT.key, "C-1", "invoice")
    made = Posting(
        DOCUMENT.key, "books", "p", DOCUMENT.fingerprint, stamp, "{}", DOCUMENT.total, "USD", 2, state, "create",
        lease_until=NOW + BOUNDS.lease, document=DOCUMENT,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def a_remote(**more: object) -> RemoteDocument:
    line = RemoteLine("1", "31", "Licences", Decimal("465.00"))
    made = RemoteDocument(
        "9", "0", "invoice", "C-1", "58", date(2026, 10, 31), "USD", Decimal("465.00"), Decimal(0), Decimal("465.00"),
        "open", (line,), marker=rules.marker(DOCUMENT.key),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "state", "wait"),
    [
        (Sent("9", "0", "C-1"), State.POSTED, 0),
        (NeverSent("refused"), State.READY, 5),
        (Throttled("slow down", 60), State.READY, 60),
        (SignInNeeded("sign in"), State.READY, 30),
        (OutcomeUnknown("time-out"), State.UNKNOWN, 15),
        (NumberTaken("taken", "7"), State.UNKNOWN, 0),
        (Rejected("inactive item"), State.REJECTED, 0),
        (Unavailable("whatever else"), State.UNKNOWN, 15),
    ],
)
def test_what_an_answer_means(answer: Sent | ConnectorError, state: State, wait: int) -> None:
    move = rules.answered(a_posting(State.SENDING, attempts=1), answer, BOUNDS, ONE)
    assert (move.to, move.wait) == (state, timedelta(seconds=wait))
    assert move.to in ARROWS[State.SENDING]
    assert move.doubt == (state is State.UNKNOWN)


def test_the_first_of_two_steps_leads_to_the_second() -> None:
    move = rules.answered(a_posting(State.SENDING, step="draft"), Sent("9", "0", ""), BOUNDS, TWO)
    assert (move.to, move.step, move.remote_id) == (State.READY, "post", "9")


def test_what_never_leaves_is_given_up_in_the_end() -> None:
    assert rules.answered(a_posting(State.SENDING, attempts=20), NeverSent("x"), BOUNDS, ONE).to is State.PARKED
    waits = [BOUNDS.back_off(count) for count in range(1, 30)]
    assert waits == sorted(waits)
    assert waits[-1] == BOUNDS.longest_pause


@pytest.mark.parametrize(
    ("documents", "sight"),
    [
        ([], Absent),
        ([a_remote()], Ours),
        ([a_remote(status="draft")], Ours),
        ([a_remote(marker="connector-" + rules.marker(DOCUMENT.key)[10:].lower())], Ours),
        ([a_remote(), a_remote(remote_id="10", marker="", party="77")], Ours),
        ([a_remote(status="deleted")], Absent),
        ([a_remote(net=Decimal("400.00"))], Other),
        ([a_remote(status="void")], Other),
        ([a_remote(party="77")], Other),
        ([a_remote(), a_remote(remote_id="10")], Other),
        ([a_remote(marker="")], Other),
        ([a_remote(marker="", party="77")], Other),
    ],
)
def test_what_is_seen_in_the_ledger(documents: list[RemoteDocument], sight: type) -> None:
    assert isinstance(rules.sight(a_posting(), documents), sight)


def test_anothers_document_under_our_number_is_harmless_and_one_that_looks_like_ours_is_not() -> None:
    other, alike = (rules.sight(a_posting(), [a_remote(marker="", party=party)]) for party in ("77", "58"))
    assert isinstance(other, Other)
    assert isinstance(alike, Other)
    assert (other.harmless, alike.harmless) == (True, False)


def test_a_void_document_under_our_number_may_be_ours_without_its_mark() -> None:
    """Who voids a document may lose its note, and its amount is gone: sending another would undo what they did."""
    void = a_remote(marker="", status="void", net=Decimal(0))
    seen = rules.sight(a_posting(), [void])
    assert isinstance(seen, Other)
    assert not seen.harmless
    other = rules.sight(a_posting(), [replace(void, party="77")])
    assert isinstance(other, Other)
    assert other.harmless


@pytest.mark.parametrize(
    ("sent_before", "doubts", "state"),
    [(600, 1, State.UNKNOWN), (720, 1, State.READY), (720, 5, State.PARKED)],
)
def test_an_absence_counts_only_after_settling(sent_before: int, doubts: int, state: State) -> None:
    posting = a_posting(State.UNKNOWN, sent_at=NOW - timedelta(seconds=sent_before), doubts=doubts, attempts=1)
    move = rules.seen(posting, Absent(), BOUNDS, ONE)
    assert move is not None
    assert move.to is state
    if state is State.UNKNOWN:
        assert move.at == NOW + timedelta(seconds=720 - sent_before)


def test_what_is_ready_and_absent_is_sent() -> None:
    assert rules.seen(a_posting(), Absent(), BOUNDS, ONE) is None


def test_what_is_found_is_taken_whether_it_was_sent_or_not() -> None:
    for state in (State.READY, State.UNKNOWN):
        move = rules.seen(a_posting(state, sent_at=NOW), Ours("9", "1", "C-1"), BOUNDS, ONE)
        assert move is not None
        assert (move.to, move.remote_id, move.remote_version) == (State.POSTED, "9", "1")


def test_another_under_our_number_means_another_number_once_nothing_can_be_under_way() -> None:
    harmless = Other("somebody's", harmless=True)
    move = rules.seen(a_posting(), harmless, BOUNDS, ONE)
    assert move is not None
    assert move.renumber
    waiting = rules.seen(a_posting(State.UNKNOWN, sent_at=NOW), harmless, BOUNDS, ONE)
    assert waiting is not None
    assert (waiting.to, waiting.renumber) == (State.UNKNOWN, False)
    stuck = rules.seen(a_posting(), Other("ours, but different"), BOUNDS, ONE)
    assert stuck is not None
    assert stuck.to is State.CONFLICT


def test_a_draft_is_posted_and_a_lost_draft_is_a_conflict() -> None:
    draft = Ours("9", "0", "C-1", final=False)
    move = rules.seen(a_posting(State.UNKNOWN, step="draft", sent_at=NOW), draft, BOUNDS, TWO)
    assert move is not None
    assert (move.to, move.step) == (State.READY, "post")
    assert rules.seen(a_posting(step="post", remote_id="9"), draft, BOUNDS, TWO) is None
    gone = rules.seen(a_posting(step="post", remote_id="9"), Absent(), BOUNDS, TWO)
    assert gone is not None
    assert gone.to is State.CONFLICT


def test_a_ledger_that_cannot_be_asked_changes_nothing_for_a_day() -> None:
    move = rules.not_seen(a_posting(State.UNKNOWN, sent_at=NOW - timedelta(hours=23)), Unavailable("x"), BOUNDS)
    assert (move.to, move.wait) == (State.UNKNOWN, BOUNDS.pause)
    parked = rules.not_seen(a_posting(State.UNKNOWN, sent_at=NOW - timedelta(hours=25)), Unavailable("x"), BOUNDS)
    assert parked.to is State.PARKED
    assert rules.not_seen(a_posting(), Unavailable("x"), BOUNDS).to is State.READY


def test_reading_back_tells_equal_from_different_and_gone() -> None:
    posting = a_posting(State.POSTED, remote_id="9", sent_at=NOW - timedelta(hours=1))
    assert rules.compared(posting, (), "1", BOUNDS).to is State.VERIFIED
    assert rules.compared(posting, ("total: …",), "1", BOUNDS).to is State.CONFLICT
    assert rules.compared(posting, None, "", BOUNDS).to is State.CONFLICT
    # What was made a moment ago may not show yet.
    fresh = replace(posting, sent_at=NOW)
    assert rules.compared(fresh, None, "", BOUNDS).to is State.POSTED


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ()),
        ({"net": Decimal("465.01")}, ("total: expected 465.00, found 465.01",)),
        ({"party": "77"}, ("customer: expected 58, found 77",)),
        ({"currency": "EUR"}, ("currency: expected USD, found EUR",)),
        ({"kind": "credit_memo"}, ("kind: expected invoice, found credit_memo",)),
        ({"tax": Decimal("32.55"), "total": Decimal("497.55")}, ()),
        (
            {"lines": (RemoteLine("1", "31", "", Decimal("465.00")), RemoteLine("2", "60", "", Decimal("0.00")))},
            ("lines: expected 1, found 2",),
        ),
        (
            {
                "lines": (
                    RemoteLine("1", "31", "", Decimal("465.00")),
                    RemoteLine("2", None, "", Decimal(0), kind=DISCOUNT),
                )
            },
            ("lines: expected 1, found 2",),
        ),
        (
            {"lines": (RemoteLine("1", "31", "", Decimal("460.00")),)},
            ("line amounts: expected 465.00, found 460.00",),
        ),
    ],
)  # fmt: skip
def test_differences_are_told_to_the_cent(change: dict[str, object], told: tuple[str, ...]) -> None:
    assert differences(DOCUMENT, a_remote(**change)) == told


def test_tax_is_compared_where_the_rules_say_how_much_it_is() -> None:
    lines = tuple(DocumentLine(n, "31", "", Decimal("0.50"), tax_percent=Decimal(7)) for n in (1, 2, 3))
    document = replace(DOCUMENT, lines=lines)
    # 0.035 a line is 0.04, 0.12 in all; on the sum of 1.50 it is 0.105, so 0.11.
    assert expected_taxes(document) == {Decimal("0.12"), Decimal("0.11")}
    there = a_remote(net=Decimal("1.50"), lines=tuple(RemoteLine(str(n), "31", "", Decimal("0.50")) for n in (1, 2, 3)))
    assert differences(document, replace(there, tax=Decimal("0.11"))) == ()
    assert differences(document, replace(there, tax=Decimal("0.10"))) == ("tax: expected 0.11, found 0.10",)


@given(st.text(), st.text())
def test_stamps_fit_every_ledger_and_tell_keys_apart(key: str, other: str) -> None:
    stamp = rules.stamp(key, "C-1", "invoice")
    assert len(stamp.request_id) <= 36
    assert len(stamp.marker) <= 35
    assert set(stamp.marker) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    assert (rules.marker(key) == rules.marker(other)) == (key == other)
    assert rules.stamp(key, "C-2", "invoice").request_id == stamp.request_id
    assert rules.stamp(key, "C-1", "invoice", 2).request_id != stamp.request_id


def test_every_state_is_explained_and_only_a_person_leads_out_of_some() -> None:
    assert set(ARROWS) == set(State) == set(MEANINGS)
    assert set(WHAT_TO_DO) == set(FOR_A_PERSON)
    page = (Path(__file__).parents[3] / "docs" / "posting.md").read_text(encoding="utf-8")
    assert [state for state in State if f"| `{state}` |" not in page] == []
    assert {state for state in State if not ARROWS[state]} == {State.VERIFIED, State.CANCELLED}
