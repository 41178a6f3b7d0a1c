"""The few sums a bookkeeper does: rounding, cutting off, parts of a month."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_WIDE = Context(prec=60)
_VENDOR_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)


def rounded(amount: Decimal, to: Decimal = CENT) -> Decimal:
    """Half-up by sign to a multiple of `to`."""
    steps = _WIDE.divide(amount, to).quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_WIDE)
    return (steps * to).quantize(CENT)


def cut(amount: Decimal) -> Decimal:
    """To two digits towards zero, as Microsoft does."""
    return amount.quantize(CENT, rounding=ROUND_DOWN, context=_WIDE)


def part(amount: Decimal, days: int, basis: int) -> Decimal:
    """The share of an amount for so many days, unrounded."""
    return _WIDE.divide(_WIDE.multiply(amount, Decimal(days)), Decimal(basis))


def quotient(amount: Decimal, by: Decimal) -> Decimal:
    """A division with digits to spare."""
    return _WIDE.divide(amount, by)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """So many percent of an amount, rounded to the cent."""
    return rounded(amount * percent / 100)


def as_vendor_prints(amount: Decimal) -> Decimal:
    """Fifteen significant digits, as Microsoft prints unit prices."""
    short = _VENDOR_DIGITS.plus(amount)
    plain = short.normalize()
    return plain if plain == plain.to_integral() else Decimal(f"{plain:f}")


def text(amount: Decimal) -> str:
    """Plain digits without an exponent."""
    return f"{amount:f}"
