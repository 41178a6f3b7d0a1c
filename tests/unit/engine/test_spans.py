"""Cutting the calendar: the weights of the parts cover the whole, and whole months weigh the same."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.period import Period, add_months
from connector.engine.reconciliation.spans import cuts, split_amount, weights, whole_months

days = st.dates(date(2023, 1, 1), date(2028, 12, 31))


@st.composite
def periods(draw: st.DrawFn, longest: int = 420) -> Period:
    start = draw(days)
    return Period(start, start + timedelta(days=draw(st.integers(1, longest))))


@st.composite
def months(draw: st.DrawFn) -> Period:
    start = draw(days).replace(day=draw(st.integers(1, 28)))
    return Period(start, add_months(start, draw(st.integers(1, 36))))


either = st.one_of(periods(), months())


@given(st.lists(either, min_size=1, max_size=6))
def test_cuts_leave_no_day_out_and_take_none_twice(given_periods: list[Period]) -> None:
    parts = cuts(given_periods)
    assert parts[0].start == min(period.start for period in given_periods)
    assert parts[-1].end == max(period.end for period in given_periods)
    assert all(a.end == b.start for a, b in pairwise(parts))
    for part in parts:
        for period in given_periods:
            assert period.covers(part) or period.overlap(part) is None


@given(either, st.lists(either, max_size=5))
def test_the_parts_weigh_as_much_as_the_whole(period: Period, others: list[Period]) -> None:
    parts = cuts([period, *others])
    (whole,) = weights(period, [period])
    by_part = weights(period, parts)
    assert sum(by_part) == whole > 0
    for part, weight in zip(parts, by_part, strict=True):
        assert (weight > 0) == period.covers(part)


@given(st.dates(date(2023, 1, 1), date(2028, 12, 31)), st.integers(2, 36))
def test_whole_months_weigh_the_same(first: date, count: int) -> None:
    start = first.replace(day=min(first.day, 28))
    period = Period(start, add_months(start, count))
    assert whole_months(period) == count
    by_month = [Period(add_months(start, n), add_months(start, n + 1)) for n in range(count)]
    assert len(set(weights(period, by_month))) == 1


@given(months(), st.integers(0, 35), st.data())
def test_days_of_one_month_weigh_the_same(period: Period, index: int, data: st.DataObject) -> None:
    count = whole_months(period)
    start = add_months(period.start, index % count)
    end = add_months(period.start, index % count + 1)
    one_day = [Period(start + timedelta(days=n), start + timedelta(days=n + 1)) for n in range((end - start).days)]
    by_day = weights(period, one_day)
    some = data.draw(st.sampled_from(by_day))
    assert set(by_day) == {some}


@given(periods(longest=27))
def test_less_than_a_month_is_divided_by_days(period: Period) -> None:
    assert whole_months(period) == 0
    middle = period.start + timedelta(days=max(1, period.days // 2))
    parts = cuts([period, Period(middle, middle + timedelta(days=1))])
    for part, weight in zip(parts, weights(period, parts), strict=True):
        inner = part.overlap(period)
        assert weight == (inner.days if inner else 0)


@given(
    st.decimals(-10000, 10000, places=2) | st.decimals(-10000, 10000, places=7),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
)
def test_a_split_amount_loses_no_digit(amount: Decimal, parts: list[int]) -> None:
    shares = split_amount(amount, parts)
    assert sum(shares, Decimal(0)) == amount
    digits = max(2, -int(amount.as_tuple().exponent))
    for share, part in zip(shares, parts, strict=True):
        assert abs(Fraction(share) - Fraction(amount) * part / sum(parts)) < Fraction(1, 10**digits)
