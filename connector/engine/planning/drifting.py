"""Says which documents of ours would be billed otherwise today, and by how much.

It is what a plan that bills a month anew comes to, less what a plain one bills by itself: what comes late, and the
seats that settle what was billed in advance, are in both and no change of what was billed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from connector.domain.document import CREDIT_MEMO, INVOICE, Document, DocumentLine, Plan, SliceRef
from connector.domain.money import ZERO
from connector.domain.period import Period
from connector.engine.planning.ahead import SETTLED
from connector.engine.planning.pieces import AHEAD, ITEM, charge_key, cycle_of, item_days
from connector.engine.planning.terms import Account
from connector.engine.posted_view import Drift


def drifts_of(anew: Plan, plain: Plan, billed: Iterable[Document] = ()) -> tuple[Drift, ...]:
    """What two plans of a month say of the documents `billed` so far, by customer."""
    month, billed = anew.period, tuple(billed)
    change: dict[Account, Decimal] = defaultdict(lambda: ZERO)
    for sign, plan in ((1, anew), (-1, plain)):
        for document in plan.documents:
            change[_account(document)] += sign * document.net
    touched = {charge_key(ref) for document in anew.documents for ref in _refs(document) if _is_ahead(ref, SETTLED)}
    named: dict[Account, list[Document]] = defaultdict(list)
    keys: dict[Account, list[str]] = defaultdict(list)
    was: dict[Account, Decimal] = defaultdict(lambda: ZERO)
    for document in anew.documents:
        if document.reverses:
            own = _as_it_was(document)
            named[_account(own)].append(own)
            keys[_account(own)].append(document.reverses)
            was[_account(own)] += own.net
    taken_back = {document.reverses for document in anew.documents}
    for document in billed:
        if document.key not in taken_back and any(charge_key(ref) in touched for ref in _refs(document)):
            named[_account(document)].append(document)
            keys[_account(document)].append(document.key)
            was[_account(document)] += _of_month(document, month)
    return tuple(
        Drift(tuple(own), was[account], change[account], _told(keys[account], change[account]), month)
        for account, own in sorted(named.items())
        if change[account]
    )


def _account(document: Document) -> Account:
    return document.ledger, document.customer, document.currency


def _refs(document: Document) -> Iterable[SliceRef]:
    return (ref for line in document.lines for ref in line.slices)


def _is_ahead(ref: SliceRef, part: str) -> bool:
    return ref.row_hash.startswith(ITEM) or (ref.row_hash.startswith(AHEAD) and ref.part == part)


def _days(line: DocumentLine) -> Iterable[tuple[SliceRef, Period]]:
    """What a line bills before Microsoft charges it, or without a charge, and for which days."""
    if line.slices and line.slices[0].row_hash.startswith(ITEM):
        yield from zip(line.slices, item_days(line), strict=False)
    else:
        yield from ((ref, cycle_of(ref.row_hash)) for ref in line.slices if _is_ahead(ref, ""))


def _of_month(document: Document, month: Period) -> Decimal:
    """What a document bills in advance for what begins in a month."""
    found = (ref.amount for line in document.lines for ref, days in _days(line) if days.start in month)
    return sum(found, ZERO)


def _as_it_was(reversal: Document) -> Document:
    """The document that a reversal takes back, as far as findings tell of it."""
    return replace(reversal, kind=INVOICE if reversal.kind == CREDIT_MEMO else CREDIT_MEMO, reverses="")


def _told(keys: Sequence[str], change: Decimal) -> str:
    more = "more" if change > 0 else "less"
    return f"by today's charges and rules {abs(change):f} {more} would be billed than by {', '.join(keys)}"
