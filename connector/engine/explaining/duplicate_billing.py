"""The same service billed twice: lines of the same customer and item with equal quantity, amount and dates."""

from collections import defaultdict
from fractions import Fraction

from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group, seats_of

ORDER = 40


def claim(group: Group) -> Claim | None:
    """Take what every repeated line bills beyond what is due; the first of its kind stays.

    A line of a pool counts only if it is wholly more than what is due: equal subscriptions have equal lines. One that
    repeats the line of a single subscription may be short itself, or seats were added; most of it must be too much.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, line in enumerate(group.lines):
        if line.amount > 0:
            alike[line.twin_key].append(index)
    taken: list[int] = []
    total = 0
    for same in alike.values():
        # The line that names its subscription is the one that is kept.
        order = sorted(same, key=lambda i: (group.lines[i].subscription_id is None, group.lines[i].document, i))
        for index in reversed(order[1:]):
            amount = (_take_amount if group.by_amount else _take_seats)(group, index, total)
            if amount:
                taken.append(index)
                total += amount
    if not taken:
        return None
    documents = ", ".join(sorted({group.lines[index].document for index in taken}))
    return Claim(
        "duplicate_billing", Fraction(-total), "duplicate", f"billed again on {documents}", lines=tuple(sorted(taken))
    )


def _take_seats(group: Group, index: int, already: int) -> int:
    mine = [
        (stretch, share)
        for stretch in group.stretches
        for owner, share in stretch.portions
        if owner == index and stretch.fate in ("compared", "over")
    ]
    line = group.lines[index]
    seats = seats_of(group, line)
    if line.seats is None and not _is_due_without(group, already, sum(share for _, share in mine)):
        return 0
    least = Fraction(seats, 2) if len({piece.subscription_id for piece in group.slices}) == 1 else seats
    if not mine or not seats or any(s.fate == "compared" and s.over < least for s, _ in mine):
        return 0
    total = 0
    for stretch, share in mine:
        taken = min(seats, stretch.over) if stretch.fate == "compared" else seats
        worth = share * taken // seats
        stretch.over = max(0, stretch.over - seats)
        stretch.billed -= taken
        stretch.amount -= worth
        stretch.portions.remove((index, share))
        if worth != share:
            stretch.portions.append((index, share - worth))
        fates = group.ledger_fates.setdefault(index, {})
        fates["over_billed"] = fates.get("over_billed", 0) + worth
        total += worth
    return total


def _take_amount(group: Group, index: int, already: int) -> int:
    shares = [
        (stretch, share)
        for stretch in group.stretches
        for owner, share in stretch.portions
        if owner == index and stretch.fate in ("compared", "over")
    ]
    amount = sum(share for _, share in shares)
    if not amount or not _is_due_without(group, already, amount):
        return 0
    for stretch, share in shares:
        stretch.amount -= share
        stretch.portions.remove((index, share))
        fates = group.ledger_fates.setdefault(index, {})
        fates["over_billed"] = fates.get("over_billed", 0) + share
    return amount


def _is_due_without(group: Group, already: int, amount: int) -> bool:
    """By amount alone a repeated line is a duplicate only if what is due is billed without it."""
    return 2 * (group.actual - already - amount) >= 2 * group.expected - amount
