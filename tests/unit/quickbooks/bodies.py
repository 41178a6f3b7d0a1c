"""QuickBooks' JSON as its documentation describes it, written for these tests; numbers are read as the adapter does."""

import json
from decimal import Decimal
from typing import Any


def read(text: str) -> Any:
    """Read JSON the way the adapter does."""
    return json.loads(text, parse_float=Decimal)


def sale(number: int, item: str, amount: str, **more: Any) -> dict[str, Any]:
    """A sales line; `qty`, `price`, `service`, `tax`, `description` as wanted."""
    detail: dict[str, Any] = {"ItemRef": {"value": item, "name": f"Item {item}"}}
    for key, name in (("qty", "Qty"), ("price", "UnitPrice")):
        if key in more:
            detail[name] = Decimal(more[key])
    if "service" in more:
        detail["ServiceDate"] = more["service"]
    if "tax" in more:
        detail["TaxCodeRef"] = {"value": more["tax"]}
    line = {"Id": str(number), "LineNum": number, "Amount": Decimal(amount), "DetailType": "SalesItemLineDetail"}
    if "description" in more:
        line["Description"] = more["description"]
    return {**line, "SalesItemLineDetail": detail}


def invoice(*lines: dict[str, Any], total: str, **more: Any) -> dict[str, Any]:
    """An invoice with these lines and the subtotal that QuickBooks adds."""
    return {
        "Id": "130",
        "SyncToken": "2",
        "DocNumber": "C26-10-00042",
        "TxnDate": "2026-11-01",
        "DueDate": "2026-12-01",
        "CustomerRef": {"value": "58", "name": "Alpine Ski House"},
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "TotalAmt": Decimal(total),
        "Balance": Decimal(total),
        "EmailStatus": "NotSet",
        "MetaData": {"CreateTime": "2026-11-01T23:30:00-07:00", "LastUpdatedTime": "2026-11-01T23:30:00-07:00"},
        "Line": [*lines, {"Amount": Decimal(total), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
        **more,
    }
