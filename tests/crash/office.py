"""A partner's connector in a folder, with a plan, beside a simulated QuickBooks company that it posts into."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
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
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, no_quotas, open_company
from connector.sandbox.serving import Request, Response, Server

REALM = "9130357849016286"
OCTOBER = Period.month("2026-10")
ENVIRONMENT = {
    "QB_SECRET": "sandbox-secret",
    "STORE_KEY": base64.b64encode(b"k" * 32).decode(),
}


class Watched:
    """The simulated company; `arrived` is set while a new invoice is at its door."""

    def __init__(self, app: QuickBooks) -> None:
        self.app = app
        self.arrived = threading.Event()
        self.holding = threading.Event()
        self.holding.set()

    def handle(self, request: Request) -> Response:
        if request.method == "POST" and request.path.endswith("/invoice"):
            self.arrived.set()
            self.holding.wait(60)
        return self.app.handle(request)

    def refusal(self, *words: Any) -> Response:
        return self.app.refusal(*words)


@dataclass
class Office:
    """Both sides, and what was planned."""

    folder: Path
    app: QuickBooks
    watched: Watched
    server: Server
    plan: Plan
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        return ["post", self.plan.plan_id, "--yes", "--wait", "--by", "jane"]

    def postings(self) -> tuple[Posting, ...]:
        with open_store(read_settings(self.folder / "config.yaml"), SystemClock()) as store, store.look() as unit:
            return unit.postings.all()

    def wrong(self) -> list[str]:
        """What is not as it must be: each document once, equal to the plan to the cent, all verified."""
        found = [f"{one.key} is {one.state}: {one.said}" for one in self.postings() if one.state != "verified"]
        invoices = list(self.app.company().every("Invoice"))
        if len(invoices) != len(self.plan.documents):
            found.append(f"{len(invoices)} invoices for {len(self.plan.documents)} documents")
        if self.plan.documents[0].annex != "none":
            files = sorted(one["FileName"] for one in self.app.company().every("Attachable"))
            if files != [f"{number}-details.xlsx" for number in sorted(one["DocNumber"] for one in invoices)]:
                found.append(f"attached are {files}")
            if {one["EmailStatus"] for one in invoices} != {"EmailSent"}:
                found.append("not all were e-mailed")
        for document in self.plan.documents:
            mine = [one for one in invoices if marker(document.key) in one["PrivateNote"]]
            lines = [line for one in mine for line in one["Line"] if line["DetailType"] == "SalesItemLineDetail"]
            if [one["TotalAmt"] for one in mine] != [document.total]:
                found.append(f"{document.key}: {[one['TotalAmt'] for one in mine]} instead of {document.total}")
            if [line["Amount"] for line in lines] != [line.amount for line in document.lines]:
                found.append(f"{document.key}: its lines differ")
        return found


def a_plan(customers: list[str], items: list[str], annex: str = "none") -> Plan:
    """An invoice for each customer: licences by quantity and price, usage by amount."""
    documents = tuple(
        Document(
            "books-us", customer, f"Customer {number}", OCTOBER, "USD", "invoice",
            (
                DocumentLine(1, items[0], "Business Premium", Decimal("61.20") * number, Decimal(number),
                             Decimal("61.20"), date(2026, 10, 1), date(2026, 10, 31), f"sub-{number}",
                             slices=(SliceRef("G1", f"row-{number}", "", 1, Decimal(50), "USD"),)),
                DocumentLine(2, items[1], "Azure", Decimal("12.34"),
                             slices=(SliceRef("G1", f"azure-{number}", "", 1, Decimal(10), "USD"),)),
            ),
            date(2026, 10, 31), annex=annex,
        )
        for number, customer in enumerate(customers, 1)
    )  # fmt: skip
    return Plan(OCTOBER, documents)


@contextmanager
def an_office(
    folder: Path, *, customers: int = 3, faults: Any = (), latency: float = 0.0, extras: bool = False, more: str = ""
) -> Iterator[Office]:
    """Open a company, sign the connector in, and save a plan for all its customers.

    With `extras` each document gets an annex and is e-mailed; `more` are further settings.
    """
    clock = SandboxClock(datetime(2026, 11, 2, 12, tzinfo=UTC), following=True)
    app = QuickBooks(clock, [open_company(REALM, clock)], quotas=no_quotas())
    watched = Watched(app)
    with Server(watched, clock=clock, faults=Faults(list(faults)), latency=latency) as server:
        finance = Bookkeeper(app.company())
        mail = {"PrimaryEmailAddr": {"Address": "ap@example.com"}}
        ids = [finance.customer(f"Customer {number}", **mail) for number in range(1, customers + 1)]
        items = [finance.item("Business Premium"), finance.item("Azure")]
        environment = {**ENVIRONMENT, "QB_REFRESH": app.sign_in().refresh_token}
        folder.mkdir(parents=True, exist_ok=True)
        _configure(folder, server.url, extras, more)
        plan = a_plan(ids, items, "itemised" if extras else "none")
        office = Office(folder, app, watched, server, plan, environment)
        # The settings are read here as well: their variables must be set by whoever opens an office.
        with open_store(read_settings(folder / "config.yaml"), SystemClock()) as store, store.work() as unit:
            unit.plans.save(office.plan)
        yield office


def _configure(folder: Path, url: str, extras: bool, more: str) -> None:
    (folder / "mappings").mkdir(exist_ok=True)
    rule = '- {name: Business Premium, product_id: CFQ7TTC0LCHC, item: "1"}'
    (folder / "mappings" / "all.yaml").write_text(f"products:\n{rule}\n", encoding="utf-8")
    (folder / "config.yaml").write_text(
        "company: {name: Northwind}\nledgers:\n  books-us:\n    kind: quickbooks\n"
        f'    realm_id: "{REALM}"\n    client_id: sandbox-client\n    client_secret: ${{QB_SECRET}}\n'
        "    refresh_token: ${QB_REFRESH}\n"
        f'    endpoints: {{api: "{url}", token: "{url}/oauth2/v1/tokens/bearer"}}\nsecret_key: ${{STORE_KEY}}\n'
        "network: {connect_timeout: 1s, read_timeout: 3s}\n"
        f"posting:\n  mode: review\n  start: 2026-10\n  settle: 5s\n  lease: 2s\n"
        f"  deliver: {str(extras).lower()}\n{more}",
        encoding="utf-8",
    )
