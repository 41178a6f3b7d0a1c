"""Partner Center's subscriptions as seen on several days, one JSON object per line.

Source: Microsoft, "Subscription resources" (Partner Center REST).
"""

from datetime import date, timedelta

from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.subscriptions import Event, Subscription

Snapshot = dict[str, object]


def snapshot(
    subscription: Subscription, observed: date, quantity: int, status: str = "active", *, last_day: date | None = None
) -> Snapshot:
    """One subscription as Partner Center showed it at the end of a day; `last_day` is that of one that has ended."""
    seen = last_day or observed
    cycle = next((cycle for cycle in subscription.cycles() if cycle.last >= seen), None) or next(subscription.cycles())
    term_first, term_last = subscription.term_of(cycle)
    product = subscription.product
    return {
        "id": subscription.id,
        "offerId": f"{product.product_id}:{product.sku_id}:{subscription.availability_id}",
        "offerName": product.name,
        "friendlyName": product.name,
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": quantity,
        "unitType": "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": _moment(subscription.start),
        "effectiveStartDate": _moment(term_first),
        "commitmentEndDate": _moment(term_last),
        "commitmentEndDateTime": f"{term_last}T23:59:59Z",
        "billingCycleEndDate": _moment(cycle.last),
        "status": status,
        "autoRenewEnabled": status == "active",
        "isTrial": subscription.is_trial,
        "billingType": "license",
        "billingCycle": subscription.plan,
        "termDuration": subscription.term,
        "renewalTermDuration": subscription.term,
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft Corporation",
        "contractType": "subscription",
        "promotionId": subscription.promotion_id or None,
        "orderId": subscription.order_id,
        "attributes": {"objectType": "Subscription"},
        "customerId": subscription.customer.tenant_id,
        "observedAt": f"{observed}T23:30:00Z",
    }


def azure_snapshot(
    subscription_id: str, tenant_id: str, order_id: str, entitlement_id: str, start: date, observed: date
) -> Snapshot:
    """An Azure plan as Partner Center shows it."""
    return {
        "id": subscription_id,
        "offerId": "DZH318Z0BPS6:0001:DZH318Z0BMJX",
        "offerName": "Azure plan",
        "friendlyName": "Azure plan",
        "productType": {"id": "Azure", "displayName": "Azure"},
        "entitlementId": entitlement_id,
        "quantity": 1,
        "unitType": "Usage-based",
        "creationDate": _moment(start),
        "effectiveStartDate": _moment(start),
        "commitmentEndDate": "9999-12-01T00:00:00Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "usage",
        "billingCycle": "monthly",
        "termDuration": "",
        "contractType": "subscription",
        "orderId": order_id,
        "attributes": {"objectType": "Subscription"},
        "customerId": tenant_id,
        "observedAt": f"{observed}T23:30:00Z",
    }


def course(subscription: Subscription, month: Month, events: tuple[Event, ...], later_quantity: int) -> list[Snapshot]:
    """What three looks saw: before the month, at its end, and some days after it ("today")."""
    seen: list[Snapshot] = []
    before = month.first - timedelta(days=2)
    if subscription.start <= before:
        seen.append(snapshot(subscription, before, subscription.seats_on(before)))
    quantity = events[-1].quantity if events else subscription.seats_on(month.last)
    status = "active" if quantity else "deleted"
    shown = quantity or subscription.quantity
    seen.append(snapshot(subscription, month.last, shown, status))
    if later_quantity and status == "active":
        seen.append(snapshot(subscription, month.shift(1).on(9), later_quantity))
    return seen


def _moment(day: date) -> str:
    return f"{day}T00:00:00Z"
