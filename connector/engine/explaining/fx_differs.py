"""What is left where the price crosses from one currency to another: the exchange rate differs."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 90


def claim_rest(group: Group, left: Fraction) -> Claim | None:
    """Take the rest of a group whose price crosses from another currency."""
    crossing = [piece for piece in group.slices if piece.cost and (piece.by_amount or piece.bare_unit)]
    if not any(piece.currency != piece.cost_currency for piece in crossing):
        return None
    return Claim("fx_differs", left, "exchange_rate", "the exchange rate differs from the rule's")
