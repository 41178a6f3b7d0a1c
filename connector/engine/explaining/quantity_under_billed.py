"""Less seat-time in the ledger than Microsoft charged."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 80


def claim(group: Group) -> Claim | None:
    """Take what is still under-billed, at the rule's price."""
    if group.by_amount:
        return None
    total, seats = Fraction(0), 0
    for stretch in group.stretches:
        if stretch.fate == "compared" and stretch.under:
            total += stretch.under * stretch.seat_price()
            seats = max(seats, stretch.under)
            stretch.under = 0
    if not total:
        return None
    return Claim(
        "quantity_under_billed", total, "quantity", "fewer seats are billed than Microsoft charged", Fraction(seats)
    )
