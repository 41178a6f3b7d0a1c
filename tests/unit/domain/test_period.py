"""Periods: half-open inside, first and last day at the borders, and nothing in between is lost."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.period import EmptyPeriod, Period, add_months, days_in_month

days = st.dates(date(2019, 1, 1), date(2032, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(days)
    return Period(start, start + timedelta(days=draw(st.integers(1, 800))))


def days_of(period: Period) -> set[date]:
    return {period.start + timedelta(days=n) for n in range(period.days)}


@given(days, st.integers(0, 800))
def test_people_write_the_last_day_and_the_code_the_day_after(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    period = Period.inclusive(first, last)
    assert (period.start, period.last, period.end) == (first, last, last + timedelta(days=1))
    assert period.days == more + 1
    assert first in period
    assert last in period
    assert period.end not in period
    assert first - timedelta(days=1) not in period
    assert str(period) == f"{first} to {last}"


@given(days, st.integers(0, 400))
def test_a_period_has_a_day(start: date, less: int) -> None:
    with pytest.raises(EmptyPeriod):
        Period(start, start - timedelta(days=less))


@given(periods(), periods())
def test_the_overlap_is_what_both_have(one: Period, other: Period) -> None:
    both = days_of(one) & days_of(other)
    overlap = one.overlap(other)
    assert (set() if overlap is None else days_of(overlap)) == both
    assert other.overlap(one) == overlap
    assert one.covers(other) == (days_of(other) <= days_of(one))


@given(periods())
def test_neighbours_share_no_day(period: Period) -> None:
    after = Period(period.end, period.end + timedelta(days=5))
    assert period.overlap(after) is None
    assert after.overlap(period) is None
    assert not period.covers(after)


@given(st.integers(2019, 2032), st.integers(1, 12))
def test_a_month_is_all_its_days(year: int, month: int) -> None:
    period = Period.month(f"{year}-{month:02}")
    assert period.days == days_in_month(year, month) == calendar.monthrange(year, month)[1]
    assert (period.start.day, period.end.day) == (1, 1)


@pytest.mark.parametrize("text", ["2026-13", "2026", "October", "2026-10-01", "", "2026-1", "9999-12"])
def test_what_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(EmptyPeriod, match="2026-10"):
        Period.month(text)


@given(days, st.integers(-60, 60))
def test_months_keep_the_day_or_the_months_end(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == min(day.day, days_in_month(moved.year, moved.month))


def test_a_clipped_day_comes_back_with_its_anchor() -> None:
    february = add_months(date(2026, 1, 31), 1)
    assert february == date(2026, 2, 28)
    assert add_months(february, 1, anchor=31) == date(2026, 3, 31)
    assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
