"""Prices that will change for subscriptions that are held: when, how much, and whether the rules pass it on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connector.domain.finding import Figures, Finding, Subject
from connector.domain.money import ZERO, round_half_up
from connector.domain.watched import Held, Offered
from connector.engine.watching import View
from connector.engine.watching.prices import Change, Timeline, monthly, renewals
from connector.engine.watching.selling import BORNE, NO_RULE, UNDER_FLOOR, Outcome
from connector.engine.watching.telling import (
    about,
    count,
    day_of,
    money,
    named,
    of_sheet,
    of_subscription,
    percent,
    tell,
)

KIND = "price_change_ahead"
NEEDS = ("subscriptions", "prices")


@dataclass(frozen=True, slots=True)
class Hit:
    """A subscription that a change of price reaches on a day: its first renewal from then on."""

    held: Held
    change: Change
    day: date
    currency: str
    outcome: Outcome

    @property
    def monthly(self) -> Decimal:
        """What it costs more a month."""
        return self.change.monthly * self.held.quantity_after_renewal


def watch(view: View) -> Iterable[Finding]:
    """One finding per product, currency and day of change; it is over when the last subscription has renewed.

    The price of a term is protected until it ends (Microsoft: "Billing basics"); a subscription that will not be
    renewed is not reached, one that changes its product or plan at renewal by the price of what it changes to.
    """
    hits: dict[tuple[str, str, str, date], list[Hit]] = defaultdict(list)
    gone: dict[tuple[str, str, date], list[Held]] = defaultdict(list)
    for held in view.held:
        renewal = held.renewal
        # Microsoft shows a renewal up to a day late: whoever is due has renewed all the same.
        if renewal is None or held.by_usage or view.selling.is_ours(held):
            continue
        offered, currency = held.after_renewal, view.currency(held)
        timeline = view.prices.timeline(offered, currency, held.country, held.quantity_after_renewal)
        if timeline is None:
            continue
        for hit in _hits(view, held, renewal, timeline):
            hits[offered.product_id, offered.sku_id, hit.currency, hit.change.day].append(hit)
        leaves = view.prices.leaves(offered, timeline)
        if leaves is not None:
            gone[offered.product_id, offered.sku_id, leaves].append(held)
    for (product, sku, currency, day), reached in sorted(hits.items(), key=lambda pair: pair[0]):
        yield _told(view, (product, sku, currency, day.isoformat()), day, reached)
    for (product, sku, day), left in sorted(gone.items(), key=lambda pair: pair[0]):
        yield _left(view, (product, sku, "gone", day.isoformat()), day, left)


def _hits(view: View, held: Held, renewal: date, timeline: Timeline) -> Iterable[Hit]:
    term = held.after_renewal.term
    for change in timeline.changes:
        if held.term_start is not None and change.day <= held.term_start and held.after_renewal == held.offered:
            # The running term was bought at this price already.
            continue
        day = renewals(renewal, term, change.day)
        if change.after is not None and day > view.on and not _is_past(view, change, held):
            currency = change.after.currency
            outcome = view.selling.outcome(held, day, change.before.price, change.after.price, currency)
            yield Hit(held, change, day, currency, outcome)


def _is_past(view: View, change: Change, held: Held) -> bool:
    """Whether a change of price lies behind a subscription that only changes its product, and so tells nothing new."""
    return held.after_renewal != held.offered and change.day <= view.on


def _told(view: View, key: tuple[str, ...], day: date, hits: list[Hit]) -> Finding:
    first = min(hits, key=lambda hit: (hit.day, hit.held.subscription_id))
    currency = first.currency
    impact = sum((hit.monthly for hit in hits), ZERO)
    seats = sum((hit.held.quantity_after_renewal for hit in hits), ZERO)
    under = [hit for hit in hits if hit.outcome.fate == UNDER_FLOOR]
    product = first.held.name if first.held.after_renewal == first.held.offered else first.change.before.title
    text = (
        f"from {day_of(day)} {product} costs {_percents(hits)}: {count(_customers(hits), 'customer')}, "
        f"{count(seats, 'seat')}, {money(impact, currency)} a month; {_fates(view, hits)}{_protected(hits, day)}"
    )
    one_offer = len({hit.held.after_renewal for hit in hits}) == 1
    evidence = [
        *(of_sheet(row) for hit in hits for row in (hit.change.before, hit.change.after) if row),
        *(of_subscription(hit.held) for hit in hits),
    ]
    days = day, max(hit.day for hit in hits)
    finding = tell(KIND, key, impact, currency, _subject(view, hits, product), text, days, evidence)
    return replace(
        finding,
        severity="warning" if under and impact > 0 else finding.severity,
        recurring=True,
        expected=Figures(quantity=seats, unit_price=_each(first, after=True) if one_offer else None),
        actual=Figures(quantity=seats, unit_price=_each(first, after=False) if one_offer else None),
    )


def _each(hit: Hit, *, after: bool) -> Decimal:
    row = hit.change.after if after else hit.change.before
    return round_half_up(monthly(row), 4).normalize() if row else ZERO


def _subject(view: View, hits: list[Hit], product: str) -> Subject:
    offered: Offered = hits[0].held.after_renewal
    if len(hits) == 1:
        subject = about(hits[0].held, view.selling, view.on)
        return replace(
            subject, product_id=offered.product_id, sku_id=offered.sku_id or None, product_name=product or None
        )
    return Subject(product_id=offered.product_id, sku_id=offered.sku_id or None, product_name=product or None)


def _percents(hits: list[Hit]) -> str:
    changes = sorted(
        {(hit.change.before.price, hit.change.after.price) for hit in hits if hit.change.after},
        key=lambda pair: (pair[1] - pair[0]) / pair[0] if pair[0] else ZERO,
    )
    least, most = percent(*changes[0]), percent(*changes[-1])
    return least if least == most else f"{least} to {most}"


def _fates(view: View, hits: list[Hit]) -> str:
    """Whom the rules pass it on to, who has a fixed price, and who falls under the floor with it."""
    by_fate: dict[str, set[str]] = defaultdict(set)
    for hit in hits:
        by_fate[hit.outcome.fate].add(hit.held.customer_id)
    of = {hit.held.customer_id: about(hit.held, view.selling, view.on).customer_name or "" for hit in hits}
    under, borne, none = by_fate[UNDER_FLOOR], by_fate[BORNE] - by_fate[UNDER_FLOOR], by_fate[NO_RULE]
    passed = set(of) - under - borne - none
    parts = [f"your rules pass it on for {len(passed)}" if passed else "your rules pass it on for nobody"]
    if under:
        these = (
            "this 1 has a fixed price and falls"
            if len(under) == 1
            else f"these {len(under)} have fixed prices and fall"
        )
        floor = "its floor" if len(under) == 1 else "their floor"
        parts.append(f"{these} under {floor}: {named(of[one] for one in under)}")
    if borne:
        parts.append(f"{len(borne)} {'has a fixed price' if len(borne) == 1 else 'have fixed prices'} that can bear it")
    if none:
        parts.append(f"no rule prices it for {len(none)}")
    return ", ".join(parts)


def _protected(hits: list[Hit], day: date) -> str:
    later = [hit for hit in hits if hit.held.commitment_end and hit.held.commitment_end >= day]
    if not later:
        return ""
    seats = sum((hit.held.quantity_after_renewal for hit in later), ZERO)
    last = max(hit.held.commitment_end for hit in later if hit.held.commitment_end)
    return f"; {count(seats, 'seat')} of them keep their price until their term ends, the last on {day_of(last)}"


def _customers(hits: list[Hit]) -> int:
    return len({hit.held.customer_id for hit in hits})


def _left(view: View, key: tuple[str, ...], day: date, held: list[Held]) -> Finding:
    seats = sum((one.quantity_after_renewal for one in held), ZERO)
    name, customers = held[0].name, len({one.customer_id for one in held})
    text = (
        f"{name} is not in the price sheet of {day:%b %Y} any more: {count(customers, 'customer')}, "
        f"{count(seats, 'seat')} may not renew as they are"
    )
    offered = held[0].after_renewal
    subject = Subject(product_id=offered.product_id, sku_id=offered.sku_id or None, product_name=name or None)
    currency = view.currency(held[0])
    evidence = [of_subscription(one) for one in held]
    return tell(KIND, key, ZERO, currency, subject, text, (day, None), evidence)
