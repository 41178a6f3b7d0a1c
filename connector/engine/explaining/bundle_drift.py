"""A bundle billed in another quantity than the component it counts."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 10


def claim(group: Group) -> Claim | None:
    """Take all seat-time of a bundle that is over or under, at the bundle's price."""
    if group.bundle is None:
        return None
    total = Fraction(0)
    for stretch in group.stretches:
        if stretch.fate != "compared":
            continue
        total += (stretch.under - stretch.over) * stretch.seat_price()
        if stretch.over and stretch.billed:
            stretch.over_amount += stretch.amount * stretch.over // stretch.billed
        stretch.under = stretch.over = 0
    if not total:
        return None
    return Claim(
        "bundle_drift", total, "quantity", f"bundle {group.bundle}: its quantity is not that of the counted product"
    )
