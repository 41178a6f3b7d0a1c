"""The guards that hold a document, or the whole plan, until a person decides; and how much each customer changes."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from decimal import Decimal

from connector.domain.document import INVOICE, Change, Document, Held
from connector.domain.money import ZERO, exponent, round_half_up
from connector.domain.period import ONE_DAY, Period
from connector.engine.planning.billed import Billed
from connector.engine.planning.documents import cost_of
from connector.engine.planning.terms import Account, Terms

_UNTAXED = "NON"


def changes(documents: Iterable[Document], billed: Billed, terms: Terms) -> tuple[Change, ...]:
    """What each customer with a document is billed for the month, and was for the month before."""
    totals: dict[Account, Decimal] = defaultdict(Decimal)
    names: dict[Account, str] = {}
    for document in documents:
        account = _account(document)
        totals[account] += document.net
        names[account] = document.customer_name
    for document in billed.documents:
        if document.period == terms.period and _account(document) in names:
            totals[_account(document)] += document.net
    for account, amount in terms.by_hand.items():
        if account in names:
            totals[account] += amount
    return tuple(
        Change(account[0], account[1], names[account], account[2], total, terms.before.get(account))
        for account, total in sorted(totals.items())
    )


def held(
    documents: Sequence[Document], changed: Iterable[Change], terms: Terms, missing: Container[str] = ()
) -> tuple[Held, ...]:
    """All that holds the plan, the whole of it first; `missing` are keys of documents that the ledger has no more."""
    if not documents:
        return ()
    return (
        *_whole(documents, terms),
        *_each(documents, changed, terms),
        *_in_place_of(documents, missing),
        *_recurring(documents, terms),
        *_long(documents, terms),
        *_unexplained(documents, terms),
    )


def _unexplained(documents: Iterable[Document], terms: Terms) -> Iterator[Held]:
    """What people billed on an item that means nothing we know may be what a document bills on another."""
    for document in documents:
        days = [Period.inclusive(line.first, line.last) for line in document.lines if line.first and line.last]
        for one in terms.unexplained if document.kind == INVOICE and not document.corrects else ():
            if one.account == _account(document) and any(one.days.overlap(each) for each in days):
                text = f"{one.text}, which no charge explains; see that it is not the same under another item"
                yield Held("unexplained", text, document.key)


def _recurring(documents: Iterable[Document], terms: Terms) -> Iterator[Held]:
    """What a ledger bills by itself must not be billed beside it."""
    for document in documents:
        items = {line.item for line in document.lines if line.item} if document.kind == INVOICE else set()
        for one in terms.recurring:
            both = sorted(items & one.items) if one.account == _account(document) else []
            if both:
                text = (
                    f"the recurring invoice {one.name} bills item {', '.join(both)} of this customer by itself, next "
                    f"on {one.next_day}; end it in the ledger, or take these items off it"
                )
                yield Held("recurring", text, document.key)


def _long(documents: Iterable[Document], terms: Terms) -> Iterator[Held]:
    """A document with more lines than its ledger takes would be refused only when it is sent.

    A line without a tax code may be taxed: the ledger decides.
    """
    for document in documents:
        most = terms.guards.taxed_lines.get(document.ledger)
        lines = [line for line in document.lines if line.item is not None]
        if most is not None and len(lines) > most and any(line.tax_code != _UNTAXED for line in lines):
            text = (
                f"it has {len(lines)} lines, and the ledger takes {most} on a document with tax; let the customer's "
                "template make fewer (`lines: per_product` or `per_category`, `usage: one_line`) or more documents "
                "(`split_by`)"
            )
            yield Held("lines", text, document.key)


def _in_place_of(documents: Iterable[Document], missing: Container[str]) -> Iterator[Held]:
    """What is billed anew must really be gone: the ledger may have been read before it was posted."""
    for document in documents:
        gone = [key for key in document.corrects if key in missing]
        if gone:
            text = f"{', '.join(gone)} is not in the ledger as it was read; read it again and see that it is gone"
            yield Held("gone", text, document.key)


def _whole(documents: Sequence[Document], terms: Terms) -> Iterator[Held]:
    guards = terms.guards
    if guards.mode == "off":
        yield Held("mode", "posting.mode is off: plans are made and nothing is posted")
    elif guards.mode == "review":
        yield Held("review", "posting.mode is review: a person approves the plan by its id")
    if guards.documents is not None and len(documents) > guards.documents:
        yield Held("documents", f"{len(documents)} documents are more than posting.limits.documents {guards.documents}")
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        totals[document.currency] += document.net
    for currency, total in sorted(totals.items()):
        if guards.amount is not None and abs(total) > guards.amount:
            yield Held("amount", f"{total:f} {currency} is more than posting.limits.amount {guards.amount:f}")


def _each(documents: Sequence[Document], changed: Iterable[Change], terms: Terms) -> Iterator[Held]:
    guards = terms.guards
    too_much = {
        (change.ledger, change.customer, change.currency): change
        for change in changed
        if guards.change_percent is not None
        and change.before is not None
        and abs(change.total - change.before) * 100 > guards.change_percent * abs(change.before)
    }
    for document in documents:
        if guards.closed_until is not None and document.period.last <= guards.closed_until:
            first = guards.closed_until + ONE_DAY
            text = f"the books are closed until {guards.closed_until}; it would be dated {max(document.day, first)}"
            yield Held("closed_period", text, document.key)
        change = too_much.get(_account(document))
        if change is not None:
            yield Held("change", _told(change, guards.change_percent or ZERO), document.key)
        cost = cost_of(document)
        if cost is not None and ZERO < document.net < cost:
            text = f"its margin is negative: {document.net:f} for what costs {cost:f} {document.currency}"
            yield Held("negative_margin", text, document.key)


def _told(change: Change, limit: Decimal) -> str:
    before = round_half_up(change.before or ZERO, exponent(change.currency))
    by = f" ({change.percent:+f} %)" if change.percent is not None else ""
    return (
        f"{change.customer_name or change.customer}: {change.total:f} {change.currency} after "
        f"{before:f} the month before{by} is beyond posting.limits.change_percent {limit:f}"
    )


def _account(document: Document) -> Account:
    return document.ledger, document.customer, document.currency
