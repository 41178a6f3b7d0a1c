"""Finds own items that were billed in advance and are not due any more, and gives back what was billed for them.

Only where a person asks (`--rebill`): an item whose rule ended or was taken out is billed for the rest of its quarter
or year already.
"""

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

    @property
    def account(self) -> Account:
        """Whom it is billed to."""
        return self.document.ledger, self.document.customer, self.document.currency


def given_back(pieces: Iterable[Piece], billed: Billed, month: Period) -> Iterator[Piece]:
    """What was billed in advance for own items of a month that are not among `pieces`, which are all that is due."""
    for item in _ended(pieces, billed, month):
        before = billed.ref(replace(item.ref, part=""))
        if before is not None and before.amount:
            yield _given_back(item, before.amount)


def _ended(pieces: Iterable[Piece], billed: Billed, month: Period) -> list[_Item]:
    """Own items that were billed for more than the month and are not due in it any more.

    An item under another name than it was billed by stands for one of them: of its ledger customer, else, as that
    changes where a customer moves, of its tenant.
    """
    due = {charge_key(one.refs[0]): one.of for one in pieces if is_item(one.of) and one.period.start in month}
    longer = (one for one in billed.documents if one.period != month and one.period.overlap(month))
    found = sorted((item for one in longer for item in _items(one, month)), key=lambda one: (one.account, one.key))
    known = {one.key for one in found}
    ended = [one for one in found if one.key not in due]
    for key, of in sorted(due.items(), key=lambda one: one[0]):
        if key in known:
            continue
        account = of.ledger or "", of.ledger_customer or "", of.currency
        its = next((one for one in ended if one.account == account), None)
        its = its or next((one for one in ended if of.customer_id in one.document.tenants), None)
        if its is not None:
            ended.remove(its)
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
