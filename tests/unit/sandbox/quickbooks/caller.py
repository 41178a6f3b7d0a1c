"""A caller of the simulated QuickBooks without sockets, and a company with a customer and an item to bill."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks import Bookkeeper, Company, QuickBooks, no_quotas, open_company

REALM = "9130357992222846"
START = datetime(2026, 11, 3, 17, 30, tzinfo=UTC)


@dataclass
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["Fault"]["Error"][0]["code"])

    @property
    def detail(self) -> str:
        return str(self.body["Fault"]["Error"][0]["Detail"])


@dataclass
class Caller:
    app: QuickBooks
    clock: SandboxClock
    token: str
    realm: str = REALM
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def company(self) -> Company:
        return self.app.company(self.realm)

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "application/json", **query: str) -> Response:
        headers = {"authorization": f"Bearer {self.token}", "accept": "application/json", "content-type": kind}
        request = Request(
            method=method,
            path=f"/v3/company/{self.realm}/{path}",
            query={name: [value] for name, value in query.items()},
            headers={**headers, **self.headers},
            body=body,
            origin="http://127.0.0.1:1",
        )
        return self.app.handle(request)

    def get(self, path: str, **query: str) -> Answer:
        return answer(self.send("GET", path, **query))

    def post(self, path: str, body: Any, **query: str) -> Answer:
        return answer(self.send("POST", path, json.dumps(body, default=str).encode(), **query))

    def query(self, text: str) -> Answer:
        return answer(self.send("POST", "query", text.encode(), "application/text"))

    def ids(self, text: str) -> list[str]:
        (things,) = (value for value in self.query(text).body["QueryResponse"].values() if isinstance(value, list))
        return [thing["Id"] for thing in things]


def answer(response: Response) -> Answer:
    body = json.loads(response.whole(), parse_float=Decimal)
    return Answer(response.status, body, dict(response.headers))


def caller(company: Company | None = None, clock: SandboxClock | None = None, **more: Any) -> Caller:
    clock = clock or SandboxClock(START)
    company = company or shop(clock)
    app = QuickBooks(clock, [company], **{"quotas": no_quotas(), **more})
    return Caller(app, clock, app.sign_in().access_token, company.realm)


def shop(clock: SandboxClock | None = None, **more: Any) -> Company:
    """A company with customer 1 and item 1."""
    company = open_company(REALM, clock or SandboxClock(START), **more)
    finance = Bookkeeper(company)
    finance.customer("Alpine Ski House", PrimaryEmailAddr={"Address": "billing@alpine.example"})
    finance.item("Microsoft 365 E3", Decimal("23.00"))
    return company


def line(amount: Any = "230.00", item: str = "1", **detail: Any) -> dict[str, Any]:
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "Description": "October",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail},
    }


def invoice(number: str = "C26-10-00001", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "CustomerRef": {"value": "1"},
        "DocNumber": number,
        "TxnDate": "2026-11-01",
        "Line": list(lines) or [line()],
        **more,
    }


__all__ = ["REALM", "START", "Answer", "Caller", "answer", "caller", "invoice", "line", "quote", "shop"]
