"""Seats added in the middle of a period and not billed from their day."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 70


def claim(group: Group) -> Claim | None:
    """Take under-billed seat-time up to the seats added mid-period, at the rule's price."""
    if group.by_amount:
        return None
    total, seats = Fraction(0), 0
    for stretch in group.stretches:
        part = min(stretch.under, stretch.added) if stretch.fate == "compared" else 0
        if part:
            total += part * stretch.seat_price("change")
            stretch.under -= part
            stretch.added -= part
            seats = max(seats, part)
    if not total:
        return None
    return Claim(
        "partial_period_unbilled", total, "quantity", "seats were added mid-period and not billed from their day",
        Fraction(seats),
    )  # fmt: skip
