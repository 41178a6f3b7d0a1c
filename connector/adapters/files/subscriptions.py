"""Subscriptions as Partner Center gives them, with the customer and the moment they were seen.

Source: Microsoft, "Get all of a customer's subscriptions" and "Subscription resources".
"""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells, products
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.customers import observed
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import partner
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
        "scheduled_term": ("scheduledNextTermInstructions.product.termDuration",),
        "scheduled_plan": ("scheduledNextTermInstructions.product.billingCycle",),
        "scheduled_promotion_id": ("scheduledNextTermInstructions.product.promotionId",),
        "custom_term_end": ("scheduledNextTermInstructions.customTermEndDate",),
        "next_plan": ("nextChargeInstructions.product.billingCycle",),
        "parent_id": ("parentSubscriptionId",),
        "renewal_term": ("renewalTermDuration",),
        "cycle_end": ("billingCycleEndDate",),
        "cancellation_until": ("cancellationAllowedUntilDate",),
        "refundable": ("refundableQuantity.details",),
        "suspension_reasons": ("suspensionReasons",),
        "billing_type": ("billingType",),
        "unit_type": ("unitType",),
        "contract_type": ("contractType",),
        "publisher": ("publisherName",),
        "partner_id": ("partnerId",),
        "attention_needed": ("attentionNeeded",),
        "commitments": ("lineItems",),
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


def _plan(text: str) -> str | None:
    return _PLANS.get(text.strip().lower())


def _lower(text: str) -> str | None:
    return text.strip().lower() or None


def _offer_product(text: str) -> str | None:
    """Return the product of an offer written `product:sku:availability`; an older offer is one by itself."""
    return cells.read_product(text.partition(":")[0])


def _offer_sku(text: str) -> str | None:
    parts = text.split(":")
    return cells.read_sku(parts[1]) if len(parts) > 1 else None


def _customer(text: str) -> str | None:
    found = _CUSTOMER_IN_LINK.search(text)
    return found.group(1).lower() if found else None


def _flag(s: Shaping, name: str) -> pa.Array:
    lower = s.each(name, _lower)
    return pc.if_else(lower.is_null(), None, pc.equal(lower, "true"))


def _shape(columns: Columns, occasion: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    customer = pc.coalesce(s.guid("customer_id"), s.each("link", _customer))
    for row in pc.indices_nonzero(customer.is_null()).to_pylist():
        s.fault(row, "customerId", "is missing")
    table = {
        "customer_id": customer,
        "subscription_id": s.each("subscription_id", cells.read_guid, required=True),
        "observed_at": observed(s, occasion, "so it is not known when the subscription was like this"),
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
        "scheduled_term": s.each("scheduled_term", products.term),
        "scheduled_billing_plan": s.each("scheduled_plan", _plan),
        "scheduled_promotion_id": s.text("scheduled_promotion_id"),
        "custom_term_end": s.day("custom_term_end"),
        "next_billing_plan": s.each("next_plan", _plan),
        "parent_id": s.each("parent_id", cells.read_guid),
        "renewal_term": s.each("renewal_term", products.term),
        "cycle_end": s.day("cycle_end"),
        "cancellation_until": s.each("cancellation_until", cells.read_moment),
        "refundable": s.text("refundable"),
        "suspension_reasons": s.text("suspension_reasons"),
        "billing_type": s.each("billing_type", _lower),
        "unit_type": s.text("unit_type"),
        "contract_type": s.text("contract_type"),
        "publisher": s.text("publisher"),
        "partner_id": s.each("partner_id", partner),
        "attention_needed": _flag(s, "attention_needed"),
        "commitments": s.text("commitments"),
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
