"""Bundles whose parts Microsoft charges in different quantities: a customer has only a part of what a bundle holds."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.money import from_minor
from connector.domain.period import ONE_DAY
from connector.engine.checks import GroupView
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.shapes import Scope
from connector.engine.reconciliation.telling import about

KIND = "bundle_drift"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per bundle that is billed as it counts and whose parts are uneven on the scope's last day.

    Its impact is 0: what is billed is what should be. Parts that are not charged in the scope do not count.
    """
    for judgement in view.groups:
        group = judgement.group
        if group.bundle is None or not group.lines or any(claim.kind == KIND for claim, _ in judgement.claims):
            continue
        seats = _seats(group, view.scope)
        if len(set(seats.values())) > 1:
            parts = ", ".join(f"{(Decimal(seats[name]) / 1000).normalize():f} × {name}" for name in sorted(seats))
            text = f"bundle {group.bundle}: its parts are uneven, {parts}"
            yield about(KIND, group, view.names, from_minor(0, group.currency), text)


def _seats(group: Group, scope: Scope) -> dict[str, int]:
    """The seats (thousandths) of each part on the last day of the scope, by its name."""
    held: dict[str, int] = defaultdict(int)
    for piece in group.slices:
        if piece.product_id and not piece.is_credit and scope.end - ONE_DAY in piece.period:
            held[piece.product_name or piece.product_id] += piece.all_seats
    return held
