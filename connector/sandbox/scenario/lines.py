"""One line of Microsoft's reconciliation file, with all 47 columns.

Source: Microsoft, "Invoice reconciliation attributes" (Graph, billed and unbilled reconciliation export).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

PARTNER_ID = "0e195b37-4574-4539-bc42-0e539b9684c0"
PARTNER_NAME = "Northwind Cloud Partners"
PARTNER_MPN = "5357564"

# fmt: off
COLUMNS = (
    "PartnerId", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry", "InvoiceNumber",
    "MpnId", "Tier2MpnId", "OrderId", "OrderDate", "ProductId", "SkuId", "AvailabilityId", "SkuName",
    "ProductName", "ChargeType", "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "Currency",
    "PriceAdjustmentDescription", "PublisherName", "PublisherId", "SubscriptionDescription",
    "SubscriptionId", "ChargeStartDate", "ChargeEndDate", "TermAndBillingCycle", "EffectiveUnitPrice",
    "UnitType", "AlternateId", "BillableQuantity", "BillingFrequency", "PricingCurrency",
    "PCToBCExchangeRate", "PCToBCExchangeRateDate", "MeterDescription", "ReservationOrderId",
    "CreditReasonCode", "SubscriptionStartDate", "SubscriptionEndDate", "ReferenceId",
    "ProductQualifiers", "PromotionId", "ProductCategory",
)
# fmt: on
Cell = str | Decimal | date | None


@dataclass(slots=True)
class VendorLine:
    """A charge or refund as Microsoft prints it: the sign is in `eup` and `subtotal`, not in the quantity."""

    invoice: str
    tenant_id: str | None
    customer_name: str
    domain: str
    country: str
    reseller: str
    order_id: str
    ordered: date
    product_id: str
    sku_id: str
    availability_id: str
    product_name: str
    charge_type: str
    unit_price: Decimal
    quantity: Decimal
    subtotal: Decimal
    tax: Decimal
    currency: str
    eup: Decimal
    subscription_id: str
    first: date
    last: date
    term_text: str
    frequency: str
    term_first: date
    term_last: date
    reference_id: str
    description: str = ""
    adjustment: str = ""
    unit_type: str = ""
    pricing_currency: str = ""
    rate: Decimal = Decimal(1)
    meter: str = ""
    reservation_order_id: str = ""
    credit_reason: str = ""
    qualifiers: str = ""
    promotion_id: str = ""
    billable: Decimal | None = None
    damaged_start: str = ""

    @property
    def total(self) -> Decimal:
        """Subtotal and tax."""
        return self.subtotal + self.tax

    def cells(self) -> tuple[Cell, ...]:
        """The values in the order of `COLUMNS`; an empty cell is None."""
        rate_day = date(self.first.year, self.first.month, 1)
        return (
            PARTNER_ID,
            self.tenant_id,
            self.customer_name or None,
            self.domain or None,
            self.country,
            self.invoice,
            PARTNER_MPN,
            self.reseller,
            self.order_id,
            self.ordered,
            self.product_id,
            self.sku_id,
            self.availability_id,
            self.product_name,
            self.product_name,
            self.charge_type,
            self.unit_price,
            self.quantity,
            self.subtotal,
            self.tax,
            self.total,
            self.currency,
            self.adjustment or None,
            "Microsoft Corporation",
            None,
            self.description or self.product_name,
            self.subscription_id,
            self.damaged_start or self.first,
            self.last,
            self.term_text,
            self.eup,
            self.unit_type or None,
            self.order_id,
            self.quantity if self.billable is None else self.billable,
            self.frequency or None,
            self.pricing_currency or self.currency,
            self.rate,
            rate_day,
            self.meter or None,
            self.reservation_order_id or None,
            self.credit_reason or None,
            self.term_first,
            self.term_last,
            self.reference_id,
            self.qualifiers or None,
            self.promotion_id or None,
            None,
        )


def cell_text(cell: Cell) -> str:
    """A cell as text: plain digits, ISO date, empty for None."""
    if cell is None:
        return ""
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
