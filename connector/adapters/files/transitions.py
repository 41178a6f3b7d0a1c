"""Subscriptions on their way to another product, as Partner Center tells of each.

Source: Microsoft, "Get transitions" and "Subscription resources". Its collection names no subscription; the records
read here do.
"""

import json
from collections.abc import Iterator

from connector.adapters.files import cells
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.customers import observed
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "customer_id": ("customerId",),
        "subscription_id": ("subscriptionId",),
        "observed_at": ("observedAt",),
        "operation_id": ("operationId",),
        "from": ("fromCatalogItemId",),
        "to": ("toCatalogItemId",),
        "from_subscription_id": ("fromSubscriptionId",),
        "to_subscription_id": ("toSubscriptionId",),
        "quantity": ("quantity",),
        "kind": ("transitionType",),
        "events": ("events",),
    },
    numbers=frozenset({"quantity"}),
)
_IDENTITY = (
    "customer_id", "subscription_id", "operation_id", "observed_at", "kind", "from_product_id", "from_sku_id",
    "to_product_id", "to_sku_id", "quantity", "status",
)  # fmt: skip


def _product(text: str) -> str | None:
    return cells.read_product(text.split(":", maxsplit=1)[0])


def _sku(text: str) -> str | None:
    return cells.read_sku(text.split(":")[1]) if ":" in text else None


def _last_status(text: str) -> str | None:
    """The status of the last event; Microsoft's own spelling has trailing blanks."""
    try:
        events = json.loads(text)
        latest = max(events, key=lambda event: event.get("timestamp") or "")
        return str(latest.get("status") or "").strip().lower() or None
    except (ValueError, AttributeError, TypeError):
        return None


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    table = {
        "customer_id": s.each("customer_id", cells.read_guid, required=True),
        "subscription_id": s.each("subscription_id", cells.read_guid, required=True),
        "operation_id": s.each("operation_id", clean, required=True),
        "observed_at": observed(s, occasion, "so it is not known when the transition was like this"),
        "kind": s.each("kind", clean),
        "from_product_id": s.each("from", _product),
        "from_sku_id": s.each("from", _sku),
        "to_product_id": s.each("to", _product),
        "to_sku_id": s.each("to", _sku),
        "from_subscription_id": s.each("from_subscription_id", cells.read_guid),
        "to_subscription_id": s.each("to_subscription_id", cells.read_guid),
        "quantity": s.number("quantity"),
        "status": s.each("events", _last_status),
        "events": s.text("events"),
    }
    yield from s.rows("transitions", table, _IDENTITY)


FORMAT = Format(
    name="transitions",
    role=Role.RECORDS,
    table="transitions",
    fields=_FIELDS,
    signature=frozenset({"operation_id", "from", "to", "kind"}),
    required=(("subscription_id",), ("operation_id",)),
    shape=_shape,
    shapes=frozenset({Shape.DOCUMENT, Shape.LINES}),
)
