"""Known ways to round a price, tried in turn; only one that reproduces the difference may be called rounding.

Source: the examples on Microsoft's page "Common billing scenarios" cut off the product, or the unit price.
"""

from collections.abc import Callable
from fractions import Fraction
from math import floor

from connector.domain.money import divide, exponent
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.shapes import Slice


def rounding_rule(group: Group, left: Fraction) -> str | None:
    """The name of the rounding that turns what is expected into what is billed, or None."""
    pieces = [piece for piece in group.slices if piece.method == "seats" and piece.seats]
    if not pieces or abs(left) > 1 + len(pieces) * max(abs(piece.seats) for piece in pieces) / 1000:
        return None
    factor = 10 ** (group.places - exponent(group.currency))
    expected = sum(piece.worth for piece in pieces)
    for name, amount in _RULES.items():
        if (expected - sum(amount(piece, exponent(group.currency)) for piece in pieces)) * factor == left:
            return name
    return None


def _exact(piece: Slice, places: int) -> Fraction:
    return Fraction(piece.unit * piece.days, piece.of_days) * Fraction(10) ** (places - 4)


def _cut_product(piece: Slice, places: int) -> int:
    product = _exact(piece, places) * piece.seats / 1000
    return floor(product) if product >= 0 else -floor(-product)


def _rounded_unit(piece: Slice, places: int) -> int:
    unit = _exact(piece, places)
    return divide(unit.numerator, unit.denominator) * piece.seats // 1000


def _cut_unit(piece: Slice, places: int) -> int:
    return floor(_exact(piece, places)) * piece.seats // 1000


def _half_even(piece: Slice, places: int) -> int:
    return round(_exact(piece, places) * piece.seats / 1000)


_RULES: dict[str, Callable[[Slice, int], int]] = {
    "the product is cut off": _cut_product,
    "the unit price is rounded before it is multiplied": _rounded_unit,
    "the unit price is cut off before it is multiplied": _cut_unit,
    "halves are rounded to even": _half_even,
}
