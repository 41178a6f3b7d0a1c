"""A simulated Partner Center: customers, subscriptions, orders, invoices, line items and audit records.

    Server(PartnerCenter(LiveWorld(world, clock), tokens), clock=clock)

It reads; whoever tries to write is refused. What it shows changes with the sandbox's clock.
"""

import re

from connector.sandbox.live import LiveWorld
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center import audit, customers, invoices, line_items, orders, subscriptions
from connector.sandbox.partner_center.gate import Gate, resource_of, stamped
from connector.sandbox.partner_center.paging import collection
from connector.sandbox.partner_center.refusals import Problem, Throttle, broken, problem_body, throttled
from connector.sandbox.scenario.people import Customer
from connector.sandbox.tokens import Tokens

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_USAGE = {"usagesummary", "usagerecords", "meterusagerecords", "resourceusagerecords", "utilizations"}


class PartnerCenter:
    """The REST API under /v1."""

    def __init__(self, live: LiveWorld, tokens: Tokens, manners: Manners | None = None) -> None:
        self.live, self.manners = live, manners or Manners()
        self.gate = Gate(tokens, live.clock, self.manners)

    def handle(self, request: Request) -> Response:
        """Answer as Partner Center does."""
        try:
            parts = request.path.rstrip("/").split("/")[1:]
            self.gate.pass_through(request, people_only=bool(_USAGE & set(parts)))
            response = self._route(request, parts)
        except Throttle as much:
            response = throttled(much.seconds, plain=much.plain)
        except Problem as no:
            response = json_response(no.status, problem_body(no.code, no.about))
        except line_items.Gone:
            body = {"code": "1000", "description": "This API is retired. Use the billing exports of Microsoft Graph.",
                    "data": [], "source": "PartnerCenter"}  # fmt: skip
            response = json_response(self.manners.retired_status, body)
        return stamped(request, response, self.manners)

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Partner Center's words for a status somebody wants to see."""
        if status == 429:
            plain = resource_of(request.path) != "others"
            return stamped(request, throttled(int(retry_after or 57), plain=plain), self.manners)
        return stamped(request, broken(status, retry_after), self.manners)

    def _route(self, request: Request, parts: list[str]) -> Response:
        live, manners = self.live, self.manners
        match parts:
            case ["v1", "customers"]:
                return customers.listed(request, live, manners)
            case ["v1", "customers", tenant_id, *rest] if _GUID.fullmatch(tenant_id):
                return self._of_customer(request, self._customer(tenant_id), rest)
            case ["v1", "customers", other, *_]:
                raise Problem(400, "3000", f"the customer id {other} is not a GUID")
            case ["v1", "invoices", *rest]:
                return self._billing(request, rest)
            case ["v1", "auditrecords"]:
                return audit.listed(request, live, manners)
        raise Problem(404, "1000")

    def _customer(self, tenant_id: str) -> Customer:
        customer = self.live.customer(tenant_id)
        if customer is None or self.live.has_left(tenant_id):
            raise Problem(403, "20002", tenant_id)
        return customer

    def _of_customer(self, request: Request, customer: Customer, rest: list[str]) -> Response:
        live, manners = self.live, self.manners
        match [rest[0].lower() if rest else "", *rest[1:]]:
            case [""]:
                return customers.one(live, customer)
            case ["profiles", "company"]:
                return json_response(200, customers.company_profile(customer))
            case ["profiles", "billing"]:
                return json_response(200, customers.billing_profile(customer))
            case ["qualifications"]:
                return json_response(200, customers.qualifications(customer))
            case ["relationships" | "transfers"]:
                return json_response(200, collection([]))
            case ["subscriptions"]:
                return subscriptions.listed(request, live, customer, manners)
            case ["subscriptions", id_]:
                return subscriptions.one(live, customer, id_, manners)
            case ["subscriptions", id_, "addons"]:
                return subscriptions.addons(request, live, customer, id_, manners)
            case ["subscriptions", id_, "transitions"]:
                return subscriptions.transitions(live, customer, id_)
            case ["subscriptions", id_, "azureEntitlements"]:
                return subscriptions.entitlements(live, customer, id_)
            case ["orders"]:
                return orders.listed(request, live, customer, manners)
            case ["orders", id_]:
                return orders.one(live, customer, id_)
        raise Problem(404, "1000")

    def _billing(self, request: Request, rest: list[str]) -> Response:
        live, manners = self.live, self.manners
        match rest:
            case []:
                return invoices.listed(request, live, manners)
            case ["summary"]:
                return invoices.summary(live)
            case ["summaries"]:
                return invoices.summaries(live)
            case ["estimates", "links"]:
                return invoices.estimates(request)
            case ["unbilled", "lineitems"]:
                return line_items.unbilled(request, live, manners)
            case [id_]:
                return invoices.one(live, id_, manners)
            case [id_, "lineitems"]:
                return line_items.billed(request, live, id_, manners)
            case [id_, "documents", "statement"]:
                return invoices.statement(live, id_)
        raise Problem(404, "1000")
