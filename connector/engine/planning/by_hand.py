"""What people billed in the ledger by hand, slice by slice: it is never planned, and what it misses is a finding."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.engine.reconciliation.judging import Judgement, Verdict
from connector.engine.reconciliation.shapes import Charge, Slice

SliceKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class HandBilled:
    """What hand-made lines bill of a slice: verdicts with their part of its cost, and the findings about the rest."""

    fates: tuple[tuple[str, Decimal], ...]
    findings: tuple[str, ...]


def slice_key(piece: Slice) -> SliceKey:
    """What tells a slice from all others of a run."""
    if piece.charges:
        return piece.charges, piece.period
    return piece.source, piece.line, piece.customer_id, piece.ledger_customer, piece.item, piece.period


def billed_by_hand(
    groups: Iterable[Judgement], fingerprints: Mapping[tuple[str, ...], tuple[str, ...]]
) -> dict[SliceKey, HandBilled]:
    """What became of the slices of which people billed something; `fingerprints` are findings by group."""
    found: dict[SliceKey, HandBilled] = {}
    for judgement in groups:
        group = judgement.group
        if not group.lines:
            continue
        verdicts: dict[tuple[Charge, ...], list[Verdict]] = defaultdict(list)
        for verdict in judgement.verdicts:
            if verdict.charges:
                verdicts[verdict.charges].append(verdict)
        names = fingerprints.get(group.key, ())
        may_be_open = _only_too_little(judgement)
        for piece in group.slices:
            fates = tuple((one.verdict, one.amount) for one in verdicts.get(piece.charges, ()))
            if not (may_be_open and {fate for fate, amount in fates if amount} == {"unbilled"}):
                found[slice_key(piece)] = HandBilled(fates, names)
    return found


def _only_too_little(judgement: Judgement) -> bool:
    """Whether people billed nothing wrong in a group: then what they did not bill at all can be billed by us.

    Seats added this month to a cycle that was billed by hand the month before are an example. Where people billed too
    much, in another currency, or a product that was exchanged since, only a person can say what is right.
    """
    group = judgement.group
    ledger = {verdict.verdict for verdict in judgement.verdicts if verdict.side == "ledger" and verdict.amount}
    plain = not group.converted and not group.bundle and all(line.currency == group.currency for line in group.lines)
    return plain and ledger <= {"matched", "timing", "not_judged"}
