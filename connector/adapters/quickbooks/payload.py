"""Writes a planned document as QuickBooks' JSON: every field is one we mean, every amount exact to the digit.

Quantity and price go along only where their product, rounded half up, is the amount; otherwise QuickBooks gets the
amount alone and can neither refuse it (6070) nor compute another.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import accumulate, chain
from typing import Any

from connector.adapters.http import written
from connector.adapters.quickbooks.catalogue import Catalogue
from connector.adapters.quickbooks.service_days import written_days
from connector.domain.document import CREDIT_MEMO, OF_THE_VENDOR, Document, DocumentLine
from connector.domain.errors import ConnectorError
from connector.domain.money import EXACT, exponent, round_half_up
from connector.domain.posting import Stamp

_LONGEST_NOTE = 4000
_LONGEST_TEXT = 4000
_FINEST = 7
# What the typesetter's signs become in companies whose character set has only Western European letters.
_PLAIN = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u202f": "\u00a0"}
)


def payload(document: Document, stamp: Stamp, catalogue: Catalogue, account: str | None = None) -> str:
    """The exact words that create the document; the same input gives the same words.

    The `customer` of a bill or vendor credit is the vendor, and the `item` of its lines the account (`account` where a
    line names none).
    Raises ConnectorError where the company lacks what the document names.
    """
    is_bought = stamp.kind in OF_THE_VENDOR
    body = _bought(document, stamp, catalogue, account) if is_bought else _sale(document, stamp, catalogue)
    if catalogue.company.country == "US":
        body = _in_plain_letters(body)
    lines = [list(_with_room(line)) for line in body["Line"]]
    if not is_bought:
        body["PrivateNote"] = _note(document, stamp, accumulate((len(few) for few in lines), initial=1))
    return written({**body, "Line": list(chain.from_iterable(lines))})


def _sale(document: Document, stamp: Stamp, catalogue: Catalogue) -> dict[str, Any]:
    company = catalogue.company
    where, by_line = _dimensions(document, catalogue)
    body: dict[str, Any] = {
        "CustomerRef": {"value": document.customer},
        "DocNumber": stamp.number,
        "TxnDate": str(document.day),
        **_currency(document, catalogue),
    }
    if document.terms and stamp.kind != CREDIT_MEMO:
        body["SalesTermRef"] = {"value": catalogue.find("term", document.terms)}
    if company.country != "US":
        body["GlobalTaxCalculation"] = "NotApplicable" if company.tax_mode == "none" else "TaxExcluded"
    body |= where
    memo = [f"Services of {document.covers}"] if document.covers else []
    if document.purchase_order:
        field = catalogue.purchase_order_field(document.purchase_order)
        if field:
            order = {"DefinitionId": field, "Type": "StringType", "StringValue": document.purchase_order}
            body["CustomField"] = [order]
        else:
            memo.append(f"Purchase order: {document.purchase_order}")
    if memo:
        body["CustomerMemo"] = {"value": "\n".join(memo)}
    # Which lines the note tells the days of is known when all of them are there.
    body["PrivateNote"] = ""
    service_dates = company.facts.get("service_dates") != "no"
    body["Line"] = [_line(line, document, catalogue, by_line, service_dates) for line in document.lines]
    return body


def _line(
    line: DocumentLine, document: Document, catalogue: Catalogue, by_line: Mapping[str, Any], service_dates: bool
) -> dict[str, Any]:
    if line.item is None:
        return {"DetailType": "DescriptionOnly", "Description": line.description, "DescriptionLineDetail": {}}
    detail: dict[str, Any] = {"ItemRef": {"value": line.item}}
    if line.quantity is not None and line.unit_price is not None and _is_product(line, document.currency):
        detail |= {"Qty": _plain(line.quantity), "UnitPrice": _plain(line.unit_price)}
    if line.first is not None and service_dates:
        detail["ServiceDate"] = str(line.first)
    if line.tax_code is not None:
        detail["TaxCodeRef"] = {"value": catalogue.find("tax_code", line.tax_code)}
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": _amount(line.amount, document.currency),
        "Description": line.description,
        "SalesItemLineDetail": {**detail, **by_line},
    }


def _bought(document: Document, stamp: Stamp, catalogue: Catalogue, account: str | None) -> dict[str, Any]:
    """A bill or a vendor credit: QuickBooks takes the same words for both, and amounts above zero."""
    lines = []
    for line in document.lines:
        booked_on = line.item or account
        if booked_on is None:
            raise ConnectorError(
                f"The bill {stamp.number} names no account; set vendor_bill.account of ledger {document.ledger}."
            )
        detail: dict[str, Any] = {"AccountRef": {"value": booked_on}}
        if line.tax_code is not None:
            detail["TaxCodeRef"] = {"value": line.tax_code}
        lines.append(
            {
                "DetailType": "AccountBasedExpenseLineDetail",
                "Amount": _amount(line.amount, document.currency),
                "Description": line.description,
                "AccountBasedExpenseLineDetail": detail,
            }
        )
    body: dict[str, Any] = {
        "VendorRef": {"value": document.customer},
        "DocNumber": stamp.number,
        "TxnDate": str(document.day),
        **_currency(document, catalogue),
    }
    if catalogue.company.country != "US":
        # Microsoft's tax is a line of its own; QuickBooks is to add none.
        coded = any(line.tax_code for line in document.lines)
        body["GlobalTaxCalculation"] = "TaxExcluded" if coded else "NotApplicable"
    return {**body, "PrivateNote": stamp.marker, "Line": lines}


def _currency(document: Document, catalogue: Catalogue) -> dict[str, Any]:
    """The currency, and the company's own rate of the day where it is a foreign one."""
    company = catalogue.company
    if not company.multicurrency:
        if document.currency != company.home_currency:
            raise ConnectorError(
                f"QuickBooks ({catalogue.ledger}) keeps its books in {company.home_currency} only, and the document "
                f"for {document.customer_name or document.customer} is in {document.currency}; switch on Multicurrency "
                "in QuickBooks (Account and settings, Advanced), or bill in its currency."
            )
        return {}
    found: dict[str, Any] = {"CurrencyRef": {"value": document.currency}}
    if document.currency != company.home_currency:
        rate = catalogue.exchange_rate(document.currency, str(document.day))
        if rate:
            found["ExchangeRate"] = rate
    return found


def _dimensions(document: Document, catalogue: Catalogue) -> tuple[dict[str, Any], dict[str, Any]]:
    """Class and department of a document: what stands at its head, and what at each line."""
    head: dict[str, Any] = {}
    by_line: dict[str, Any] = {}
    facts = catalogue.company.facts
    for name, value in document.dimensions:
        if name.casefold() in {"department", "location"}:
            head["DepartmentRef"] = {"value": catalogue.find("department", value)}
        elif name.casefold() == "class":
            found = {"value": catalogue.find("class", value)}
            (by_line if facts.get("classes_by_line") == "yes" else head)["ClassRef"] = found
        else:
            raise ConnectorError(
                f"QuickBooks ({catalogue.ledger}) has no dimension {name!r}; use class, or department (also called "
                "location), under `dimensions` of the customer in the mapping."
            )
    return head, by_line


def _with_room(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A line, and behind it as lines of text what its description has no room for: longer ones are refused."""
    said = line["Description"]
    first, *more = textwrap.wrap(said, _LONGEST_TEXT) if len(said) > _LONGEST_TEXT else (said,)
    yield {**line, "Description": first}
    yield from ({"DetailType": "DescriptionOnly", "Description": one, "DescriptionLineDetail": {}} for one in more)


def _note(document: Document, stamp: Stamp, numbers: Iterable[int]) -> str:
    """Our marker in the first line; then the lines' days, for which QuickBooks has no field; then the rate's source."""
    numbered = zip(numbers, document.lines, strict=False)
    days = written_days((nth, line.first, line.last) for nth, line in numbered if line.item)
    note = "\n".join(filter(None, (stamp.marker, days, document.rate_note)))
    return note if len(note) <= _LONGEST_NOTE else stamp.marker


def _in_plain_letters(value: Any) -> Any:
    """The same, with typesetter's signs replaced wherever there is text."""
    if isinstance(value, str):
        return value.translate(_PLAIN)
    if isinstance(value, dict):
        return {key: _in_plain_letters(inner) for key, inner in value.items()}
    return [_in_plain_letters(inner) for inner in value] if isinstance(value, list) else value


def _is_product(line: DocumentLine, currency: str) -> bool:
    assert line.quantity is not None and line.unit_price is not None  # noqa: S101, PT018 - asked before
    fine = all(_decimals(number) <= _FINEST for number in (line.quantity, line.unit_price))
    product = EXACT.multiply(line.quantity, line.unit_price)
    return fine and round_half_up(product, exponent(currency)) == line.amount


def _decimals(number: Decimal) -> int:
    digits = number.normalize().as_tuple().exponent
    return -digits if isinstance(digits, int) and digits < 0 else 0


def _plain(number: Decimal) -> Decimal:
    """A quantity or price without zeros behind its last digit."""
    bare = number.normalize(EXACT)
    return bare.quantize(Decimal(1), context=EXACT) if bare == bare.to_integral_value() else bare


def _amount(amount: Decimal, currency: str) -> Decimal:
    """An amount with exactly the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), context=EXACT)
