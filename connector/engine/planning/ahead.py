"""Settles what was billed in advance against what Microsoft charged then: only the difference is billed or given back.

Each cycle that was billed ahead is settled once, in the month it began in. Where another deal holds by now, an edit of
the mapping, what was billed ahead keeps the price that it was billed at, and so do the seats that it is settled by.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from connector.domain.document import Document, DocumentLine, SliceRef
from connector.domain.money import ZERO, divide, to_minor
from connector.domain.period import Period
from connector.engine.planning.billed import Billed
from connector.engine.planning.cutting import NEXT
from connector.engine.planning.pieces import Piece, cycle_of
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.summing import is_billable

SETTLED = "settled"
# Ledger, its customer, currency, subscription.
Position = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Ahead:
    """One cycle that was billed in advance: its document, line and days, and what was billed for it."""

    document: Document
    line: DocumentLine
    ref: SliceRef
    cycle: Period


def settle_ahead(
    pieces: Sequence[Piece], billed: Billed, month: Period, *, anew: bool = False
) -> tuple[list[Piece], list[Piece]]:
    """Pieces less what was billed ahead for them, and those that it paid to the cent; `anew` at today's price."""
    ahead = _of_month(billed, month)
    if not ahead:
        return list(pieces), []
    taken: dict[Position, list[Piece]] = defaultdict(list)
    left: list[Piece] = []
    for piece in pieces:
        if _is_ahead(piece, ahead):
            taken[_position(piece)].append(piece)
        else:
            left.append(piece)
    paid: list[Piece] = []
    for position, cycles in sorted(ahead.items()):
        difference = _difference(taken.get(position, []), cycles, anew=anew)
        if difference.worth:
            left.append(difference)
        else:
            paid += taken.get(position, [])
    return left, paid


def without_known(pieces: Iterable[Piece], billed: Billed, month: Period) -> Iterator[Piece]:
    """Pieces without projected ones that nobody can bill, or whose subscription is billed ahead already.

    What changes for it after that is settled when Microsoft charges it.
    """
    known = {
        (document.ledger, document.customer, document.currency, ref.subscription_id)
        for document, _, ref in billed.ahead
        if cycle_of(ref.row_hash).start >= month.end
    }
    for piece in pieces:
        is_projected = piece.due == NEXT and not piece.counts and bool(piece.of.charges)
        if is_projected and not is_billable(piece.of):
            continue
        if is_projected and _position(piece) in known and billed.ref(piece.refs[0]) is None:
            continue
        yield piece


def billed_ahead(pieces: Iterable[Piece], billed: Billed, month: Period) -> Iterator[Piece]:
    """The pieces for which something was billed ahead that is not settled yet."""
    ahead = _of_month(billed, month)
    return (piece for piece in pieces if _is_ahead(piece, ahead))


def met_ahead(pieces: Iterable[Piece], billed: Billed, month: Period) -> frozenset[str]:
    """The keys of documents that bill cycles of a month ahead which Microsoft charged as expected: nothing is left."""
    ahead = _of_month(billed, month)
    charged: dict[Position, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if _is_ahead(piece, ahead):
            charged[_position(piece)].append(piece)
    return frozenset(
        one.document.key
        for position, cycles in ahead.items()
        if charged[position] and not _difference(charged[position], cycles).worth
        for one in cycles
    )


def settled_ahead(document: Document, billed: Billed) -> bool:
    """Whether something that a document bills ahead was settled by another."""
    refs = [ref for own, _, ref in billed.ahead if own.key == document.key]
    return any(billed.ref(replace(ref, part=SETTLED)) is not None for ref in refs)


def _position(piece: Piece) -> Position:
    of = piece.of
    return of.ledger or "", of.ledger_customer or "", of.currency, of.subscription_id or ""


def _is_ahead(piece: Piece, ahead: Mapping[Position, Sequence[Ahead]]) -> bool:
    of = piece.of
    meant = of.charges and not of.is_credit and of.method != "none" and piece.counts and not piece.group
    return bool(meant) and any(one.cycle.overlap(piece.period) for one in ahead.get(_position(piece), ()))


def _of_month(billed: Billed, month: Period) -> dict[Position, list[Ahead]]:
    """What was billed ahead for cycles that begin in a month and is not settled yet."""
    found: dict[Position, list[Ahead]] = defaultdict(list)
    for document, line, ref in billed.ahead:
        cycle = cycle_of(ref.row_hash)
        if cycle.start in month and billed.ref(replace(ref, part=SETTLED)) is None:
            position = document.ledger, document.customer, document.currency, ref.subscription_id
            found[position].append(Ahead(document, line, ref, cycle))
    return found


def _difference(pieces: Sequence[Piece], cycles: Sequence[Ahead], *, anew: bool = False) -> Piece:
    """What Microsoft's charges come to, less what was billed ahead for them; `anew` at today's price."""
    currency = cycles[0].document.currency
    before = sum((one.ref.amount for one in cycles), ZERO)
    worth = sum(piece.worth for piece in pieces) - to_minor(before, currency)
    marks = tuple(replace(one.ref, part=SETTLED, amount=-one.ref.amount, cost=-one.ref.cost) for one in cycles)
    if not pieces:
        return _given_back(cycles, worth, marks)
    if not anew and _is_another_deal(pieces, cycles):
        worth = _at_that_price(pieces, cycles, to_minor(before, currency))
    first = pieces[0]
    days = Period(min(piece.period.start for piece in pieces), max(piece.period.end for piece in pieces))
    return replace(
        first,
        refs=(*(ref for piece in pieces for ref in piece.refs), *marks),
        worth=worth,
        cost=sum((piece.cost for piece in pieces), ZERO),
        period=days,
        is_whole=False,
        late="less what was billed in advance",
    )


def _is_another_deal(pieces: Iterable[Piece], cycles: Iterable[Ahead]) -> bool:
    """Whether the charges are priced by other rules than what was billed ahead for them."""
    return {piece.rate.rule if piece.rate else "" for piece in pieces}.isdisjoint(one.ref.rule for one in cycles)


def _at_that_price(pieces: Iterable[Piece], cycles: Iterable[Ahead], before: int) -> int:
    """What more (or less) Microsoft charges than was expected, at the price that was billed ahead."""
    charged = sum((piece.cost for piece in pieces), ZERO)
    expected = sum((one.ref.cost for one in cycles), ZERO)
    if not expected:
        return sum(piece.worth for piece in pieces) - before
    more = Fraction(before) * Fraction(charged - expected) / Fraction(expected)
    return divide(more.numerator, more.denominator)


def _given_back(cycles: Sequence[Ahead], worth: int, marks: Iterable[SliceRef]) -> Piece:
    """What was billed ahead and never charged."""
    line, document, ref = cycles[0].line, cycles[0].document, cycles[0].ref
    days = Period(min(one.cycle.start for one in cycles), max(one.cycle.end for one in cycles))
    piece = Slice(
        customer_id=document.tenants[0] if document.tenants else None, customer_name=document.customer_name,
        subscription_id=ref.subscription_id or None, product_id=None, sku_id=None, product_name=line.product,
        category=line.category, term=None, billing_plan=None, promotion_id=None, ledger=document.ledger,
        ledger_customer=document.customer, item=line.item, currency=document.currency,
        cost_currency=line.cost_currency, kind="ahead", reference_id=None, period=days, subscription_start=None,
        status="priced", method="amount", is_credit=False, is_free=False, rate_id=-1,
        unit=0, bare_unit=0, seats=0, all_seats=0, gained=0, lost=0, days=1, of_days=1,
        months=1, share_by="cycle", worth=worth, cost=Decimal(0), lines=0, source="", line=0,
    )  # fmt: skip
    refs = tuple(marks)
    return Piece(piece, None, refs, worth, ZERO, days, is_whole=False, late="billed in advance and not charged")
