"""Periods of service: half-open inside, first and last day wherever people or vendors read them."""

import calendar
from datetime import date, timedelta

from connector.domain.errors import ConnectorError
from connector.domain.values import value_object

ONE_DAY = timedelta(days=1)


class EmptyPeriod(ConnectorError):
    """A period ends before it starts."""


def days_in_month(year: int, month: int) -> int:
    """Count the days of a calendar month."""
    return calendar.monthrange(year, month)[1]


def add_months(day: date, months: int, anchor: int | None = None) -> date:
    """Move a date by whole months, keeping the anchor day (default: its own), clipped to the month's end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor or day.day, days_in_month(year, month + 1)))


@value_object(order=True)
class Period:
    """Days from `start` up to, not including, `end`. Raises EmptyPeriod when there is no day in it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise EmptyPeriod(f"a period cannot end on {self.end - ONE_DAY} when it starts on {self.start}")

    @classmethod
    def inclusive(cls, first: date, last: date) -> "Period":
        """Make a period of its first and last day, as vendors and people write it."""
        return cls(first, last + ONE_DAY)

    @classmethod
    def month(cls, text: str) -> "Period":
        """Make the period of a calendar month written YYYY-MM; raises EmptyPeriod for other text."""
        try:
            start = date.fromisoformat(f"{text}-01")
            return cls(start, add_months(start, 1))
        except ValueError:
            raise EmptyPeriod(f"{text!r} is not a month; write it like 2026-10") from None

    @property
    def last(self) -> date:
        """The last day, inclusive."""
        return self.end - ONE_DAY

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    def overlap(self, other: "Period") -> "Period | None":
        """The days both have, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def covers(self, other: "Period") -> bool:
        """Whether every day of the other is in this one."""
        return self.start <= other.start and other.end <= self.end

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __str__(self) -> str:
        return f"{self.start} to {self.last}"
