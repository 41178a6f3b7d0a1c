"""What every ledger adapter promises: reading as it is, creating what was frozen, and telling outcomes apart."""

import contextlib
import importlib
import pkgutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector import adapters
from connector.domain.period import Period
from connector.domain.posting import NumberTaken, OutcomeUnknown, Rejected, Throttled
from tests.contract.ledgers import BENCHES, OCTOBER, Bench, Opening

every_ledger = pytest.mark.parametrize("opening", BENCHES.values(), ids=list(BENCHES))


def test_every_ledger_adapter_is_held_to_the_contract() -> None:
    found = set()
    for module in pkgutil.iter_modules(adapters.__path__):
        if module.ispkg:
            kind = getattr(importlib.import_module(f"{adapters.__name__}.{module.name}"), "LEDGER", None)
            found |= {kind} if kind else set()
    assert found == set(BENCHES)


def signed(bench: Bench, kind: str, amount: Decimal) -> Decimal:
    return -amount if kind == "credit_memo" else amount


@every_ledger
@pytest.mark.parametrize("kind", ["invoice", "credit_memo"])
def test_what_was_frozen_is_what_stands_there(opening: Opening, kind: str) -> None:
    with opening((), True) as bench:
        document, stamp = bench.document(kind), bench.stamp(kind=kind)
        assert bench.posting.payload(document, stamp) == bench.posting.payload(document, stamp)
        remote_id = bench.post(document, stamp)
        found = bench.posting.read(kind, remote_id)
        assert found is not None
        assert (found.kind, found.party, found.currency, found.day) == (
            kind, bench.customer, bench.currency, document.day,
        )  # fmt: skip
        assert found.net == signed(bench, kind, document.total)
        assert found.number == stamp.number or not bench.source.company().own_numbers
        assert found.marker == stamp.marker
        assert [line.amount for line in found.lines if line.item] == [
            signed(bench, kind, line.amount) for line in document.lines if line.item
        ]
        assert {(line.first, line.last) for line in found.lines if line.item} == {(OCTOBER.start, OCTOBER.last)}
        assert [one.remote_id for one in bench.posting.look(stamp)] == [remote_id]


@every_ledger
def test_nothing_is_found_before_it_was_made(opening: Opening) -> None:
    with opening((), True) as bench:
        assert bench.posting.look(bench.stamp()) == ()
        assert bench.posting.obstacles() == ()
        assert bench.posting.read("invoice", "999999") is None


@every_ledger
def test_a_ledger_in_which_nothing_can_be_done_exactly_once_says_what_to_change(opening: Opening) -> None:
    with opening((), False) as bench:
        assert len(bench.posting.obstacles()) == 1


@every_ledger
@pytest.mark.parametrize(
    ("trouble", "outcome", "made"),
    [
        ("request_lost", OutcomeUnknown, 0),
        ("answer_lost", OutcomeUnknown, 1),
        ("status:503", OutcomeUnknown, 0),
        ("status:429", Throttled, 0),
    ],
)
def test_outcomes_are_told_apart_and_a_look_tells_the_truth(
    opening: Opening, trouble: str, outcome: type[Exception], made: int
) -> None:
    with opening((trouble,), True) as bench:
        document, stamp = bench.document(), bench.stamp()
        with pytest.raises(outcome):
            bench.post(document, stamp)
        assert len(bench.posting.look(stamp)) == bench.entered() == made


@every_ledger
def test_the_same_sending_again_makes_no_second_document(opening: Opening) -> None:
    with opening(("twice",), True) as bench:
        document, stamp = bench.document(), bench.stamp()
        ids = set()
        for _ in range(2):
            with contextlib.suppress(NumberTaken, OutcomeUnknown):
                ids.add(bench.post(document, stamp))
        assert bench.in_books() == len(ids) <= 1
        if bench.guards_repeats:
            assert bench.entered() == len(ids) == 1
        else:
            assert {one.status for one in bench.posting.look(stamp)} == {"draft"}


@every_ledger
def test_our_number_under_another_request_is_taken(opening: Opening) -> None:
    with opening((), True) as bench:
        first = bench.post(bench.document(), bench.stamp())
        other = replace(bench.stamp(), request_id="f" * 36)
        with pytest.raises(NumberTaken) as taken:
            bench.post(bench.document(), other)
        assert taken.value.remote_id in (first, None)


@every_ledger
def test_a_refusal_is_the_ledgers_own_words_with_what_to_do(opening: Opening) -> None:
    with opening((), True) as bench:
        bench.deactivate_item()
        with pytest.raises(Rejected, match=";"):
            bench.post(bench.document(), bench.stamp())
        assert bench.entered() == 0


@every_ledger
def test_closed_books_refuse(opening: Opening) -> None:
    with opening((), True) as bench:
        bench.close_books(date(2026, 12, 31))
        with pytest.raises(Rejected):
            bench.post(bench.document(), bench.stamp())


@every_ledger
def test_changes_tell_of_what_people_did(opening: Opening) -> None:
    with opening((), True) as bench:
        stays, edited, void, gone = (bench.post(bench.document(sequence=nth), bench.stamp(nth)) for nth in range(1, 5))
        whole = bench.source.changes(None)
        assert whole.whole
        assert {one.remote_id for one in whole.documents if one.kind == "invoice"} == {stays, edited, void, gone}
        bench.advance(3600)
        net = bench.edit(edited)
        bench.void(void)
        bench.delete(gone)
        bench.advance(60)
        changed = bench.source.changes(whole.cursor)
        by_id = {one.remote_id: one for one in changed.documents}
        assert by_id[void].status == "void"
        assert by_id[edited].net == net
        assert by_id[edited].marker == bench.stamp(2).marker
        assert gone in changed.gone or changed.whole or (changed.there is not None and gone not in changed.there)
        assert bench.posting.read("invoice", gone) is None


@every_ledger
def test_records_are_all_there_the_inactive_ones_too(opening: Opening) -> None:
    with opening((), True) as bench:
        bench.rename_customer("O'Reilly \\ Söhne")
        bench.deactivate_item()
        customers = {one.record_id: one for one in bench.source.records("customer")}
        items = {one.record_id: one for one in bench.source.records("item")}
        assert customers[bench.customer].name == "O'Reilly \\ Söhne"
        assert items[bench.item].active is False
        assert bench.source.company().home_currency == bench.currency


@every_ledger
def test_files_are_attached_under_their_names(opening: Opening) -> None:
    with opening((), True) as bench:
        remote_id = bench.post(bench.document(), bench.stamp())
        assert bench.posting.attached("invoice", remote_id) == frozenset()
        bench.posting.attach("invoice", remote_id, "annex.xlsx", b"PK\x03\x04", request_id="a" * 36)
        assert bench.posting.attached("invoice", remote_id) == frozenset({"annex.xlsx"})


@every_ledger
def test_an_account_tells_all_that_is_booked_on_it_with_the_document_behind_it(opening: Opening) -> None:
    november = Period.month("2026-11")
    with opening((), True) as bench:
        invoice = bench.post(bench.document(), bench.stamp())
        credit = bench.post(bench.document("credit_memo", "13.00", 2), bench.stamp(43, "credit_memo"))
        account = bench.journal(Decimal("50.00"), date(2026, 11, 30))
        bench.journal(Decimal("7.00"), date(2026, 12, 1))
        found = list(bench.source.entries([account], november))
        assert {(one.account, one.currency) for one in found} == {(account, bench.currency)}
        sums: dict[str, Decimal] = {}
        for one in found:
            sums[one.document_id] = sums.get(one.document_id, Decimal(0)) + one.amount
        assert sums.pop(invoice) == Decimal("413.07")
        assert sums.pop(credit) == Decimal("-13.07")
        assert list(sums.values()) == [Decimal("50.00")]
        (entry,) = [one for one in found if one.document_id in sums]
        assert (entry.number, entry.text, entry.day) == ("JE-7", "Accrued", date(2026, 11, 30))
        assert "Journal" in entry.kind
        assert list(bench.source.entries([], november)) == []
