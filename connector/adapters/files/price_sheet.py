"""Microsoft's price sheets: what a product costs the partner, and the estimated retail price.

Sources: Microsoft, "Get a price sheet" and "Pricing and offers" (Partner Center). Every view is read by its column
names: licences, software, Azure consumption and reservations.
"""

from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells, products
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import clean, code
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping

_FIELDS = Fields(
    {
        "product_id": ("ProductId",),
        "sku_id": ("SkuId",),
        "title": ("SkuTitle",),
        "product_title": ("ProductTitle",),
        "term": ("TermDuration",),
        "billing_plan": ("BillingPlan",),
        "market": ("Market",),
        "currency": ("Currency",),
        "segment": ("Segment",),
        "unit_price": ("UnitPrice",),
        "erp_price": ("ERP Price",),
        "tier_min": ("PricingTierRangeMin",),
        "tier_max": ("PricingTierRangeMax",),
        "effective_start": ("EffectiveStartDate",),
        "effective_end": ("EffectiveEndDate",),
        "tags": ("Tags",),
    },
    numbers=frozenset({"unit_price", "erp_price", "tier_min", "tier_max"}),
)

_IDENTITY = (
    "product_id", "sku_id", "term", "billing_plan", "market", "currency", "segment", "unit_price", "erp_price",
    "tier_min", "tier_max", "effective_start", "effective_end",
)  # fmt: skip
# The open end of the last tier is written as a number near 2^63.
_NO_LIMIT = Decimal(10) ** 15
_PLANS = {"monthly": "monthly", "annual": "annual", "triennial": "triennial", "onetime": "one_time"}


def _plan(text: str) -> str | None:
    return _PLANS.get(text.strip().lower().replace(" ", "").replace("_", ""))


def _tier_end(text: str) -> str | None:
    """Blank the number that stands for no limit, which no column of ours could hold."""
    try:
        return None if Decimal(text.strip() or "0") >= _NO_LIMIT else text
    except ArithmeticError:
        return text


def _shape(columns: Columns, _: Occasion) -> Iterator[Rows]:
    if "tier_max" in columns.columns:
        columns.columns["tier_max"] = cells.each_distinct(columns.get("tier_max"), _tier_end, pa.string())[0]
    s = Shaping(columns)
    table = {
        "product_id": s.each("product_id", cells.read_product, required=True),
        "sku_id": s.each("sku_id", cells.read_sku, required=True),
        "title": pc.coalesce(s.text("title"), s.text("product_title")),
        "term": s.each("term", products.term),
        "billing_plan": s.each("billing_plan", _plan),
        "market": s.each("market", code),
        "currency": s.each("currency", code),
        "segment": s.each("segment", clean),
        "unit_price": s.number("unit_price", required=True),
        "erp_price": s.number("erp_price"),
        "tier_min": s.number("tier_min"),
        "tier_max": s.number("tier_max"),
        "effective_start": s.day("effective_start"),
        "effective_end": s.day("effective_end"),
        "tags": s.text("tags"),
    }
    yield from s.rows("prices", table, _IDENTITY)


FORMAT = Format(
    name="price sheet",
    role=Role.PRICES,
    table="prices",
    fields=_FIELDS,
    signature=frozenset({"product_id", "sku_id", "unit_price", "tier_min", "tier_max"}),
    required=(("product_id",), ("sku_id",), ("unit_price",)),
    shape=_shape,
    shapes=frozenset({Shape.CSV}),
)
