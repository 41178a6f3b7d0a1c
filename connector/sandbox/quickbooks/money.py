"""How QuickBooks holds numbers: amounts with two decimals, quantities and prices with up to seven."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_SEVENTH = Decimal("0.0000001")
_DIGITS = 60


def money(amount: Decimal) -> Decimal:
    """An amount rounded half up to cents, written as QuickBooks does: 100.0, 362.07, and 0 for nothing."""
    with localcontext() as context:
        context.prec = _DIGITS
        rounded = amount.quantize(_CENT, ROUND_HALF_UP)
    return _shown(rounded, 1)


def fine(number: Decimal) -> Decimal:
    """A quantity or unit price: the eighth decimal and all behind it are dropped."""
    with localcontext() as context:
        context.prec = _DIGITS
        cut = number.quantize(_SEVENTH, ROUND_DOWN)
    return _shown(cut, 0)


def product(quantity: Decimal, price: Decimal) -> Decimal:
    """Quantity × price, exactly, then rounded half up to cents."""
    with localcontext() as context:
        context.prec = _DIGITS
        return money(quantity * price)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """A percentage of an amount, rounded half up to cents."""
    with localcontext() as context:
        context.prec = _DIGITS
        return money(amount * percent / 100)


def _shown(number: Decimal, least: int) -> Decimal:
    if not number:
        return ZERO
    text = f"{number:f}".rstrip("0")
    whole, _, part = text.partition(".")
    return Decimal(f"{whole}.{part.ljust(least, '0')}" if part or least else whole)
