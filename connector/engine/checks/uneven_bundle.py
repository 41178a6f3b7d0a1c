"""Bundles whose parts Microsoft charges in different quantities, or of which all is charged but what is counted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    """One finding per bundle whose parts are uneven on the scope's last day, billed as it counts or not at all.

    Its impact is 0: what is billed is what should be. Parts that are not charged in the scope do not count; only of
    the part that is counted the subscriptions on file can tell that the customer no longer has it.
    """
    bundles: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for judgement in view.groups:
        group = judgement.group
        if group.bundle is None:
            continue
        bundles[group.bundle, group.slices[0].customer_id or ""].append(group)
        if group.lines and not any(claim.kind == KIND for claim, _ in judgement.claims):
            seats = _seats([group], view.scope)
            if len(set(seats.values())) > 1:
                text = f"bundle {group.bundle}: its parts are uneven, {_listed(seats)}"
                yield about(KIND, group, view.names, from_minor(0, group.currency), text)
    for (name, tenant), groups in bundles.items():
        seats = _seats(groups, view.scope)
        if seats and _counts_nothing(view, name, tenant, groups):
            text = f"bundle {name}: charged is {_listed(seats)}, and nothing of what it counts, so nobody pays for it"
            yield about(KIND, groups[0], view.names, from_minor(0, groups[0].currency), text)


def _counts_nothing(view: GroupView, name: str, tenant: str, groups: Sequence[Group]) -> bool:
    """Whether nothing is billed or charged that the bundle counts, and the customer is known to have none of it."""
    pieces = [piece for group in groups for piece in group.slices]
    if any(group.lines for group in groups) or any(piece.method == "seats" for piece in pieces):
        return False
    counted = {rule.counts.product_id for rule in view.book.mapping.bundles if rule.name == name}
    own = [life for life in view.lives if life.customer_id == tenant]
    if not own or None in counted:
        return False
    return not any(life.product_id in counted and (life.ended or view.scope.end) >= view.scope.end for life in own)


def _listed(seats: Mapping[str, int]) -> str:
    return ", ".join(f"{(Decimal(seats[name]) / 1000).normalize():f} × {name}" for name in sorted(seats))


def _seats(groups: Iterable[Group], scope: Scope) -> dict[str, int]:
    """The seats (thousandths) of each part on the last day of the scope, by its name."""
    held: dict[str, int] = defaultdict(int)
    for piece in (piece for group in groups for piece in group.slices):
        if piece.product_id and not piece.is_credit and scope.end - ONE_DAY in piece.period:
            held[piece.product_name or piece.product_id] += piece.all_seats
    return held
