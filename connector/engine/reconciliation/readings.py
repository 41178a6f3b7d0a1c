"""Other ways to read what the ledger leaves open: days of an undated line, and what a quantity counts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from connector.domain.money import exponent
from connector.domain.period import Period
from connector.engine.reconciliation.shapes import Line, Slice

Lines = tuple[Line, ...]
_CENT = Decimal("0.01")
_ONE_SEAT = 1000


def dated_like(piece: Slice, lines: Lines) -> Slice:
    """Give what is billed once (bought outright, no cycle) the days of the ledger lines that bill it."""
    if piece.months or piece.is_credit or not lines:
        return piece
    return replace(piece, period=_span(line.period for line in lines))


def on_other_days(slices: Iterable[Slice], lines: Lines) -> tuple[Lines, ...]:
    """The lines with other days that those without dates may bill than all of their month.

    They are those of the charges in that month; these within the month; or, where a line bills just the seats and the
    amount of one charge within the month, those.
    """
    if all(line.dated for line in lines):
        return ()
    charged = [piece for piece in slices if not piece.is_credit]
    own: dict[int, Period] = {}
    within: dict[int, Period] = {}
    exact: dict[int, Period] = {}
    for index, line in enumerate(lines):
        met = [piece for piece in charged if piece.period.overlap(line.period)]
        if met and not line.dated:
            own[index] = _span(piece.period for piece in met)
            within[index] = own[index].overlap(line.period) or line.period
            exact[index] = next((days for piece in met if (days := _billed_exactly(piece, line))), line.period)
    return tuple(
        tuple(replace(line, period=days.get(index, line.period)) for index, line in enumerate(lines))
        for days in (own, within, exact)
    )


def _billed_exactly(piece: Slice, line: Line) -> Period | None:
    """The days of a charge within a line's month, if the line bills its seats for what these days are worth."""
    days = piece.period.overlap(line.period)
    if days is None or line.seats != piece.seats:
        return None
    worth = Decimal(piece.worth).scaleb(-exponent(piece.currency)) * days.days
    return days if abs(line.amount * piece.period.days - worth) <= piece.period.days * _CENT else None


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


def as_lump_sums(lines: Lines) -> Lines | None:
    """The lines without the quantity 1, which ledgers also write for a sum of any seats. None where none says so."""
    open_ones = tuple(replace(line, seats=None) if abs(line.seats or 0) == _ONE_SEAT else line for line in lines)
    return None if open_ones == lines else open_ones


def as_reductions(lines: Lines) -> Lines | None:
    """The lines with no seats on those that take a sum off what others bill, as discounts do. None where none does.

    Without a quantity, or with quantity 1, such a line may take back seats or only lower their price.
    """
    taken_off = tuple(
        replace(line, seats=0) if line.amount < 0 and abs(line.seats or _ONE_SEAT) == _ONE_SEAT else line
        for line in lines
    )
    return None if taken_off == lines else taken_off


def as_taken_back(slices: Iterable[Slice], lines: Lines) -> Lines | None:
    """The lines that take off a sum for the very days of which Microsoft took seats back, with these seats."""
    back: dict[Period, int] = defaultdict(int)
    for piece in slices:
        if piece.seats < 0 and not piece.is_credit:
            back[piece.period] += piece.seats
    counted = tuple(
        replace(line, seats=back[line.period])
        if line.amount < 0 and abs(line.seats or _ONE_SEAT) == _ONE_SEAT and line.period in back
        else line
        for line in lines
    )
    return None if counted == lines else counted


def _seats_and_days(line: Line) -> tuple[object, ...]:
    return line.document, line.subscription_id, line.period, abs(line.seats or 0)


def _span(periods: Iterable[Period]) -> Period:
    days = list(periods)
    return Period(min(one.start for one in days), max(one.end for one in days))
