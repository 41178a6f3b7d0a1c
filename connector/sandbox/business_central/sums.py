"""What a document comes to: each line's amount, discount and tax, and their sums, all worked out by the server.

Amounts are rounded to the currency's precision, half away from zero. Tax is worked out on the running total of all
lines with the same rate, so that the document's tax is the tax of its total and no cent is lost between lines.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Context, Decimal

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.kinds import Kind

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def rounded(amount: Decimal, precision: Decimal) -> Decimal:
    """The nearest multiple of a precision, half away from zero."""
    return _WIDE.multiply(_WIDE.quantize(_WIDE.divide(amount, precision), Decimal(1)), precision)


def precision_of(company: Company, document: Thing) -> Decimal:
    """The precision of amounts in a document's currency."""
    if document["currencyId"] == NO_ID:
        return company.setup.amount_precision
    return Decimal(company.row("currencies", document["currencyId"])["_amount_precision"])


def lines_of(company: Company, kind: Kind, key: str) -> list[Thing]:
    """A document's lines in their sequence."""
    return sorted(company.those(kind.lines, "documentId", key), key=lambda line: int(line["sequence"]))


def tax_percent(company: Company, document: Thing, code: str) -> Decimal:
    """The rate of a tax code for the customer's or vendor's tax area."""
    if not document["_tax_liable"]:
        return ZERO
    return company.rates.get((document["_tax_area"], code), ZERO)


def settle(company: Company, kind: Kind, key: str) -> Thing:
    """Work out a draft anew and keep what has changed; returns the document."""
    document = company.row(kind.page, key)
    precision = precision_of(company, document)
    lines = [_line(kind, line, precision) for line in lines_of(company, kind, key)]
    _spread_discount(lines, document["discountAmount"], precision)
    _tax(company, document, lines, precision)
    for line in lines:
        old = company.tables[kind.lines][line["id"]]
        if line != old:
            company.put(kind.lines, line, old)
    net = sum((line["netAmount"] for line in lines), ZERO)
    tax = sum((line["netTaxAmount"] for line in lines), ZERO)
    totals = {
        "totalAmountExcludingTax": net,
        "totalTaxAmount": tax,
        "totalAmountIncludingTax": net + tax,
        "discountAppliedBeforeTax": not document["pricesIncludeTax"],
    }
    if all(document[name] == value for name, value in totals.items()):
        return document
    return company.put(kind.page, {**document, **totals}, document)


def _line(kind: Kind, old: Thing, precision: Decimal) -> Thing:
    """A line with its amount before tax and its discount."""
    gross = rounded(old["quantity"] * old[kind.price], precision)
    discount = rounded(gross * old["discountPercent"] / HUNDRED, precision)
    amount = gross - discount
    return {**old, "discountAmount": discount, "amountExcludingTax": amount, "netAmount": amount}


def _spread_discount(lines: list[Thing], discount: Decimal, precision: Decimal) -> None:
    """Give each line its part of the document's discount; the last one takes what rounding leaves."""
    total = sum((line["amountExcludingTax"] for line in lines), ZERO)
    left = discount
    for line in lines:
        part = rounded(discount * line["amountExcludingTax"] / total, precision) if total else ZERO
        part = left if line is lines[-1] and total else part
        left -= part
        line["invoiceDiscountAllocation"] = part
        line["netAmount"] = line["amountExcludingTax"] - part


def _tax(company: Company, document: Thing, lines: list[Thing], precision: Decimal) -> None:
    names = (("amountExcludingTax", "totalTaxAmount", "amountIncludingTax"),
             ("netAmount", "netTaxAmount", "netAmountIncludingTax"))  # fmt: skip
    seen: dict[tuple[str, Decimal], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in lines:
        percent = tax_percent(company, document, line["taxCode"]) if line["lineType"] != "Comment" else ZERO
        line["taxPercent"] = percent
        for base, tax, gross in names:
            running = seen[base, percent]
            running[0] += line[base]
            due = rounded(running[0] * percent / HUNDRED, precision)
            line[tax] = due - running[1]
            line[gross] = line[base] + line[tax]
            running[1] = due
