"""Invoices of the kind before new commerce: a few licences and some Azure usage, for the routes that still have them.

Source: Microsoft, "License-based reconciliation files", "Usage-based reconciliation files" and the line items of
Partner Center's API.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from connector.sandbox.live.billing import Bill
from connector.sandbox.live.courses import Course, State
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.lines import PARTNER_ID, PARTNER_NAME
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.snapshots import Snapshot
from connector.sandbox.scenario.world import World

_OFFERS = (
    ("EXCHANGE ONLINE (PLAN 2)", "2F707C7C-2433-49A5-A437-9CA7CF40D3EB", Decimal("6.40")),
    ("SHAREPOINT ONLINE (PLAN 2)", "69C67983-CF78-4102-83F6-3E5FD246864F", Decimal("8.00")),
)
_HOLDERS = 3


@dataclass(frozen=True, slots=True)
class OlderBill:
    """An invoice and its line items by provider and kind."""

    bill: Bill
    items: dict[tuple[str, str], list[dict[str, Any]]]


def older_bills(world: World) -> list[OlderBill]:
    """One invoice a month for the first few customers that pay in dollars."""
    holders = [customer for customer in world.customers if customer.charged_in == "USD"][:_HOLDERS]
    return [_bill(world, month, holders) for month in world.months] if holders else []


def older_courses(world: World) -> list[Course]:
    """The subscriptions behind those invoices; the second of each customer hangs under the first as its add-on."""
    holders = [customer for customer in world.customers if customer.charged_in == "USD"][:_HOLDERS]
    made = []
    for customer in holders:
        parent = ""
        for place in range(len(_OFFERS)):
            look = _look(customer, world.months[0], place, parent)
            course = Course(str(look["id"]), customer.tenant_id, [look], None)
            since = datetime.fromisoformat(str(look["creationDate"]))
            course.states = [State(since, int(str(look["quantity"])), "active", "new")]
            made.append(course)
            parent = course.id
    return made


def _look(customer: Customer, month: Month, place: int, parent: str) -> Snapshot:
    item = _licence(customer, month, place)
    look: Snapshot = {
        "id": str(item["syndicationPartnerSubscriptionNumber"]).lower(),
        "offerId": item["durableOfferId"],
        "offerName": str(item["offerName"]).title(),
        "friendlyName": str(item["offerName"]).title(),
        "quantity": item["quantity"],
        "unitType": "Licenses",
        "parentSubscriptionId": parent,
        "hasPurchasableAddons": not parent,
        "creationDate": f"{item['subscriptionStartDate']}Z".replace("T00:00:00", "T07:30:05"),
        "effectiveStartDate": f"{item['subscriptionStartDate']}Z",
        "commitmentEndDate": f"{item['subscriptionEndDate']}Z",
        "commitmentEndDateTime": f"{item['subscriptionEndDate']}Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": "monthly",
        "termDuration": "",
        "contractType": "subscription",
        "orderId": item["orderId"],
        "attributes": {"etag": f"eyJpZCI6{item['subscriptionId']}", "objectType": "Subscription"},
        "customerId": customer.tenant_id,
        "observedAt": f"{month.first}T00:00:00Z",
    }
    if not parent:
        del look["parentSubscriptionId"]
    return look


def _bill(world: World, month: Month, holders: list[Customer]) -> OlderBill:
    number = f"D05{world.seed % 100:02d}{month.year % 100:02d}{month.number:02d}X"
    licences = [_licence(customer, month, place) for customer in holders for place in range(len(_OFFERS))]
    usage = [_usage(customer, month, number) for customer in holders]
    daily = [_daily(item, day) for item in usage for day in (3, 17)]
    gross = sum((item["totalForCustomer"] for item in licences), Decimal(0))
    gross += sum((item["postTaxTotal"] for item in usage), Decimal(0))
    tax = sum((item["taxAmount"] for item in usage), Decimal(0))
    issued = datetime.combine(month.shift(1).on(8), time(4, 15), UTC)
    items = {
        ("office", "billinglineitems"): licences,
        ("azure", "billinglineitems"): usage,
        ("azure", "usagelineitems"): daily,
    }
    return OlderBill(Bill(number, month, "USD", gross, gross - tax, tax, issued), items)


def _licence(customer: Customer, month: Month, place: int) -> dict[str, Any]:
    name, durable, price = _OFFERS[place]
    seats = 3 + customer.number % 5
    own = uuid5(NAMESPACE_DNS, f"{customer.tenant_id}/{name}")
    amount = price * seats
    return {
        "partnerId": PARTNER_ID,
        "customerId": customer.tenant_id.upper(),
        "customerName": customer.name,
        "mpnId": 5357564,
        "tier2MpnId": -1,
        "orderId": str(own.int)[:18],
        "subscriptionId": own.hex[:16].upper(),
        "syndicationPartnerSubscriptionNumber": str(own).upper(),
        "offerId": str(uuid5(NAMESPACE_DNS, name)).upper(),
        "durableOfferId": durable,
        "offerName": name,
        "domainName": customer.domain,
        "billingCycleType": "MONTHLY",
        "subscriptionName": name,
        "subscriptionDescription": name,
        "subscriptionStartDate": f"{month.shift(-7).first}T00:00:00",
        "subscriptionEndDate": f"{month.shift(5).first}T00:00:00",
        "chargeStartDate": f"{month.first}T00:00:00",
        "chargeEndDate": f"{month.last}T00:00:00",
        "chargeType": "Cycle fee",
        "unitPrice": price,
        "quantity": seats,
        "amount": amount,
        "totalOtherDiscount": Decimal("0.0"),
        "subtotal": amount,
        "tax": Decimal("0.0"),
        "totalForCustomer": amount,
        "currency": "USD",
        "invoiceLineItemType": "billing_line_items",
        "billingProvider": "office",
        "attributes": {"objectType": "LicenseBasedLineItem"},
    }


def _common(customer: Customer, month: Month, invoice: str) -> dict[str, Any]:
    own = uuid5(NAMESPACE_DNS, f"{customer.tenant_id}/azure")
    return {
        "partnerId": PARTNER_ID,
        "partnerName": PARTNER_NAME,
        "partnerBillableAccountId": "1010578050",
        "customerId": customer.tenant_id,
        "domainName": customer.domain,
        "customerCompanyName": customer.name,
        "mpnId": 5357564,
        "tier2MpnId": -1,
        "invoiceNumber": invoice,
        "subscriptionId": str(own),
        "subscriptionName": "Microsoft Azure",
        "subscriptionDescription": "Microsoft Azure",
        "billingCycleType": "Monthly",
        "orderId": str(own.int)[:18],
        "serviceName": "Azure App Service",
        "serviceType": "Standard Plan",
        "resourceGuid": "505db374-df8a-44df-9d8c-13c14b61dee1",
        "resourceName": "S1",
        "region": "",
        "consumedQuantity": 24 * month.days + customer.number,
        "chargeStartDate": f"{month.first}T00:00:00",
        "chargeEndDate": f"{month.last}T00:00:00",
        "unit": "1 Hour",
    }


def _usage(customer: Customer, month: Month, invoice: str) -> dict[str, Any]:
    common = _common(customer, month, invoice)
    hours = Decimal(common["consumedQuantity"])
    charges = (hours * Decimal("0.085")).quantize(Decimal("0.01"))
    tax = (charges / 10).quantize(Decimal("0.01"))
    return {
        "detailLineItemId": 1,
        "sku": "7UD-00001",
        "includedQuantity": 0,
        "overageQuantity": common["consumedQuantity"],
        "listPrice": Decimal("0.085"),
        "currency": "USD",
        "pretaxCharges": charges,
        "taxAmount": tax,
        "postTaxTotal": charges + tax,
        "pretaxEffectiveRate": (charges / hours).quantize(Decimal("0.00000001")),
        "postTaxEffectiveRate": ((charges + tax) / hours).quantize(Decimal("0.00000001")),
        "chargeType": "Assess usage fee for current cycle",
        "invoiceLineItemType": "billing_line_items",
        **common,
        "billingProvider": "azure",
        "attributes": {"objectType": "UsageBasedLineItem"},
    }


def _daily(item: dict[str, Any], day: int) -> dict[str, Any]:
    common = {name: item[name] for name in item if name not in _PRICED}
    return {
        "customerBillableAccount": "1280018095",
        "usageDate": f"{item['chargeStartDate'][:8]}{day:02d}T00:00:00",
        **common,
        "consumedQuantity": Decimal(item["consumedQuantity"]) / 2,
        "invoiceLineItemType": "usage_line_items",
        "attributes": {"objectType": "DailyUsageLineItem"},
    }


_PRICED = (
    "detailLineItemId", "sku", "includedQuantity", "overageQuantity", "listPrice", "currency", "pretaxCharges",
    "taxAmount", "postTaxTotal", "pretaxEffectiveRate", "postTaxEffectiveRate", "chargeType",
)  # fmt: skip
