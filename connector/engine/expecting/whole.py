"""Whole-number arithmetic inside the query engine: scaled integers, divided last, rounded half away from zero.

Ibis' own integer division goes through floating point, so the engine's `div` is called by name; the warehouse
makes sure that it exists.
"""

from decimal import Decimal

import ibis
import ibis.expr.types as ir

from connector.domain.tables import NUMBER_PRECISION, NUMBER_SCALE

_STORED = ibis.dtype(f"decimal({NUMBER_PRECISION}, {NUMBER_SCALE})")


@ibis.udf.scalar.builtin(name="div")  # type: ignore[untyped-decorator]
def div(numerator: int, denominator: int) -> int:
    """Divide whole numbers, cutting off the remainder."""
    raise NotImplementedError  # carried out by the query engine


@ibis.udf.scalar.builtin(name="div", signature=(("decimal(38, 0)", "decimal(38, 0)"), "decimal(38, 0)"))  # type: ignore[untyped-decorator]
def wide_div(numerator: int, denominator: int) -> int:
    """Divide whole numbers of up to 38 digits, cutting off the remainder."""
    raise NotImplementedError  # carried out by the query engine


def wide(number: ir.Value) -> ir.Value:
    """A whole number with room for 38 digits."""
    return number.cast("decimal(38, 0)")


def whole(amount: ir.Value, scale: int) -> ir.Value:
    """Turn an exact decimal into a whole number of 1/scale, rounding what is finer half away from zero."""
    return (amount.cast(f"decimal(38, {_places(scale)})") * scale).cast("int64")


def proven(table: ir.Table, **columns: tuple[str, int]) -> ir.Table:
    """Add columns: the whole numbers of 1/scale that decimals of the tables (column, scale) are.

    They are null where a decimal is finer, or has more than 15 digits. The engine divides wide decimals bit by bit,
    which took most of the time that a month is prepared in. Here it only guesses, in floating point, and an exact
    multiplication proves the guess right or not.
    """
    guesses = {
        f"guessed_{name}": (table[of].cast("float64") * scale).try_cast("int64")
        for name, (of, scale) in columns.items()
    }
    guessed = table.mutate(**guesses)
    found = {}
    for name, (of, scale) in columns.items():
        guess, places = guessed[f"guessed_{name}"], _places(scale)
        unit = ibis.literal(Decimal(1).scaleb(-places), f"decimal({places}, {places})")
        back = (guess.cast(f"decimal(38, {places})") * unit).cast(_STORED)
        found[name] = ibis.ifelse(back == guessed[of], guess, ibis.null("int64"))
    return guessed.mutate(**found).drop(*guesses)


def _places(scale: int) -> int:
    return len(str(scale)) - 1


def divided(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """Divide whole numbers, rounding half away from zero; the denominator is positive."""
    half = ibis.ifelse(numerator < 0, -denominator, denominator)
    divide = wide_div if numerator.type().is_decimal() else div
    return divide(numerator * 2 + half, denominator * 2)
