"""Money stays exact: no float gets in, currencies never meet, and the parts are always the whole."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.errors import MixedCurrencies
from connector.domain.money import (
    InexactAmount,
    Money,
    allocate,
    divide,
    exponent,
    from_minor,
    round_half_up,
    round_to_step,
    to_decimal,
    to_minor,
    trimmed,
)

amounts = st.decimals(-(10**15), 10**15, places=22, allow_nan=False, allow_infinity=False)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


@given(st.floats())
def test_no_float_becomes_an_amount(number: float) -> None:
    with pytest.raises(InexactAmount):
        to_decimal(number)
    with pytest.raises(InexactAmount):
        Money(number, "USD")  # type: ignore[arg-type]
    with pytest.raises(InexactAmount):
        Money(Decimal(1), "USD") * number  # type: ignore[operator]


@pytest.mark.parametrize("text", ["", "1,5", "NaN", "sNaN", "Infinity", "-inf", "1 000", "0x10", "12.3.4", True, None])
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(InexactAmount):
        to_decimal(text)


@given(amounts)
def test_text_keeps_every_digit(amount: Decimal) -> None:
    assert to_decimal(f" {amount:f} ") == amount
    assert to_decimal(f"{amount:f}").as_tuple().exponent == amount.as_tuple().exponent


@given(amounts, amounts, currencies, currencies)
def test_two_currencies_never_meet(a: Decimal, b: Decimal, one: str, other: str) -> None:
    first, second = Money(a, one), Money(b, other)
    if one == other:
        exact = Context(prec=60)
        assert (first + second).amount == exact.add(a, b)
        assert (first - second).amount == exact.subtract(a, b)
        return
    with pytest.raises(MixedCurrencies):
        first + second
    with pytest.raises(MixedCurrencies):
        first - second


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.345", "2.35"), ("-2.345", "-2.35"), ("0.0049999999", "0.00")],
)
def test_half_is_rounded_away_from_zero(amount: str, rounded: str) -> None:
    assert round_half_up(Decimal(amount), 2) == Decimal(rounded)
    assert Money(Decimal(amount), "USD").rounded().amount == Decimal(rounded)


@given(amounts, st.integers(0, 6))
def test_rounding_is_symmetric_and_within_half_a_unit(amount: Decimal, places: int) -> None:
    rounded = round_half_up(amount, places)
    assert rounded == -round_half_up(-amount, places)
    assert abs(Fraction(rounded) - Fraction(amount)) * 2 <= Fraction(1, 10**places)
    assert rounded == Context(prec=60, rounding=ROUND_HALF_UP).quantize(amount, Decimal(1).scaleb(-places))


@given(st.decimals(-10000, 10000, places=6), st.sampled_from(["0.01", "0.05", "0.25", "1"]))
def test_a_step_is_kept(amount: Decimal, text: str) -> None:
    step = Decimal(text)
    rounded = round_to_step(amount, step)
    assert rounded % step == 0
    assert abs(rounded - amount) * 2 <= step
    assert rounded == -round_to_step(-amount, step)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_whole_numbers_divide_half_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Context(prec=120, rounding=ROUND_HALF_UP)
    expected = exact.quantize(exact.divide(Decimal(numerator), Decimal(denominator)), Decimal(1))
    assert divide(numerator, denominator) == int(expected)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_parts_are_the_whole_and_near_their_share(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(Fraction(part) - Fraction(total * weight, whole)) < 1
            assert weight or part == 0


@given(st.integers(-1000, 1000), st.integers(1, 20), st.integers(0, 9))
def test_of_equal_weights_the_earlier_gets_the_rest(total: int, weight: int, more: int) -> None:
    sizes = [abs(part) for part in allocate(total, [weight] * (more + 1))]
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 999), min_size=1, max_size=12), st.randoms())
def test_the_order_of_unequal_weights_does_not_matter(total: int, weights: list[int], chance: object) -> None:
    distinct = sorted(set(weights))
    shuffled = list(distinct)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    remainders = [abs(total) * weight % (sum(distinct) or 1) for weight in distinct]
    if len(set(remainders)) == len(remainders):
        assert dict(zip(distinct, allocate(total, distinct), strict=True)) == dict(
            zip(shuffled, allocate(total, shuffled), strict=True)
        )


def test_nothing_to_share_among_goes_to_the_first_or_nobody() -> None:
    assert allocate(7, []) == ()
    assert allocate(7, [0, 0, 0]) == (7, 0, 0)


@given(st.integers(-1000, 1000), st.lists(st.integers(-50, 50), min_size=1, max_size=8).filter(sum))
def test_parts_of_weights_with_signs_are_still_the_whole(total: int, weights: list[int]) -> None:
    assert sum(allocate(total, weights)) == total


@given(amounts, currencies, st.lists(st.integers(0, 50), min_size=1, max_size=9))
def test_a_split_sums_to_the_rounded_whole(amount: Decimal, currency: str, weights: list[int]) -> None:
    money = Money(amount, currency)
    parts = money.split(weights)
    assert sum((part.amount for part in parts), Decimal(0)) == money.rounded().amount
    assert {part.currency for part in parts} == {currency}


@given(st.integers(-(10**15), 10**15), currencies)
def test_minor_units_go_both_ways(minor: int, currency: str) -> None:
    amount = from_minor(minor, currency)
    assert to_minor(amount, currency) == minor
    assert -int(amount.as_tuple().exponent) == exponent(currency)


@given(amounts, st.integers(0, 4))
def test_trimming_takes_only_zeros(amount: Decimal, places: int) -> None:
    short = trimmed(amount, places)
    assert short == amount
    decimals = -int(short.as_tuple().exponent)
    assert decimals >= places
    assert decimals == places or short.as_tuple().digits[-1] != 0
