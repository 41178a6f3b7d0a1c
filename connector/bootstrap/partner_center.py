"""Opens Partner Center, Graph and the pricing service as the settings say: addresses, sign-in, network, quotas."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.adapters.entra import Bearer, Credential, EntraSignIn
    from connector.adapters.http import Hosts, Network, Session
    from connector.adapters.partner_center import PartnerCenterSource
    from connector.config.settings import Settings
    from connector.config.values import PartnerCenter
    from connector.ports import Clock, Token, Tokens

BLOBS = (".blob.core.windows.net",)
# Sheets of consumption prices are the largest answers that come in one piece.
_LARGEST_SHEET = 1 << 30
_LARGEST_ANSWER = 256 << 20
# Enough to use up 500 calls a minute where each takes a second.
_AT_ONCE = 8
_WORLDWIDE = {
    "api": "https://api.partnercenter.microsoft.com",
    "graph": "https://graph.microsoft.com",
    "pricing": "https://api.partner.microsoft.com",
}
# The clouds of Microsoft, where a service's address is also the name that tokens are made for.
_CLOUDS = (".microsoft.com", ".microsoft.us", ".microsoftonline.cn", ".chinacloudapi.cn")


@dataclass(frozen=True, slots=True)
class Service:
    """One of Microsoft's interfaces: its name for people, whether a person signs in, and its token."""

    name: str
    address: str
    scope: str
    by_person: bool
    bearer: "Bearer"


@dataclass(frozen=True, slots=True)
class Microsoft:
    """All that is needed to speak with Microsoft for one partner."""

    sign_in: "EntraSignIn"
    partner_center: Service
    graph: Service
    pricing: Service
    network: "Network"
    clock: "Clock"
    sessions: "list[Session]" = field(default_factory=list)

    def session(self, address: str, *, limit: int = _LARGEST_ANSWER) -> "Session":
        """A way out to this address only; `limit` bounds an answer in bytes."""
        from connector.adapters.http import Hosts, Session

        self.sessions.append(Session(Hosts.of(address), self.network, clock=self.clock, limit=limit))
        return self.sessions[-1]

    @property
    def skew(self) -> timedelta | None:
        """By how much Microsoft's clock was ahead of ours at the last answer; None before it."""
        return next((skew for one in self.sessions if (skew := one.skew) is not None), self.sign_in.skew)

    @property
    def services(self) -> tuple[Service, ...]:
        """The interfaces, in the order in which they are tried."""
        return self.partner_center, self.graph, self.pricing


class PassingTokens:
    """Fits the Tokens port: sign-ins that end with the process."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def load(self, owner: str) -> "Token | None":
        """The sign-in of an owner in this process."""
        return self._tokens.get(owner)

    def save(self, owner: str, token: "Token") -> None:
        """Keep a sign-in until the process ends."""
        self._tokens[owner] = token

    @contextmanager
    def holding(self, owner: str) -> Iterator[None]:
        """Be the only writer in this process."""
        del owner
        with self._lock:
            yield


def account(settings: "Settings") -> "PartnerCenter":
    """The settings of Partner Center. Raises ConnectorError where there are none."""
    if settings.partner_center is None:
        raise ConnectorError(
            f"{settings.file}: there is no partner_center, so there is nothing to fetch from; write it as "
            "config.example.yaml shows, or bring Microsoft's files in with `connector import PATH`."
        )
    return settings.partner_center


def network_of(settings: "Settings") -> "Network":
    """How to reach the outside, as the settings say."""
    from connector.adapters.http import Network

    own = settings.network
    proxy = own.proxy.reveal() if own.proxy else None
    return Network(own.ca_file, proxy, own.connect_timeout, own.read_timeout)


def microsoft(settings: "Settings", tokens: "Tokens", clock: "Clock") -> Microsoft:
    """Prepare to speak with Microsoft; nothing is sent yet."""
    from connector.adapters.entra import EntraSignIn

    own = account(settings)
    network = network_of(settings)
    if settings.secret_key is None:
        # Without a key nothing may be kept, and an app that signs in by itself needs to keep nothing.
        tokens = PassingTokens()
    sign_in = EntraSignIn(
        tenant_id=own.tenant_id,
        client_id=own.client_id,
        credential=_credential(own),
        tokens=tokens,
        clock=clock,
        authority=own.endpoints.authority,
        network=network,
    )

    def service(name: str, kind: str, way: str) -> Service:
        address: str = getattr(own.endpoints, kind)
        scope, person = f"{_audience(kind, address)}/.default", way == "app_user"
        return Service(name, address, scope, person, sign_in.user(scope) if person else sign_in.app(scope))

    return Microsoft(
        sign_in=sign_in,
        partner_center=service("Partner Center", "api", own.auth.partner_center),
        graph=service("Microsoft Graph", "graph", own.auth.graph),
        pricing=service("Partner Center pricing", "pricing", own.auth.pricing),
        network=network,
        clock=clock,
    )


def open_source(
    settings: "Settings", with_: Microsoft, *, at_once: int = _AT_ONCE, calls: int = 500
) -> "PartnerCenterSource":
    """Open Partner Center as a source of the sync; `at_once` customers are looked at together, `calls` a minute."""
    from connector.adapters.http import GRAPH, Api, Session
    from connector.adapters.partner_center import Exports, PartnerCenterClient, PartnerCenterSource, Quotas
    from connector.adapters.partner_center.sheets import Sheets

    own, clock = account(settings), with_.clock
    api, graph, pricing = with_.partner_center, with_.graph, with_.pricing
    client = PartnerCenterClient.at(
        api.address,
        with_.session(api.address),
        api.bearer,
        quotas=Quotas.of(clock, at_once=at_once, calls=calls),
        person=api.by_person,
    )
    exports = Exports(
        Api(
            f"{graph.address}/v1.0",
            with_.session(graph.address),
            graph.bearer,
            tracing=GRAPH,
            forget=graph.bearer.forget,
        ),
        Session(_blob_hosts(own), with_.network, clock=clock, bearer=False),
        clock,
    )
    sheets = Sheets(
        Api(
            f"{pricing.address}/v1.0",
            with_.session(pricing.address, limit=_LARGEST_SHEET),
            pricing.bearer,
            forget=pricing.bearer.forget,
        ),
    )
    return PartnerCenterSource(client, exports, sheets, clock, at_once=at_once)


def _audience(kind: str, address: str) -> str:
    """What tokens for a service are made for: behind a proxy or at a simulator that is still the worldwide service."""
    return address if address.rstrip("/").endswith(_CLOUDS) else _WORLDWIDE[kind]


def _blob_hosts(own: "PartnerCenter") -> "Hosts":
    """Where blobs may lie: Microsoft's storage, the configured services, and beside a simulator this machine."""
    from connector.adapters.http import Hosts
    from connector.adapters.http.hosts import is_loopback

    ends = own.endpoints
    beside = is_loopback(urlsplit(ends.graph).hostname or "")
    return Hosts.of(ends.api, ends.graph, ends.pricing, suffixes=BLOBS, loopback=beside)


def _credential(own: "PartnerCenter") -> "Credential":
    from connector.adapters.entra import ClientCertificate, ClientSecret

    if own.certificate is not None:
        password = own.certificate.password
        return ClientCertificate(own.certificate.file, password.reveal() if password else None)
    if own.client_secret is None:
        raise ConnectorError("partner_center needs a client_secret or a certificate.")
    return ClientSecret(own.client_secret.reveal())
