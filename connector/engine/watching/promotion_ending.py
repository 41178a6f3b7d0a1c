"""Promotions that end with the term of a subscription that is held, after which the full cost begins."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.domain.finding import Figures, Finding
from connector.domain.money import ZERO
from connector.domain.watched import CYCLES, Held
from connector.engine.watching import View
from connector.engine.watching.prices import monthly
from connector.engine.watching.telling import about, count, day_of, money, of_sheet, of_subscription, tell

KIND = "promotion_ending"
NEEDS = ("subscriptions",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription and end of term; the impact is what the promotion saves a month."""
    for held in view.held:
        renewal = held.renewal
        if renewal is None or held.is_trial or view.selling.is_ours(held) or held.offered.term in (None, "P1M"):
            continue
        after = held.scheduled.promotion_id if held.scheduled else None
        if not held.promotion_id or after == held.promotion_id:
            continue
        if view.on < renewal <= view.on + timedelta(days=view.lead.promotion):
            yield _told(view, held)


def _told(view: View, held: Held) -> Finding:
    renewal = held.renewal or view.on
    charged, currency = view.charged.get(held.subscription_id), view.currency(held)
    timeline = view.prices.timeline(held.after_renewal, currency, held.country, held.quantity_after_renewal)
    row = timeline.at(renewal) if timeline else None
    cycle = CYCLES.get((charged.billing_plan if charged else None) or "", 1)
    paid = charged.effective / cycle if charged else None
    full = monthly(row) if row else charged.listed / cycle if charged else None
    quantity = held.quantity_after_renewal
    saved: Decimal = (full - paid) * quantity if full is not None and paid is not None else ZERO
    known = f"{money(saved, currency)} a month" if paid is not None and full is not None else "the amount is not known"
    text = f"the promotion of {held.name} ends on {day_of(renewal)}: {count(quantity, 'seat')}, {known}"
    key = held.subscription_id, renewal.isoformat()
    evidence = [of_subscription(held), *([of_sheet(row)] if row else [])]
    unit = currency or (row.currency if row else "")
    return replace(
        tell(KIND, key, saved, unit, about(held, view.selling, view.on), text, (renewal, None), evidence),
        recurring=True,
        expected=Figures(quantity=quantity, unit_price=full),
        actual=Figures(quantity=held.quantity, unit_price=paid),
    )
