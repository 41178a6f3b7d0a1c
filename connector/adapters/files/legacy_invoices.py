"""Lines of legacy (D…) invoices as the sync keeps them: licences and rated Azure usage become charges.

Source: Microsoft, "Get invoice line items", "License-based reconciliation files", "Usage-based reconciliation files".
Only lines that name their invoice are read, which Partner Center's licence lines do not do by themselves.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells
from connector.adapters.files.columns import Columns, Fields
from connector.adapters.files.formats import Format, Occasion, Role
from connector.adapters.files.reconciliation import IDENTITY, clean, code, partner
from connector.adapters.files.samples import Shape
from connector.adapters.files.shaping import Rows, Shaping
from connector.domain.rules import Category

_PARTNERS = {"mpn_id": ("mpnId",), "reseller_mpn_id": ("tier2MpnId", "resellerMpnId")}
_LICENCE_FIELDS = Fields(
    {
        "invoice": ("invoiceNumber",),
        "customer_id": ("customerId",),
        "customer_name": ("customerName",),
        "subscription_id": ("syndicationPartnerSubscriptionNumber",),
        "order_id": ("orderId",),
        "durable_offer": ("durableOfferId",),
        "offer": ("offerId",),
        "product_name": ("offerName",),
        "plan": ("billingCycleType",),
        "description": ("subscriptionDescription",),
        "subscription_start": ("subscriptionStartDate",),
        "subscription_end": ("subscriptionEndDate",),
        "charge_start": ("chargeStartDate",),
        "charge_end": ("chargeEndDate",),
        "charge_type": ("chargeType",),
        "unit_price": ("unitPrice",),
        "quantity": ("quantity",),
        "subtotal": ("subtotal",),
        "tax": ("tax",),
        "total": ("totalForCustomer",),
        "currency": ("currency",),
        **_PARTNERS,
    },
    numbers=frozenset({"unit_price", "quantity", "subtotal", "tax", "total"}),
)
_USAGE_FIELDS = Fields(
    {
        "invoice": ("invoiceNumber",),
        "customer_id": ("customerId",),
        "customer_name": ("customerCompanyName",),
        "subscription_id": ("subscriptionId",),
        "order_id": ("orderId",),
        "product_name": ("resourceName",),
        "service": ("serviceName",),
        "service_type": ("serviceType",),
        "description": ("subscriptionDescription",),
        "resource": ("resourceGuid",),
        "charge_start": ("chargeStartDate",),
        "charge_end": ("chargeEndDate",),
        "charge_type": ("chargeType",),
        "unit_price": ("listPrice",),
        "effective_unit_price": ("pretaxEffectiveRate",),
        "quantity": ("consumedQuantity",),
        "subtotal": ("pretaxCharges",),
        "tax": ("taxAmount",),
        "total": ("postTaxTotal",),
        "currency": ("currency",),
        "unit_type": ("unit",),
        **_PARTNERS,
    },
    numbers=frozenset({"unit_price", "effective_unit_price", "quantity", "subtotal", "tax", "total"}),
)
# Microsoft's names for the fees of a licence, by the words in them; the first that fits decides.
_TYPES = (
    (("refund", "cancel"), "cancelImmediate"),
    (("convert",), "convert"),
    (("renew",), "renew"),
    (("new", "purchase", "activat"), "new"),
    (("cycle",), "cycleCharge"),
)
_PLANS = {"monthly": "monthly", "annual": "annual", "yearly": "annual"}


def _licence_type(text: str) -> str | None:
    lower = text.strip().lower()
    return next((ours for words, ours in _TYPES if any(word in lower for word in words)), text.strip() or None)


def _usage_type(text: str) -> str | None:
    return "usage" if "usage" in text.lower() else text.strip() or None


def _plan(text: str) -> str | None:
    return _PLANS.get(text.strip().lower())


def _common(s: Shaping) -> dict[str, pa.Array]:
    quantity = s.number("quantity", required=True)
    return {
        **{name: s.text(name) for name in ("customer_name", "order_id", "product_name", "mpn_id")},
        "invoice": s.each("invoice", clean, required=True),
        "customer_id": s.guid("customer_id"),
        "subscription_id": s.each("subscription_id", cells.read_guid),
        "charge_start": s.day("charge_start"),
        "charge_end": s.day("charge_end"),
        "quantity": pc.abs(quantity),
        "unit_price": s.number("unit_price"),
        "subtotal": s.number("subtotal", required=True),
        "tax": s.number("tax"),
        "total": s.number("total"),
        "currency": s.each("currency", code, required=True),
        "subscription_description": s.text("description"),
        "reseller_mpn_id": s.each("reseller_mpn_id", partner),
        "publisher": pa.repeat("Microsoft Corporation", len(s)),
    }


def _licences(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    durable, offer = s.each("durable_offer", cells.read_product), s.each("offer", cells.read_product)
    table = _common(s) | {
        "product_id": pc.coalesce(durable, offer),
        "charge_type": s.each("charge_type", _licence_type),
        "category": pa.repeat(str(Category.LICENSE), len(s)),
        "billing_plan": s.each("plan", _plan),
        "subscription_start": s.day("subscription_start"),
        "subscription_end": s.day("subscription_end"),
    }
    yield from s.rows("charges", table, [name for name in IDENTITY if name in table])


def _usage(columns: Columns, _: Occasion) -> Iterator[Rows]:
    s = Shaping(columns)
    table = _common(s) | {
        "charge_type": s.each("charge_type", _usage_type),
        "category": pa.repeat(str(Category.AZURE), len(s)),
        "sku_name": s.text("service"),
        "meter": s.text("resource"),
        "unit_type": s.text("unit_type"),
        "effective_unit_price": s.number("effective_unit_price"),
    }
    yield from s.rows("charges", table, [name for name in IDENTITY if name in table])


FORMATS = (
    Format(
        name="legacy licence lines",
        role=Role.VENDOR,
        table="charges",
        fields=_LICENCE_FIELDS,
        signature=frozenset({"invoice", "durable_offer", "subscription_id", "plan", "product_name"}),
        required=(("invoice",), ("subtotal",), ("currency",), ("quantity",)),
        shape=_licences,
        shapes=frozenset({Shape.LINES}),
    ),
    Format(
        name="legacy usage lines",
        role=Role.VENDOR,
        table="charges",
        fields=_USAGE_FIELDS,
        signature=frozenset({"invoice", "quantity", "service_type", "resource", "subtotal"}),
        required=(("invoice",), ("subtotal",), ("currency",), ("quantity",)),
        shape=_usage,
        shapes=frozenset({Shape.LINES}),
    ),
)
