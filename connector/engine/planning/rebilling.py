"""Finds posted documents that are no longer what they should be, and takes them back so that they are billed anew.

Only where a person asks (`--rebill`): after an edit of the mapping, or of a document in the ledger.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connector.domain.document import CREDIT_MEMO, INVOICE, Document, DocumentLine
from connector.domain.money import ZERO, to_minor
from connector.domain.period import Period
from connector.engine.planning.ahead import SETTLED, billed_ahead, settled_ahead
from connector.engine.planning.billed import Billed
from connector.engine.planning.correcting import CATCH_UP
from connector.engine.planning.pieces import AHEAD, ITEM, MINIMUM, ChargeKey, Piece, Shares, charge_key
from connector.engine.planning.terms import Account

# The lines of our documents as they stand in the ledger, by key; None where the document is gone or void.
Standing = Mapping[str, tuple[DocumentLine, ...] | None]


def of_month(billed: Billed, month: Period, met: Container[str] = ()) -> list[Document]:
    """The documents that bill a month, but for those that put findings right.

    What was billed ahead counts when it is settled, or `met` by Microsoft's charges to the cent, as long as it is for
    this month only: till then settling it bills the difference anyway. A quarter or year that was billed ahead stays;
    what settles this month of it counts.
    """
    own = [one for one in billed.documents if one.period == month and one.split != CATCH_UP]
    ahead = {one.key for one in own if _cycles(one, "")}
    counting = {one.key for one in own if one.key in ahead and (one.key in met or settled_ahead(one, billed))}
    longer = [one for one in billed.documents if one.period.overlap(month) and one.period != month]
    staying = [*longer, *(one for one in own if one.key in counting)]
    known = {cycle for one in staying for cycle in _cycles(one, "")}
    return [one for one in own if (one.key in counting or one.key not in ahead) and _cycles(one, SETTLED) <= known]


def for_next(billed: Billed, month: Period) -> list[Document]:
    """The documents that bill the span after a month ahead, of which nothing is settled yet."""
    return [
        one
        for one in billed.documents
        if one.period.start == month.end and _cycles(one, "") and not settled_ahead(one, billed)
    ]


def _cycles(document: Document, part: str) -> set[ChargeKey]:
    refs = (ref for line in document.lines for ref in line.slices)
    return {charge_key(ref) for ref in refs if ref.row_hash.startswith(AHEAD) and ref.part == part}


def only_billed(pieces: Iterable[Piece], billed: Billed, shares: Shares, month: Period) -> Iterator[Piece]:
    """What is billed of the pieces, as it would be billed today; what came since is no reason to bill anew."""
    pieces = list(pieces)
    paid = set(map(id, billed_ahead(pieces, billed, month)))
    for piece in pieces:
        if id(piece) in paid:
            yield piece
            continue
        if not piece.of.charges:
            if billed.ref(piece.refs[0]) is not None or billed.own(piece):
                yield piece
            continue
        early = [billed.fate(ref, shares) != "open" for ref in piece.refs]
        if all(early):
            yield piece
        elif any(early):
            refs = tuple(ref for ref, wanted in zip(piece.refs, early, strict=True) if wanted)
            # Charges that others were netted with since keep what they were billed at, as long as the deal holds.
            before = [billed.ref(ref) for ref in refs]
            same = all(one is not None and piece.rate is not None and one.rule == piece.rate.rule for one in before)
            amounts = [one.amount for one in before if one is not None] if same else [ref.amount for ref in refs]
            worth = to_minor(sum(amounts, ZERO), piece.of.currency)
            yield replace(piece, refs=refs, worth=worth, is_whole=False)


def outdated(posted: Sequence[Document], fresh: Iterable[Document], standing: Standing) -> list[Document]:
    """Those posted documents whose customers would be billed another amount for some item today.

    One that is gone from the ledger, too, where something would be billed for its customer today, wherever.
    """
    stands: dict[Account, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    wanted: dict[Account, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for document in posted:
        _sum_up(stands[_account(document)], document, lines_of(document, standing) or ())
    tenants: set[str] = set()
    for document in fresh:
        _sum_up(wanted[_account(document)], document, document.lines)
        tenants.update(document.tenants)
    return [
        document
        for document in posted
        if _amounts(stands[_account(document)]) != _amounts(wanted[_account(document)])
        or (lines_of(document, standing) is None and not tenants.isdisjoint(document.tenants))
    ]


def lines_of(document: Document, standing: Standing) -> tuple[DocumentLine, ...] | None:
    """The lines of a document as they stand, where that is known, else as it was posted."""
    return standing.get(document.key, document.lines)


def reversals(outdated_ones: Iterable[Document], standing: Standing, billed: Billed, day: date) -> list[Document]:
    """The documents that take others back whole, as they stand; one that is gone needs none."""
    made = []
    for document in outdated_ones:
        lines = lines_of(document, standing)
        if not lines or not any(line.amount for line in lines):
            continue
        number = billed.named(document.key)
        back = replace(
            document,
            kind=CREDIT_MEMO if document.kind == INVOICE else INVOICE,
            lines=tuple(_back(line, number) for line in lines),
            day=max(day, document.day),
            corrects=(),
            reverses=document.key,
            annex="none",
        )
        made.append(replace(back, sequence=billed.sequence(back)))
    return made


def _back(line: DocumentLine, number: str) -> DocumentLine:
    where = f"{number} line {line.number}"
    refs = tuple(replace(ref, amount=-ref.amount, cost=-ref.cost) for ref in line.slices)
    text = f"{line.description}, taken back from {where}"
    return replace(line, slices=refs, cost=-line.cost, refunds=where, description=text)


def in_place_of(documents: Sequence[Document], gone: Sequence[Document], undone: Sequence[Document]) -> list[Document]:
    """Let documents name those whose charges they bill anew: of those that are gone with them, or were `undone` before.

    What was billed ahead goes by its customer, own items and minimums by their tenant.
    """
    if not gone and not undone:
        return list(documents)
    keys: dict[object, set[str]] = defaultdict(set)
    for one in gone:
        for mark in _marks(one, ahead=bool(_cycles(one, ""))):
            keys[mark].add(one.key)
    for one in undone:
        for charge in _charges(one):
            keys[charge].add(one.key)
    return [
        replace(one, corrects=tuple(sorted({key for mark in _marks(one, ahead=True) for key in keys.get(mark, ())})))
        for one in documents
    ]


def _marks(document: Document, *, ahead: bool) -> Iterator[object]:
    """By what a document and the one in its place are known to be about the same."""
    yield from _charges(document)
    for tenant in _own_tenants(document):
        yield "own", tenant, document.period
    if ahead:
        yield "ahead", _account(document), document.period


def _own_tenants(document: Document) -> set[str]:
    """The tenants of a document that bills own items or minimums."""
    names = (ref.row_hash for line in document.lines for ref in line.slices)
    return set(document.tenants) if any(name.startswith((ITEM, MINIMUM)) for name in names) else set()


def _charges(document: Document) -> set[ChargeKey]:
    return {charge_key(ref) for line in document.lines for ref in line.slices}


def _sum_up(sums: dict[str | None, Decimal], document: Document, lines: Iterable[DocumentLine]) -> None:
    sign = -1 if document.kind == CREDIT_MEMO else 1
    for line in lines:
        sums[line.item] += line.amount * sign


def _amounts(sums: Mapping[str | None, Decimal]) -> dict[str | None, Decimal]:
    return {item: amount for item, amount in sums.items() if amount}


def _account(document: Document) -> Account:
    return document.ledger, document.customer, document.currency
