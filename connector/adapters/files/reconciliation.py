"""Microsoft's reconciliation lines: Graph export, portal CSV and v1 line items all become charges.

Sources: Microsoft, "attributeSet: billed reconciliation" (Graph), "Use the reconciliation files" and
"Get invoice line items" (Partner Center).
"""

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells, products
from connector.adapters.files.cells import BadCell, trimmed
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "invoice": ("InvoiceNumber",),
        "customer_id": ("CustomerId",),
        "customer_name": ("CustomerName",),
        "subscription_id": ("SubscriptionId",),
        "order_id": ("OrderId",),
        "order_date": ("OrderDate",),
        "product_id": ("ProductId",),
        "sku_id": ("SkuId",),
        "product_name": ("ProductName",),
        "sku_name": ("SkuName",),
        "availability_id": ("AvailabilityId",),
        "charge_type": ("ChargeType",),
        "product_category": ("ProductCategory",),
        "term_text": ("TermAndBillingCycle",),
        "billing_frequency": ("BillingFrequency",),
        "charge_start": ("ChargeStartDate",),
        "charge_end": ("ChargeEndDate",),
        "subscription_start": ("SubscriptionStartDate",),
        "subscription_end": ("SubscriptionEndDate",),
        "billable_quantity": ("BillableQuantity",),
        "quantity": ("Quantity",),
        "unit_price": ("UnitPrice",),
        "effective_unit_price": ("EffectiveUnitPrice",),
        "subtotal": ("Subtotal",),
        "tax": ("TaxTotal",),
        "total": ("Total", "TotalForCustomer"),
        "currency": ("Currency",),
        "pricing_currency": ("PricingCurrency",),
        "exchange_rate": ("PCToBCExchangeRate",),
        "exchange_rate_date": ("PCToBCExchangeRateDate",),
        "promotion_id": ("PromotionId",),
        "price_adjustment": ("PriceAdjustmentDescription",),
        "qualifiers": ("ProductQualifiers",),
        "credit_reason": ("CreditReasonCode",),
        "reference_id": ("ReferenceId",),
        "reservation_order_id": ("ReservationOrderId",),
        "alternate_id": ("AlternateId",),
        "mpn_id": ("MpnId",),
        "reseller_mpn_id": ("Tier2MpnId", "ResellerMpnId"),
        "meter": ("MeterDescription",),
        "publisher": ("PublisherName",),
        "subscription_description": ("SubscriptionDescription",),
        "unit_type": ("UnitType",),
    },
    numbers=frozenset(
        {
            "billable_quantity", "quantity", "unit_price", "effective_unit_price", "subtotal", "tax", "total",
            "exchange_rate",
        }
    ),
)  # fmt: skip

# What makes two lines the same: present in every shape and attribute set in which Microsoft gives the line.
IDENTITY = (
    "invoice", "customer_id", "subscription_id", "order_id", "product_id", "sku_id", "charge_type", "charge_start",
    "charge_end", "quantity", "unit_price", "effective_unit_price", "subtotal", "tax", "currency", "reference_id",
    "promotion_id",
)  # fmt: skip

_CHARGE_TYPES = {
    known.lower(): known
    for known in (
        "new", "renew", "cycleCharge", "addQuantity", "removeQuantity", "cancelImmediate", "convert", "moveQuantity",
        "changeBillingPlan", "customerCredit", "extendTerm",
    )
}  # fmt: skip

_AS_WRITTEN = (
    "customer_name", "order_id", "order_date", "product_name", "sku_name", "availability_id", "promotion_id",
    "price_adjustment", "credit_reason", "reference_id", "reservation_order_id", "alternate_id", "mpn_id", "meter",
    "publisher", "subscription_description", "unit_type",
)  # fmt: skip


def _charge_type(text: str) -> str | None:
    text = trimmed(text)
    return _CHARGE_TYPES.get(text.lower(), text) or None


def clean(text: str) -> str | None:
    """Return the text without blanks around it, None where nothing is left."""
    return trimmed(text) or None


def code(text: str) -> str | None:
    """Return a code (a currency's) in upper case."""
    return trimmed(text).upper() or None


def currency(text: str) -> str | None:
    """Return a currency's code in upper case. Raises BadCell for what is none."""
    found = code(text)
    if found and not (len(found) == 3 and found.isascii() and found.isalpha()):
        raise BadCell("is not a currency code; write it like USD")
    return found


def partner(text: str) -> str | None:
    """Return a reseller's id; Microsoft writes 0 for none and -1 for one that was taken off."""
    return None if text.strip() in {"", "0", "-1"} else text.strip()


def _qualifiers(text: str) -> str | None:
    try:
        listed = json.loads(text)
    except ValueError:
        return text.strip() or None
    return json.dumps(listed) if listed else None


def _shape(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    written: dict[str, pa.Array] = {name: s.text(name) for name in _AS_WRITTEN}
    billable, quantity = s.number("billable_quantity"), s.number("quantity")
    quantity = pc.coalesce(billable, quantity)
    for row in pc.indices_nonzero(quantity.is_null()).to_pylist():
        s.fault(row, "BillableQuantity", "is missing")
    start, end = s.day("charge_start"), s.day("charge_end")
    subscription_end = s.day("subscription_end")
    term = s.joined(("term_text",), products.term)
    plan = s.joined(("term_text", "billing_frequency"), products.billing_plan)
    table = {
        **written,
        "invoice": s.code("invoice"),
        "customer_id": s.guid("customer_id"),
        "subscription_id": s.guid("subscription_id"),
        "product_id": s.each("product_id", cells.read_product),
        "sku_id": s.each("sku_id", cells.read_sku),
        "charge_type": s.each("charge_type", _charge_type),
        "category": s.joined(
            ("product_category", "publisher", "term_text", "subscription_description", "charge_end"),
            products.category,
        ),
        "term": term,
        "billing_plan": products.settled_plan(plan, term, start, end, subscription_end),
        "charge_start": start,
        "charge_end": end,
        "subscription_start": s.day("subscription_start"),
        "subscription_end": subscription_end,
        "quantity": quantity,
        "unit_price": s.number("unit_price"),
        "effective_unit_price": s.number("effective_unit_price"),
        "subtotal": s.number("subtotal", required=True),
        "tax": s.number("tax"),
        "total": s.number("total"),
        "currency": s.each("currency", currency, required=True),
        "pricing_currency": s.each("pricing_currency", code),
        "exchange_rate": s.number("exchange_rate"),
        "exchange_rate_date": s.day("exchange_rate_date"),
        "qualifiers": s.each("qualifiers", _qualifiers),
        "reseller_mpn_id": s.each("reseller_mpn_id", partner),
    }
    yield from s.rows("charges", table, IDENTITY)


FORMAT = Format(
    name="new-commerce reconciliation",
    role=Role.VENDOR,
    table="charges",
    fields=_FIELDS,
    signature=frozenset(
        {
            "customer_id", "product_id", "sku_id", "charge_type", "subtotal", "tax", "currency", "charge_start",
            "term_text", "effective_unit_price", "subscription_id", "order_id",
        }
    ),
    required=(
        ("customer_id",), ("product_id",), ("sku_id",), ("subscription_id",), ("charge_type",), ("charge_start",),
        ("charge_end",), ("subtotal",), ("currency",), ("billable_quantity", "quantity"),
        ("effective_unit_price",), ("unit_price",),
    ),
    shape=_shape,
)  # fmt: skip
