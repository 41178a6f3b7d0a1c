"""Price sheets that came again with another price for what is held, after the first edition was in use."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.finding import Figures, Finding, Subject
from connector.domain.money import ZERO
from connector.domain.watched import Held
from connector.engine.watching import View
from connector.engine.watching.prices import Corrected, monthly
from connector.engine.watching.telling import count, day_of, money, of_sheet, of_subscription, percent, tell

KIND = "price_sheet_republished"
NEEDS = ("subscriptions", "prices")


def watch(view: View) -> Iterable[Finding]:
    """One finding per thing on offer and range that was corrected, told for some weeks from the day it was seen.

    A price that had not begun when it was corrected was never in use: `price_change_ahead` tells what becomes of it.
    """
    found: dict[tuple[str, ...], tuple[Corrected, list[Held]]] = {}
    for held in view.held:
        if not held.is_running or held.by_usage or view.selling.is_ours(held):
            continue
        timeline = view.prices.timeline(held.offered, view.currency(held), held.country, held.quantity)
        for one in timeline.corrected if timeline else ():
            seen = date.fromisoformat(one.after.seen_at[:10])
            was_in_use = one.after.start <= seen
            if was_in_use and seen <= view.on < seen + timedelta(days=view.lead.recent):
                offered, start = held.offered, one.after.start.isoformat()
                named = offered.product_id, offered.sku_id, offered.term or "", offered.billing_plan or ""
                prices = f"{one.before.price:f}", f"{one.after.price:f}"
                key: tuple[str, ...] = (*named, one.after.market, one.after.currency, start, *prices)
                found.setdefault(key, (one, []))[1].append(held)
    for key, (one, holders) in sorted(found.items(), key=lambda pair: pair[0]):
        yield _told(key, one, holders)


def _told(key: tuple[str, ...], one: Corrected, holders: list[Held]) -> Finding:
    seats = sum((held.quantity for held in holders), ZERO)
    currency = one.after.currency
    impact: Decimal = (monthly(one.after) - monthly(one.before)) * seats
    customers = len({held.customer_id for held in holders})
    name = holders[0].name
    sheet = f"the sheet of {one.after.month}" if one.after.month else "a price sheet"
    text = (
        f"{sheet} was corrected on {day_of(date.fromisoformat(one.after.seen_at[:10]))}: {name} from "
        f"{day_of(one.after.start)} costs {money(one.after.price, currency)} a term instead of "
        f"{money(one.before.price, currency)} ({percent(one.before.price, one.after.price)}): "
        f"{count(customers, 'customer')}, {count(seats, 'seat')}, {money(impact, currency)} a month"
    )
    offered = holders[0].offered
    subject = Subject(product_id=offered.product_id, sku_id=offered.sku_id or None, product_name=name or None)
    evidence = [of_sheet(one.before), of_sheet(one.after), *(of_subscription(held) for held in holders)]
    return replace(
        tell(KIND, key, impact, currency, subject, text, (one.after.start, None), evidence),
        recurring=True,
        expected=Figures(quantity=seats, unit_price=monthly(one.after)),
        actual=Figures(quantity=seats, unit_price=monthly(one.before)),
    )
