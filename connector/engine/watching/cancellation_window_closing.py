"""Seats and subscriptions that can still be given back, and soon no more."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.domain.finding import Figures, Finding
from connector.domain.money import ZERO
from connector.domain.period import ONE_DAY, add_months, days_in_month
from connector.domain.watched import CYCLES, Held
from connector.engine.watching import View
from connector.engine.watching.prices import monthly
from connector.engine.watching.telling import about, count, day_of, money, of_subscription, tell

KIND = "cancellation_window_closing"
NEEDS = ("subscriptions",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription and day a window closes: the seats it is about, and what they cost until the end.

    Seats added together have a window of their own (Microsoft: "Cancel a subscription"). Terms of one month and
    trials end soon by themselves and are not told.
    """
    for held in view.held:
        if not held.is_running or held.is_trial or held.by_usage or held.offered.term in (None, "P1M"):
            continue
        if view.selling.is_ours(held):
            continue
        for until, (seats, whole) in sorted(_windows(held).items()):
            if view.on <= until < view.on + timedelta(days=view.lead.window):
                yield _told(view, held, until, seats, whole)


def _windows(held: Held) -> dict[date, tuple[Decimal, bool]]:
    """By the last day of each window: the seats that can be given back, and whether all can."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    for batch in held.refundable:
        found[batch.until] += batch.quantity
    until = held.cancellation_until
    ends = held.commitment_end
    if until is not None and (ends is None or until < ends) and until not in found and not held.refundable:
        found[until] = held.quantity
    return {day: (seats, seats >= held.quantity) for day, seats in found.items() if seats > 0}


def _told(view: View, held: Held, until: date, seats: Decimal, whole: bool) -> Finding:
    each, currency = _monthly(view, held)
    months = _months_left(held, until)
    amount = each * seats * months if each is not None and months is not None else ZERO
    what = f"all {count(seats, 'seat')} of {held.name}" if whole else f"{count(seats, 'seat')} of {held.name}"
    cost = f"; they commit to {money(amount, currency)}" if amount else ""
    ends = f" until {day_of(held.commitment_end)}" if held.commitment_end else ""
    text = f"{what} can be given back until {day_of(until)}, then no more{ends}{cost}"
    key, days = (held.subscription_id, until.isoformat()), (until, held.commitment_end)
    subject = about(held, view.selling, view.on)
    return replace(
        tell(KIND, key, amount, currency, subject, text, days, [of_subscription(held)]),
        actual=Figures(seats, each, amount or None),
    )


def _monthly(view: View, held: Held) -> tuple[Decimal | None, str]:
    """What a seat costs a month: as it was charged, else as the sheet of the term's first day says."""
    charged, currency = view.charged.get(held.subscription_id), view.currency(held)
    if charged is not None and (held.term_start is None or charged.last >= held.term_start):
        return charged.effective / CYCLES.get(charged.billing_plan or "", 1), charged.currency
    timeline = view.prices.timeline(held.offered, currency, held.country, held.quantity)
    row = timeline.at(held.term_start or view.on) if timeline else None
    return (monthly(row), row.currency) if row else (None, currency)


def _months_left(held: Held, until: date) -> Decimal | None:
    """The months from the day after the window to the end of the term; days left over are a part of their month."""
    if held.commitment_end is None or held.commitment_end <= until:
        return None
    first, end, months = until + ONE_DAY, held.commitment_end + ONE_DAY, 0
    while add_months(first, months + 1) <= end:
        months += 1
    rest = add_months(first, months)
    return months + Decimal((end - rest).days) / days_in_month(rest.year, rest.month)
