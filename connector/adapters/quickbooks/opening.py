"""Opens a QuickBooks company for reading and posting: its address, and the sign-in that a person once gave."""

from typing import Protocol

from connector.adapters.clock import SystemClock
from connector.adapters.http import Hosts, Network, Session
from connector.adapters.quickbooks.client import Client
from connector.adapters.quickbooks.posting import QuickBooksPosting
from connector.adapters.quickbooks.source import QuickBooksSource
from connector.adapters.quickbooks.tokens import App, SignIn
from connector.adapters.quickbooks.turns import Turns, usage_of
from connector.ports import Clock, OpenLedger, Tokens


class Hidden(Protocol):
    """A secret of the settings."""

    def reveal(self) -> str:
        """The secret itself."""
        ...


class Places(Protocol):
    """Where QuickBooks and its sign-in are."""

    @property
    def api(self) -> str: ...  # noqa: D102
    @property
    def token(self) -> str: ...  # noqa: D102


class Bill(Protocol):
    """Microsoft as a vendor, and the account its bills are booked on."""

    @property
    def vendor(self) -> str: ...  # noqa: D102
    @property
    def account(self) -> str: ...  # noqa: D102


class Own(Protocol):
    """The settings of a ledger of this kind."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def realm_id(self) -> str: ...  # noqa: D102
    @property
    def client_id(self) -> str: ...  # noqa: D102
    @property
    def client_secret(self) -> Hidden: ...  # noqa: D102
    @property
    def refresh_token(self) -> Hidden | None: ...  # noqa: D102
    @property
    def vendor_bill(self) -> Bill | None: ...  # noqa: D102
    @property
    def endpoints(self) -> Places: ...  # noqa: D102


def opened(own: Own, *, network: Network, tokens: Tokens, clock: Clock) -> OpenLedger:
    """Open a company; nothing is sent yet."""
    bearer = sign_in(own, network=network, tokens=tokens, clock=clock)
    session = Session(Hosts.of(own.endpoints.api), network, clock=clock)
    # All parts of this process share the company's limits, as long as their clocks run alike.
    usage = usage_of(own.endpoints.api, own.realm_id, clock) if isinstance(clock, SystemClock) else None
    turns = Turns(clock, usage)
    client = Client(own.name, own.realm_id, own.endpoints.api, session=session, bearer=bearer, clock=clock, turns=turns)
    source = QuickBooksSource(client, clock)
    bill = own.vendor_bill
    vendor, account = (bill.vendor, bill.account) if bill else (None, None)
    return OpenLedger(own.name, source, QuickBooksPosting(client, source, vendor, account), bearer)


def sign_in(own: Own, *, network: Network, tokens: Tokens, clock: Clock) -> SignIn:
    """The sign-in of a company."""
    app = App(own.client_id, own.client_secret.reveal(), own.endpoints.token)
    seed = own.refresh_token.reveal() if own.refresh_token else None
    session = Session(Hosts.of(own.endpoints.token), network, clock=clock)
    return SignIn(own.name, own.realm_id, app, tokens=tokens, session=session, clock=clock, seed=seed)
