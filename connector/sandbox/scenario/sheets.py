"""Price sheets and daily usage files of the world."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from connector.sandbox.scenario.azure import Metered, Plan
from connector.sandbox.scenario.calendar import ONE_DAY, Month
from connector.sandbox.scenario.catalogue import LICENCES, MARKETS, Product
from connector.sandbox.scenario.lines import PARTNER_ID, PARTNER_MPN, PARTNER_NAME
from connector.sandbox.scenario.money import part, text
from connector.sandbox.scenario.writing import write_csv

SHEET_COLUMNS = (
    "ProductTitle",
    "ProductId",
    "SkuId",
    "SkuTitle",
    "Publisher",
    "SkuDescription",
    "UnitOfMeasure",
    "TermDuration",
    "BillingPlan",
    "Market",
    "Currency",
    "UnitPrice",
    "PricingTierRangeMin",
    "PricingTierRangeMax",
    "EffectiveStartDate",
    "EffectiveEndDate",
    "Tags",
    "ERP Price",
    "Segment",
)
# fmt: off
USAGE_COLUMNS = (
    "PartnerId", "PartnerName", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry",
    "MpnId", "Tier2MpnId", "InvoiceNumber", "ProductId", "SkuId", "AvailabilityId", "SkuName",
    "ProductName", "PublisherName", "PublisherId", "SubscriptionDescription", "SubscriptionId",
    "ChargeStartDate", "ChargeEndDate", "UsageDate", "MeterType", "MeterCategory", "MeterId",
    "MeterSubCategory", "MeterName", "MeterRegion", "Unit", "ResourceLocation", "ConsumedService",
    "ResourceGroup", "ResourceURI", "ChargeType", "UnitPrice", "Quantity", "UnitType",
    "BillingPreTaxTotal", "BillingCurrency", "PricingPreTaxTotal", "PricingCurrency", "ServiceInfo1",
    "ServiceInfo2", "Tags", "AdditionalInfo", "EffectiveUnitPrice", "PCToBCExchangeRate",
    "PCToBCExchangeRateDate", "EntitlementId", "EntitlementDescription", "PartnerEarnedCreditPercentage",
    "CreditPercentage", "CreditType", "BenefitOrderId", "BenefitId", "BenefitType",
)
# fmt: on
_PLANS = (("P1M", "monthly", "Monthly"), ("P1Y", "monthly", "Monthly"), ("P1Y", "annual", "Annual"))
_USAGE_DAYS = (2, 9, 17, 26)


def write_price_sheet(path: Path, currency: str, month: Month, since: date, last: Month) -> None:
    """The licence sheet of a month."""
    write_csv(path, SHEET_COLUMNS, price_rows(currency, month, since, last))


def price_rows(currency: str, month: Month, since: date, last: Month) -> list[list[str]]:
    """The rows of a licence sheet. A product that became dearer stands there twice, by its two ranges."""
    rows = []
    for product in LICENCES:
        for term, plan, printed in _PLANS:
            ranges = [(False, since, date(9999, 12, 31))]
            if product.dearer_by and month >= last:
                ranges = [(False, since, last.first - ONE_DAY), (True, last.first, date(9999, 12, 31))]
            for raised, first, end in ranges:
                rows.append(_sheet_row(product, currency, term, plan, printed, raised, first, end))
    return rows


def _sheet_row(
    product: Product, currency: str, term: str, plan: str, printed: str, raised: bool, first: date, end: date
) -> list[str]:
    cycles = 12 if (term, plan) == ("P1Y", "monthly") else 1
    price = product.sheet_price(currency, term, plan, raised)
    retail = product.retail(currency, term, plan, raised) * cycles
    return [
        product.name,
        product.product_id,
        product.sku_id,
        product.name,
        "Microsoft Corporation",
        product.name,
        "",
        term,
        printed,
        MARKETS[currency],
        currency,
        text(price),
        "",
        "",
        f"{first.month}/{first.day}/{first.year} 12:00:00 AM",
        f"{end.month}/{end.day}/{end.year} 11:59:59 PM",
        "License",
        text(retail),
        "Commercial",
    ]


def write_usage(path: Path, metered: Sequence[tuple[Plan, Metered]]) -> None:
    """The daily rated usage behind the metered charges."""
    write_csv(path, USAGE_COLUMNS, ([row[name] for name in USAGE_COLUMNS] for row in usage_rows(metered)))


def usage_rows(metered: Sequence[tuple[Plan, Metered]]) -> list[dict[str, str]]:
    """The rows of a daily usage file by column, as the portal prints them."""
    rows = []
    for plan, charge in metered:
        if charge.line.charge_type == "customerCredit":
            continue
        units = charge.line.billable or Decimal(0)
        for number, day in enumerate(_USAGE_DAYS):
            rows.append(
                _usage_row(plan, charge, charge.line.first.replace(day=day), part(units, 1, len(_USAGE_DAYS)), number)
            )
    return rows


def _usage_row(plan: Plan, charge: Metered, day: date, units: Decimal, number: int) -> dict[str, str]:
    line = charge.line
    priced = (units * abs(line.eup)).quantize(Decimal("0.0000000001"))
    group = f"rg-{charge.category.split()[0].lower()}"
    percent = "15" if line.adjustment else "0"
    cells = {
        "PartnerId": PARTNER_ID,
        "PartnerName": PARTNER_NAME,
        "CustomerId": line.tenant_id or "",
        "CustomerName": line.customer_name,
        "CustomerDomainName": line.domain,
        "CustomerCountry": line.country,
        "MpnId": PARTNER_MPN,
        "Tier2MpnId": line.reseller,
        "InvoiceNumber": line.invoice,
        "ProductId": line.product_id,
        "SkuId": line.sku_id,
        "AvailabilityId": line.availability_id,
        "SkuName": line.product_name,
        "ProductName": line.product_name,
        "PublisherName": "Microsoft Corporation",
        "SubscriptionDescription": line.description,
        "SubscriptionId": line.subscription_id,
        "ChargeStartDate": _us(line.first),
        "ChargeEndDate": _us(line.last),
        "UsageDate": _us(day),
        "MeterType": line.meter,
        "MeterCategory": charge.category,
        "MeterId": f"{line.sku_id.lower()}-meter",
        "MeterName": charge.meter,
        "MeterRegion": "EU West",
        "Unit": line.unit_type,
        "ResourceLocation": "westeurope",
        "ConsumedService": "Microsoft.Compute",
        "ResourceGroup": group,
        "ResourceURI": f"/subscriptions/{plan.entitlement_id}/resourceGroups/{group}/r{number}",
        "ChargeType": line.charge_type,
        "UnitPrice": text(line.unit_price),
        "Quantity": text(units),
        "UnitType": line.unit_type,
        "BillingPreTaxTotal": text((priced * line.rate).quantize(Decimal("0.0000000001"))),
        "BillingCurrency": line.currency,
        "PricingPreTaxTotal": text(priced),
        "PricingCurrency": line.pricing_currency,
        "Tags": '{"costcenter":"4711"}',
        "EffectiveUnitPrice": text(line.eup),
        "PCToBCExchangeRate": text(line.rate),
        "PCToBCExchangeRateDate": _us(line.first),
        "EntitlementId": plan.entitlement_id,
        "EntitlementDescription": "Production",
        "PartnerEarnedCreditPercentage": percent,
        "CreditPercentage": "0",
        "CreditType": "Credit Not Applied",
    }
    return {column: cells.get(column, "") for column in USAGE_COLUMNS}


def _us(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
