"""Partner Center's line items, the way they could be fetched before exports moved to Graph.

New-commerce charges of months before February 2024 and everything of the older kind are only here; newer months are
only on Graph. Which routes still answer depends on the sandbox's clock.
Source: Microsoft, "Get invoice line items" and the announcements of their retirement.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.live import LiveWorld
from connector.sandbox.live.changes import seven_digits
from connector.sandbox.live.courses import busy_hour
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center import invoices
from connector.sandbox.partner_center.paging import by_offset, collection, number, sought
from connector.sandbox.partner_center.refusals import Problem
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.writing import v1_item

LARGEST = 2000
ON_GRAPH_FROM = Month(2024, 2)
_BILLED_UNTIL = datetime(2025, 4, 21, tzinfo=UTC)
_LAST_BILLED_HERE = Month(2025, 3)
_UNBILLED_UNTIL = datetime(2026, 3, 15, tzinfo=UTC)
_UNBILLED_USAGE_UNTIL = datetime(2025, 1, 21, tzinfo=UTC)
_USAGE_NAMES = {
    "MpnId": "mpnId",
    "Tier2MpnId": "resellerMpnId",
    "Unit": "unitOfMeasure",
    "ResourceURI": "resourceUri",
    "PCToBCExchangeRate": "pcToBCExchangeRate",
    "PCToBCExchangeRateDate": "pcToBCExchangeRateDate",
    "PartnerEarnedCreditPercentage": "rateOfPartnerEarnedCredit",
    "CreditPercentage": "rateOfCredit",
}
_USAGE_NUMBERS = ("unitPrice", "quantity", "billingPreTaxTotal", "pricingPreTaxTotal", "effectiveUnitPrice",
                  "pcToBCExchangeRate")  # fmt: skip
_USAGE_DAYS = ("chargeStartDate", "chargeEndDate", "usageDate", "pcToBCExchangeRateDate")


class Gone(Exception):
    """The route has moved away."""


def billed(request: Request, live: LiveWorld, id_: str, manners: Manners) -> Response:
    """The line items of an invoice; raises Problem, or Gone where they are only on Graph."""
    bill = invoices.find(live, id_)
    provider, kind = request.first("provider").lower(), request.first("invoicelineitemtype").lower()
    if kind not in ("billinglineitems", "usagelineitems"):
        raise Problem(400, "3000", "invoicelineitemtype must be billinglineitems or usagelineitems")
    if provider in ("office", "azure"):
        return _older(request, live, bill.id, provider, kind, manners)
    if provider not in ("onetime", "marketplace", "all"):
        raise Problem(400, "3000", f"provider {provider or 'is missing'}")
    if not _still_here(bill.month, live.clock.now()):
        raise Gone
    if kind == "billinglineitems":
        items = [item_of(line, manners) for line in live.lines(bill.id)]
    else:
        items = [usage_item(row) for row in live.usage(bill.id)]
    return _page(request, items, bill.id, manners)


def unbilled(request: Request, live: LiveWorld, manners: Manners) -> Response:
    """What is not billed yet; both routes have moved away since."""
    kind, period = request.first("invoicelineitemtype").lower(), request.first("period", "current").lower()
    currency = request.first("currencycode")
    if kind not in ("billinglineitems", "usagelineitems"):
        raise Problem(400, "3000", "invoicelineitemtype must be billinglineitems or usagelineitems")
    if not currency or period not in ("current", "previous"):
        raise Problem(400, "3000", "currencycode and period (current or previous) are needed")
    period = "current" if period == "current" else "last"
    if live.clock.now() >= (_UNBILLED_UNTIL if kind == "billinglineitems" else _UNBILLED_USAGE_UNTIL):
        raise Gone
    if kind == "billinglineitems":
        items = [item_of(line, manners) for line in live.unbilled(currency, period)]
    else:
        items = [usage_item(row) for row in live.unbilled_usage(currency, period)]
    return _page(request, items, "unbilled", manners)


def item_of(line: VendorLine, manners: Manners) -> dict[str, Any]:
    """A charge as a line item; numbers are text, and days may carry a time or lack a zone."""
    item = v1_item(line)
    if manners.odd_spellings:
        item["orderDate"] = seven_digits(busy_hour(line.ordered, line.reference_id))
        item["pcToBCExchangeRateDate"] = str(item["pcToBCExchangeRateDate"]).removesuffix("Z")
        if line.charge_type == "new" and line.first.day % 2:
            item["chargeType"] = "New"
    return item


def usage_item(row: dict[str, str]) -> dict[str, Any]:
    """A day's usage as a line item: numbers are numbers, percentages are fractions."""
    item: dict[str, Any] = {}
    for name, text in row.items():
        key = _USAGE_NAMES.get(name, name[0].lower() + name[1:])
        if key in _USAGE_NUMBERS:
            item[key] = Decimal(text)
        elif key in _USAGE_DAYS:
            month, day, year = text.split("/")
            item[key] = f"{year}-{int(month):02d}-{int(day):02d}T00:00:00Z"
        elif key in ("rateOfPartnerEarnedCredit", "rateOfCredit"):
            item[key] = (Decimal(text) / 100).normalize() + Decimal(0)
        else:
            item[key] = text
    return item | {
        "hasPartnerEarnedCredit": item["rateOfPartnerEarnedCredit"] > 0,
        "invoiceLineItemType": "usage_line_items",
        "billingProvider": "marketplace",
        "attributes": {"objectType": "DailyRatedUsageLineItem"},
    }


def _still_here(month: Month, now: datetime) -> bool:
    return month < ON_GRAPH_FROM or (month <= _LAST_BILLED_HERE and now < _BILLED_UNTIL)


def _page(request: Request, items: list[dict[str, Any]], id_: str, manners: Manners) -> Response:
    size = number(request, "size", LARGEST, LARGEST)
    keys = [f"{id_}/{place:08d}" for place in range(len(items))]
    places, links, token = sought(request, keys, size, manners)
    body = collection([items[place] for place in places], links)
    return json_response(200, ({"continuationToken": token} if token else {}) | body)


def _older(request: Request, live: LiveWorld, id_: str, provider: str, kind: str, manners: Manners) -> Response:
    """Line items of the older kind of invoice, by size and offset."""
    items = live.older_items(id_, provider, kind)
    places, links = by_offset(request, len(items), number(request, "size", LARGEST, LARGEST), manners)
    return json_response(200, collection([items[place] for place in places], links))
