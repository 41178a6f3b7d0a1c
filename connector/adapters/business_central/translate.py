"""Turns Business Central's invoices, credit memos, purchase documents and payments into documents in our words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.adapters.business_central import service_days
from connector.adapters.business_central.values import (
    Body,
    Unreadable,
    amount,
    amount_or_zero,
    day,
    key,
    moment,
    option,
    parts,
    text,
)
from connector.domain.ledger import SALE, TEXT, RemoteDocument, RemoteLine
from connector.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Page:
    """A page of documents: what they are to us, where their lines, days, parties and numbers stand.

    `entry` is the word that ledger entries of a posted one bear; `key` the field that holds a number from outside.
    """

    name: str
    kind: str
    lines: str
    days: tuple[str, ...]
    party: str
    key: str
    price: str
    entry: str
    sign: int = 1


PAGES: Mapping[str, Page] = {
    page.name: page
    for page in (
        Page(
            "salesInvoices", "invoice", "salesInvoiceLines", ("invoiceDate", "postingDate"), "customer",
            "externalDocumentNumber", "unitPrice", "Invoice",
        ),
        Page(
            "salesCreditMemos", "credit_memo", "salesCreditMemoLines", ("creditMemoDate", "postingDate"), "customer",
            "externalDocumentNumber", "unitPrice", "Credit Memo", -1,
        ),
        Page(
            "purchaseInvoices", "bill", "purchaseInvoiceLines", ("invoiceDate", "postingDate"), "vendor",
            "vendorInvoiceNumber", "unitCost", "Invoice",
        ),
        Page(
            "purchaseCreditMemos", "bill", "purchaseCreditMemoLines", ("creditMemoDate", "postingDate"), "vendor",
            "vendorCreditMemoNumber", "unitCost", "Credit Memo", -1,
        ),
    )
}  # fmt: skip
"""Business Central's documents; a vendor's credit memo is a bill with negative amounts."""

BY_KIND: Mapping[str, Page] = {
    "invoice": PAGES["salesInvoices"],
    "credit_memo": PAGES["salesCreditMemos"],
    "bill": PAGES["purchaseInvoices"],
    "vendor_credit": PAGES["purchaseCreditMemos"],
}
"""The page that a document of ours of this kind stands on."""

MARK = re.compile(r"\bCONNECTOR[-:][0-9A-Z]{8,}\b", re.IGNORECASE)
"""What stands in a document that is ours: as its external number, or in a line of text of a purchase."""

_STATUS = {"Draft": "draft", "In Review": "draft", "Open": "open", "Paid": "paid", "Canceled": "void"}
# What corrects a canceled document is void with it: both stand in the books, and come to nothing together.
_STATUS["Corrective"] = "void"
_ITEM = "Item"
_TEXT_TYPES = frozenset({"Comment", ""})
_OTHER_NAMES = {"Account": "G/L", "Resource": "resource", "Charge": "charge", "Fixed Asset": "fixed asset"}


def document(page: Page, body: Body, home_currency: str, *, posted: bool = True) -> RemoteDocument:
    """Translate one document with its lines; amounts of credit memos are negative, here as in the lines.

    `posted` False says of one that Business Central calls Open that it is only released, and so a draft. Raises
    Unreadable where the id or a total cannot be read.
    """
    remote_id, number = key(body.get("id")), text(body.get("number"))
    where = f"{page.name} {number or remote_id or '?'}"
    net, total = (amount(body.get(name), where) for name in ("totalAmountExcludingTax", "totalAmountIncludingTax"))
    if not remote_id or net is None or total is None:
        lacking = "totals" if remote_id else "id"
        raise Unreadable(f"{where}: Business Central gives no {lacking}; it is set aside.")
    tax = amount_or_zero(body.get("totalTaxAmount"), where)
    status = status_of(body)
    outside = text(body.get(page.key))
    updated = moment(body.get("lastModifiedDateTime"))
    lines = tuple(_lines(page, body, where, net))
    return RemoteDocument(
        remote_id=remote_id,
        version=text(body.get("@odata.etag")),
        kind=page.kind,
        # A bill is known by its vendor's number.
        number=(outside or number) if page.party == "vendor" else number,
        party=text(body.get(f"{page.party}Number")),
        day=_first_day(body, page.days) or (updated.date() if updated else date.min),
        currency=text(body.get("currencyCode")) or home_currency,
        net=page.sign * net,
        tax=page.sign * tax,
        total=page.sign * total,
        status="draft" if status == "open" and not posted else status,
        lines=lines,
        party_name=text(body.get(f"{page.party}Name")),
        balance=_balance(body, status, where),
        due=day(body.get("dueDate")),
        marker=marker(page, body),
        note=" ".join(filter(None, (outside, text(body.get("customerPurchaseOrderReference"))))),
        updated_at=updated,
        emailed=None,
        linked=tuple(_linked(body)),
    )


def payment(body: Body, home_currency: str) -> RemoteDocument:
    """Translate a line of a customer payment journal: money received that nobody has posted yet.

    Business Central writes what a customer pays as a negative amount; here it is positive, as on the bank account.
    """
    remote_id = key(body.get("id"))
    where = f"customerPayments {text(body.get('documentNumber')) or remote_id or '?'}"
    paid = amount(body.get("amount"), where)
    if not remote_id or paid is None:
        raise Unreadable(f"{where}: Business Central gives no {'amount' if remote_id else 'id'}; it is set aside.")
    invoice = key(body.get("appliesToInvoiceId"))
    return RemoteDocument(
        remote_id=remote_id,
        version=text(body.get("@odata.etag")),
        kind="payment",
        number=text(body.get("documentNumber")),
        party=text(body.get("customerNumber")),
        day=day(body.get("postingDate")) or date.min,
        currency=home_currency,
        net=abs(paid),
        tax=ZERO,
        total=abs(paid),
        status="draft",
        note=" ".join(filter(None, (text(body.get("description")), text(body.get("comment"))))),
        updated_at=moment(body.get("lastModifiedDateTime")),
        linked=(("invoice", invoice),) if invoice else (),
    )


def status_of(body: Body) -> str:
    """What has become of a document: draft, open, paid or void. Open may also be a draft that somebody released."""
    return _STATUS.get(option(body.get("status")), "open")


def marker(page: Page, body: Body) -> str:
    """What we wrote into a document to know it by."""
    said = [text(body.get(page.key))]
    if page.party == "vendor":
        said += [text(line.get("description")) for line in parts(body, page.lines) if _is_text(line)]
    found = next((found for one in said if (found := MARK.search(one))), None)
    return found[0].upper() if found else ""


def _first_day(body: Body, fields: tuple[str, ...]) -> date | None:
    return next((found for name in fields if (found := day(body.get(name)))), None)


def _balance(body: Body, status: str, where: str) -> Decimal | None:
    """What is still to be paid; None where Business Central does not say (credit memos and purchases that are open)."""
    if status in {"paid", "void"}:
        return ZERO
    return amount(body.get("remainingAmount"), where)


def _linked(body: Body) -> Iterator[tuple[str, str]]:
    """The invoice that a credit memo corrects, and the order that an invoice came from."""
    for kind, name in (("invoice", "invoiceId"), ("order", "orderId")):
        found = key(body.get(name))
        if found:
            yield kind, found


def _is_text(line: Body) -> bool:
    return option(line.get("lineType")) in _TEXT_TYPES


def _lines(page: Page, body: Body, where: str, net: Decimal) -> Iterator[RemoteLine]:
    found = parts(body, page.lines)
    field = _amount_field(found, where, net)
    tax_field = "netTaxAmount" if field == "netAmount" else "totalTaxAmount"
    for nth, line in enumerate(found, 1):
        at = f"{where}, line {text(line.get('sequence')) or nth}"
        said, more = text(line.get("description")), text(line.get("description2"))
        first, last = service_days.read(said, more)
        if more and service_days.read(more) == (None, None):
            said = f"{said} {more}".strip()
        if _is_text(line):
            yield RemoteLine(_number(line, nth), None, said, ZERO, kind=TEXT)
            continue
        # Who bills an amount alone has to write 1 here, which says nothing of seats.
        one_piece = abs(amount_or_zero(line.get("quantity"))) == 1
        yield RemoteLine(
            number=_number(line, nth),
            item=_item(page, line) or None,
            description=said,
            amount=page.sign * amount_or_zero(line.get(field), at),
            quantity=None if one_piece else amount(line.get("quantity"), at),
            unit_price=None if one_piece else amount(line.get(page.price), at),
            tax_code=text(line.get("taxCode")) or None,
            first=first,
            last=last,
            kind=SALE,
            tax=page.sign * amount_or_zero(line.get(tax_field), at),
        )


def _amount_field(lines: Sequence[Body], where: str, net: Decimal) -> str:
    """Which field of the lines sums to the document's net: with its share of an invoice discount, or without."""
    for name in ("netAmount", "amountExcludingTax"):
        if sum((amount_or_zero(line.get(name), where) for line in lines), ZERO) == net:
            return name
    return "netAmount"


def _number(line: Body, nth: int) -> str:
    """The line's place, which survives posting, as its id may not."""
    return text(line.get("sequence")) or str(nth)


def _item(page: Page, line: Body) -> str:
    """The item's number; what is no item is named with what it is, so that it never passes for one.

    What is bought on an account is no item at all.
    """
    number, kind = text(line.get("lineObjectNumber")), option(line.get("lineType"))
    if page.party == "vendor" and kind != _ITEM:
        return ""
    return number if kind == _ITEM else f"{_OTHER_NAMES.get(kind, kind.lower())} {number}".strip()
