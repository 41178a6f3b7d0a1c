"""More seat-time in the ledger than Microsoft charged."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 60


def claim(group: Group) -> Claim | None:
    """Take what is still over: within charged days at the rule's price, outside them at what was billed."""
    if group.by_amount:
        return None
    total, seats = Fraction(0), 0
    for stretch in group.stretches:
        if stretch.fate == "over":
            total -= stretch.amount
            stretch.over_amount, stretch.over = stretch.amount, 0
            seats = max(seats, stretch.billed)
        elif stretch.fate == "compared" and stretch.over:
            # Without any price of its own the excess is worth what was billed for it.
            billed = Fraction(stretch.amount, stretch.billed) if stretch.billed > 0 else Fraction(0)
            gone = min(stretch.over, stretch.removed)
            worth = gone * stretch.seat_price("change") + (stretch.over - gone) * stretch.seat_price()
            total -= worth or stretch.over * billed
            stretch.over_amount += int(billed * stretch.over)
            seats = max(seats, stretch.over)
            stretch.over = 0
    if not total:
        return None
    return Claim(
        "quantity_over_billed", total, "quantity", "more seats are billed than Microsoft charged", Fraction(-seats)
    )
