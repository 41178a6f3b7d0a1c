"""Partner Center's customers: the list, one by one, and their profiles.

Source: Microsoft, "Get a list of customers", "Get a customer by ID", "Customer resources".
"""

import zlib
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from connector.sandbox.live import LiveWorld
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.paging import collection, link, number, sought, wanted
from connector.sandbox.partner_center.refusals import Problem
from connector.sandbox.scenario.people import Customer

_PLACES = {"US": ("Redmond", "WA", "98052", "1 Elm Street"), "DE": ("Köln", "NW", "50667", "Domstraße 7")}
_FIELDS = {"companyname": "name", "domain": "domain"}


def listed(request: Request, live: LiveWorld, manners: Manners) -> Response:
    """The partner's customers, page by page; the list shows less of each than the customer itself."""
    found = sorted(live.customers(), key=lambda customer: customer.tenant_id)
    choice = wanted(request)
    if choice:
        field = _FIELDS.get(choice["Field"].lower())
        if field is None or choice["Operator"].lower() not in ("starts_with", "equals", "substring"):
            raise Problem(400, "3000", f"customers cannot be filtered by {choice['Field']} {choice['Operator']}")
        found = [customer for customer in found if _fits(str(getattr(customer, field)), choice)]
    size = number(request, "size", manners.largest_page, manners.largest_page)
    positions, links, token = sought(request, [customer.tenant_id for customer in found], size, manners)
    body = collection([_short(found[place]) for place in positions], links)
    return json_response(200, ({"continuationToken": token} if token else {}) | body)


def one(live: LiveWorld, customer: Customer) -> Response:
    """One customer with its profiles."""
    short = _short(customer)
    company = company_profile(customer)
    return json_response(
        200,
        {
            "id": customer.tenant_id,
            "commerceId": str(uuid5(NAMESPACE_DNS, f"commerce.{customer.tenant_id}")),
            "companyProfile": company,
            "billingProfile": billing_profile(customer),
            "relationshipToPartner": short["relationshipToPartner"],
            "allowDelegatedAccess": True,
            "customDomains": [customer.domain],
            "associatedPartnerId": customer.reseller if customer.reseller != "0" else "",
            "links": {"self": link(f"/customers/{customer.tenant_id}")},
            "attributes": {"objectType": "Customer"},
        },
    )


def company_profile(customer: Customer) -> dict[str, Any]:
    """The customer's company."""
    city, region, post, street = _PLACES[customer.market]
    return {
        "tenantId": customer.tenant_id,
        "domain": customer.domain,
        "companyName": customer.name,
        "address": {
            "country": customer.market,
            "region": region,
            "city": city,
            "addressLine1": street,
            "postalCode": post,
            "phoneNumber": "4255550100",
        },
        "email": f"info@{customer.domain}",
        "links": {"self": link(f"/customers/{customer.tenant_id}/profiles/company")},
        "attributes": {"objectType": "CustomerCompanyProfile"},
    }


def billing_profile(customer: Customer) -> dict[str, Any]:
    """Where the customer's bills go; its country is the market its prices come from."""
    city, region, post, street = _PLACES[customer.market]
    return {
        "id": str(uuid5(NAMESPACE_DNS, f"billing.{customer.tenant_id}")),
        "firstName": "Jo",
        "lastName": f"Berry {customer.number}",
        "email": f"billing@{customer.domain}",
        "culture": "en-US" if customer.market == "US" else "de-DE",
        "language": "en" if customer.market == "US" else "de",
        "companyName": customer.name,
        "defaultAddress": {
            "country": customer.market,
            "city": city,
            "state": region,
            "addressLine1": street,
            "postalCode": post,
            "firstName": "Jo",
            "lastName": f"Berry {customer.number}",
            "phoneNumber": "4255550100",
        },
        "links": {"self": link(f"/customers/{customer.tenant_id}/profiles/billing")},
        "attributes": {
            "etag": str(-zlib.crc32(customer.tenant_id.encode()) * 2_147_483_647),
            "objectType": "CustomerBillingProfile",
        },
    }


def qualifications(customer: Customer) -> list[dict[str, str]]:
    """What the customer qualifies for: a bare list, without an envelope, and empty for most."""
    return [{"qualification": "Education", "vettingStatus": "Approved"}] if customer.number % 17 == 3 else []


def _short(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.tenant_id,
        "companyProfile": {
            "tenantId": customer.tenant_id,
            "domain": customer.domain,
            "companyName": customer.name,
            "links": {"self": link(f"/customers/{customer.tenant_id}/profiles/company")},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "links": {"self": link(f"/customers/{customer.tenant_id}")},
        "attributes": {"objectType": "Customer"},
    }


def _fits(text: str, choice: dict[str, str]) -> bool:
    have, want = text.lower(), choice["Value"].lower()
    return {"starts_with": have.startswith(want), "equals": have == want}.get(choice["Operator"].lower(), want in have)
