"""Finds own items that were billed in advance and are not due any more, and gives back what was billed for them.

Only where a person asks (`--rebill`): an item whose rule ended or was taken out is billed for the rest of its quarter
or year already.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from connector.domain.document import Document, DocumentLine, SliceRef
from connector.domain.money import ZERO, to_minor
from connector.domain.period import Period
from connector.engine.planning.billed import Billed
from connector.engine.planning.pieces import ITEM, STEP, ChargeKey, Piece, charge_key, is_item, item_days
from connector.engine.planning.terms import Account
from connector.engine.reconciliation.shapes import Slice


class _Item(NamedTuple):
    """An own item as a document bills it, and the days it is for."""

    key: ChargeKey
    document: Document
    line: DocumentLine
    ref: SliceRef
    days: Period


def given_back(pieces: Iterable[Piece], billed: Billed, month: Period) -> Iterator[Piece]:
    """What was billed in advance for own items of a month that are not among `pieces`, which are all that is due."""
    for item in _ended(pieces, billed, month):
        before = billed.ref(replace(item.ref, part=""))
        if before is not None and before.amount:
            yield _given_back(item, before.amount)


def _ended(pieces: Iterable[Piece], billed: Billed, month: Period) -> list[_Item]:
    """Own items that were billed for more than the month and are not due in it any more.

    An item under another name than it was billed by stands for one of them.
    """
    due: dict[Account, list[ChargeKey]] = defaultdict(list)
    for piece in pieces:
        if is_item(piece.of) and piece.period.start in month:
            account = piece.of.ledger or "", piece.of.ledger_customer or "", piece.of.currency
            due[account].append(charge_key(piece.refs[0]))
    found: dict[Account, list[_Item]] = defaultdict(list)
    for document in billed.documents:
        if document.period != month and document.period.overlap(month):
            found[document.ledger, document.customer, document.currency] += _items(document, month)
    ended: list[_Item] = []
    for account, own in sorted(found.items()):
        known = {one.key for one in own}
        gone = sorted((one for one in own if one.key not in due[account]), key=lambda one: one.key)
        ended += gone[sum(key not in known for key in due[account]) :]
    return ended


def _items(document: Document, month: Period) -> Iterator[_Item]:
    for line in document.lines:
        if line.slices and line.slices[0].row_hash.startswith(ITEM):
            for ref, days in zip(line.slices, item_days(line), strict=False):
                if days.start in month:
                    yield _Item(charge_key(ref), document, line, ref, days)


def _given_back(item: _Item, amount: Decimal) -> Piece:
    document, line, currency = item.document, item.line, item.document.currency
    worth = -to_minor(amount, currency)
    piece = Slice(
        customer_id=document.tenants[0] if document.tenants else None, customer_name=document.customer_name,
        subscription_id=None, product_id=None, sku_id=None, product_name=line.product, category=line.category,
        term=None, billing_plan=None, promotion_id=None, ledger=document.ledger, ledger_customer=document.customer,
        item=line.item, currency=currency, cost_currency=line.cost_currency or currency, kind="own",
        reference_id=None, period=item.days, subscription_start=None, status="priced", method="amount",
        is_credit=False, is_free=False, rate_id=-1, unit=0, bare_unit=0, seats=0, all_seats=0, gained=0, lost=0,
        days=1, of_days=1, months=1, share_by="cycle", worth=worth, cost=ZERO, lines=0, source=item.ref.source,
        line=item.ref.line,
    )  # fmt: skip
    ref = replace(item.ref, part=STEP, amount=-amount)
    return Piece(piece, None, (ref,), worth, ZERO, item.days, is_whole=False, late="billed in advance and not due")
