"""Judges one group: settles credits, lays both sides out in time, explains, gives every slice a verdict."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from connector.domain.money import exponent
from connector.engine import explaining
from connector.engine.explaining import Claim
from connector.engine.reconciliation.comparison import Group, lay_out, take_earlier, units_of
from connector.engine.reconciliation.readings import (
    as_lump_sums,
    as_one_quantity,
    as_reductions,
    as_taken_back,
    dated_like,
    on_other_days,
)
from connector.engine.reconciliation.shapes import Line, Scope
from connector.engine.reconciliation.verdicts import Verdict, ledger_verdicts, vendor_verdicts, whole, whole_line

_OF_PRICE = {"price_differs", "fx_differs"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judged group: its causes with whole amounts that sum to expected − actual, and the verdicts of both sides."""

    group: Group
    claims: tuple[tuple[Claim, int], ...]
    verdicts: tuple[Verdict, ...]


def judge(group: Group, scope: Scope) -> Judgement:
    """Judge a group that has charges. Deterministic: the order of slices and lines does not matter.

    What the ledger leaves open is read as it stands, unless another reading leaves less to explain (readings).
    """
    slices, lines = group.slices, group.lines
    judged = _judge(group, scope)
    if not judged.claims:
        return judged

    def read(others: tuple[Line, ...]) -> Judgement:
        afresh = replace(group, slices=slices, lines=others, stretches=[], ledger_fates={}, vendor_fates={}, notes=[])
        return _judge(afresh, scope)

    lumps = as_lump_sums(lines)
    lumped = read(lumps) if lumps is not None else judged
    if not lumped.claims:
        return lumped
    counted_once = as_one_quantity(lines)
    # Two prices are parts of one only if they add up to it.
    if counted_once is not None and not _kinds(once := read(counted_once)) & _OF_PRICE:
        return once
    others = [*on_other_days(slices, lines), *filter(None, (as_taken_back(slices, lines), as_reductions(lines)))]
    readings = [judged, *map(read, others)]
    # A sum is of other seats than it says only if it is what some number of seats costs.
    if not _kinds(lumped) & _OF_PRICE:
        readings.append(lumped)
    return min(readings, key=_left_to_explain)


def _left_to_explain(judged: Judgement) -> tuple[int, int]:
    return sum(abs(amount) for _, amount in judged.claims), len(judged.claims)


def _kinds(judged: Judgement) -> set[str]:
    return {claim.kind for claim, _ in judged.claims}


def _judge(group: Group, scope: Scope) -> Judgement:
    other = [line for line in group.lines if line.currency != group.currency]
    if other:
        return _stop_at_currency(group)
    if not group.lines:
        return _nothing_billed(group, scope)
    credit, kept, settled = _settle_credits(group)
    group.lines = kept
    group.slices = tuple(dated_like(piece, kept) for piece in group.slices)
    lay_out(group, scope)
    if _dates_decide(group) or sum(s.worth for s in group.stretches) != sum(s.amount for s in group.stretches):
        take_earlier(group)
    compared = [stretch for stretch in group.stretches if stretch.fate in ("compared", "over")]
    group.expected = sum(stretch.worth for stretch in compared)
    group.actual = sum(stretch.amount for stretch in compared)
    if not _dates_decide(group) and group.expected == group.actual:
        for stretch in group.stretches:
            stretch.under = stretch.over = 0
    claims = list(_explain(group))
    left = group.expected - group.actual - sum((claim.amount for claim in claims), start=Fraction(0))
    credit_left = Fraction(credit)
    if credit and abs(left + credit) <= len(group.lines):
        # The credit was taken off the very line that bills the usage.
        left, credit_left = left + credit, Fraction(0)
    if credit_left:
        text = "Microsoft credited this; the customer has not got it"
        claims.append(Claim("credit_not_passed_on", Fraction(credit_left), "credit", text))
    amounts = _whole_amounts(group, claims, left)
    verdicts = [*vendor_verdicts(group, credit_left, credit), *ledger_verdicts(group), *settled]
    return Judgement(group, tuple(amounts), tuple(verdicts))


def _dates_decide(group: Group) -> bool:
    """Whether the ledger gives dates and quantities; what is assumed says nothing when the amounts agree."""
    return all(line.dated and line.seats is not None for line in group.lines)


def _explain(group: Group) -> Iterable[Claim]:
    for module in explaining.causes():
        claim = module.claim(group)
        if claim is not None and claim.amount:
            yield claim


def _whole_amounts(group: Group, claims: list[Claim], left: Fraction) -> list[tuple[Claim, int]]:
    """Round the claims so that they sum to the difference; what rounding alone leaves over joins the largest."""
    unit = 10 ** (group.places - exponent(group.currency))
    rounding = unit * (len(group.slices) + len(group.lines))
    credits = sum((claim.amount for claim in claims if claim.kind == "credit_not_passed_on"), start=Fraction(0))
    total = sum((claim.amount for claim in claims), start=Fraction(0)) + left
    timed = [claim for claim in claims if claim.kind != "credit_not_passed_on"]
    if left and (not timed or abs(left) > rounding):
        claims = [*claims, *_first(module.claim_rest(group, left) for module in explaining.rests())]
    rounded = [_nearest(claim.amount) for claim in claims]
    if rounded:
        largest = max(range(len(rounded)), key=lambda i: (claims[i].amount != credits, abs(rounded[i]), -i))
        rounded[largest] += _nearest(total) - sum(rounded)
    return [(claim, amount) for claim, amount in zip(claims, rounded, strict=True) if amount]


def _first(claims: Iterable[Claim | None]) -> list[Claim]:
    return [claim for claim in claims if claim is not None][:1]


def _nearest(amount: Fraction) -> int:
    size = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return -size if amount < 0 else size


def _settle_credits(group: Group) -> tuple[int, tuple[Line, ...], list[Verdict]]:
    """Let the ledger's credits settle Microsoft's credits first; what they exceed stays a line of its own."""
    owed = -sum(piece.worth for piece in group.slices if piece.is_credit)
    if owed <= 0:
        return -owed, group.lines, []
    places = exponent(group.currency)
    kept: list[Line] = []
    verdicts: list[Verdict] = []
    left = Decimal(owed).scaleb(-places)
    exact = [line for line in group.lines if -line.amount == left]
    for line in sorted(group.lines, key=lambda line: (line not in exact[:1], line.document, line.source, line.line)):
        taken = min(-line.amount, left) if line.amount < 0 else Decimal(0)
        if taken <= 0:
            kept.append(line)
            continue
        left -= taken
        verdicts.append(Verdict("ledger", "matched", line.currency, -taken, line.source, line.line))
        if taken < -line.amount:
            share = Fraction(line.amount + taken) / Fraction(line.amount)
            seats = None if line.seats is None else int(line.seats * share)
            kept.append(replace(line, amount=line.amount + taken, seats=seats))
    return -units_of(left, places), tuple(kept), verdicts


def _stop_at_currency(group: Group) -> Judgement:
    """Two currencies never meet: nothing else is compared, and nothing in the right currency is billed."""
    worth = sum(piece.worth for piece in group.slices)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in group.lines:
        found[line.currency] += line.amount
    billed = " and ".join(f"{amount:,f} {currency}" for currency, amount in sorted(found.items()))
    text = f"due in {group.currency}, billed: {billed}"
    group.places = exponent(group.currency)
    group.expected = worth
    verdicts = [whole(piece, "unbilled") for piece in group.slices]
    verdicts += [whole_line(line, "over_billed") for line in group.lines]
    return Judgement(group, ((Claim("currency_mismatch", Fraction(worth), "currency", text), worth),), tuple(verdicts))


def _nothing_billed(group: Group, scope: Scope) -> Judgement:
    group.places = exponent(group.currency)
    group.scope = scope
    due = [piece for piece in group.slices if not group.is_early(piece)]
    worth = sum(piece.worth for piece in due)
    group.expected = worth
    kind, cause = ("unbilled_charge", "unbilled") if worth >= 0 else ("credit_not_passed_on", "credit")
    own = all(piece.kind == "own" for piece in due)
    text = (
        f"{'it is due by a rule of your own' if own else 'Microsoft charged this'}; nothing is billed for it"
        if worth >= 0
        else "Microsoft gave this back; the customer got nothing"
    )
    claim = Claim(kind, Fraction(worth), cause, text)
    verdicts = [whole(piece, "unbilled" if worth else "billed") for piece in due]
    verdicts += [whole(piece, "timing") for piece in group.slices if group.is_early(piece)]
    return Judgement(group, ((claim, worth),) if worth else (), tuple(verdicts))
