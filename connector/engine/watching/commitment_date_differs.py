"""Commitments that end at Microsoft on another day than was agreed with, or billed to, the customer."""

from collections.abc import Iterable
from datetime import date

from connector.domain.finding import Evidence, Finding
from connector.domain.money import ZERO
from connector.domain.watched import Held
from connector.engine.watching import View
from connector.engine.watching.telling import about, day_of, of_subscription, tell

KIND = "commitment_date_differs"
NEEDS = ("subscriptions",)


def watch(view: View) -> Iterable[Finding]:
    """One finding per subscription; the agreed end is the mapping's `committed_until`, else that of a prepaid line.

    An agreed end that lies behind says nothing any more.
    """
    for held in view.held:
        ends = held.commitment_end
        if not held.is_running or ends is None or held.is_trial or held.offered.term in (None, "P1M"):
            continue
        agreed = _agreed(view, held)
        if agreed is None or agreed[0] == ends or max(agreed[0], ends) < view.on:
            continue
        day, by, evidence = agreed
        text = (
            f"{held.name} is committed until {day_of(ends)} at Microsoft, and until {day_of(day)} by {by}: "
            f"{abs((ends - day).days)} days {'longer' if ends > day else 'shorter'} at Microsoft"
        )
        days, found = (min(day, ends), max(day, ends)), [of_subscription(held), evidence]
        key = (held.subscription_id,)
        yield tell(KIND, key, ZERO, view.currency(held), about(held, view.selling, view.on), text, days, found)


def _agreed(view: View, held: Held) -> tuple[date, str, Evidence] | None:
    written = view.selling.agreed_end(held, view.on)
    if written is not None:
        file, _, line = written[1].partition(":")
        number = line.partition(":")[0]
        return written[0], "your mapping", Evidence("mapping", file, int(number) if number.isdigit() else 0)
    lines = [
        one
        for one in view.prepaid.get(held.subscription_id, ())
        if one.first <= view.on and held.term_start and abs((one.first - held.term_start).days) <= _SAME_TERM
    ]
    if not lines:
        return None
    last = max(lines, key=lambda one: (one.last, one.number))
    return last.last, f"document {last.number}", Evidence("ledger", last.source, last.line, last.row_hash)


_SAME_TERM = 45
"""A line that begins within so many days of a term bills that term."""
