"""Holds what each subscription is at Microsoft against how the ledger bills it, and gives what does not fit."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.contract import MATRIX, WATCHED, BilledLine, Billing, Expectation, Holding, TemplateLine
from connector.domain.money import ZERO
from connector.domain.watched import Held
from connector.engine.watching import View
from connector.engine.watching.positions import Place

_ENDED = {
    "expired": Holding.EXPIRED,
    "disabled": Holding.EXPIRED,
    "cancelled": Holding.CANCELLED,
    "canceled": Holding.CANCELLED,
    "deleted": Holding.DELETED,
    "vanished": Holding.DELETED,
}
# How long after its last billed day a place may go unbilled: the next invoice, and as long again as it is for.
_PATIENCE = {"quarterly": 125, "annual": 400}
_USUAL_PATIENCE = 66


@dataclass(frozen=True, slots=True)
class Misfit:
    """A subscription whose sides do not fit: why, and what of the ledger shows it."""

    held: Held
    place: Place
    holding: Holding
    billing: Billing
    expectation: Expectation
    templates: tuple[TemplateLine, ...] = ()
    last: BilledLine | None = None


def misfits(view: View, kind: str) -> Iterator[Misfit]:
    """What a watch tells of one kind, in order of subscriptions."""
    for one in _all(view):
        if one.expectation.kind == kind and one.expectation.told_by == WATCHED:
            yield one


def holding_of(held: Held) -> Holding | None:
    """What a subscription is at Microsoft; None for a state that says nothing (pending)."""
    if held.status in _ENDED:
        return _ENDED[held.status]
    if held.status == "suspended":
        return Holding.SUSPENDED
    if held.status != "active":
        return None
    if held.is_trial:
        return Holding.TRIAL
    now, then = held.offered, held.after_renewal
    return Holding.CHANGING if (now.product_id, now.sku_id) != (then.product_id, then.sku_id) else Holding.ACTIVE


def _all(view: View) -> Iterator[Misfit]:
    by_place: dict[Place, list[Held]] = defaultdict(list)
    for held in view.held:
        place = view.place_of(held)
        if place is not None and not held.by_usage:
            by_place[place].append(held)
    for place, some in sorted(by_place.items(), key=lambda pair: pair[0]):
        running = [held for held in some if holding_of(held) not in (*_ENDED.values(), None)]
        for held in some:
            holding = holding_of(held)
            # Where another subscription runs on the same item, the ledger bills that one.
            if holding is not None and (held in running or not running):
                yield from _judged(view, held, place, holding)


def _judged(view: View, held: Held, place: Place, holding: Holding) -> Iterator[Misfit]:
    templates = view.templates.get(place, ())
    lines = [one for one in view.billed.get(place, ()) if one.reference in ("", held.subscription_id)]
    last = max(
        (one for one in lines if not one.is_credit), key=lambda one: (one.last, one.source, one.line), default=None
    )
    billing = _billing(view, held, place, templates, lines)
    if billing is None:
        return
    expectation = MATRIX[holding, billing]
    if expectation.kind == "product_change_not_followed" and not _bills_beyond(view, held, templates):
        return
    if not expectation.fits:
        yield Misfit(held, place, holding, billing, expectation, templates, last)


def _billing(
    view: View, held: Held, place: Place, templates: tuple[TemplateLine, ...], lines: list[BilledLine]
) -> Billing | None:
    """How the ledger bills a place; None where it never did."""
    if templates:
        return Billing.RECURRING
    if place[0] in view.planned:
        return Billing.PLANNED
    if not lines:
        return None
    newest = max(one.last for one in lines)
    of_last = [one for one in lines if one.last > newest - timedelta(days=27)]
    if any(one.is_credit for one in of_last) and sum((one.amount for one in of_last), ZERO) <= 0:
        return Billing.CREDITED
    rule = view.selling.account(held, view.on)
    frequency = rule.rule.frequency if rule and rule.rule else "as_vendor"
    yearly = held.offered.billing_plan in ("annual", "triennial")
    patience = timedelta(days=_PATIENCE["annual"] if yearly else _PATIENCE.get(frequency, _USUAL_PATIENCE))
    # The ledger must have billed others meanwhile: before that, nobody was billed.
    went_on = view.last_invoice.get(place[0], date.min)
    return Billing.STOPPED if newest + patience < view.on and newest + timedelta(days=27) < went_on else Billing.BILLED


def _bills_beyond(view: View, held: Held, templates: tuple[TemplateLine, ...]) -> bool:
    """Whether a template bills the former product's item when the other product begins."""
    renewal = held.renewal
    if renewal is None or view.on < renewal - timedelta(days=view.lead.renewal):
        return False
    ledger = templates[0].ledger
    return view.selling.item_of(held, held.after_renewal, ledger, renewal) != templates[0].item


def monthly_cost(view: View, held: Held) -> tuple[Decimal, str]:
    """What a subscription costs a month as it was charged last; 0 where nobody knows."""
    charged = view.charged.get(held.subscription_id)
    if charged is None:
        return ZERO, view.currency(held)
    cycle = {"annual": 12, "triennial": 36}.get(charged.billing_plan or "", 1)
    return charged.effective / cycle * held.quantity, charged.currency
