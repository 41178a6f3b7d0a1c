"""Seats that were changed at Microsoft otherwise than through the applications that usually do it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from connector.domain.finding import Evidence, Figures, Finding
from connector.domain.money import ZERO
from connector.domain.watched import CYCLES, Held, SeatChange
from connector.engine.watching import View
from connector.engine.watching.prices import monthly
from connector.engine.watching.telling import about, count, day_of, money, tell

KIND = "seats_changed_outside"
NEEDS = ("subscriptions", "audit")
_FEW = 10
_NEARLY_ALL = 10


def watch(view: View) -> Iterable[Finding]:
    """One finding per audit record of a change, with who and when; the impact is what it costs more a month.

    It is in sight for some weeks, and over at once when the seats are what they were before.
    """
    usual = {name.lower() for name in view.lead.usual_applications} or _usual(view.seat_changes)
    if not usual:
        return
    held = {one.subscription_id: one for one in view.held}
    for change in view.seat_changes:
        own = held.get(change.subscription_id)
        in_sight = change.on <= view.on < change.on + timedelta(days=view.lead.recent)
        if own is None or not in_sight or change.application.lower() in usual or view.selling.is_ours(own):
            continue
        seats = own.quantity if own.is_running else ZERO
        if change.before is not None and seats == change.before:
            continue
        yield _told(view, own, change)


def _usual(changes: Iterable[SeatChange]) -> set[str]:
    """The application that makes nearly all changes; none where there are too few to say, or no such application."""
    made = Counter(change.application.lower() for change in changes if change.application)
    if sum(made.values()) < _FEW:
        return set()
    (name, most), total = made.most_common(1)[0], sum(made.values())
    return {name} if (total - most) * _NEARLY_ALL <= total else set()


def _told(view: View, held: Held, change: SeatChange) -> Finding:
    charged, currency = view.charged.get(held.subscription_id), view.currency(held)
    each = charged.effective / CYCLES.get(charged.billing_plan or "", 1) if charged else None
    if each is None:
        timeline = view.prices.timeline(held.offered, currency, held.country, held.quantity)
        row = timeline.at(held.term_start or change.on) if timeline else None
        each, currency = (monthly(row), row.currency) if row else (None, currency)
    before = change.before or ZERO
    impact = (change.after - before) * each if each is not None else ZERO
    who = change.user or "somebody"
    through = f" through {change.application}" if change.application else ""
    was = f"from {count(before, 'seat')} to {count(change.after, 'seat')}"
    what = f"{was}, {money(impact, currency)} a month" if each is not None else was
    text = f"{who} changed {held.name} on {day_of(change.on)}{through}: {what}"
    finding = tell(
        KIND, (change.record_id, change.subscription_id), impact, currency, about(held, view.selling, view.on), text,
        (change.on, None), [Evidence("vendor", change.source, change.line, change.row_hash)],
    )  # fmt: skip
    return replace(
        finding,
        recurring=True,
        expected=Figures(quantity=change.before, unit_price=each),
        actual=Figures(quantity=change.after, unit_price=each),
    )
