"""Seats moved to another product at Microsoft while the ledger goes on billing the old one."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 30


def claim(group: Group) -> Claim | None:
    """Take the whole difference of two subscriptions that a conversion ties together."""
    difference = group.expected - group.actual
    if not group.converted or not difference:
        return None
    for stretch in group.stretches:
        if stretch.over and stretch.billed:
            stretch.over_amount += stretch.amount * stretch.over // stretch.billed
        stretch.under = stretch.over = 0
    return Claim(
        "product_change_not_followed", Fraction(difference), "lifecycle",
        "seats were moved to another product; the ledger still bills the old one",
    )  # fmt: skip
