"""Seats that were changed at Microsoft otherwise than through the applications that usually do it."""

from collections import Counter, defaultdict
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

    It is in sight for some weeks, and over at once when the seats are what they were before, whoever set them back.
    """
    usual = {name.lower() for name in view.lead.usual_applications} or _usual(view.seat_changes)
    if not usual:
        return
    held = {one.subscription_id: one for one in view.held}
    outside: dict[str, list[SeatChange]] = defaultdict(list)
    for change in sorted(view.seat_changes, key=lambda one: (one.happened_at, one.record_id)):
        in_sight = change.on <= view.on < change.on + timedelta(days=view.lead.recent)
        if in_sight and change.application.lower() not in usual:
            outside[change.subscription_id].append(change)
    for name, changes in outside.items():
        own = held.get(name)
        if own is not None and not view.selling.is_ours(own):
            yield from (_told(view, own, change) for change in _standing(own, changes))


def _standing(held: Held, changes: list[SeatChange]) -> list[SeatChange]:
    """The changes that still count: those before the first one after which the seats came to be as before it."""
    seats = held.quantity if held.is_running else ZERO
    undone = (nth for nth, one in enumerate(changes) if one.before is not None and one.before == seats)
    return changes[: next(undone, len(changes))]


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
