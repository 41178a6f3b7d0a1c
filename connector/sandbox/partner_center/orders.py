"""Partner Center's orders: how each subscription was bought.

Source: Microsoft, "Get all of a customer's orders", "Order resources".
"""

from typing import Any

from connector.sandbox.live import LiveWorld
from connector.sandbox.live.changes import seven_digits
from connector.sandbox.live.courses import Course
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.paging import collection, link
from connector.sandbox.partner_center.refusals import Problem
from connector.sandbox.scenario.people import Customer


def listed(request: Request, live: LiveWorld, customer: Customer, manners: Manners) -> Response:
    """A customer's orders, of one billing cycle where that is asked for."""
    orders = _orders(live, customer)
    if cycle := request.first("billingType"):
        orders = [order for order in orders if str(order["billingCycle"]).lower() == cycle.lower()]
    own = {"self": link(f"/customers/{customer.tenant_id}/orders")}
    return json_response(200, collection(orders, own))


def one(live: LiveWorld, customer: Customer, id_: str) -> Response:
    """One order; raises Problem when there is none."""
    for order in _orders(live, customer):
        if str(order["id"]).lower() == id_.lower():
            return json_response(200, order)
    raise Problem(404, "20000", id_)


def _orders(live: LiveWorld, customer: Customer) -> list[dict[str, Any]]:
    by_id: dict[str, list[tuple[Course, dict[str, Any]]]] = {}
    for picture in live.subscriptions(customer.tenant_id):
        course = live.courses[str(picture["id"])]
        by_id.setdefault(str(picture["orderId"]), []).append((course, picture))
    return [_order(id_, customer, held) for id_, held in by_id.items()]


def _order(id_: str, customer: Customer, held: list[tuple[Course, dict[str, Any]]]) -> dict[str, Any]:
    first_course, first = held[0]
    country = f"?country={customer.market}"
    lines = []
    for number, (course, picture) in enumerate(held):
        product, _, sku = str(picture["offerId"]).rpartition(":")[0].partition(":")
        links = {"subscription": link(f"/customers/{customer.tenant_id}/subscriptions/{course.id}")}
        if product:
            links["sku"] = link(f"/products/{product}/skus/{sku}{country}")
        lines.append(
            {
                "lineItemNumber": number,
                "offerId": picture["offerId"],
                "subscriptionId": course.id,
                "friendlyName": picture["friendlyName"],
                "quantity": course.states[0].quantity,
                "termDuration": picture["termDuration"],
                "transactionType": "new",
                "partnerIdOnRecord": customer.reseller if customer.reseller != "0" else None,
                "links": links,
            }
        )
    return {
        "id": id_,
        "alternateId": id_,
        "referenceCustomerId": customer.tenant_id,
        "billingCycle": first["billingCycle"],
        "currencyCode": customer.charged_in,
        "currencySymbol": "$" if customer.charged_in == "USD" else "€",
        "lineItems": lines,
        "creationDate": seven_digits(first_course.states[0].since),
        "status": "completed",
        "transactionType": "UserPurchase",
        "links": {
            "provisioningStatus": link(f"/customers/{customer.tenant_id}/orders/{id_}/provisioningstatus"),
            "self": link(f"/customers/{customer.tenant_id}/orders/{id_}"),
        },
        "attributes": {"objectType": "Order"},
    }
