"""A caller of the simulated Business Central without sockets, and a company with a customer and an item to bill."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from connector.sandbox.business_central import BusinessCentral, Company, Environment, no_limits, open_company
from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response

TENANT = "7c1f7f0a-1de2-4f43-9c0b-0a4a5a5f4b11"
START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
ORIGIN = "http://127.0.0.1:1"


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"])

    @property
    def value(self) -> list[dict[str, Any]]:
        return list(self.body["value"])


@dataclass
class Caller:
    app: BusinessCentral
    clock: SandboxClock
    token: str
    company: Company
    headers: dict[str, str] = field(default_factory=dict)
    environment: str = "Production"

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, twist: str = ""
    ) -> Response:
        target = urlsplit(path)
        place = target.path
        if not place.startswith("/"):
            place = f"/v2.0/{TENANT}/{self.environment}/api/v2.0/companies({self.company.id})/{place}"
        sent = {"authorization": f"Bearer {self.token}", **self.headers, **(headers or {})}
        if body and "content-type" not in sent:
            sent["content-type"] = "application/json"
        query = parse_qs(target.query, keep_blank_values=True)
        request = Request(method, unquote(place), query, sent, body, target.query, ORIGIN, twist)
        return self.app.handle(request)

    def get(self, path: str, **headers: str) -> Answer:
        return answer(self.send("GET", path, headers=_named(headers)))

    def post(self, path: str, body: Any = None, twist: str = "", **headers: str) -> Answer:
        content = b"" if body is None else written(body)
        return answer(self.send("POST", path, content, _named(headers), twist))

    def patch(self, path: str, body: Any, etag: str = "*", **headers: str) -> Answer:
        more = {"if-match": etag} if etag else {}
        return answer(self.send("PATCH", path, written(body), {**more, **_named(headers)}))

    def delete(self, path: str, **headers: str) -> Answer:
        return answer(self.send("DELETE", path, headers=_named(headers)))

    def every(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        rows: list[dict[str, Any]] = []
        link = path
        while link:
            page = self.get(link, **headers)
            assert page.status == 200, page.body
            rows += page.value
            link = page.body.get("@odata.nextLink", "").removeprefix(ORIGIN)
        return rows

    def invoice(self, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A draft for the customer."""
        body = {"customerNumber": "C10", **fields}
        if lines:
            body["salesInvoiceLines"] = list(lines)
        made = self.post("salesInvoices", body)
        assert made.status == 201, made.body
        return made.body

    def posted(self, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A posted invoice."""
        key = self.invoice(*(lines or (line(),)), **fields)["id"]
        done = self.post(f"salesInvoices({key})/Microsoft.NAV.post")
        assert done.status == 204, done.body
        return self.get(f"salesInvoices({key})").body


def line(quantity: str = "2", price: str = "100", item: str = "M365-BP", **more: Any) -> dict[str, Any]:
    """A line with its fields in the order that keeps the price."""
    numbers = {"quantity": Decimal(quantity), "unitPrice": Decimal(price)}
    return {"lineType": "Item", "lineObjectNumber": item, **numbers, **more}


def written(body: Any) -> bytes:
    """A body with exact numbers."""
    text = json.dumps(body, default=lambda number: {"$": str(number)})
    while '{"$": "' in text:
        head, _, rest = text.partition('{"$": "')
        number, _, rest = rest.partition('"}')
        text = head + number + rest
    return text.encode()


def answer(response: Response) -> Answer:
    content = response.whole()
    is_json = "json" in response.headers.get("Content-Type", "")
    body = json.loads(content, parse_float=Decimal) if content and is_json else {}
    return Answer(response.status, body, dict(response.headers))


def open_caller(**more: Any) -> Caller:
    """A company in one environment, an application that is signed in, a customer C10 and an item M365-BP."""
    clock = SandboxClock(START)
    company = open_company(clock, **more)
    environment = Environment("Production", TENANT, {company.id: company})
    app = BusinessCentral(clock, environments=[environment], limits=no_limits())
    caller = Caller(app, clock, app.sign_in(), company)
    customer = {"number": "C10", "displayName": "Alpine Ski House", "email": "ap@alpine.example"}
    item = {"number": "M365-BP", "displayName": "Microsoft 365 Business Premium", "type": "Service"}
    assert caller.post("customers", customer).status == 201
    assert caller.post("items", {**item, "unitPrice": Decimal("19.90")}).status == 201
    return caller


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-").lower(): text for name, text in headers.items()}
