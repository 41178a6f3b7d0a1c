"""Partner Center's invoices: the list, one by one, the balance, and the document itself.

Source: Microsoft, "Get a collection of invoices", "Get invoice by ID", "Invoice resources".
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from connector.sandbox.live import Bill, LiveWorld
from connector.sandbox.live.changes import seven_digits
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.paging import by_offset, collection, link
from connector.sandbox.partner_center.refusals import Problem

_PAGE = 100
_NEVER = "0001-01-01T00:00:00"
_SYMBOLS = {"USD": "$", "EUR": "€"}


def listed(request: Request, live: LiveWorld, manners: Manners) -> Response:
    """All invoices and credit notes that are out, newest first, by size and offset."""
    bills = list(reversed(live.bills()))
    places, links = by_offset(request, len(bills), _PAGE, manners)
    return json_response(200, collection([document(bills[place], manners) for place in places], links))


def one(live: LiveWorld, id_: str, manners: Manners) -> Response:
    """One invoice; its number may come with the type in front of it."""
    return json_response(200, document(find(live, id_), manners))


def find(live: LiveWorld, id_: str) -> Bill:
    """An invoice that is out; raises Problem when there is none."""
    bill = live.bill(id_)
    if bill is None:
        raise Problem(404, "1000")
    return bill


def statement(live: LiveWorld, id_: str) -> Response:
    """The invoice as a document for people: a page of PDF with nothing on it."""
    bill = find(live, id_)
    name = f"attachment; filename=Invoice_{bill.id}.pdf"
    content = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    content += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return Response(200, {"Content-Type": "application/pdf", "Content-Disposition": name}, content)


def document(bill: Bill, manners: Manners) -> dict[str, Any]:
    """An invoice as the API spells it."""
    shown = bill.document()
    if manners.odd_spellings:
        shown["invoiceDate"] = seven_digits(bill.issued)
        if bill.month.number % 2:
            shown["invoiceType"] = str(shown["invoiceType"]).lower()
    return shown


def summaries(live: LiveWorld) -> Response:
    """What the partner owes, one summary for each currency."""
    items = _summaries(live)
    return json_response(200, collection(items, {"self": link("/invoices/summaries")}))


def summary(live: LiveWorld) -> Response:
    """What the partner owes in its first currency."""
    found = _summaries(live)
    if not found:
        raise Problem(404, "1000")
    return json_response(200, found[0])


def estimates(request: Request) -> Response:
    """Ready-made links to what is not billed yet."""
    currency = request.first("currencycode", "USD").upper()
    kinds = (
        ("daily_rated_usage", "Daily rated usage unbilled", "Marketplace", "UsageLineItems",
         "This invoice line items includes unbilled consumption based data only."),
        ("non_consumption", "Unbilled reconciliation line items", "all", "billinglineitems",
         "This includes reconciliation line items for unbilled data only."),
    )  # fmt: skip
    items = [
        {
            "type": kind,
            "title": title,
            "description": text,
            "period": period,
            "link": link(
                f"/invoices/unbilled/lineitems?provider={provider}&invoicelineitemtype={item_type}"
                f"&currencycode={currency}&period={period.lower()}&size=2000"
            ),
        }
        for kind, title, provider, item_type, text in kinds
        for period in ("Current", "Previous")
    ]
    return json_response(200, collection(items))


def _summaries(live: LiveWorld) -> list[dict[str, Any]]:
    by_currency: defaultdict[str, list[Bill]] = defaultdict(list)
    for bill in live.bills():
        by_currency[bill.currency].append(bill)
    made = []
    for currency, bills in by_currency.items():
        kinds = sorted({str(bill.document()["invoiceType"]) for bill in bills}, reverse=True)
        whole = _summary(currency, bills)
        whole["details"] = [
            {
                "invoiceType": kind,
                "summary": _summary(currency, [bill for bill in bills if bill.document()["invoiceType"] == kind]),
            }
            for kind in kinds
        ]
        made.append(whole | {"links": {"self": link("/invoices/summary")}})
    return made


def _summary(currency: str, bills: list[Bill]) -> dict[str, Any]:
    newest = max(bill.issued for bill in bills)
    oldest = min(bill.issued for bill in bills)
    return {
        "balanceAmount": sum((bill.gross for bill in bills), Decimal(0)),
        "currencyCode": currency,
        "currencySymbol": _SYMBOLS.get(currency, currency),
        "accountingDate": f"{newest.date()}T00:00:00",
        "firstInvoiceCreationDate": f"{oldest.date()}T00:00:00Z",
        "lastPaymentDate": _NEVER,
        "lastPaymentAmount": 0,
        "latestInvoiceDate": f"{newest.date()}T00:00:00",
        "attributes": {"objectType": "InvoiceSummary"},
    }
