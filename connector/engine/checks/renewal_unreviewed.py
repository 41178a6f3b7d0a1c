"""Subscriptions renewed with another quantity, term or price while the ledger bills as before."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from connector.domain.finding import Finding
from connector.domain.money import exponent, from_minor, round_half_up, trimmed
from connector.engine.checks import GroupView
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Before, Line, Slice
from connector.engine.reconciliation.telling import about

KIND = "renewal_unreviewed"
# Units are 10^-4 of the currency, seats thousandths.
_SCALE = 10**7


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per group that has a `renew` charge: the monthly difference by the rule's price.

    Where both sides agree there is nothing to review: the ledger followed, or the rules ask for no other price.
    """
    for judgement in view.groups:
        group = judgement.group
        for piece in group.slices:
            old = view.before.get((piece.subscription_id or "", piece.period.start))
            if piece.kind != "renew" or old is None or old.quantity is None or not piece.seats:
                continue
            lines = [line for line in group.lines if line.period.overlap(piece.period)]
            missed = _missed(judgement, piece, old, lines)
            if missed:
                impact = Decimal(missed.numerator) / Decimal(missed.denominator) / max(1, piece.months)
                rounded = from_minor(0, group.currency) + round_half_up(impact, exponent(group.currency))
                yield about(KIND, group, view.names, rounded, _told(piece, old))
                break


def _missed(judgement: Judgement, piece: Slice, old: Before, lines: list[Line]) -> Fraction:
    """What the renewed cycle is worth beyond one that is billed as before; 0 where the ledger does not do so."""
    before = int((old.quantity or 0) * 1000)
    billed = sum(line.seats or 0 for line in lines)
    if not lines or billed != before or not judgement.claims:
        return Fraction(0)
    more_seats = Fraction((piece.all_seats - before) * piece.unit, _SCALE)
    return more_seats + _dearer(piece, old, before, lines)


def _dearer(piece: Slice, old: Before, seats: int, lines: list[Line]) -> Fraction:
    """What the seats that are billed became dearer by, if they are billed at the price of before."""
    share = Fraction(piece.days, piece.of_days)
    if not share or not all(piece.period.covers(line.period) for line in lines):
        return Fraction(0)
    amount = Fraction(sum(line.amount for line in lines)) / share
    due = Fraction(seats * piece.unit, _SCALE)
    if old.unit is not None and old.billing_plan == piece.billing_plan:
        cent = Fraction(len(lines), 10 ** exponent(piece.currency)) / share
        as_before = Fraction(seats * old.unit, _SCALE)
        return due - as_before if abs(as_before - amount) <= cent else Fraction(0)
    # Nothing tells the price of before: billed for another term, it is not that of the new one.
    return due - amount if old.term != piece.term and seats == piece.all_seats else Fraction(0)


def _told(piece: Slice, old: Before) -> str:
    now = f"{(Decimal(piece.all_seats) / 1000).normalize():f} of {piece.term}"
    was = f"{(old.quantity or Decimal(0)).normalize():f} of {old.term}"
    if old.unit is not None and old.unit != piece.unit and old.billing_plan == piece.billing_plan:
        places = exponent(piece.currency)
        now, was = (
            f"{text} at {trimmed(Decimal(unit).scaleb(-4), places):f}"
            for text, unit in ((now, piece.unit), (was, old.unit))
        )
    return f"renewed on {piece.period.start} with {now}, before {was}"
