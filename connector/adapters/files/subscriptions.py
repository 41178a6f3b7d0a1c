"""Subscriptions as Partner Center gives them, with the customer and the moment they were seen.

Source: Microsoft, "Get all of a customer's subscriptions" and "Subscription resources".
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells, products
from connector.adapters.files.cells import BadCell
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "customer_id": ("customerId",),
        "link": ("links.self.uri",),
        "subscription_id": ("id",),
        "observed_at": ("observedAt",),
        "offer_id": ("offerId",),
        "name": ("friendlyName",),
        "offer_name": ("offerName",),
        "status": ("status",),
        "quantity": ("quantity",),
        "term": ("termDuration",),
        "billing_plan": ("billingCycle",),
        "is_trial": ("isTrial",),
        "auto_renew": ("autoRenewEnabled",),
        "created": ("creationDate",),
        "term_start": ("effectiveStartDate",),
        "commitment_end": ("commitmentEndDate",),
        "order_id": ("orderId",),
        "promotion_id": ("promotionId",),
        "product_type": ("productType.id",),
        "entitlement_id": ("entitlementId",),
        "migrated_from": ("migratedFromSubscriptionId",),
        "scheduled_product_id": ("scheduledNextTermInstructions.product.productId",),
        "scheduled_sku_id": ("scheduledNextTermInstructions.product.skuId",),
        "scheduled_quantity": ("scheduledNextTermInstructions.quantity",),
        "unit_type": ("unitType",),
        "contract_type": ("contractType",),
    },
    numbers=frozenset({"quantity", "scheduled_quantity"}),
)
_IDENTITY = (
    "customer_id", "subscription_id", "observed_at", "product_id", "sku_id", "status", "quantity", "term",
    "billing_plan", "term_start", "commitment_end", "promotion_id", "scheduled_product_id", "scheduled_sku_id",
    "scheduled_quantity",
)  # fmt: skip
_PLANS = {
    "monthly": "monthly", "annual": "annual", "triennial": "triennial", "one_time": "one_time", "onetime": "one_time",
}  # fmt: skip
_CUSTOMER_IN_LINK = re.compile(r"/customers/([0-9A-Fa-f-]{36})/")
_FRACTION = re.compile(r"(\.\d{6})\d+")


def _plan(text: str) -> str | None:
    return _PLANS.get(text.strip().lower())


def _lower(text: str) -> str | None:
    return text.strip().lower() or None


def _offer_product(text: str) -> str | None:
    """Return the product of an offer written `product:sku:availability`; older offers have none."""
    parts = text.split(":")
    return cells.read_product(parts[0]) if len(parts) > 1 else None


def _offer_sku(text: str) -> str | None:
    parts = text.split(":")
    return cells.read_sku(parts[1]) if len(parts) > 1 else None


def _customer(text: str) -> str | None:
    found = _CUSTOMER_IN_LINK.search(text)
    return found.group(1).lower() if found else None


def _moment(text: str) -> str | None:
    """Write a moment as ISO 8601 in UTC; without a zone it is UTC."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    except ValueError:
        raise BadCell("is not a moment; write it like 2026-10-31T02:00:00Z") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _flag(s: Shaping, name: str) -> pa.Array:
    lower = s.each(name, _lower)
    return pc.if_else(lower.is_null(), None, pc.equal(lower, "true"))


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    customer = pc.coalesce(s.guid("customer_id"), s.each("link", _customer))
    for row in pc.indices_nonzero(customer.is_null()).to_pylist():
        s.fault(row, "customerId", "is missing")
    observed = s.each("observed_at", _moment)
    if occasion.observed_at is not None:
        observed = pc.fill_null(observed, _moment(occasion.observed_at))
    for row in pc.indices_nonzero(observed.is_null()).to_pylist():
        s.fault(row, "observedAt", "is missing, so it is not known when the subscription was like this")
    table = {
        "customer_id": customer,
        "subscription_id": s.each("subscription_id", cells.read_guid, required=True),
        "observed_at": observed,
        "product_id": s.each("offer_id", _offer_product),
        "sku_id": s.each("offer_id", _offer_sku),
        "name": pc.coalesce(s.text("name"), s.text("offer_name")),
        "status": s.each("status", _lower, required=True),
        "quantity": s.number("quantity"),
        "term": s.each("term", products.term),
        "billing_plan": s.each("billing_plan", _plan),
        "is_trial": _flag(s, "is_trial"),
        "auto_renew": _flag(s, "auto_renew"),
        "created": s.day("created"),
        "term_start": s.day("term_start"),
        "commitment_end": s.day("commitment_end"),
        "order_id": s.text("order_id"),
        "promotion_id": s.text("promotion_id"),
        "product_type": s.text("product_type"),
        "entitlement_id": s.each("entitlement_id", cells.read_guid),
        "migrated_from": s.each("migrated_from", cells.read_guid),
        "scheduled_product_id": s.each("scheduled_product_id", cells.read_product),
        "scheduled_sku_id": s.each("scheduled_sku_id", cells.read_sku),
        "scheduled_quantity": s.number("scheduled_quantity"),
    }
    yield from s.rows("subscriptions", table, _IDENTITY)


FORMAT = Format(
    name="subscriptions",
    role=Role.SUBSCRIPTIONS,
    table="subscriptions",
    fields=_FIELDS,
    signature=frozenset({"subscription_id", "status", "quantity", "created", "term_start", "commitment_end"}),
    required=(("subscription_id",), ("status",), ("quantity",)),
    shape=_shape,
    shapes=frozenset({Shape.DOCUMENT, Shape.LINES}),
)
