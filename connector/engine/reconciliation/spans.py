"""Cuts amounts along the calendar: whole months weigh the same, days within a month weigh the same."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from connector.domain.money import allocate
from connector.domain.period import Period, add_months

# Divisible by 28, 29, 30 and 31, so that a day's weight within any month is whole.
_MONTH = 28 * 29 * 15 * 31


def cuts(periods: Sequence[Period]) -> tuple[Period, ...]:
    """Cut the calendar at every start and end; gives the stretches between neighbouring cuts, in order."""
    days = sorted({day for period in periods for day in (period.start, period.end)})
    return tuple(Period(a, b) for a, b in pairwise(days))


def whole_months(period: Period) -> int:
    """How many whole months a period spans from its first day; 0 if it ends between."""
    months = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    return months if months > 0 and add_months(period.start, months) == period.end else 0


def weights(period: Period, parts: Sequence[Period]) -> tuple[int, ...]:
    """The weight of each part of a period (0 where it lies outside).

    Several whole months are first divided into months of equal weight, so that an annual price billed by the month
    is twelve equal parts; anything else is divided by days.
    """
    months = whole_months(period)
    if months < 2:
        return tuple(inner.days if (inner := part.overlap(period)) else 0 for part in parts)
    edges = [add_months(period.start, month) for month in range(months + 1)]
    return tuple(_month_weight(edges, part) for part in parts)


def _month_weight(edges: Sequence[date], part: Period) -> int:
    total = 0
    for start, end in pairwise(edges):
        inner = Period(start, end).overlap(part)
        if inner:
            total += _MONTH * inner.days // (end - start).days
    return total


def split_amount(amount: Decimal, parts: Sequence[int]) -> tuple[Decimal, ...]:
    """Split an amount by weights without losing its last digit (at least to the hundredth)."""
    if sum(1 for part in parts if part) == 1:
        return tuple(amount if part else Decimal(0) for part in parts)
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return tuple(Decimal(part).scaleb(-places) for part in allocate(int(amount.scaleb(places)), parts))
