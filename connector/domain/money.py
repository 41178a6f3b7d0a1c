"""Money: an exact amount in one currency, rounded only here and only by name.

Amounts are Decimals made from text; no float gets in, and two currencies never meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from functools import cache

from connector.domain.errors import ConnectorError, MixedCurrencies

# Wide enough that no product of a 22-digit vendor price, a quantity and a number of days is ever cut.
EXACT = Context(prec=96, rounding=ROUND_HALF_EVEN)
_HALF_UP = Context(prec=96, rounding=ROUND_HALF_UP)
ZERO = Decimal(0)

# ISO 4217 currencies whose minor unit is not 1/100.
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class InexactAmount(ConnectorError):
    """A float, or a text that is not a number, was offered as an amount."""


def exponent(currency: str) -> int:
    """Say how many decimals the minor unit of a currency has (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def other_exponents() -> dict[int, tuple[str, ...]]:
    """The currencies whose minor unit has not two decimals, by their decimals."""
    return {places: tuple(c for c, own in _EXPONENTS.items() if own == places) for places in set(_EXPONENTS.values())}


def to_decimal(text: object) -> Decimal:
    """Make an exact Decimal of a text, an int or a Decimal; refuse floats, booleans, NaN and infinity.

    Raises InexactAmount with the offending text.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise InexactAmount(f"{text!r} is not an exact number: amounts are made from text, never from floats")
    try:
        amount = Decimal(text.strip() if isinstance(text, str) else text)
    except InvalidOperation:
        raise InexactAmount(f"{text!r} is not a number; write it with a decimal point, like 1234.50") from None
    if not amount.is_finite():
        raise InexactAmount(f"{text!r} is not a finite number")
    return amount


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@cache
def _minor_unit(currency: str) -> Decimal:
    return _unit(exponent(currency))


def trimmed(amount: Decimal, places: int = 2) -> Decimal:
    """Take off the zeros after the last digit that counts, keeping at least so many decimals."""
    short = EXACT.quantize(amount, _unit(places))
    if short == amount:
        return short
    digits = EXACT.normalize(amount).as_tuple().exponent
    finest = -digits if isinstance(digits, int) and digits < 0 else 0
    return EXACT.quantize(amount, _unit(max(finest, places)))


def round_half_up(amount: Decimal, places: int) -> Decimal:
    """Round half away from zero to so many decimals: the one rounding of document amounts (design: law 4)."""
    return _HALF_UP.quantize(amount, _unit(places))


def round_to_step(amount: Decimal, step: Decimal) -> Decimal:
    """Round half away from zero to a multiple of `step` (0.01, 0.05, 1 ...)."""
    with localcontext(EXACT):
        return (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def divide(numerator: int, denominator: int) -> int:
    """Divide two integers, rounding half away from zero; the denominator is positive."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def to_minor(amount: Decimal, currency: str) -> int:
    """Turn an amount into minor units (cents), rounding half up what is finer than that."""
    return int(round_half_up(amount, exponent(currency)).scaleb(exponent(currency)))


def from_minor(minor: int, currency: str) -> Decimal:
    """Turn minor units (cents) into an amount with exactly the currency's decimals."""
    return Decimal(minor) * _minor_unit(currency)


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an integer total in proportion to weights, by largest remainder; the parts sum to the total.

    Ties go to the earlier part, so that the same input gives the same parts. All weights zero: all to the first.
    """
    if not weights:
        return ()
    whole = sum(weights)
    if whole == 0:
        return (total, *([0] * (len(weights) - 1)))
    sign = -1 if total < 0 else 1
    size, scale = abs(total), abs(whole)
    raw = [size * (w if whole > 0 else -w) for w in weights]
    parts = [r // scale for r in raw]
    left = size - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (-(raw[i] % scale), i))
    for i in order[:left]:
        parts[i] += 1
    return tuple(sign * part for part in parts)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its currency (ISO 4217 code). Raises InexactAmount for floats."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", to_decimal(self.amount))

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        with localcontext(EXACT):
            return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        with localcontext(EXACT):
            return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        with localcontext(EXACT):
            return Money(self.amount * to_decimal(factor), self.currency)

    def rounded(self) -> "Money":
        """Round half up to the currency's minor unit."""
        return Money(round_half_up(self.amount, exponent(self.currency)), self.currency)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split into parts in proportion to weights; the parts sum to the (rounded) whole to the minor unit."""
        parts = allocate(to_minor(self.amount, self.currency), weights)
        return tuple(Money(from_minor(part, self.currency), self.currency) for part in parts)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency} cannot be added or compared")

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"
