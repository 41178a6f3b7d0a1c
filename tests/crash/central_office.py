"""A partner's connector in a folder, with a plan, beside a simulated Business Central it posts into in two steps."""

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.adapters.clock import SystemClock
from connector.bootstrap.storing import open_store
from connector.config.settings import read_settings
from connector.domain.document import Document, DocumentLine, Plan, SliceRef
from connector.domain.period import Period
from connector.domain.posting import Posting
from connector.engine.posting_rules import marker
from connector.sandbox.authority import Authority
from connector.sandbox.business_central import Bookkeeper, BusinessCentral, Environment, no_limits, open_company
from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import Directory
from connector.sandbox.entra import Entra
from connector.sandbox.serving import Request, Response, Server
from connector.sandbox.tokens import Tokens

OCTOBER = Period.month("2026-10")
TENANT, CLIENT = "7c1f7f0a-1de2-4f43-9c0b-0a4a5a5f4b11", "0f3c9b52-7c1a-4b8e-9a60-2d4f8f1a7b33"
ENVIRONMENT = {"BC_SECRET": "sandbox-secret", "STORE_KEY": base64.b64encode(b"k" * 32).decode()}


@dataclass
class SignIn:
    """One Entra for all offices: its address, its authority's certificate, and the tokens it gave."""

    url: str
    ca_file: Path
    tokens: Tokens
    clock: SandboxClock


@contextmanager
def sign_in() -> Iterator[SignIn]:
    clock = SandboxClock()
    tokens, directory, authority = Tokens(clock), Directory(TENANT, "northwind.example"), Authority()
    directory.register(CLIENT, ENVIRONMENT["BC_SECRET"], clock.now() + timedelta(days=30))
    with Server(Entra(directory, tokens, clock), clock=clock, tls=authority) as server:
        yield SignIn(server.url, authority.ca_file, tokens, clock)


class Watched:
    """The simulated company; `arrived` is set while a request that ends in `waits_for` is at its door."""

    def __init__(self, app: BusinessCentral) -> None:
        self.app, self.waits_for = app, "/salesInvoices"
        self.arrived, self.holding = threading.Event(), threading.Event()
        self.holding.set()

    def handle(self, request: Request) -> Response:
        if request.method == "POST" and request.path.endswith(self.waits_for):
            self.arrived.set()
            self.holding.wait(5)
        return self.app.handle(request)

    def refusal(self, *words: Any) -> Response:
        return self.app.refusal(*words)


@dataclass
class Office:
    """Both sides, and what was planned."""

    folder: Path
    app: BusinessCentral
    watched: Watched
    plan: Plan
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))

    @property
    def words(self) -> list[str]:
        return ["post", self.plan.plan_id, "--yes", "--wait", "--by", "jane"]

    def postings(self) -> tuple[Posting, ...]:
        with open_store(read_settings(self.folder / "config.yaml"), SystemClock()) as store, store.look() as unit:
            return unit.postings.all()

    def wrong(self) -> list[str]:
        """What is not as it must be: each document posted once, equal to the plan to the cent, and no draft left."""
        found = [f"{one.key} is {one.state}: {one.said}" for one in self.postings() if one.state != "verified"]
        rows = self.app.company().rows("salesInvoices")
        found += [f"{row['number']} is a draft" for row in rows if not row["_posted"]]
        for document in self.plan.documents:
            mine = [row for row in rows if row["externalDocumentNumber"] == marker(document.key)]
            if [row["totalAmountExcludingTax"] for row in mine] != [document.total]:
                found.append(f"{document.key} is there {len(mine)} times")
        found += [f"{gone.page} was deleted" for gone in self.app.company().deletions]
        return found


def a_plan(customers: list[str]) -> Plan:
    """An invoice for each customer: licences by quantity and price, usage by amount."""
    documents = tuple(
        Document(
            "books-eu", customer, f"Customer {number}", OCTOBER, "EUR", "invoice",
            (
                DocumentLine(1, "M365-BP", "Business Premium", Decimal("61.20") * number, Decimal(number),
                             Decimal("61.20"), date(2026, 10, 1), date(2026, 10, 31), f"sub-{number}",
                             slices=(SliceRef("G1", f"row-{number}", "", 1, Decimal(50), "EUR"),)),
                DocumentLine(2, "AZURE", "Azure", Decimal("12.34"),
                             slices=(SliceRef("G1", f"azure-{number}", "", 1, Decimal(10), "EUR"),)),
            ),
            date(2026, 10, 31), annex="none",
        )
        for number, customer in enumerate(customers, 1)
    )  # fmt: skip
    return Plan(OCTOBER, documents)


@contextmanager
def an_office(folder: Path, known: SignIn, *, latency: float = 0.0) -> Iterator[Office]:
    """Open a company, let the app in, and save a plan for all its customers."""
    company = open_company(SandboxClock(datetime(2026, 11, 2, 12, tzinfo=UTC), following=True))
    environment = Environment("Production", TENANT, {company.id: company})
    app = BusinessCentral(known.clock, known.tokens, [environment], limits=no_limits())
    finance = Bookkeeper(company)
    customers = [finance.customer(f"C{number}", f"Customer {number}") for number in (1, 2, 3)]
    for item in ("M365-BP", "AZURE"):
        finance.item(item, item)
    watched = Watched(app)
    with ExitStack() as stack:
        server = stack.enter_context(Server(watched, clock=known.clock, latency=latency))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "mappings").mkdir(exist_ok=True)
        rule = '- {name: Business Premium, product_id: CFQ7TTC0LCHC, item: "M365-BP"}'
        (folder / "mappings" / "all.yaml").write_text(f"products:\n{rule}\n", encoding="utf-8")
        (folder / "config.yaml").write_text(
            "company: {name: Northwind}\nledgers:\n  books-eu:\n    kind: business_central\n"
            f"    tenant_id: {TENANT}\n    company: {company.name}\n    client_id: {CLIENT}\n"
            f"    client_secret: ${{BC_SECRET}}\n    environment: Production\n"
            f'    endpoints: {{authority: "{known.url}", api: "{server.url}"}}\nsecret_key: ${{STORE_KEY}}\n'
            f'network: {{connect_timeout: 1s, read_timeout: 3s, ca_file: "{known.ca_file}"}}\n'
            "posting:\n  mode: review\n  start: 2026-10\n  settle: 5s\n  lease: 2s\n",
            encoding="utf-8",
        )
        office = Office(folder, app, watched, a_plan(["C1", "C2", "C3"]))
        assert customers
        with open_store(read_settings(folder / "config.yaml"), SystemClock()) as store, store.work() as unit:
            unit.plans.save(office.plan)
        yield office
