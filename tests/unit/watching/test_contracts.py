"""Every pair of states of the two sides is judged as the table says; what does not fit is told once, by one side."""

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from connector.domain.contract import MATRIX, BilledLine, Billing, Holding, TemplateLine
from connector.domain.kinds import KINDS
from connector.domain.watched import Held, Scheduled
from connector.engine.watching import look_ahead
from tests.unit.watching.views import E3, ON, PLACE, SUBSCRIPTION, held, view

ENDED = date(2026, 11, 20)
CONTRACT_KINDS = {"cancelled_still_billed", "cancelled_still_charged", "product_change_not_followed"}
# What a watch tells of each pair: rows are Microsoft's side, columns billed, recurring, planned, stopped, credited.
B, C, P = "cancelled_still_billed", "cancelled_still_charged", "product_change_not_followed"
TOLD = {
    Holding.ACTIVE: ("", "", "", C, C),
    Holding.TRIAL: ("", "", "", "", ""),
    Holding.CHANGING: ("", P, "", C, C),
    Holding.SUSPENDED: ("", "", "", C, C),
    Holding.EXPIRED: ("", B, "", "", ""),
    Holding.CANCELLED: ("", B, "", "", ""),
    Holding.DELETED: ("", B, "", "", ""),
}


def in_state(state: Holding) -> Held:
    """A subscription that is so at Microsoft."""
    if state is Holding.ACTIVE:
        return held()
    if state is Holding.TRIAL:
        return held(is_trial=True)
    if state is Holding.CHANGING:
        return held(scheduled=Scheduled(product_id=E3, sku_id="0001"))
    return held(status=state.value, auto_renew=False, commitment_end=ENDED)


def line(last: date, amount: str, *, is_credit: bool = False) -> BilledLine:
    """A line of the ledger that bills the subscription."""
    return BilledLine(last, Decimal(amount), "USD", SUBSCRIPTION, is_credit)


def billed_as(state: Billing) -> dict[str, Any]:
    """The parts of a view that say how the ledger bills it. Others were billed on 1 December."""
    lines = {
        Billing.BILLED: (line(date(2026, 11, 30), "300.00"),),
        Billing.RECURRING: (line(date(2026, 11, 30), "300.00"),),
        Billing.PLANNED: (line(date(2026, 11, 30), "300.00"),),
        Billing.STOPPED: (line(date(2026, 8, 31), "300.00"), line(date(2026, 9, 30), "300.00")),
        Billing.CREDITED: (line(date(2026, 11, 30), "300.00"), line(date(2026, 11, 30), "-300.00", is_credit=True)),
    }[state]
    parts: dict[str, Any] = {"billed": {PLACE: lines}, "last_invoice": {"books": date(2026, 12, 1)}}
    if state is Billing.RECURRING:
        template = TemplateLine("books", "T1", "58", "31", Decimal("300.00"), "USD", date(2027, 1, 1))
        parts["templates"] = {PLACE: (template,)}
    if state is Billing.PLANNED:
        parts["planned"] = frozenset({"books"})
    return parts


def test_the_table_knows_every_pair_and_only_kinds_that_exist() -> None:
    assert set(MATRIX) == set(product(Holding, Billing))
    for expectation in MATRIX.values():
        assert expectation.because
        assert expectation.fits == (not expectation.kind)
        assert expectation.fits or expectation.kind in KINDS
        assert expectation.fits or expectation.told_by in ("reconcile", "watch")


@pytest.mark.parametrize(("holding", "billing"), sorted(product(Holding, Billing)), ids=lambda state: state.value)
def test_each_pair_is_told_as_expected(holding: Holding, billing: Billing) -> None:
    wanted = TOLD[holding][list(Billing).index(billing)]
    found = [one for one in look_ahead(view([in_state(holding)], **billed_as(billing))) if one.kind in CONTRACT_KINDS]
    assert [one.kind for one in found] == ([wanted] if wanted else [])
    told = MATRIX[holding, billing]
    assert wanted == (told.kind if told.told_by == "watch" else "")
    if wanted == C:
        assert found[0].impact == Decimal("220.00")
    if wanted == B:
        assert found[0].impact == Decimal("-300.00")


def test_nobody_has_stopped_billing_while_the_month_is_not_billed_yet() -> None:
    """Before the ledger bills others again, a place that was billed two months ago is only late."""
    parts = billed_as(Billing.STOPPED) | {"last_invoice": {"books": date(2026, 10, 1)}}
    assert [one for one in look_ahead(view([held()], **parts)) if one.kind in CONTRACT_KINDS] == []


def test_a_place_that_was_never_billed_is_reconciles_to_tell() -> None:
    parts = {"last_invoice": {"books": date(2026, 12, 1)}}
    assert [one for one in look_ahead(view([held()], **parts)) if one.kind in CONTRACT_KINDS] == []


def test_what_has_ended_is_not_told_where_another_runs_on_the_same_item() -> None:
    other = held(subscription_id="1d7d1f3d-c8de-461c-db6d-91debd5129f0")
    gone = held(status="deleted", auto_renew=False)
    found = look_ahead(view([gone, other], **billed_as(Billing.RECURRING)))
    assert [one for one in found if one.kind in CONTRACT_KINDS] == []


def test_a_change_of_product_is_told_when_the_day_comes_near() -> None:
    early = view([in_state(Holding.CHANGING)], on=date(2026, 11, 1), **billed_as(Billing.RECURRING))
    assert [one.kind for one in look_ahead(early) if one.kind == P] == []
    assert [
        one.first
        for one in look_ahead(view([in_state(Holding.CHANGING)], **billed_as(Billing.RECURRING)))
        if one.kind == P
    ] == [date(2027, 1, 1)]
    assert date(2027, 1, 1) > ON
