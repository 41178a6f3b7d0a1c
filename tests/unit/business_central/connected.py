"""The adapter, connected over a real socket to a simulated company."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.adapters.business_central.client import Client
from connector.adapters.business_central.opening import connected as connect
from connector.adapters.business_central.opening import quota_of
from connector.adapters.business_central.posting import BusinessCentralPosting
from connector.adapters.business_central.source import BusinessCentralSource
from connector.adapters.http import Hosts, Patience, Session
from connector.domain.document import Document, DocumentLine
from connector.domain.period import Period
from connector.domain.posting import Sent, Stamp
from connector.sandbox.business_central import BusinessCentral, Company, Environment, Limits, open_company
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.serving import Server

TENANT = "7c1f7f0a-1de2-4f43-9c0b-0a4a5a5f4b11"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
OCTOBER = Period.month("2026-10")


@dataclass
class Connected:
    """Both sides of the wire."""

    app: BusinessCentral
    server: Server
    clock: SandboxClock
    client: Client
    source: BusinessCentralSource
    posting: BusinessCentralPosting

    @property
    def company(self) -> Company:
        return self.app.company()

    @property
    def base(self) -> str:
        """The path of the API of the environment."""
        return f"/v2.0/{TENANT}/Production/api/v2.0"

    def call(self, path: str, body: Any = None, method: str = "POST", **headers: str) -> dict[str, Any]:
        """What a bookkeeper does at the screen, through the API: a request that must work."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        with self.client._api.session.request(
            method,
            f"{self.server.url}{self.base}/{self.client.company}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.app.sign_in()}", **named},
        ) as response:
            assert response.status_code < 300, response.text
            return response.json() if response.content else {}

    def card(self, page: str, number: str, **fields: Any) -> str:
        """A customer, item or vendor; its number."""
        self.call(page, {"number": number, "displayName": f"{number} Ltd", **fields})
        return number

    def asked(self, end: str, method: str = "") -> list[Any]:
        """The requests whose path ends so."""
        found = [one.request for one in self.server.exchanges if one.request.path.endswith(end)]
        return [one for one in found if method in ("", one.method)]

    def document(self, kind: str = "invoice", amount: str = "413.00", **fields: Any) -> Document:
        """A document of one licence line, one usage line and one line of text."""
        first, last = OCTOBER.start, OCTOBER.last
        lines = fields.pop("lines", None) or (
            DocumentLine(1, "M365-BP", "Seats", Decimal(amount), Decimal(10), Decimal(amount) / 10, first, last),
            DocumentLine(2, "AZURE", "Usage", Decimal("0.07"), first=first, last=last),
            DocumentLine(3, None, "Thank you", Decimal(0)),
        )
        day = fields.pop("day", date(2026, 11, 1))
        return Document("books-eu", "C10", "Alpine", OCTOBER, "EUR", kind, lines, day, **fields)

    def post(self, document: Document, stamp: Stamp) -> Sent:
        """Take both steps."""
        payload = self.posting.payload(document, stamp)
        draft = self.posting.send("draft", payload, stamp, None)
        return self.posting.send("post", payload, stamp, draft.remote_id)


def stamp(number: int = 42, kind: str = "invoice") -> Stamp:
    """What our document of this number is known by."""
    return Stamp(f"C26-10-{number:05}", f"{number:036x}", f"CONNECTOR-{number:024X}", kind)


@contextmanager
def connected(
    faults: Any = (), *, latency: int = 0, limits: Limits | None = None, **company: Any
) -> Iterator[Connected]:
    """Open a company with a customer, a vendor and two items, and sign in; `company` as open_company takes it."""
    clock = SandboxClock(NOON)
    place = open_company(clock, **company)
    environment = Environment("Production", TENANT, {place.id: place})
    app = BusinessCentral(clock, environments=[environment], limits=limits, latency=latency)
    script = Faults(list(faults))
    with Server(app, clock=clock, faults=script) as server:
        client = connect(
            "books-eu",
            f"{server.url}/v2.0/{TENANT}/Production/api/v2.0",
            place.name,
            session=Session(Hosts.of(server.url), clock=clock),
            token=app.sign_in,
            quota=quota_of(clock),
            patience=Patience(attempts=3, total=30),
        )
        source = BusinessCentralSource(client, clock)
        posting = BusinessCentralPosting(client, source, clock, "V10", "5400")
        there = Connected(app, server, clock, client, source, posting)
        there.card("customers", "C10", email="ap@alpine.example")
        there.card("items", "M365-BP", type="Service", unitPrice=19.9)
        there.card("items", "AZURE", type="Service", unitPrice=1)
        there.card("vendors", "V10")
        yield there
