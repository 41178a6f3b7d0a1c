"""Runs a whole sandbox: Entra, Partner Center, Graph, its blobs and the pricing host around one made-up world.

    with start(Deal(customers=40, months=3, seed=7)) as running:
        running.config.api                    # http://127.0.0.1:54321
        running.clock.advance(86_400)         # a day later
        running.faults.add(on="GET /v1/customers", do="status:429:5")

Each service has a port of its own; faults are shared, since their paths tell the services apart.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from connector.sandbox.authority import Authority
from connector.sandbox.blobs import BlobStore
from connector.sandbox.clock import SandboxClock
from connector.sandbox.credentials import TENANT_DOMAIN, Credentials, make_credentials
from connector.sandbox.directory import Directory
from connector.sandbox.entra import Entra
from connector.sandbox.faults import Faults
from connector.sandbox.graph import Graph
from connector.sandbox.live import LiveWorld
from connector.sandbox.manners import Manners
from connector.sandbox.messages import App
from connector.sandbox.partner_center import PartnerCenter
from connector.sandbox.pricing import Pricing
from connector.sandbox.scenario import make_world
from connector.sandbox.scenario.lines import PARTNER_ID
from connector.sandbox.scenario.plain import make_plain_world
from connector.sandbox.scenario.world import World
from connector.sandbox.serving import Server
from connector.sandbox.tokens import Tokens

ADMIN = f"admin@{TENANT_DOMAIN}"
_ENTRA_KEPT = timedelta(days=365)
Maker = Callable[[World, SandboxClock], App]


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What a client needs to know: addresses without a slash at the end, and credentials."""

    authority: str
    api: str
    graph: str
    pricing: str
    blobs: str
    ca_file: Path
    tenant_id: str
    tenant_domain: str
    client_id: str
    client_secret: str
    certificate_file: Path
    refresh_token: str
    user: str
    market: str = "US"
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Deal:
    """Which world to deal.

    `older`: with invoices of the kind before new commerce as well, which no file shows. `plain`: one ordinary
    subscription for each customer and nothing wrong, which is dealt quickly even for very many.
    """

    customers: int = 40
    months: int = 1
    seed: int = 7
    last_month: str = "2026-10"
    defects: bool | Collection[str] = True
    variants: Collection[str] = ()
    older: bool = False
    plain: bool = False

    def world(self) -> World:
        """Deal it; equal wishes deal equal worlds."""
        if self.plain:
            return make_plain_world(self.customers, self.months, self.seed, self.last_month)
        return make_world(
            self.customers,
            self.months,
            self.seed,
            last_month=self.last_month,
            defects=self.defects,
            variants=self.variants,
        )


@dataclass(slots=True)
class Running:
    """A sandbox under way: what to call, and everything one may turn while it runs."""

    config: SandboxConfig
    clock: SandboxClock
    faults: Faults
    manners: Manners
    live: LiveWorld
    directory: Directory
    tokens: Tokens
    blobs: BlobStore
    graph: Graph
    pricing: Pricing
    partner_center: PartnerCenter
    credentials: Credentials
    servers: dict[str, Server] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The made-up world behind it all."""
        return self.live.world

    def approve(self, user_code: str, name: str = "", *, verdict: str = "approved") -> bool:
        """Approve (or decline) a sign-in by device code; False when nobody waits with this code."""
        return self.directory.approve(user_code, name, verdict=verdict)

    def refresh_token(self, *, mfa: bool = True) -> str:
        """A fresh refresh token of the admin, as one gets it by signing in."""
        person = self.directory.people[ADMIN]
        return self.directory.keep_signed_in(person, self.config.client_id, self.clock.now(), mfa).text


def morning_after(world: World) -> datetime:
    """When everything about a world's last month is known: the 9th of the next month, at eight."""
    return datetime.combine(world.month.shift(1).on(9), time(8), UTC)


@contextmanager
def start(
    world: World | Deal | None = None,
    clock: SandboxClock | None = None,
    faults: Faults | None = None,
    *,
    manners: Manners | None = None,
    folder: Path | None = None,
    ports: Mapping[str, int] | None = None,
    also: Mapping[str, App | Maker] | None = None,
    tokens: Tokens | None = None,
) -> Iterator[Running]:
    """Run every simulator until the block ends.

    Without a `world` one is dealt. Without a `clock` time stands still on the morning after the last month's invoice.
    `folder` keeps the authority's and the client's certificate; without it they go away. `ports` fixes the port of a
    service (authority, api, graph, blobs, pricing, or a name in `also`); `also` runs further simulators over the same
    clock and faults, such as a ledger; one that is to be made of the world is given as a function of it and the clock.
    `tokens` are those Entra issues, for a simulator in `also` that must know them.
    """
    asked = world if isinstance(world, Deal) else Deal()
    made = world if isinstance(world, World) else asked.world()
    clock = clock or SandboxClock(morning_after(made))
    faults, manners, fixed = faults or Faults(), manners or Manners(), dict(ports or {})
    live = LiveWorld(made, clock, ADMIN, older=asked.older)
    tokens, authority = tokens or Tokens(clock), Authority(folder)
    directory = Directory(PARTNER_ID, TENANT_DOMAIN)
    known = make_credentials(folder or authority.ca_file.parent)
    directory.register(known.client_id, known.client_secret, clock.now() + _ENTRA_KEPT, known.certificate)
    admin = directory.person(ADMIN)
    refresh = directory.keep_signed_in(admin, known.client_id, clock.now()).text
    blobs = BlobStore(clock)
    partner_center, pricing = PartnerCenter(live, tokens, manners), Pricing(live, tokens, manners)

    with ExitStack() as stack:

        def serve(name: str, app: App, tls: Authority | None = None) -> Server:
            server = Server(app, clock=clock, faults=faults, tls=tls, port=fixed.get(name, 0))
            return stack.enter_context(server)

        servers = {
            "authority": serve("authority", Entra(directory, tokens, clock), authority),
            "api": serve("api", partner_center),
            "blobs": serve("blobs", blobs),
            "pricing": serve("pricing", pricing),
        }
        graph = Graph(live, tokens, blobs, servers["blobs"].url, manners)
        servers["graph"] = serve("graph", graph)
        for name, further in (also or {}).items():
            servers[name] = serve(name, further(made, clock) if callable(further) else further)
        config = SandboxConfig(
            authority=servers["authority"].url,
            api=servers["api"].url,
            graph=servers["graph"].url,
            pricing=servers["pricing"].url,
            blobs=servers["blobs"].url,
            ca_file=authority.ca_file,
            tenant_id=directory.tenant_id,
            tenant_domain=directory.domain,
            client_id=known.client_id,
            client_secret=known.client_secret,
            certificate_file=known.certificate_file,
            refresh_token=refresh,
            user=ADMIN,
        )
        yield Running(
            config,
            clock,
            faults,
            manners,
            live,
            directory,
            tokens,
            blobs,
            graph,
            pricing,
            partner_center,
            known,
            servers,
        )
