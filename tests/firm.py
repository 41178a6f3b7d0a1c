"""A partner's firm for whole stories: Microsoft and QuickBooks simulated, a mapping that fits, mail, and the connector.

Time is the sandbox's; whoever runs the connector gives it the same (time_machine). Every secret is a canary: a text
that must be found nowhere but where it belongs.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from connector.config.settings import Settings, read_settings
from connector.ports import Token
from connector.sandbox.authority import Authority
from connector.sandbox.clock import SandboxClock
from connector.sandbox.manners import Manners
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, no_quotas, open_company
from connector.sandbox.running import Deal, Running, start
from connector.sandbox.scenario.world import World
from tests.post_office import LOGIN, PASSWORD, PostOffice

REALM = "9130357849016286"
MANNERS = Manners(operation_takes=timedelta(0), quota=10_000, other_quota=10_000)


def canary(name: str) -> str:
    """A secret like no other."""
    return f"canary-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


@dataclass(slots=True)
class Firm:
    """Everything of one partner."""

    folder: Path
    clock: SandboxClock
    microsoft: Running
    books: QuickBooks
    finance: Bookkeeper
    mail: PostOffice
    environment: dict[str, str] = field(default_factory=dict)
    ledger_customers: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings as the connector reads them."""
        return read_settings(self.folder / "config.yaml", self.environment)

    def map(self, *, without: int = 0) -> None:
        """Write the mapping; the last so many customers are left out."""
        customers = list(self.ledger_customers.items())
        rules = "".join(
            f'- {{name: Customer {at}, tenant_id: {tenant}, ledger: books-us, ledger_customer: "{key}"}}\n'
            for at, (tenant, key) in enumerate(customers[: len(customers) - without], 1)
        )
        item = next(iter(self.books.company().every("Item")))["Id"]
        (self.folder / "mappings").mkdir(exist_ok=True)
        (self.folder / "mappings" / "rules.yaml").write_text(
            f'customers:\n{rules}products:\n- {{name: Licences, category: license, item: "{item}"}}\n'
            "prices:\n- {for: {}, markup_percent: 20}\n"
        )

    def configure(self, more: str) -> None:
        """Write config.yaml, with the canaries in the environment; sign in at Microsoft."""
        own, books = self.microsoft.config, self.microsoft.servers["books"].url
        self.environment |= {
            "PC_SECRET": own.client_secret,
            "QB_SECRET": self.books.signing_in.client_secret,
            "QB_REFRESH": self.books.sign_in().refresh_token,
            "SMTP_PASSWORD": PASSWORD,
            "PAGES_PASSWORD": canary("pages"),
            "QB_VERIFIER": canary("verifier"),
            "STORE_KEY": base64.b64encode(hashlib.sha256(b"store").digest()).decode(),
        }
        (self.folder / "config.yaml").write_text(
            f"""\
company: {{name: Northwind Cloud Partners}}
partner_center:
  tenant_id: {own.tenant_id}
  client_id: {own.client_id}
  client_secret: ${{PC_SECRET}}
  market: {own.market}
  currency: {own.currency}
  auth: {{partner_center: app, graph: app, pricing: app_user}}
  endpoints: {{authority: "{own.authority}", api: "{own.api}", graph: "{own.graph}", pricing: "{own.pricing}"}}
ledgers:
  books-us:
    kind: quickbooks
    realm_id: "{REALM}"
    client_id: sandbox-client
    client_secret: ${{QB_SECRET}}
    refresh_token: ${{QB_REFRESH}}
    endpoints: {{api: "{books}", token: "{books}/oauth2/v1/tokens/bearer"}}
network: {{ca_file: "{own.ca_file}", connect_timeout: 1s, read_timeout: 2s}}
secret_key: ${{STORE_KEY}}
alerts:
  to: [finance@example.com]
  smtp:
    {{host: localhost, port: {self.mail.port}, username: {LOGIN}, password: "${{SMTP_PASSWORD}}", sender: {LOGIN}}}
{more}""",
            encoding="utf-8",
        )
        self.map()

    def sign_in(self) -> None:
        """Keep the refresh token that a person's sign-in at Microsoft would have brought."""
        from connector.bootstrap.storing import open_store

        own = self.microsoft.config
        owner = f"entra/{own.tenant_id}/{own.client_id}/refresh"
        with open_store(self.settings, self.clock) as store:
            store.tokens.save(owner, Token(owner=owner, kind="refresh", value=self.microsoft.refresh_token()))


@contextmanager
def open_firm(folder: Path, deal: Deal, at: datetime) -> Iterator[Firm]:
    """Open both sides and the mail server; nothing is configured yet."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = SandboxClock(at)
    company = open_company(REALM, clock)
    app = QuickBooks(clock, [company], client_secret=canary("quickbooks"), quotas=no_quotas())
    authority = Authority()

    def books(world: World, _: SandboxClock) -> QuickBooks:
        return app

    with ExitStack() as stack:
        running = stack.enter_context(start(deal, clock, manners=MANNERS, also={"books": books}))
        post = stack.enter_context(PostOffice(authority.context(), sign_in=True))
        firm = Firm(folder, clock, running, app, Bookkeeper(company), post)
        firm.finance.item("Licence")
        for customer in running.world.customers:
            firm.ledger_customers[customer.tenant_id] = firm.finance.customer(customer.name)
        both = folder / "authorities.pem"
        both.write_bytes(running.config.ca_file.read_bytes() + b"\n" + authority.ca_file.read_bytes())
        running.config = replace(running.config, ca_file=both)
        yield firm
