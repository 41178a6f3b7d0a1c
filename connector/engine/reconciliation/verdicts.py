"""What became of everything in a group: the part of each slice and of each ledger line that got which verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import lcm

from connector.domain.money import allocate, exponent
from connector.domain.period import Period
from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.shapes import Charge, Line, Slice
from connector.engine.reconciliation.spans import split_amount, weights


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a part of a slice (side vendor, amount = cost) or of a ledger line (amount = net).

    `charges` are those of the slice. A verdict of several `slices` is a sum and names no place.
    """

    side: str
    verdict: str
    currency: str
    amount: Decimal
    source: str
    line: int
    slices: int = 1
    charges: tuple[Charge, ...] = ()


def left_unjudged(piece: Slice) -> Verdict:
    """The verdict of a slice whose ledger was not read: nobody knows what is billed there."""
    return whole(piece, "not_judged")


def whole(piece: Slice, verdict: str) -> Verdict:
    """One verdict on all of a slice; what is absorbed stays so."""
    absorbed = piece.status == "absorbed" or piece.method == "none" or (piece.is_free and not piece.is_credit)
    return verdict_of(piece, "absorbed" if absorbed else verdict, piece.cost)


def verdict_of(piece: Slice, verdict: str, amount: Decimal) -> Verdict:
    """A verdict on so much of a slice."""
    return Verdict("vendor", verdict, piece.cost_currency, amount, piece.source, piece.line, charges=piece.charges)


def whole_line(line: Line, verdict: str) -> Verdict:
    """One verdict on all of a ledger line."""
    return Verdict("ledger", verdict, line.currency, line.amount, line.source, line.line)


def vendor_verdicts(group: Group, credit_left: int | Fraction, credit: int) -> Iterable[Verdict]:
    """Cut the cost of each slice along the days and along billed and unbilled seats."""
    parts = [stretch.period for stretch in group.stretches]
    for piece in group.slices:
        if piece.is_credit:
            yield from _credit_verdicts(group, piece, Fraction(credit_left))
            continue
        if piece.status == "absorbed" or piece.method == "none" or group.bundle:
            yield whole(replace(piece, method="none"), "absorbed")
            continue
        fates = _fates_of(group, piece, parts)
        names = sorted(name for name, weight in fates.items() if weight)
        if not names:
            yield whole(piece, "billed")
            continue
        bottom = lcm(*(fates[name].denominator for name in names))
        shares = split_amount(piece.cost, [int(fates[name] * bottom) for name in names])
        for name, amount in zip(names, shares, strict=True):
            yield verdict_of(piece, name, amount)


def _fates_of(group: Group, piece: Slice, parts: list[Period]) -> dict[str, Fraction]:
    """The weight of each fate of a slice: its days in time, and within them its seats billed and not."""
    fates: dict[str, Fraction] = {"billed": Fraction(0), "unbilled": Fraction(0), "timing": Fraction(0)}
    for stretch, weight in zip(group.stretches, weights(piece.period, parts), strict=True):
        if stretch.fate == "timing":
            fates["timing"] += weight
            continue
        gained = sum(max(0, other.seats) for other in group.slices if other.period.covers(stretch.period))
        missing = min(Fraction(1), Fraction(stretch.missing, gained)) if piece.seats > 0 and gained else Fraction(0)
        fates["unbilled"] += weight * missing
        fates["billed"] += weight * (1 - missing)
    free = 1 - Fraction(abs(piece.seats), abs(piece.all_seats)) if piece.all_seats and piece.seats else Fraction(0)
    if 0 < free < 1:
        total = sum(fates.values(), start=Fraction(0))
        fates = {name: weight * (1 - free) for name, weight in fates.items()}
        fates["absorbed"] = total * free
    return fates


def _credit_verdicts(group: Group, piece: Slice, credit_left: Fraction) -> Iterable[Verdict]:
    total = sum(other.worth for other in group.slices if other.is_credit)
    factor = 10 ** (group.places - exponent(group.currency))
    open_part = min(1000, int(1000 * credit_left / (total * factor))) if total else 0
    names = [("unbilled", open_part), ("billed", 1000 - open_part)]
    shares = split_amount(piece.cost, [weight for _, weight in names])
    for (name, weight), amount in zip(names, shares, strict=True):
        if weight:
            yield verdict_of(piece, name, amount)


_LEDGER_NAMES = {"compared": "matched", "over": "over_billed", "ended": "over_billed"}


def ledger_verdicts(group: Group) -> Iterable[Verdict]:
    """Give each ledger line's amount its verdicts, as the group's stretches of time used it."""
    fates = {index: dict(named) for index, named in group.ledger_fates.items()}
    for stretch in group.stretches:
        over = min(max(0, stretch.over_amount), sum(max(0, share) for _, share in stretch.portions))
        parts = allocate(over, [max(0, share) for _, share in stretch.portions]) if over else ()
        for position, (index, share) in enumerate(stretch.portions):
            of_line = fates.setdefault(index, {})
            name = _LEDGER_NAMES.get(stretch.fate, stretch.fate)
            excess = parts[position] if parts and stretch.fate == "compared" else 0
            of_line[name] = of_line.get(name, 0) + share - excess
            if excess:
                of_line["over_billed"] = of_line.get("over_billed", 0) + excess
    for index, line in enumerate(group.lines):
        named = {name: amount for name, amount in fates.get(index, {}).items() if amount}
        if not named:
            yield whole_line(line, "matched")
        for name, amount in sorted(named.items()):
            yield Verdict("ledger", name, line.currency, group.amount_of(amount), line.source, line.line)
