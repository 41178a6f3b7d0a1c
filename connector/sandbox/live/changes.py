"""The audit records of a made-up world: who changed what, written when the change happened.

Source: Microsoft, "Get a record of Partner Center activity" and "Auditing resources".
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.live.courses import Course, State
from connector.sandbox.scenario.lines import PARTNER_ID

_TICKS_FROM = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
_USUAL_DELAY = timedelta(minutes=4)
_LONG_DELAY = timedelta(hours=5)


@dataclass(frozen=True, slots=True)
class Record:
    """One audit record: when it happened, when it could first be read, and its content."""

    happened: datetime
    readable: datetime
    content: dict[str, Any]


def seven_digits(moment: datetime) -> str:
    """A moment as .NET prints it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}{zlib.crc32(moment.isoformat().encode()) % 9 + 1}Z"


def ticks(moment: datetime) -> int:
    """A moment in .NET's tenths of a microsecond."""
    return (moment - _TICKS_FROM) // timedelta(microseconds=1) * 10


def records_of(course: Course, customer_name: str, person: str) -> list[Record]:
    """What people did to a subscription; what Microsoft does by itself (renewals, expiry) leaves no record."""
    made = []
    before: State | None = None
    for state in course.states:
        if state.cause in ("new", "convert", "addQuantity", "removeQuantity", "cancelImmediate"):
            made.append(_record(course, before, state, customer_name, person))
        before = state
    return made


def invoice_record(invoice: str, issued: datetime) -> Record:
    """The note that an invoice is ready."""
    return _entry(
        issued,
        f"{PARTNER_ID}_{invoice}_readyinvoice_{ticks(issued)}",
        {
            "partnerId": PARTNER_ID,
            "participants": [PARTNER_ID],
            "userPrincipalName": "",
            "applicationId": "BillingService",
            "resourceType": "invoice",
            "resourceNewValue": json.dumps({"Id": invoice}),
            "operationType": "ready_invoice",
        },
        {"InvoiceId": invoice},
    )


def _record(course: Course, before: State | None, state: State, customer_name: str, person: str) -> Record:
    look = course.at(state.since) or {}
    # A conversion makes a new subscription or ends the old one; only the first is an order.
    ordered = before is None
    operation = "create_order" if ordered else "update_subscription"
    if ordered and state.cause == "convert":
        operation = "upgrade_subscription"
    content: dict[str, Any] = {
        "partnerId": PARTNER_ID,
        "participants": [PARTNER_ID],
        "customerId": course.tenant_id,
        "customerName": customer_name,
        "userPrincipalName": person,
        "applicationId": "Partner Center Web",
        "resourceType": "order" if ordered else "subscription",
    }
    if before is not None:
        content["resourceOldValue"] = _value(look | {"quantity": before.quantity, "status": before.status})
    content["resourceNewValue"] = _order(course, look) if ordered else _value(look)
    customised = {
        "OrderId": str(look["orderId"]),
        "AlternateId": str(look["orderId"]),
        "BillingCycle": str(look["billingCycle"]).capitalize(),
        "OfferId-0": str(look["offerId"]),
        "SubscriptionId-0": course.id,
        "SubscriptionName-0": str(look["friendlyName"]),
        "Quantity-0": str(state.quantity),
        "PartnerOnRecord-0": None,
    }
    if not ordered:
        customised = {"SubscriptionId": course.id, "SubscriptionName": str(look["friendlyName"]),
                      "NewQuantity": str(state.quantity)}  # fmt: skip
    mark = operation.replace("_", "")
    content |= {
        "operationType": operation,
        "originalCorrelationId": course.lines[0].reference_id if course.lines else "",
    }
    id_ = f"{PARTNER_ID}_{course.tenant_id}_{course.id}_{mark}_{ticks(state.since)}"
    return _entry(state.since, id_, content, customised)


def _entry(happened: datetime, id_: str, content: dict[str, Any], customised: Mapping[str, str | None]) -> Record:
    # Records come late, and a few of them very late: whoever reads without an overlap misses those.
    delay = _LONG_DELAY if zlib.crc32(id_.encode()) % 7 == 0 else _USUAL_DELAY
    written = {
        "id": id_,
        **content,
        "operationDate": seven_digits(happened),
        "operationStatus": "succeeded",
        "customizedData": [{"key": key, "value": value} for key, value in customised.items()],
        "attributes": {"objectType": "AuditRecord"},
    }
    return Record(happened, happened + delay, written)


def _order(course: Course, look: Mapping[str, Any]) -> str:
    line = {
        "LineItemNumber": 0,
        "OfferId": look["offerId"],
        "SubscriptionId": course.id,
        "ParentSubscriptionId": None,
        "TermDuration": look["termDuration"],
        "TransactionType": "New",
        "FriendlyName": look["friendlyName"],
        "Quantity": look["quantity"],
        "PartnerIdOnRecord": None,
    }
    return json.dumps(
        {
            "Id": look["orderId"],
            "AlternateId": look["orderId"],
            "ReferenceCustomerId": course.tenant_id,
            "BillingCycle": look["billingCycle"],
            "LineItems": [line],
            "CreationDate": look["creationDate"],
            "Status": "completed",
            "TransactionType": "UserPurchase",
            "Attributes": {"ObjectType": "Order"},
        }
    )


def _value(look: Mapping[str, Any]) -> str:
    return json.dumps(_pascal(look))


def _pascal(value: object) -> object:
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: _pascal(inner) for key, inner in value.items()}
    return value
