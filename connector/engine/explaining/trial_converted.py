"""A free trial that became paid at Microsoft while the ledger still bills nothing for it."""

from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group

ORDER = 20


def claim(group: Group) -> Claim | None:
    """Take the whole difference where paid seats follow a trial and the ledger's lines are all zero."""
    if not group.lifetimes or group.actual or not group.lines:
        return None
    was_trial = any(piece.is_free for piece in group.slices) or any(life.is_trial for life in group.lifetimes)
    paid = [piece for piece in group.slices if piece.kind == "convert" and piece.worth > 0]
    if not was_trial or not paid:
        return None
    for stretch in group.stretches:
        stretch.under = stretch.over = 0
    return Claim(
        "trial_converted",
        Fraction(group.expected),
        "lifecycle",
        "the trial became a paid subscription; nothing is billed",
    )
