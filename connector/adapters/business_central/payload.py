"""Writes a planned document as Business Central's JSON: every field is one we mean, in the order that keeps our price.

Business Central works a price out anew whenever it is told a quantity, so the price follows the quantity, and an
explicit discount of nothing follows the price (facts: Business Central §0). Quantity and price have to come to the
amount: of a part of a month the price is the part of a price that does; what comes to no price is one piece.
"""

import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connector.adapters.business_central import service_days
from connector.adapters.business_central.catalogue import Catalogue
from connector.adapters.business_central.records import shortcut_dimensions
from connector.adapters.business_central.translate import BY_KIND, Page
from connector.adapters.http import written
from connector.domain.document import CREDIT_MEMO, OF_THE_VENDOR, VENDOR_CREDIT, Document, DocumentLine
from connector.domain.errors import ConnectorError
from connector.domain.money import EXACT, ZERO, exponent, round_half_up
from connector.domain.posting import Stamp

LONGEST_KEY = 35
_LONGEST_ORDER = 35
_LONGEST_TEXT = 100
_FINEST = 5
_ITEM, _ACCOUNT, _COMMENT = "Item", "Account", "Comment"


def payload(document: Document, stamp: Stamp, catalogue: Catalogue, account: str | None = None) -> str:
    """The exact words that create the draft; the same input gives the same words.

    The `customer` of a bill or vendor credit is the vendor, and the `item` of its lines the account (`account` where a
    line names none).
    Raises ConnectorError where the company lacks what the document names.
    """
    page = BY_KIND[stamp.kind]
    is_bought = stamp.kind in OF_THE_VENDOR
    body = _bought(page, document, stamp, catalogue) if is_bought else _sale(document, stamp, catalogue)
    head, others = _dimensions(document, catalogue)
    body |= head
    if others:
        # Before the lines, which take over what the head has when they are made.
        body["dimensionSetLines"] = others
    lines = [line for one in document.lines for line in _lines(page, one, document, catalogue, account)]
    if is_bought:
        # A purchase has no field that we could write our mark into, and nobody outside sees its lines.
        lines.append({"lineType": _COMMENT, "description": mark(stamp)})
    lines += [{"lineType": _COMMENT, "description": said} for said in _said(document)]
    body[page.lines] = lines
    return written(body)


def _said(document: Document) -> Iterator[str]:
    """What is said of the whole document, as lines of text: an order, the months it covers, whose exchange rate."""
    order = document.purchase_order
    if order and (len(order) > _LONGEST_ORDER or document.kind == CREDIT_MEMO):
        # Credit memos have no field for it, and that of invoices has little room.
        yield from textwrap.wrap(f"Purchase order: {order}", _LONGEST_TEXT)
    if document.covers:
        yield f"Services of {document.covers}"
    if document.rate_note:
        yield from textwrap.wrap(f"Exchange rate: {document.rate_note}", _LONGEST_TEXT)


def mark(stamp: Stamp) -> str:
    """Our mark as Business Central keeps it: in capitals, which its codes are. Raises ConnectorError for a long one."""
    found = stamp.marker.upper()
    if len(found) > LONGEST_KEY:
        raise ConnectorError(f"The mark {found} is longer than the {LONGEST_KEY} signs that Business Central keeps.")
    return found


def _sale(document: Document, stamp: Stamp, catalogue: Catalogue) -> dict[str, Any]:
    """The head of an invoice or credit memo; the customer comes first, because it sets much of what follows."""
    day = str(document.day)
    body: dict[str, Any] = {
        "customerNumber": catalogue.numbered("customer", document.customer),
        "externalDocumentNumber": mark(stamp),
        "creditMemoDate" if stamp.kind == CREDIT_MEMO else "invoiceDate": day,
        "postingDate": day,
    }
    if document.purchase_order and stamp.kind != CREDIT_MEMO:
        body["customerPurchaseOrderReference"] = document.purchase_order[:_LONGEST_ORDER]
    body["currencyCode"] = _currency(document, catalogue)
    if document.terms and stamp.kind != CREDIT_MEMO:
        body["paymentTermsId"] = catalogue.find("term", document.terms).facts["id"]
    return body


def _bought(page: Page, document: Document, stamp: Stamp, catalogue: Catalogue) -> dict[str, Any]:
    """The head of a bill or of a vendor's credit memo."""
    day = str(document.day)
    return {
        "vendorNumber": catalogue.numbered("vendor", document.customer),
        page.key: stamp.number.upper(),
        "creditMemoDate" if stamp.kind == VENDOR_CREDIT else "invoiceDate": day,
        "postingDate": day,
        "currencyCode": _currency(document, catalogue),
    }


def _currency(document: Document, catalogue: Catalogue) -> str:
    """The document's currency, which is always said: a customer's own currency would apply otherwise."""
    home = catalogue.company.home_currency
    return document.currency if document.currency == home else catalogue.find("currency", document.currency).record_id


def _lines(
    page: Page,
    line: DocumentLine,
    document: Document,
    catalogue: Catalogue,
    account: str | None,
) -> Iterator[dict[str, Any]]:
    """A line, and behind it as lines of text what its description has no room for."""
    first, *more = textwrap.wrap(line.description, _LONGEST_TEXT, drop_whitespace=True) or [""]
    if line.item is None and page.party != "vendor":
        yield from ({"lineType": _COMMENT, "description": said} for said in (first, *more))
        return
    yield _priced(page, line, document, catalogue, account, first)
    yield from ({"lineType": _COMMENT, "description": said} for said in more)


def _priced(
    page: Page, line: DocumentLine, document: Document, catalogue: Catalogue, account: str | None, description: str
) -> dict[str, Any]:
    quantity, price = _in_units(line, document.currency)
    body: dict[str, Any] = {
        **_object(page, line, document, catalogue, account),
        "description": description,
        "quantity": quantity,
        page.price: price,
        "discountPercent": 0,
    }
    if days := service_days.written(line.first, line.last):
        body["description2"] = days
    if line.tax_code is not None:
        body["taxCode"] = catalogue.find("tax_code", line.tax_code).record_id
    return body


def _object(
    page: Page, line: DocumentLine, document: Document, catalogue: Catalogue, account: str | None
) -> Mapping[str, str]:
    """What a line sells, or which account it is booked on."""
    if page.party != "vendor":
        return {"lineType": _ITEM, "lineObjectNumber": catalogue.numbered("item", line.item or "")}
    booked_on = line.item or account
    if booked_on is None:
        raise ConnectorError(
            f"A line of the bill names no account; set vendor_bill.account of ledger {document.ledger}."
        )
    return {"lineType": _ACCOUNT, "lineObjectNumber": catalogue.numbered("account", booked_on)}


def _in_units(line: DocumentLine, currency: str) -> tuple[Decimal, Decimal]:
    """Quantity and unit price whose product, rounded half up, is the amount; the price is never below zero."""
    if line.quantity and line.unit_price is not None and _fits(line.quantity):
        part = round_half_up(EXACT.divide(line.amount, line.quantity), _FINEST)
        for price in (line.unit_price, part):
            product = round_half_up(EXACT.multiply(line.quantity, price), exponent(currency))
            if _fits(price) and product == line.amount:
                sign = -1 if price < ZERO else 1
                return _plain(sign * line.quantity), _plain(sign * price)
    one = Decimal(-1) if line.amount < ZERO else Decimal(1)
    return one, abs(line.amount)


def _dimensions(document: Document, catalogue: Catalogue) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The document's dimensions: those that its head has fields for, which its lines take over, and all others."""
    if not document.dimensions:
        return {}, []
    head: dict[str, str] = {}
    others: list[dict[str, str]] = []
    shortcuts = shortcut_dimensions(catalogue.company.facts)
    for name, value in document.dimensions:
        code, chosen = catalogue.dimension(name, value)
        if code in shortcuts:
            head[f"shortcutDimension{shortcuts.index(code) + 1}Code"] = chosen
        else:
            others.append({"code": code, "valueCode": chosen})
    return head, others


def _fits(number: Decimal) -> bool:
    digits = number.normalize().as_tuple().exponent
    return not isinstance(digits, int) or digits >= -_FINEST


def _plain(number: Decimal) -> Decimal:
    """A number without zeros behind its last digit."""
    bare = number.normalize(EXACT)
    return bare.quantize(Decimal(1), context=EXACT) if bare == bare.to_integral_value() else bare
