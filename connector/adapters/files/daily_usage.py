"""Microsoft's daily rated usage: what lies under the Azure charges, day by day and meter by meter.

Sources: Microsoft, "attributeSet: billed usage" (Graph), "Daily rated usage reconciliation files" and "Get invoice
line items" (Partner Center).
"""

from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean, code, currency, partner
from connector.adapters.files.schemas import EXACT_NUMBER
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "invoice": ("InvoiceNumber",),
        "customer_id": ("CustomerId",),
        "customer_name": ("CustomerName",),
        "subscription_id": ("SubscriptionId",),
        "entitlement_id": ("EntitlementId",),
        "entitlement_name": ("EntitlementDescription",),
        "product_id": ("ProductId",),
        "sku_id": ("SkuId",),
        "product_name": ("ProductName",),
        "sku_name": ("SkuName",),
        "charge_type": ("ChargeType",),
        "charge_start": ("ChargeStartDate",),
        "charge_end": ("ChargeEndDate",),
        "usage_date": ("UsageDate",),
        "meter_id": ("MeterId",),
        "meter_name": ("MeterName",),
        "meter_category": ("MeterCategory",),
        "meter_subcategory": ("MeterSubCategory",),
        "meter_region": ("MeterRegion",),
        "unit": ("Unit", "UnitOfMeasure"),
        "resource_group": ("ResourceGroup",),
        "resource_uri": ("ResourceURI",),
        "tags": ("Tags",),
        "quantity": ("Quantity",),
        "unit_price": ("UnitPrice",),
        "effective_unit_price": ("EffectiveUnitPrice",),
        "amount": ("BillingPreTaxTotal",),
        "currency": ("BillingCurrency",),
        "pricing_amount": ("PricingPreTaxTotal",),
        "pricing_currency": ("PricingCurrency",),
        "exchange_rate": ("PCToBCExchangeRate",),
        "earned_credit_percent": ("PartnerEarnedCreditPercentage",),
        "earned_credit_rate": ("RateOfPartnerEarnedCredit",),
        "credit_percent": ("CreditPercentage",),
        "credit_rate": ("RateOfCredit",),
        "credit_type": ("CreditType",),
        "benefit_id": ("BenefitId",),
        "benefit_order_id": ("BenefitOrderId",),
        "benefit_type": ("BenefitType",),
        "reseller_mpn_id": ("Tier2MpnId", "ResellerMpnId"),
    },
    numbers=frozenset(
        {
            "quantity", "unit_price", "effective_unit_price", "amount", "pricing_amount", "exchange_rate",
            "earned_credit_percent", "earned_credit_rate", "credit_percent", "credit_rate",
        }
    ),
)  # fmt: skip

_IDENTITY = (
    "invoice", "customer_id", "subscription_id", "entitlement_id", "product_id", "sku_id", "usage_date", "resource_uri",
    "quantity", "unit_price", "effective_unit_price", "amount", "currency", "benefit_order_id",
)  # fmt: skip

_AS_WRITTEN = (
    "customer_name", "entitlement_name", "product_name", "sku_name", "charge_type", "meter_id", "meter_name",
    "meter_category", "meter_subcategory", "meter_region", "unit", "resource_group", "resource_uri", "tags",
    "credit_type", "benefit_id", "benefit_order_id", "benefit_type",
)  # fmt: skip
_HUNDRED = pa.scalar(Decimal(100), pa.decimal128(3, 0))


def _percent(s: Shaping, percent: str, rate: str) -> pa.Array:
    """Return a credit in percent; older exports give it as a fraction."""
    fraction = s.number(rate).cast(pa.decimal256(38, 22))
    return pc.coalesce(s.number(percent), pc.multiply(fraction, _HUNDRED.cast(pa.decimal256(3, 0))).cast(EXACT_NUMBER))


def _shape(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    written: dict[str, pa.Array] = {name: s.text(name) for name in _AS_WRITTEN}
    table = {
        **written,
        "invoice": s.each("invoice", clean),
        "customer_id": s.guid("customer_id"),
        "subscription_id": s.guid("subscription_id"),
        "entitlement_id": s.guid("entitlement_id"),
        "product_id": s.each("product_id", cells.read_product),
        "sku_id": s.each("sku_id", cells.read_sku),
        "charge_start": s.day("charge_start"),
        "charge_end": s.day("charge_end"),
        "usage_date": s.day("usage_date", required=True),
        "quantity": s.number("quantity"),
        "unit_price": s.number("unit_price"),
        "effective_unit_price": s.number("effective_unit_price"),
        "amount": s.number("amount", required=True),
        "currency": s.each("currency", currency, required=True),
        "pricing_amount": s.number("pricing_amount"),
        "pricing_currency": s.each("pricing_currency", code),
        "exchange_rate": s.number("exchange_rate"),
        "earned_credit_percent": _percent(s, "earned_credit_percent", "earned_credit_rate"),
        "credit_percent": _percent(s, "credit_percent", "credit_rate"),
        "reseller_mpn_id": s.each("reseller_mpn_id", partner),
    }
    yield from s.rows("usage", table, _IDENTITY)


FORMAT = Format(
    name="daily rated usage",
    role=Role.VENDOR,
    table="usage",
    fields=_FIELDS,
    signature=frozenset(
        {
            "amount", "currency", "usage_date", "entitlement_id", "pricing_amount", "customer_id", "product_id",
            "quantity",
        }
    ),
    required=(
        ("customer_id",), ("product_id",), ("sku_id",), ("subscription_id",), ("usage_date",), ("amount",),
        ("currency",), ("quantity",),
    ),
    shape=_shape,
)  # fmt: skip
