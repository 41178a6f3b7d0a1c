"""Opens a Business Central company for reading and posting: its address, its sign-in, and what it allows us to ask.

The limits of an app count across all companies of an environment, so ledgers of one process share one count.
"""

import threading
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from connector.adapters.business_central.client import Client
from connector.adapters.business_central.posting import BusinessCentralPosting
from connector.adapters.business_central.source import BusinessCentralSource
from connector.adapters.clock import SystemClock
from connector.adapters.entra import ClientCertificate, ClientSecret, Credential, EntraSignIn
from connector.adapters.http import Api, Hosts, Network, Patience, Quota, Session
from connector.domain.errors import ConnectorError
from connector.ports import Clock, OpenLedger, Tokens

AUDIENCE = "https://api.businesscentral.dynamics.com"
CALLS, SECONDS, AT_ONCE = 6000, 300, 5
"""What Business Central allows an app in a sliding window, and how many calls at once (facts: §2)."""
ONCE = Patience(attempts=1)
_ENGLISH = {"Accept-Language": "en-US"}
_CLOUDS = (".dynamics.com", ".dynamics.cn", ".dynamics.us")

_counts: dict[tuple[str, ...], Quota] = {}
_counting = threading.Lock()


class Hidden(Protocol):
    """A secret of the settings."""

    def reveal(self) -> str:
        """The secret itself."""
        ...


class Proof(Protocol):
    """A certificate of the settings."""

    @property
    def file(self) -> Path: ...  # noqa: D102
    @property
    def password(self) -> Hidden | None: ...  # noqa: D102


class Places(Protocol):
    """Where Business Central and its sign-in are."""

    @property
    def authority(self) -> str: ...  # noqa: D102
    @property
    def api(self) -> str: ...  # noqa: D102


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
    def tenant_id(self) -> str: ...  # noqa: D102
    @property
    def environment(self) -> str: ...  # noqa: D102
    @property
    def company(self) -> str: ...  # noqa: D102
    @property
    def client_id(self) -> str: ...  # noqa: D102
    @property
    def client_secret(self) -> Hidden | None: ...  # noqa: D102
    @property
    def certificate(self) -> Proof | None: ...  # noqa: D102
    @property
    def vendor_bill(self) -> Bill | None: ...  # noqa: D102
    @property
    def endpoints(self) -> Places: ...  # noqa: D102


def opened(own: Own, *, network: Network, tokens: Tokens, clock: Clock) -> OpenLedger:
    """Open a company; nothing is sent yet."""
    sign_in = EntraSignIn(
        tenant_id=own.tenant_id,
        client_id=own.client_id,
        credential=_credential(own),
        tokens=tokens,
        clock=clock,
        authority=own.endpoints.authority,
        network=network,
    )
    api = own.endpoints.api
    host = urlsplit(api).hostname or ""
    bearer = sign_in.app(f"{api if host.endswith(_CLOUDS) else AUDIENCE}/.default")
    client = connected(
        own.name,
        f"{api}/v2.0/{own.tenant_id}/{quote(own.environment)}/api/v2.0",
        own.company,
        session=Session(Hosts.of(api), network, clock=clock),
        token=bearer,
        forget=bearer.forget,
        quota=_count(clock, api, own.tenant_id, own.environment.lower(), own.client_id),
    )
    source = BusinessCentralSource(client, clock)
    bill = own.vendor_bill
    vendor, account = (bill.vendor, bill.account) if bill else (None, None)
    posting = BusinessCentralPosting(client, source, clock, vendor, account)
    return OpenLedger(own.name, source, posting, at_once=AT_ONCE)


def connected(
    ledger: str,
    base: str,
    company: str,
    *,
    session: Session,
    token: Any,
    quota: Quota,
    forget: Any = None,
    patience: Patience | None = None,
) -> Client:
    """A client of one company below `base`, the address of the API v2.0 of an environment."""

    def api(patience: Patience | None) -> Api:
        return Api(base, session, token, quota=quota, patience=patience, headers=_ENGLISH, forget=forget)

    return Client(ledger, api(patience), company, hasty=api(ONCE), quota=quota)


def quota_of(clock: Clock) -> Quota:
    """What one app may ask of one environment."""
    return Quota(CALLS, SECONDS, clock, concurrent=AT_ONCE)


def _count(clock: Clock, *app: str) -> Quota:
    """The count of an app in this process, whichever part of it asks; clocks that show another time count apart."""
    if not isinstance(clock, SystemClock):
        return quota_of(clock)
    with _counting:
        return _counts.setdefault(app, quota_of(clock)).seen_by(clock)


def _credential(own: Own) -> Credential:
    if own.certificate is not None:
        password = own.certificate.password
        return ClientCertificate(own.certificate.file, password.reveal() if password else None)
    if own.client_secret is None:
        raise ConnectorError(f"Ledger {own.name} needs a client_secret or a certificate.")
    return ClientSecret(own.client_secret.reveal())
