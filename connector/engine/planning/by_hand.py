"""What people billed in the ledger by hand, slice by slice: it is never planned, and what it misses is a finding."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.domain.money import from_minor
from connector.engine.reconciliation.conversions import Position
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Charge, Line, Slice
from connector.engine.reconciliation.verdicts import Verdict

SliceKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class HandBilled:
    """What hand-made lines bill of a slice: verdicts with their part of its cost, and the findings about the rest.

    `short` says that less is billed than is due, though no seat of it is missing: the price, or a bundle.
    """

    fates: tuple[tuple[str, Decimal], ...]
    findings: tuple[str, ...]
    short: bool = False


def slice_key(piece: Slice) -> SliceKey:
    """What tells a slice from all others of a run; what has no cycle is compared over the days that people billed."""
    if piece.charges:
        return piece.charges, piece.period if piece.months else None
    return piece.source, piece.line, piece.customer_id, piece.ledger_customer, piece.item, piece.period


def billed_by_hand(
    groups: Iterable[Judgement], fingerprints: Mapping[tuple[str, ...], tuple[str, ...]], short: Container[object] = ()
) -> dict[SliceKey, HandBilled]:
    """What became of the slices of which people billed something; `fingerprints` are findings by group.

    `short` are groups for which less is billed than is due.
    """
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
        has_gap = any(one.verdict == "unbilled" and one.amount for one in judgement.verdicts)
        is_short = group.key in short and not has_gap
        left = set(map(slice_key, open_slices(judgement)))
        for piece in group.slices:
            fates = tuple((one.verdict, one.amount) for one in verdicts.get(piece.charges, ()))
            if slice_key(piece) not in left:
                found[slice_key(piece)] = HandBilled(fates, names, is_short and piece.method != "none")
    return found


def open_slices(judgement: Judgement) -> list[Slice]:
    """The slices of a group of which people billed nothing, and of the others nothing wrong: we bill these.

    A line without a quantity may bill any seat of its days.
    """
    if not _only_too_little(judgement):
        return []
    billed = {one.charges for one in judgement.verdicts if one.charges and one.amount and one.verdict != "unbilled"}
    missed = {one.charges for one in judgement.verdicts if one.charges and one.amount and one.verdict == "unbilled"}
    nobody_knows = [line.period for line in judgement.group.lines if line.seats is None and line.amount > 0]
    return [
        piece
        for piece in judgement.group.slices
        if piece.charges in missed - billed
        and (piece.is_credit or not any(days.overlap(piece.period) for days in nobody_knows))
    ]


def plainly_billed(slices: Iterable[Slice], lines: Iterable[Line], is_bundled: Callable[[int], bool]) -> "Plainly":
    """What needs no judging: subscriptions whose lines are one by one what is due, in days, seats and amount."""
    due: dict[Position, list[Slice]] = defaultdict(list)
    billed: dict[Position, list[Line]] = defaultdict(list)
    others: list[Slice] = []
    nameless: list[Line] = []
    for piece in slices:
        if piece.subscription_id is None:
            others.append(piece)
        else:
            due[piece.ledger or "", piece.ledger_customer or "", piece.subscription_id].append(piece)
    for line in lines:
        position = line.ledger, line.customer, line.subscription_id or ""
        (billed[position] if position in due else nameless).append(line)
    found: dict[SliceKey, HandBilled] = {}
    answered: list[Line] = []
    for position, pieces in due.items():
        own = billed.get(position, [])
        if own and _is_plain(pieces, own, is_bundled):
            found |= {slice_key(piece): HandBilled((("billed", piece.cost),), ()) for piece in pieces}
            answered += own
        else:
            others += pieces
            nameless += own
    return Plainly(found, others, nameless, answered)


@dataclass(frozen=True, slots=True)
class Plainly:
    """What is plainly billed, and what is left to be judged on both sides; `answered` are the lines of the former."""

    billed: dict[SliceKey, HandBilled]
    slices: list[Slice]
    lines: list[Line]
    answered: list[Line]


def _is_plain(pieces: list[Slice], lines: list[Line], is_bundled: Callable[[int], bool]) -> bool:
    if len(pieces) != len(lines):
        return False
    for piece in pieces:
        counted = piece.method == "seats" and piece.seats == piece.all_seats
        odd = piece.is_credit or piece.is_free or piece.status != "priced" or is_bundled(piece.rate_id)
        if odd or not (counted or piece.method == "amount"):
            return False
    due = sorted(
        (piece.period, piece.item, piece.currency, from_minor(piece.worth, piece.currency)) for piece in pieces
    )
    billed = sorted((line.period, line.item, line.currency, line.amount) for line in lines)
    seats = sorted(piece.seats for piece in pieces)
    told = sorted(line.seats for line in lines if line.seats is not None)
    known = [line for line in lines if line.seats is not None]
    by_amount = all(piece.method == "amount" for piece in pieces)
    return due == billed and all(line.dated for line in lines) and (by_amount or not known or told == seats)


def _only_too_little(judgement: Judgement) -> bool:
    """Whether people billed nothing wrong in a group: then what they did not bill at all can be billed by us.

    Seats added this month to a cycle that was billed by hand the month before are an example. Where people billed too
    much, in another currency, or a product that was exchanged since, some line of theirs answers no charge, and only a
    person can say what is right.
    """
    ledger = {verdict.verdict for verdict in judgement.verdicts if verdict.side == "ledger" and verdict.amount}
    return ledger <= {"matched", "timing", "not_judged"}
