"""What is left after quantity and time: the ledger's unit price is not the rule's, or rounding, or unexplained."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.explaining.rounding import rounding_rule
from connector.engine.reconciliation.comparison import Group

ORDER = 100


def claim_rest(group: Group, left: Fraction) -> Claim | None:
    """Take the rest, and say whether a known rounding rule reproduces it."""
    rule = rounding_rule(group, left)
    if rule:
        return Claim("price_differs", left, "rounding", f"the ledger rounds differently: {rule}")
    if group.actual and not any(line.seats for line in group.lines) and not group.by_amount:
        return Claim(
            "price_differs", left, "unexplained", "the ledger gives no quantity to tell price and quantity apart"
        )
    return Claim("price_differs", left, "price", "the ledger's price is not the rule's")
