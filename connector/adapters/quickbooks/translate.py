"""Turns QuickBooks' invoices, credit memos, bills, payments and recurring templates into documents in our words."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connector.adapters.quickbooks.service_days import read_days, service_days
from connector.adapters.quickbooks.values import (
    Body,
    Unreadable,
    amount,
    amount_or_zero,
    day,
    flag,
    moment,
    part,
    parts,
    ref,
    ref_name,
    text,
)
from connector.domain.ledger import DISCOUNT, SALE, TEXT, RemoteDocument, RemoteLine
from connector.domain.money import ZERO

KINDS = {
    "Invoice": "invoice",
    "CreditMemo": "credit_memo",
    "Bill": "bill",
    "VendorCredit": "bill",
    "Payment": "payment",
}
"""QuickBooks' entities that are documents to us; a vendor's credit is a bill with negative amounts."""
ENTITIES = {
    "invoice": "Invoice",
    "credit_memo": "CreditMemo",
    "bill": "Bill",
    "vendor_credit": "VendorCredit",
    "payment": "Payment",
}
"""The entity that a document of ours of this kind becomes."""
TEMPLATE = "template"
MARK = re.compile(r"\bCONNECTOR[-:][0-9A-Z]{8,}\b", re.IGNORECASE)
"""What a private note holds where the document is ours."""

_NEGATIVE = frozenset({"CreditMemo", "VendorCredit"})
_LINKED = {
    "Invoice": "invoice",
    "CreditMemo": "credit_memo",
    "Bill": "bill",
    "Payment": "payment",
    "BillPaymentCheck": "payment",
    "BillPaymentCreditCard": "payment",
    "BillPayment": "payment",
}
_VOIDED = "voided"


def document(entity: str, body: Body, home_currency: str) -> RemoteDocument:
    """Translate an Invoice, CreditMemo, Bill, VendorCredit or Payment.

    Amounts of credits are negative, here as in the lines. Raises Unreadable where the id or an amount cannot be
    read.
    """
    remote_id = text(body.get("Id"))
    where = f"{entity} {remote_id or '?'}"
    total = amount(body.get("TotalAmt"), where)
    if not remote_id or total is None:
        raise Unreadable(f"{where}: QuickBooks gives no {'TotalAmt' if remote_id else 'Id'}; it is set aside.")
    sign = -1 if entity in _NEGATIVE else 1
    tax = amount_or_zero(part(body, "TxnTaxDetail", "TotalTax"), where)
    balance = amount(body.get("Balance", body.get("RemainingCredit")), where)
    note = text(body.get("PrivateNote"))
    party = "VendorRef" if entity in {"Bill", "VendorCredit"} else "CustomerRef"
    lines = () if entity == "Payment" else tuple(_lines(body, where, sign, note))
    return RemoteDocument(
        remote_id=remote_id,
        version=text(body.get("SyncToken")),
        kind=KINDS[entity],
        number=text(body.get("DocNumber") or body.get("PaymentRefNum")),
        party=ref(body, party),
        # QuickBooks tells of a voided payment without its day.
        day=day(body.get("TxnDate")) or day(part(body, "MetaData", "LastUpdatedTime")) or date.min,
        currency=ref(body, "CurrencyRef") or home_currency,
        net=sign * (total - tax),
        tax=sign * tax,
        total=sign * total,
        status=_status(entity, body, total, balance, note),
        lines=lines,
        party_name=ref_name(body, party),
        balance=None if balance is None else sign * balance,
        due=day(body.get("DueDate")),
        exchange_rate=amount(body.get("ExchangeRate"), where),
        marker=marker(note),
        note=note,
        updated_at=moment(part(body, "MetaData", "LastUpdatedTime")),
        made_by=ref(body, "RecurDataRef"),
        emailed=text(body.get("EmailStatus")) == "EmailSent" or bool(part(body, "DeliveryInfo", "DeliveryTime")),
        linked=tuple(_linked(body)),
    )


def template(entry: Body, home_currency: str) -> RemoteDocument | None:
    """Translate one entry of RecurringTransaction: what QuickBooks will bill by itself, and when next.

    `made_by` is the template's number, which its documents bear as well. None for templates of other kinds than
    ours (a recurring journal entry, say). Raises Unreadable as `document` does.
    """
    entity = next((name for name in entry if name in KINDS), None)
    if entity is None:
        return None
    body = entry[entity]
    schedule = part(body, "RecurringInfo", "ScheduleInfo") or {}
    active = flag(part(body, "RecurringInfo", "Active"))
    how = text(part(body, "RecurringInfo", "RecurType"))
    next_day = day(schedule.get("NextDate"))
    # A template has no day of its own: the one it bills on next, or was made on.
    dated = {"TxnDate": text(next_day or day(part(body, "MetaData", "CreateTime")) or ""), **body}
    found = document(entity, dated, home_currency)
    return replace(
        found,
        kind=TEMPLATE,
        status="open" if active else "void",
        next_day=next_day if active and how != "UnScheduled" else None,
        note=" ".join(filter(None, (KINDS[entity], text(part(body, "RecurringInfo", "Name")), _rhythm(how, schedule)))),
    )


def marker(note: str) -> str:
    """What we wrote into a document to know it by, wherever people moved it within the private note."""
    found = MARK.search(note)
    return found[0] if found else ""


def is_gone(body: Body) -> bool:
    """Whether QuickBooks tells of a record only that it was deleted."""
    return text(body.get("status")) == "Deleted"


def _status(entity: str, body: Body, total: Decimal, balance: Decimal | None, note: str) -> str:
    if is_gone(body):
        return "deleted"
    if total == 0 and note.lower().startswith(_VOIDED):
        return "void"
    if entity == "Payment":
        return "open" if amount_or_zero(body.get("UnappliedAmt")) else "paid"
    return "open" if balance is None or balance else "paid"


def _linked(body: Body) -> Iterator[tuple[str, str]]:
    """The documents this one is tied to, by kind and id; a payment names them line by line."""
    seen: set[tuple[str, str]] = set()
    for holder in (body, *parts(body, "Line")):
        for link in parts(holder, "LinkedTxn"):
            kind = text(link.get("TxnType"))
            pair = (_LINKED.get(kind) or _in_words(kind), text(link.get("TxnId")))
            if pair not in seen and all(pair):
                seen.add(pair)
                yield pair


def _in_words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _rhythm(how: str, schedule: Body) -> str:
    """How often a template bills, for people: 'automated, every 1 monthly'."""
    every, kind = text(schedule.get("NumInterval")), text(schedule.get("IntervalType"))
    said = [how.lower(), f"every {every or 1} {kind.lower()}" if kind else ""]
    return f"({', '.join(filter(None, said))})" if any(said) else ""


def _lines(body: Body, where: str, sign: int, note: str) -> Iterator[RemoteLine]:
    """The lines that say something, group lines flattened, subtotals left out."""
    known_days = read_days(note)
    for nth, line in enumerate(parts(body, "Line"), 1):
        make = _SHAPES.get(text(line.get("DetailType")))
        if make is not None:
            for found in make(line, f"{where}, line {nth}", nth):
                days = known_days.get(found.number)
                dated = found if days is None or found.kind != SALE else replace(found, first=days[0], last=days[1])
                yield replace(dated, amount=sign * dated.amount) if sign < 0 else dated


def _number(line: Body, nth: int) -> str:
    """The id of a line, which it keeps when others are put before it; where it has none, its place."""
    return text(line.get("Id")) or text(line.get("LineNum")) or str(nth)


def _sale(line: Body, where: str, nth: int) -> Iterator[RemoteLine]:
    detail = part(line, "SalesItemLineDetail") or part(line, "ItemBasedExpenseLineDetail") or {}
    item, description = ref(detail, "ItemRef"), text(line.get("Description"))
    first, last = service_days(day(detail.get("ServiceDate")), description)
    yield RemoteLine(
        number=_number(line, nth),
        item=item or None,
        description=description,
        amount=amount_or_zero(line.get("Amount"), where),
        quantity=amount(detail.get("Qty"), where),
        unit_price=amount(detail.get("UnitPrice"), where),
        tax_code=ref(detail, "TaxCodeRef") or None,
        first=first,
        last=last,
        kind=SALE if item else TEXT,
    )


def _expense(line: Body, where: str, nth: int) -> Iterator[RemoteLine]:
    detail = part(line, "AccountBasedExpenseLineDetail") or {}
    yield RemoteLine(
        number=_number(line, nth),
        item=None,
        description=text(line.get("Description")) or ref_name(detail, "AccountRef"),
        amount=amount_or_zero(line.get("Amount"), where),
        tax_code=ref(detail, "TaxCodeRef") or None,
    )


def _words(line: Body, where: str, nth: int) -> Iterator[RemoteLine]:
    description = text(line.get("Description"))
    if description:
        yield RemoteLine(
            number=_number(line, nth),
            item=None,
            description=description,
            amount=amount_or_zero(line.get("Amount"), where),
            kind=TEXT,
        )


def _discount(line: Body, where: str, nth: int) -> Iterator[RemoteLine]:
    """A discount on the whole document: QuickBooks writes it positive, it lowers what is billed."""
    detail = part(line, "DiscountLineDetail") or {}
    percent = amount(detail.get("DiscountPercent"), where)
    named = f"Discount {percent:f} %" if flag(detail.get("PercentBased")) and percent is not None else "Discount"
    yield RemoteLine(
        number=_number(line, nth),
        item=None,
        description=text(line.get("Description")) or named,
        amount=-amount_or_zero(line.get("Amount"), where),
        tax_code=ref(detail, "TaxCodeRef") or None,
        kind=DISCOUNT,
    )


def _group(line: Body, where: str, nth: int) -> Iterator[RemoteLine]:
    """The parts of a bundle; what the bundle costs beyond them stands on the bundle's own item.

    Some companies sum the parts in the outer line, some write 0 there.
    """
    detail = part(line, "GroupLineDetail") or {}
    outer = amount_or_zero(line.get("Amount"), where)
    inside = [
        found
        for at, inner in enumerate(parts(detail, "Line"), 1)
        for found in _SHAPES.get(text(inner.get("DetailType")), _words)(inner, where, at)
    ]
    yield from inside
    beyond = outer - sum((one.amount for one in inside), ZERO) if outer else ZERO
    if beyond or not inside:
        first, last = service_days(day(detail.get("ServiceDate")), text(line.get("Description")))
        yield RemoteLine(
            number=_number(line, nth),
            item=ref(detail, "GroupItemRef") or None,
            description=text(line.get("Description")) or ref_name(detail, "GroupItemRef"),
            amount=beyond,
            quantity=None if inside else amount(detail.get("Quantity"), where),
            first=first,
            last=last,
        )


_SHAPES: Mapping[str, Callable[[Body, str, int], Iterator[RemoteLine]]] = {
    "SalesItemLineDetail": _sale,
    "ItemBasedExpenseLineDetail": _sale,
    "AccountBasedExpenseLineDetail": _expense,
    "GroupLineDetail": _group,
    "DiscountLineDetail": _discount,
    "DescriptionOnly": _words,
    "DescriptionLineDetail": _words,
    "TaxLineDetail": _expense,
}
