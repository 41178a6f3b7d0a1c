"""Partner Center's subscriptions: a customer's list, one by one, add-ons, transitions and Azure entitlements.

Source: Microsoft, "Get all of a customer's subscriptions", "Subscription resources", "Get transitions".
"""

import zlib
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.live import Course, LiveWorld
from connector.sandbox.live.changes import seven_digits
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.paging import collection, link
from connector.sandbox.partner_center.refusals import Problem
from connector.sandbox.scenario.people import Customer

_WINDOW = timedelta(days=7)


def listed(request: Request, live: LiveWorld, customer: Customer, manners: Manners) -> Response:
    """All subscriptions of a customer, whatever their status, in one piece: this list has no pages."""
    courses = [live.courses[str(picture["id"])] for picture in live.subscriptions(customer.tenant_id)]
    items = [shown(live, course, customer, manners) for course in courses]
    if order := request.first("order_id"):
        items = [item for item in items if str(item["orderId"]).lower() == order.lower()]
    if reseller := request.first("mpn_id"):
        items = [item for item in items if item["partnerId"] == reseller]
    lies = manners.odd_spellings and zlib.crc32(customer.tenant_id.encode()) % 3 == 0
    return json_response(200, collection(items, total=len(items) + 1 if lies else None))


def one(live: LiveWorld, customer: Customer, id_: str, manners: Manners) -> Response:
    """One subscription."""
    return json_response(200, shown(live, find(live, customer, id_), customer, manners))


def find(live: LiveWorld, customer: Customer, id_: str) -> Course:
    """A customer's subscription; raises Problem when there is none."""
    course = live.course(customer.tenant_id, id_)
    if course is None:
        raise Problem(404, "20003", id_)
    return course


def addons(request: Request, live: LiveWorld, customer: Customer, id_: str, manners: Manners) -> Response:
    """The older kind of add-ons, which hang under a subscription."""
    parent = find(live, customer, id_)
    items = [
        shown(live, live.courses[str(picture["id"])], customer, manners)
        for picture in live.subscriptions(customer.tenant_id)
        if picture.get("parentSubscriptionId") == parent.id
    ]
    return json_response(200, collection(items))


def transitions(live: LiveWorld, customer: Customer, id_: str) -> Response:
    """Upgrades of a subscription into another: under a key of their own, and in mixed spelling."""
    source = find(live, customer, id_)
    now = live.clock.now()
    found = []
    for line in source.lines:
        if line.charge_type != "convert" or line.eup >= 0:
            continue
        target = _target(live, source, line.reference_id)
        state = source.states[-1]
        if target is None or state.since > now:
            continue
        happened = state.since
        events = (("Started ", happened - timedelta(minutes=36)), ("Completed", happened))
        found.append(
            {
                "operationId": line.reference_id,
                "fromSubscriptionId": source.id,
                "toSubscriptionId": target.id,
                "FromCatalogItemId": _catalogue_item(source),
                "ToCatalogItemId": _catalogue_item(target),
                "quantity": int(line.quantity),
                "transitionType": "transition_with_license_transfer",
                "Events": [
                    {
                        "name": "Conversion",
                        "status": status,
                        "timestamp": seven_digits(moment),
                        "attributes": {"objectType": "TransitionEvent"},
                    }
                    for status, moment in events
                ],
                "attributes": {"objectType": "Transition"},
            }
        )
    return json_response(200, {"transition": found, "attributes": {"objectType": "Collection"}})


def entitlements(live: LiveWorld, customer: Customer, id_: str) -> Response:
    """The Azure subscriptions under an Azure plan."""
    plan = find(live, customer, id_)
    picture = plan.at(live.clock.now()) or {}
    entitlement = picture.get("entitlementId")
    items = []
    if entitlement:
        items = [{"id": entitlement, "friendlyName": "Production", "status": "active", "subscriptionId": plan.id}]
    return json_response(200, collection(items))


def shown(live: LiveWorld, course: Course, customer: Customer, manners: Manners) -> dict[str, Any]:
    """A subscription with everything Partner Center adds to what it is: links, windows, spellings."""
    now = live.clock.now()
    picture = dict(course.at(now) or {})
    picture |= {
        "partnerId": customer.reseller if customer.reseller != "0" else "",
        "attentionNeeded": False,
        "actionTaken": False,
        "links": _links(picture, course, customer),
    }
    if picture["unitType"] == "Licenses":
        picture |= _windows(course, now)
    picture["actions"] = ["edit", "cancel"] if picture["status"] == "active" else []
    if manners.odd_spellings:
        mark = zlib.crc32(course.id.encode())
        picture["creationDate"] = _with_time(str(picture["creationDate"]), mark)
        picture["id"] = course.id.upper() if mark % 5 == 0 else course.id
    return picture


def _links(picture: dict[str, Any], course: Course, customer: Customer) -> dict[str, Any]:
    own = link(f"/customers/{customer.tenant_id}/subscriptions/{course.id}")
    parts = str(picture["offerId"]).split(":")
    if len(parts) != 3:
        links = {"offer": link(f"/offers/{parts[0]}?country={customer.market}"), "self": own}
        if parent := picture.get("parentSubscriptionId"):
            links["parentSubscription"] = link(f"/customers/{customer.tenant_id}/subscriptions/{parent}")
        return links
    product, sku, availability = parts
    country = f"?country={customer.market}"
    return {
        "product": link(f"/products/{product}{country}"),
        "sku": link(f"/products/{product}/skus/{sku}{country}"),
        "availability": link(f"/products/{product}/skus/{sku}/availabilities/{availability}{country}"),
        "self": own,
    }


def _windows(course: Course, now: datetime) -> dict[str, Any]:
    """Seats that may still be given back: seven days from the purchase and from each addition."""
    fresh = []
    before = 0
    for state in course.states:
        if state.since > now:
            break
        added = state.quantity - before
        if state.status == "active" and added > 0 and now - state.since < _WINDOW:
            fresh.append({"quantity": added, "allowedUntilDateTime": seven_digits(state.since + _WINDOW)})
        before = state.quantity
    start = course.states[0].since
    young = now - start < _WINDOW
    windows: dict[str, Any] = {
        "cancellationAllowedUntilDate": seven_digits(start + _WINDOW) if young else None,
        "refundableQuantity": {"totalQuantity": sum(int(str(part["quantity"])) for part in fresh), "details": fresh},
    }
    if young:
        windows["refundOptions"] = [{"type": "Full", "expiresAt": f"{(start + timedelta(days=1)).date()}T00:00:00Z"}]
    return windows


def _target(live: LiveWorld, source: Course, reference: str) -> Course | None:
    for course in live.courses.values():
        if course.tenant_id == source.tenant_id and course is not source:
            for line in course.lines:
                if line.reference_id == reference and line.eup >= 0:
                    return course
    return None


def _catalogue_item(course: Course) -> str:
    return str(course.looks[0]["offerId"])


def _with_time(text: str, mark: int) -> str:
    """The same day with a time of day in seven digits of a second."""
    return f"{text[:10]}T{mark % 9 + 8:02d}:{mark % 60:02d}:{mark % 59:02d}.{mark % 10_000_000:07d}Z"
