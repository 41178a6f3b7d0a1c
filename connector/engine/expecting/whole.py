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


def whole(amount: ir.Value, scale: int) -> ir.Value:
    """Turn an exact decimal into a whole number of 1/scale, rounding what is finer half away from zero."""
    places = len(str(scale)) - 1
    return (amount.cast(f"decimal(38, {places})") * scale).cast("int64")


def divided(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """Divide whole numbers, rounding half away from zero; the denominator is positive."""
    half = ibis.ifelse(numerator < 0, -denominator, denominator)
    return div(numerator * 2 + half, denominator * 2)
