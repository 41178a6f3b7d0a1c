"""Subscriptions renewed with another quantity or term while the ledger bills as before."""

from collections.abc import Iterable
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.money import exponent, from_minor, round_half_up
from connector.engine.checks import GroupView
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.shapes import Lifetime, Slice
from connector.engine.reconciliation.telling import about

KIND = "renewal_unreviewed"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per group that has a `renew` charge: the monthly difference by the rule's price."""
    before = _before_renewal(view.sightings)
    for judgement in view.groups:
        group = judgement.group
        if not group.lines:
            continue
        for piece in group.slices:
            old = before.get((piece.subscription_id or "", piece.period.start.isoformat()))
            if piece.kind != "renew" or old is None or old.quantity is None or not piece.seats:
                continue
            seats = piece.all_seats - int(old.quantity * 1000)
            if (seats or old.term != piece.term) and _unchanged(group, piece, old):
                impact = Decimal(seats) * piece.unit / Decimal(10**7) / max(1, piece.months)
                now, was = f"{_seats(piece)} of {piece.term}", f"{old.quantity.normalize():f} of {old.term}"
                text = f"renewed on {piece.period.start} with {now}, before {was}"
                rounded = from_minor(0, group.currency) + round_half_up(impact, exponent(group.currency))
                yield about(KIND, group, view.names, rounded, text)
                break


def _before_renewal(sightings: tuple[Lifetime, ...]) -> dict[tuple[str, str], Lifetime]:
    """The last state seen of the term that went before, by subscription and the day the new term began."""
    found: dict[tuple[str, str], Lifetime] = {}
    last: dict[str, Lifetime] = {}
    for life in sightings:
        old = last.get(life.subscription_id)
        if old is not None and old.term_start and life.term_start and old.term_start < life.term_start:
            found[life.subscription_id, life.term_start.isoformat()] = old
        last[life.subscription_id] = life
    return found


def _unchanged(group: Group, piece: Slice, old: Lifetime) -> bool:
    """Whether the ledger still bills the quantity of the old term."""
    lines = [line for line in group.lines if line.period.overlap(piece.period)]
    seats = sum(line.seats or 0 for line in lines)
    return bool(lines) and seats == int((old.quantity or 0) * 1000) and seats != piece.all_seats


def _seats(piece: Slice) -> str:
    return f"{(Decimal(piece.all_seats) / 1000).normalize():f}"
