"""Other ways to read what the ledger leaves open: which days an undated line bills, which lines are one quantity."""

from collections.abc import Iterable
from dataclasses import replace

from connector.domain.period import Period
from connector.engine.reconciliation.shapes import Line, Slice

Lines = tuple[Line, ...]


def dated_like(piece: Slice, lines: Lines) -> Slice:
    """Give what is billed once (bought outright, no cycle) the days of the ledger lines that bill it."""
    if piece.months or piece.is_credit or not lines:
        return piece
    return replace(piece, period=_span(line.period for line in lines))


def on_other_days(slices: Iterable[Slice], lines: Lines) -> tuple[Lines, ...]:
    """The lines with the days that those without dates may bill: the charges' of their month, or these within it."""
    if all(line.dated for line in lines):
        return ()
    charged = [piece.period for piece in slices if not piece.is_credit]
    own: dict[int, Period] = {}
    for index, line in enumerate(lines):
        met = [days for days in charged if days.overlap(line.period)]
        if met and not line.dated:
            own[index] = _span(met)
    within = {index: days.overlap(lines[index].period) or days for index, days in own.items()}
    return tuple(
        tuple(replace(line, period=days.get(index, line.period)) for index, line in enumerate(lines))
        for days in (own, within)
    )


def as_one_quantity(lines: Lines) -> Lines | None:
    """The lines with their seats counted once where a document splits a price over lines of equal seats and days.

    Microsoft itself charges some products so (Microsoft 365 E5). None where no document does.
    """
    highest: dict[tuple[object, ...], Line] = {}
    for line in lines:
        key = _seats_and_days(line)
        highest[key] = max(line, highest.get(key, line), key=lambda one: one.amount)
    counted = tuple(
        line if not line.seats or line.amount == highest[_seats_and_days(line)].amount else replace(line, seats=0)
        for line in lines
    )
    return None if counted == lines else counted


def _seats_and_days(line: Line) -> tuple[object, ...]:
    return line.document, line.subscription_id, line.period, abs(line.seats or 0)


def _span(periods: Iterable[Period]) -> Period:
    days = list(periods)
    return Period(min(one.start for one in days), max(one.end for one in days))
