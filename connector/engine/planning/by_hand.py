"""What people billed in the ledger by hand, slice by slice: it is never planned, and what it misses is a finding."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.engine.reconciliation.judging import Judgement, Verdict
from connector.engine.reconciliation.shapes import Charge, Slice

SliceKey = tuple[object, ...] | tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class HandBilled:
    """What hand-made lines bill of a slice: verdicts with their part of its cost, and the findings about the rest."""

    fates: tuple[tuple[str, Decimal], ...]
    findings: tuple[str, ...]


def slice_key(piece: Slice) -> SliceKey:
    """What tells a slice from all others of a run."""
    if piece.charges:
        return piece.charges
    return piece.source, piece.line, piece.customer_id, piece.ledger_customer, piece.item, piece.period


def billed_by_hand(
    groups: Iterable[Judgement], fingerprints: Mapping[tuple[str, ...], tuple[str, ...]]
) -> dict[SliceKey, HandBilled]:
    """What became of the slices of groups in which people billed something; `fingerprints` are findings by group."""
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
        for piece in group.slices:
            fates = tuple((one.verdict, one.amount) for one in verdicts.get(piece.charges, ()))
            found[slice_key(piece)] = HandBilled(fates, names)
    return found
