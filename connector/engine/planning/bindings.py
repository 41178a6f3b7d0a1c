"""Ties subscriptions to ledger lines: by what was posted, line by line, and by what the mapping says of each."""

from collections.abc import Iterable, Iterator

from connector.domain.binding import Binding, Origin
from connector.domain.period import ONE_DAY
from connector.domain.posted import Posted
from connector.domain.rules import Validity
from connector.engine.mapping import Book, Offer, Tie, find_item
from connector.engine.planning.accounts import LedgerOf
from connector.engine.reconciliation.shapes import Lifetime, Slice


def by_posting(posted: Iterable[Posted]) -> list[Binding]:
    """The ties that our postings made: a line of several subscriptions gives one for each, documents of any state.

    Withdrawn and refused documents tie nothing.
    """
    found: set[Binding] = set()
    for one in posted:
        document = one.document
        if not one.bills:
            continue
        for line in document.lines:
            subscriptions = {ref.subscription_id for ref in line.slices} | {line.reference}
            for subscription in sorted(subscriptions - {""}):
                found.add(
                    Binding(
                        subscription_id=subscription,
                        ledger=document.ledger,
                        ledger_customer=document.customer,
                        item=line.item or "",
                        origin=Origin.POSTING,
                        valid=Validity(line.first, line.last and line.last + ONE_DAY),
                        document_id=one.number,
                        line=str(line.number),
                        tenant_id=document.tenants[0] if len(document.tenants) == 1 else "",
                    )
                )
    return sorted(found, key=order)


def by_mapping(book: Book, ledger: LedgerOf, slices: Iterable[Slice], lives: Iterable[Lifetime]) -> list[Binding]:
    """The ties that the mapping makes, for subscriptions that are charged or on file and that it bills."""
    found = {
        Binding(
            subscription_id=piece.subscription_id,
            ledger=piece.ledger or "",
            ledger_customer=piece.ledger_customer,
            item=piece.item,
            origin=Origin.MAPPING,
            tenant_id=piece.customer_id or "",
        )
        for piece in slices
        if piece.subscription_id and piece.ledger_customer and piece.item
    }
    charged = {one.subscription_id for one in found}
    found |= {one for life in lives if life.subscription_id not in charged for one in _of_life(book, ledger, life)}
    return sorted(found, key=order)


def _of_life(book: Book, ledger: LedgerOf, life: Lifetime) -> Iterator[Binding]:
    day = life.term_start or life.began
    if day is None or life.ended is not None:
        return
    offer = Offer(
        life.customer_id, None, life.subscription_id, life.product_id, life.sku_id, "license", life.term,
        life.billing_plan, None, day, life.term_start,
    )  # fmt: skip
    account, product, special = book.account(offer), book.product(offer), book.exception(offer)
    if account is None or account.ended or isinstance(product, Tie) or isinstance(special, Tie):
        return
    name = ledger(account.ledger)
    bundle = book.bundle(offer, account.rule)
    item = bundle[0].item if bundle else find_item(product, special, name) if product else special and special.item
    if item:
        yield Binding(
            subscription_id=life.subscription_id,
            ledger=name,
            ledger_customer=account.ledger_customer,
            item=item,
            origin=Origin.MAPPING,
            tenant_id=life.customer_id or "",
        )


def order(one: Binding) -> tuple[object, ...]:
    """A stable order: by subscription, then by day, then by document and line."""
    return (
        one.subscription_id, str(one.valid.start or ""), one.ledger, one.ledger_customer, one.item, one.origin,
        one.document_id, one.line,
    )  # fmt: skip
