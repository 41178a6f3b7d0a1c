"""The adapter, connected over a real socket to a simulated company."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.adapters.http import Hosts, Session
from connector.adapters.quickbooks.client import Client
from connector.adapters.quickbooks.posting import QuickBooksPosting
from connector.adapters.quickbooks.source import QuickBooksSource
from connector.adapters.quickbooks.tokens import App, SignIn
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.quickbooks import Bookkeeper, Company, QuickBooks, open_company
from connector.sandbox.serving import Server
from tests.unit.quickbooks.issuer import REALM, Kept

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Connected:
    """Both sides of the wire."""

    app: QuickBooks
    server: Server
    clock: SandboxClock
    kept: Kept
    sign_in: SignIn
    client: Client
    source: QuickBooksSource
    posting: QuickBooksPosting

    @property
    def company(self) -> Company:
        return self.app.company()

    @property
    def finance(self) -> Bookkeeper:
        return Bookkeeper(self.company)

    def asked(self, path: str) -> list[Any]:
        """The requests whose path ends so."""
        return [one.request for one in self.server.exchanges if one.request.path.endswith(path)]


@contextmanager
def connected(faults: Any = (), *, latency: int = 0, **company: Any) -> Iterator[Connected]:
    """Open a company and sign the connector in; `company` as open_company takes it."""
    clock = SandboxClock(NOON)
    app = QuickBooks(clock, [open_company(REALM, clock, **company)], latency=latency)
    with Server(app, clock=clock, faults=Faults(list(faults))) as server:
        session = Session(Hosts.of(server.url), clock=clock)
        kept = Kept()
        token = f"{server.url}/oauth2/v1/tokens/bearer"
        sign_in = SignIn(
            "books-us",
            REALM,
            App("sandbox-client", "sandbox-secret", token),
            tokens=kept,
            session=session,
            clock=clock,
            seed=app.sign_in().refresh_token,
        )
        client = Client("books-us", REALM, server.url, session=session, bearer=sign_in, clock=clock)
        source = QuickBooksSource(client, clock)
        posting = QuickBooksPosting(client, source, "56", "80")
        yield Connected(app, server, clock, kept, sign_in, client, source, posting)
