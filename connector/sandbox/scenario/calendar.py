"""Months and charge cycles as Microsoft counts them.

Source: Microsoft, "Common billing scenarios for one-time and recurring charges" (charge cycle tables).
Cycles that start on day 29 or 30 are left out on purpose: there the two tables of that page contradict
each other.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `YYYY-MM`; raises ValueError with the expected form."""
        year, dash, number = text.partition("-")
        if not (dash and year.isdigit() and number.isdigit() and len(year) == 4 and 1 <= int(number) <= 12):
            raise ValueError(f"the month {text!r} is not of the form YYYY-MM, such as 2026-10")
        return cls(int(year), int(number))

    @property
    def days(self) -> int:
        """Number of days of the month."""
        return _days(self.year, self.number)

    @property
    def first(self) -> date:
        """First day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Last day."""
        return date(self.year, self.number, self.days)

    def on(self, day: int) -> date:
        """The given day, or the last one of a shorter month."""
        return date(self.year, self.number, min(day, self.days))

    def shift(self, months: int) -> "Month":
        """The month so many months later (earlier when negative)."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def has(self, day: date) -> bool:
        """Whether the day lies in this month."""
        return (day.year, day.month) == (self.year, self.number)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@cache
def _days(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def month_of(day: date) -> Month:
    """The month a day lies in."""
    return Month(day.year, day.month)


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes the 28th."""
    return Month(day.year + years, day.month).on(day.day)


@dataclass(frozen=True, slots=True)
class Cycle:
    """The days one charge covers, and the days its price is divided by when only a part is charged."""

    first: date
    last: date
    basis: int

    def days_from(self, day: date) -> int:
        """Charged days when something happens on `day`."""
        return (self.last - max(day, self.first)).days + 1

    def has(self, day: date) -> bool:
        """Whether the day lies in the cycle."""
        return self.first <= day <= self.last


def monthly_cycles(start: date, drifting: bool) -> Iterator[Cycle]:
    """Cycles of a monthly plan from its first day on.

    `drifting` is the one-month term, which stays on the 28th once February clipped it; a yearly term billed
    monthly returns to its own day in every month that has it.
    """
    anchor, first = start.day, start
    while True:
        following = month_of(first).shift(1).on(first.day if drifting else anchor)
        yield Cycle(first, following - ONE_DAY, month_of(first).days)
        first = following


def yearly_cycle(start: date, years: int = 1) -> Cycle:
    """The single cycle of a term that is paid for in advance."""
    last = years_later(start, years) - ONE_DAY
    return Cycle(start, last, (last - start).days + 1)
