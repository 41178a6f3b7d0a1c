"""Guards hold a plan with the reason: mode, books, size, change, margin; what is disputed is not billed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector.engine.planning.terms import Guards, Recurring
from tests.builders import TENANT
from tests.desk import RATE, Desk, charge, customer, piece, post

OTHER = "6e2f0c9e-8a55-4d5e-9a53-0c8a3a4ecb12"


@pytest.mark.parametrize(
    ("guards", "held"),
    [
        (Guards(), []),
        (Guards("auto", 1, Decimal(240), Decimal(20)), []),
        (Guards("off"), [("mode", "posting.mode is off: plans are made and nothing is posted")]),
        (Guards("review"), [("review", "posting.mode is review: a person approves the plan by its id")]),
        (Guards(documents=0), [("documents", "1 documents are more than posting.limits.documents 0")]),
        (Guards(amount=Decimal(239)), [("amount", "240.00 USD is more than posting.limits.amount 239")]),
        (
            Guards(change_percent=Decimal("19.9")),
            [
                (
                    "change",
                    "Alpine Ski House: 240.00 USD after 200.00 the month before (+20.0 %) is beyond "
                    "posting.limits.change_percent 19.9",
                )
            ],
        ),
        (
            Guards(closed_until=date(2026, 10, 31)),
            [("closed_period", "the books are closed until 2026-10-31; it would be dated 2026-11-01")],
        ),
    ],
    ids=lambda value: None,
)
def test_a_plan_beyond_its_limits_is_held_with_the_reason(guards: Guards, held: list[tuple[str, str]]) -> None:
    plan = Desk(guards=guards, more={"before": {("", "58", "USD"): Decimal(200)}}).plan([piece()])
    assert [(one.guard, one.text) for one in plan.held] == held
    assert len(plan.documents) == 1


def test_what_the_ledger_bills_by_itself_holds_the_document_for_it() -> None:
    mine = Recurring(("", "58", "USD"), "17", date(2026, 11, 1), frozenset({"31", "60"}))
    others = [replace(mine, items=frozenset({"60"})), replace(mine, account=("", "59", "USD"))]
    plan = Desk(more={"recurring": (mine, *others)}).plan([piece()])
    assert [(one.guard, one.key, one.text) for one in plan.held] == [
        (
            "recurring",
            plan.documents[0].key,
            "the recurring invoice 17 bills item 31 of this customer by itself, next on 2026-11-01; "
            "end it in the ledger, or take these items off it",
        )
    ]
    assert Desk(more={"recurring": tuple(others)}).plan([piece()]).held == ()


@pytest.mark.parametrize(
    ("most", "tax", "held"),
    [
        ({"": 2}, "TAX", ["lines"]),
        ({"": 3}, "TAX", []),
        ({"": 2}, None, ["lines"]),
        ({"": 2}, "NON", []),
        ({}, "TAX", []),
    ],
)
def test_more_taxed_lines_than_the_ledger_takes_hold_the_document_when_it_is_planned(
    most: dict[str, int], tax: str | None, held: list[str]
) -> None:
    seats = [piece(charge("20.00", f"r{n}"), worth="24.00", subscription_id=f"s{n}", rate_id=0) for n in range(3)]
    plan = Desk(guards=Guards(taxed_lines=most), rates=(replace(RATE, tax_code=tax),)).plan(seats)
    assert [one.guard for one in plan.held] == held
    for one in plan.held:
        assert one.key == plan.documents[0].key
        assert one.text == (
            "it has 3 lines, and the ledger takes 2 on a document with tax; let the customer's template make fewer "
            "(`lines: per_product` or `per_category`, `usage: one_line`) or more documents (`split_by`)"
        )


def test_a_first_month_passes_and_what_is_posted_already_counts() -> None:
    guards = Guards(change_percent=Decimal(30))
    assert Desk(guards=guards).plan([piece()]).held == ()
    posted = post(Desk().plan([piece()]).documents)
    late = piece(charge("40.00", "r2"), worth="48.00", seats=2_000, subscription_id="other")
    at = Desk(guards=guards, more={"before": {("", "58", "USD"): Decimal(200)}})
    assert [one.guard for one in at.plan([piece(), late], posted).held] == ["change"]


def test_a_document_in_closed_books_is_dated_on_the_first_open_day() -> None:
    (document,) = Desk(guards=Guards(closed_until=date(2026, 11, 15))).plan([piece()]).documents
    assert document.day == date(2026, 11, 16)


def test_a_negative_margin_holds_its_document_alone() -> None:
    cheap = piece(charge("300.00", "r2"), worth="240.00", customer_id=OTHER, ledger_customer="61")
    at = Desk(customers=(customer(), customer(tenant_id=OTHER, ledger_customer="61", name="Bellows")))
    plan = at.plan([piece(), cheap])
    (held,) = plan.held
    assert (held.guard, held.text) == (
        "negative_margin", "its margin is negative: 240.00 for what costs 300.00 USD",
    )  # fmt: skip
    assert held.key == next(one.key for one in plan.documents if one.customer == "61")


def test_nothing_to_post_holds_nothing() -> None:
    assert Desk(guards=Guards("off", 0)).plan([]).held == ()


def test_what_is_disputed_is_not_billed() -> None:
    plan = Desk(more={"disputed": frozenset({("G1", "r1")})}).plan([piece()])
    assert (plan.documents, [(one.reason, one.cost) for one in plan.blocked]) == (
        (), [("disputed", Decimal("200.00"))],
    )  # fmt: skip


def test_each_customer_may_have_a_first_month_of_its_own() -> None:
    other = replace(piece(charge("200.00", "r2")), customer_id=OTHER, ledger_customer="61")
    rules = (customer(), customer(tenant_id=OTHER, ledger_customer="61"))
    at = Desk(customers=rules, start=None, more={"starts": {TENANT: date(2026, 10, 1)}})
    plan = at.plan([piece(), other])
    assert [document.customer for document in plan.documents] == ["58"]
    assert [(one.reason, one.text) for one in plan.blocked] == [
        ("before_start", "posting.start is not given for this customer")
    ]
