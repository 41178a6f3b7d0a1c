"""A service that ended at Microsoft while the ledger goes on billing it."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group, Stretch

ORDER = 50


def claim(group: Group) -> Claim | None:
    """Take over-billed seat-time up to the cancelled seats, at what the ledger billed for it."""
    if group.by_amount:
        return None
    total = Fraction(0)
    after = max((stretch.period.end for stretch in group.stretches if stretch.covered), default=None)
    for stretch in group.stretches:
        if stretch.fate == "over":
            if after is not None and stretch.period.start >= after and _has_ended(group, stretch):
                total -= stretch.amount
                stretch.over_amount, stretch.over = stretch.amount, 0
                stretch.fate = "ended"
        elif stretch.fate == "compared" and stretch.over:
            total -= _take(group, stretch)
    if not total:
        return None
    return Claim("cancelled_still_billed", total, "cancelled", "the subscription ended; these days are still billed")


def _take(group: Group, stretch: Stretch) -> Fraction:
    ended = sum(
        int((life.quantity or 0) * 1000)
        for life in group.lifetimes
        if life.ended is not None
        and life.ended <= stretch.period.start
        and not any(piece.subscription_id == life.subscription_id for piece in group.slices)
    )
    seats = min(stretch.over, stretch.cancelled + ended)
    if not seats:
        return Fraction(0)
    # With nothing billed in these days, the refund itself is what the customer did not get.
    if stretch.billed <= 0:
        stretch.over -= seats
        return seats * stretch.seat_price("change")
    value = Fraction(stretch.amount * seats, stretch.billed)
    stretch.over -= seats
    stretch.over_amount += int(value)
    stretch.amount -= int(value)
    stretch.billed -= seats
    return value * (stretch.clipped if stretch.cancelled else 1)


def _has_ended(group: Group, stretch: Stretch) -> bool:
    own = {piece.subscription_id for piece in group.slices}
    known = [life for life in group.lifetimes if life.subscription_id in own]
    if known:
        return any(life.ended is not None and life.ended <= stretch.period.start for life in known) or any(
            piece.kind.startswith("cancel") for piece in group.slices
        )
    return True
