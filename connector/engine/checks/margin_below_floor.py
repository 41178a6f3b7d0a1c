"""Groups sold for less than the margin that their rule sets as its floor."""

from collections.abc import Iterable
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.money import exponent, from_minor, round_half_up
from connector.engine.checks import GroupView
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.telling import about

KIND = "margin_below_floor"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per group: the floor (a percentage of what is expected to be billed) less the margin."""
    for judgement in view.groups:
        group = judgement.group
        floors = {
            rate.floor for piece in group.slices if (rate := view.names.rate(piece.rate_id)) and rate.floor is not None
        }
        if not floors or any(piece.cost_currency != group.currency for piece in group.slices):
            continue
        sell = from_minor(sum(piece.worth for piece in group.slices), group.currency)
        cost = sum((_cost_of_billed(piece) for piece in group.slices), start=Decimal(0))
        floor = round_half_up(sell * max(floors) / 100, exponent(group.currency))
        short = round_half_up(floor - (sell - cost), exponent(group.currency))
        if sell > 0 and short > 0:
            text = f"sold for {sell:f}, bought for {cost:f}: the margin of {sell - cost:f} is under {max(floors):f} %"
            yield about(KIND, group, view.names, short, text)


def _cost_of_billed(piece: Slice) -> Decimal:
    """The cost of the seats that are sold; those agreed to be free are absorbed and no part of the margin."""
    if piece.seats == piece.all_seats or not piece.all_seats or piece.method != "seats":
        return piece.cost
    return round_half_up(piece.cost * piece.seats / piece.all_seats, exponent(piece.cost_currency))
