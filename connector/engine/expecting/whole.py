"""Whole-number arithmetic inside the query engine: scaled integers, divided last, rounded half away from zero.

Ibis' own integer division goes through floating point, so the engine's `div` is called by name; the warehouse
makes sure that it exists.
"""

import ibis
import ibis.expr.types as ir


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
    places = len(str(scale)) - 1
    return (amount.cast(f"decimal(38, {places})") * scale).cast("int64")


def divided(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """Divide whole numbers, rounding half away from zero; the denominator is positive."""
    half = ibis.ifelse(numerator < 0, -denominator, denominator)
    divide = wide_div if numerator.type().is_decimal() else div
    return divide(numerator * 2 + half, denominator * 2)
