"""What is billed stays billed: planning again, late lines, edits of the mapping, and rebilling where it is asked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector.domain.document import CREDIT_MEMO, Document
from connector.domain.errors import Place
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.domain.posting import State
from connector.domain.rules import MinimumRule, Selector, SubscriptionRule, Template
from connector.engine.planning.billed import Billed
from connector.engine.planning.planning import Asked
from tests.desk import HERE, OCTOBER, RATE, Desk, charge, customer, piece, post, usage, used

OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"
LATE = piece(charge("40.00", "r2"), worth="48.00", seats=2_000, subscription_id=OTHER)
OWN = piece(charges=(), cost=Decimal(0), worth="25.00", seats=1_000, unit=250_000, kind="own", category="own",
            rate_id=-1, product_name="Service desk", item="60", subscription_id=None, lines=0)  # fmt: skip


def top_up(worth: str, line: int = 1) -> object:
    return piece(charges=(), cost=Decimal(0), worth=worth, seats=0, unit=0, kind="own", category="own", rate_id=-1,
                 product_name="minimum", item="40", subscription_id=None, lines=0, method="amount",
                 source="mapping.yaml", line=line)  # fmt: skip


def test_planning_again_gives_nothing() -> None:
    first = Desk().plan([piece(), LATE, OWN])
    again = Desk().plan([LATE, OWN, piece()], post(first.documents))
    assert (again.documents, again.unchanged) == ((), 3)
    assert again.settled == (("billed", "USD", Decimal("240.00")),)


def test_a_late_line_makes_a_supplement() -> None:
    posted = post(Desk().plan([piece()]).documents)
    (supplement,) = Desk().plan([piece(), LATE], posted).documents
    assert (supplement.sequence, supplement.total) == (2, Decimal("48.00"))
    assert supplement.key.endswith("|invoice|2")
    assert Desk().plan([piece(), LATE], posted + post([supplement], 2)).documents == ()


def test_halves_of_a_seat_change_that_come_apart_sum_to_the_cent() -> None:
    # Ten seats at 10.08 for 28 of 30 days, then twelve; the rule adds a third.
    refund = piece(charge("-94.08", "half-1"), worth="-125.44", seats=-10_000, kind="change")
    both = piece(charge("-94.08", "half-1"), charge("112.89", "half-2"), worth="25.09", seats=2_000, kind="change")
    first = Desk().plan([piece(), refund])
    posted = post(first.documents)
    (second,) = Desk().plan([piece(), both], posted).documents
    whole = Desk().plan([piece(), both])
    assert first.documents[0].net + second.net == whole.documents[0].net == Decimal("265.09")
    assert second.lines[0].description.endswith("(in addition)")
    assert {ref.row_hash for ref in second.lines[0].slices} == {"half-2"}
    assert Desk().plan([piece(), both], posted + post([second], 2)).documents == ()


def test_equal_lines_of_one_invoice_are_told_apart() -> None:
    once, twice = [charge("20.00", "same")], [charge("20.00", "same"), charge("20.00", "same")]
    posted = post(Desk().plan([usage(*once, worth="24.00")]).documents)
    (supplement,) = Desk().plan([usage(*twice, worth="48.00")], posted).documents
    assert [(ref.row_hash, ref.nth) for ref in supplement.lines[0].slices] == [("same", 2)]
    assert supplement.total == Decimal("24.00")


def test_a_newly_mapped_product_is_billed_in_a_supplement() -> None:
    posted = post(Desk().plan([piece(), replace(LATE, item=None, status="unmapped_product")]).documents)
    (supplement,) = Desk().plan([piece(), LATE], posted).documents
    assert (supplement.sequence, supplement.total) == (2, Decimal("48.00"))


@pytest.mark.parametrize(
    "edited",
    [
        replace(piece(), worth=26_000, unit=260_000),
        replace(piece(), item="32"),
        replace(piece(), ledger_customer="77"),
        replace(piece(), status="unmapped_product", item=None),
        replace(piece(), status="absorbed"),
    ],
    ids=["price", "item", "ledger customer", "no longer mapped", "absorbed now"],
)
def test_an_edit_of_the_mapping_bills_nothing_again(edited: object) -> None:
    posted = post(Desk().plan([piece()]).documents)
    plan = Desk().plan([edited], posted)  # type: ignore[list-item]
    assert (plan.documents, plan.blocked) == ((), ())
    assert plan.settled == (("billed", "USD", Decimal("200.00")),)


def test_another_price_does_not_reach_back_through_a_late_half() -> None:
    posted = post(Desk().plan([piece(charge("100.00", "r1"), worth="120.00", kind="change")]).documents)
    dearer = piece(charge("100.00", "r1"), charge("100.00", "r2"), worth="300.00", kind="change")
    (supplement,) = Desk(rates=(replace(RATE, rule="another"),)).plan([dearer], posted).documents
    assert supplement.total == Decimal("150.00")


def test_usage_that_was_split_in_another_way_is_not_billed_again() -> None:
    by_group, by_tag = Template("mine", HERE), Template("mine", HERE, split_by="tag:team", usage="one_line")
    rows = (used("4.00", "rg-a", tags='{"team": "a"}'), used("6.00", "rg-b", tags='{"team": "b"}'))
    ways = [
        Desk(customers=(customer(template="mine"),), templates=(template,), usage=rows)
        for template in (by_group, by_tag)
    ]
    slices = [usage(charge("10.00", "u1"), worth="11.00")]
    posted = post(ways[0].plan(slices).documents)
    assert [ref.part for line in posted[0].document.lines for ref in line.slices] == ["||rg-a", "||rg-b"]
    assert ways[1].plan(slices, posted).documents == ()


def test_usage_that_comes_after_its_charge_was_billed_bills_nothing_again() -> None:
    made = Template("mine", HERE, split_by="tag:team")
    rows = used("4.00", "rg-a", tags='{"team": "a"}'), used("6.00", "rg-b", tags='{"team": "b"}')
    late = used("10.00", "rg-c", tags='{"team": "c"}')
    at, then = (
        Desk(customers=(customer(template="mine"),), templates=(made,), usage=own) for own in (rows, (*rows, late))
    )
    slices = [usage(charge("10.00", "u1"), worth="11.00")]
    both = at.plan(slices).documents
    assert then.plan(slices, post(both)).documents == ()
    # Where only one team's document went out, nobody knows which share of the charge it was.
    plan = then.plan(slices, post(both[:1]))
    assert (plan.documents, {one.reason for one in plan.blocked}) == ((), {"rebill"})
    assert at.plan(slices, post(both[:1])).documents == both[1:]


def test_a_part_that_was_blocked_is_billed_when_it_can_be_and_the_other_only_once() -> None:
    rules = (SubscriptionRule(HERE, resource_group="rg-x", ledger_customer="77"),)
    at = Desk(mapping={"subscriptions": rules})
    whole = [charge("6.00", "u1", "0"), charge("4.00", "u1")]
    open_part = usage(whole[0], worth="6.60", ledger_customer="77", status="unpriced_charge")
    rest = usage(whole[1], worth="4.40")
    first = at.plan([open_part, rest])
    assert [(document.customer, document.total) for document in first.documents] == [("58", Decimal("4.40"))]
    (second,) = at.plan([replace(open_part, status="priced"), rest], post(first.documents)).documents
    assert (second.customer, second.total) == ("77", Decimal("6.60"))
    # Without the exception the charge is whole again, of which a part is billed: nobody knows which.
    third = Desk().plan([usage(charge("10.00", "u1"), worth="11.00")], post(first.documents))
    assert third.documents == ()
    assert [(one.reason, one.cost) for one in third.blocked] == [("rebill", Decimal("10.00"))]


def test_own_items_are_billed_once_a_period_even_when_their_rule_is_edited() -> None:
    posted = post(Desk().plan([OWN]).documents)
    renamed = replace(OWN, item="61", product_name="Helpdesk", worth=3_000)
    assert Desk().plan([renamed], posted).documents == ()
    (both,) = Desk().plan([OWN, renamed], posted).documents
    assert [line.item for line in both.lines] == ["61"]
    november = replace(OWN, period=Period.month("2026-11"))
    assert len(Desk().plan([november], posted).documents) == 1


def test_own_items_and_minimums_of_a_customer_who_is_moved_are_not_billed_again() -> None:
    at = Desk(mapping={"minimums": (MinimumRule(Selector(category=None), Decimal(500), HERE),)})
    due = [piece(), OWN, top_up("260.00")]
    posted = post(at.plan(due).documents)  # type: ignore[arg-type]
    moved = [replace(one, ledger_customer="77") for one in due]  # type: ignore[type-var]
    assert at.plan(moved, posted).documents == ()  # type: ignore[arg-type]
    back, anew = at.plan(moved, posted, Asked(rebill=True)).documents  # type: ignore[arg-type]
    assert {(back.customer, back.net), (anew.customer, anew.net)} == {
        ("58", Decimal("-525.00")), ("77", Decimal("525.00")),
    }  # fmt: skip
    posted += post([back, anew], 2)
    assert at.plan(moved, posted).documents == at.plan(due, posted).documents == ()  # type: ignore[arg-type]
    # Another customer's are another matter.
    others = replace(OWN, customer_id=OTHER, ledger_customer="61")
    assert [one.customer for one in at.plan([others], posted).documents] == ["61"]


def test_a_minimum_is_not_billed_again_when_its_rule_is_edited() -> None:
    rule = MinimumRule(Selector(category=None), Decimal(500), HERE)
    posted = post(Desk(mapping={"minimums": (rule,)}).plan([piece(), top_up("260.00")]).documents)  # type: ignore[list-item]
    narrower = replace(rule, selector=Selector(category=None, product_id="CFQ7TTC0LCHC"))
    at = Desk(mapping={"minimums": (narrower, replace(rule, amount=Decimal(900), place=Place("mapping.yaml", 2)))})
    assert at.plan([piece(), top_up("260.00")], posted).documents == ()  # type: ignore[list-item]
    # One more minimum is one more.
    (more,) = at.plan([piece(), top_up("260.00"), top_up("660.00", 2)], posted).documents  # type: ignore[list-item]
    assert [line.amount for line in more.lines] == [Decimal("260.00")]


def test_a_minimum_is_made_up_as_far_as_it_goes() -> None:
    rule = MinimumRule(Selector(category=None), Decimal(500), HERE)
    at = Desk(mapping={"minimums": (rule,)})
    first = at.plan([piece(), top_up("260.00")])  # type: ignore[list-item]
    posted = post(first.documents)
    (late,) = at.plan([piece(), LATE, top_up("212.00")], posted).documents  # type: ignore[list-item]
    assert first.documents[0].net + late.net == Decimal(500)
    assert [line.amount for line in late.lines] == [Decimal("48.00"), Decimal("-48.00")]
    posted += post([late], 2)
    assert at.plan([piece(), LATE, top_up("212.00")], posted).documents == ()  # type: ignore[list-item]
    higher = Desk(mapping={"minimums": (replace(rule, amount=Decimal(600)),)})
    assert higher.plan([piece(), LATE, top_up("312.00")], posted).documents == ()  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("state", "documents"),
    [
        (State.PLANNED, 1), (State.READY, 0), (State.SENDING, 0), (State.UNKNOWN, 0), (State.POSTED, 0),
        (State.VERIFIED, 0), (State.CONFLICT, 0), (State.PARKED, 0), (State.REJECTED, 1), (State.CANCELLED, 1),
    ],
)  # fmt: skip
def test_what_counts_as_billed_goes_by_the_state_of_the_posting(state: State, documents: int) -> None:
    posted = [replace(one, state=state) for one in post(Desk().plan([piece()]).documents)]
    made = Desk().plan([piece()], posted).documents
    assert len(made) == documents
    # A key that was used up is never used again with another content.
    assert [one.sequence for one in made] == [1 if state is State.PLANNED else 2] * documents


def rebilled(slices: list[object], posted: list[Posted], **more: object) -> tuple[Document, ...]:
    return Desk(**more).plan(slices, posted, Asked(rebill=True)).documents  # type: ignore[arg-type]


def test_only_rebill_takes_back_and_bills_anew() -> None:
    posted = post(Desk().plan([piece()]).documents)
    dearer = replace(piece(), worth=26_000, unit=260_000)
    back, anew = rebilled([dearer], posted)
    assert (back.kind, back.net, back.reverses) == (CREDIT_MEMO, Decimal("-240.00"), posted[0].document.key)
    assert back.lines[0].description.endswith("taken back from CSP-00001 line 1")
    assert (anew.sequence, anew.net, anew.corrects) == (2, Decimal("260.00"), (posted[0].document.key,))
    everything = posted + post([back, anew], 2)
    assert Desk().plan([dearer], everything).documents == ()
    assert rebilled([dearer], everything) == ()


def test_what_was_taken_back_while_it_was_on_hold_is_billed_in_its_place_later() -> None:
    posted = post(Desk().plan([piece()]).documents)
    (back,) = rebilled([piece()], posted, customers=(customer(hold="in court"),))
    posted += post([back], 2)
    (later,) = Desk().plan([piece()], posted).documents
    assert (later.net, later.corrects) == (Decimal("240.00"), (posted[0].document.key,))
    assert Desk().plan([piece()], posted + post([later], 3)).documents == ()


def test_a_part_of_what_was_taken_back_is_billed_in_its_place_when_it_can_be() -> None:
    posted = post(Desk().plan([piece(), LATE]).documents)
    dearer = replace(piece(), worth=26_000, unit=260_000)
    posted += post(rebilled([dearer, replace(LATE, status="unpriced_charge")], posted), 2)
    assert sum(one.document.net for one in posted) == Decimal("260.00")
    (later,) = Desk().plan([dearer, LATE], posted).documents
    assert (later.net, later.corrects) == (Decimal("48.00"), (posted[0].document.key,))


def test_rebill_leaves_alone_what_is_as_it_should_be() -> None:
    assert rebilled([piece(), LATE], post(Desk().plan([piece(), LATE]).documents)) == ()


def test_what_came_late_is_no_reason_to_rebill() -> None:
    posted = post(Desk().plan([piece(), OWN]).documents)
    (supplement,) = rebilled([piece(), OWN, LATE], posted)
    assert (supplement.net, supplement.reverses, supplement.corrects) == (Decimal("48.00"), "", ())
    half = post(Desk().plan([piece(charge("-94.08", "h1"), worth="-125.44", seats=-10_000, kind="change")]).documents)
    both = piece(charge("-94.08", "h1"), charge("112.89", "h2"), worth="25.09", seats=2_000, kind="change")
    same_deal = {"rates": (replace(RATE, rule=""),)}
    assert [document.net for document in rebilled([both], half, **same_deal)] == [Decimal("150.53")]


def test_rebill_moves_a_customer() -> None:
    posted = post(Desk().plan([piece()]).documents)
    back, anew = rebilled([replace(piece(), ledger_customer="77")], posted)
    assert {(back.customer, back.net), (anew.customer, anew.net)} == {
        ("58", Decimal("-240.00")), ("77", Decimal("240.00")),
    }  # fmt: skip
    assert Desk().plan([replace(piece(), ledger_customer="77")], posted + post([back, anew], 2)).documents == ()


def test_a_supplement_and_its_document_are_rebilled_as_one() -> None:
    posted = post(Desk().plan([piece()]).documents)
    posted += post(Desk().plan([piece(), LATE], posted).documents, 2)
    made = rebilled([replace(piece(), worth=26_000, unit=260_000), LATE], posted)
    assert sorted(document.net for document in made) == [Decimal("-240.00"), Decimal("-48.00"), Decimal("308.00")]
    assert [(one.kind, one.sequence) for one in made] == [(CREDIT_MEMO, 1), (CREDIT_MEMO, 2), ("invoice", 3)]
    # What is billed anew may be below zero, too.
    credit = replace(LATE, worth=-50_000, charges=(charge("-400.00", "r2"),))
    keys = [one.key for one in rebilled([replace(piece(), worth=26_000, unit=260_000), credit], posted)]
    assert len(set(keys)) == len(keys)


def test_the_day_is_the_last_of_the_period() -> None:
    (document,) = Desk().plan([piece()]).documents
    assert (document.day, document.period) == (date(2026, 10, 31), OCTOBER)


def test_what_was_billed_anew_in_place_of_a_document_that_is_gone_stays() -> None:
    (first,) = posted = post(Desk().plan([piece()]).documents)
    anew = replace(first.document, sequence=2, corrects=(first.document.key,))
    posted += post([anew], 2)
    assert Desk().plan([piece()], posted).documents == ()
    assert rebilled([piece()], posted) == ()
    assert [one.net for one in rebilled([replace(piece(), worth=26_000, unit=260_000)], posted)] == [
        Decimal("-240.00"), Decimal("260.00"),
    ]  # fmt: skip


def test_a_line_of_a_ledger_is_ours_by_its_documents_id() -> None:
    (document,) = Desk().plan([piece()]).documents
    known = Billed(post([document], remote_id="145"))
    assert known.owner("", "INV-7", "145") == known.owner("", "CSP-00001", None) == document.key
    assert known.owner("", "CSP-00001", "146") is None
    assert Billed(post([document])).owner("", "CSP-00001", "145") == document.key
