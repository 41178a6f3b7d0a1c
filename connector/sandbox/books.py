"""In which accounting systems a rehearsal keeps the partner's ledgers, and what the settings say of them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.sandbox.behind_our_back import Deed, meddle_in_central, meddle_in_quickbooks
from connector.sandbox.business_central import BusinessCentral
from connector.sandbox.business_central.loading import ENVIRONMENT, NAMES
from connector.sandbox.business_central.loading import books_of as central_books
from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import App
from connector.sandbox.quickbooks import QuickBooks
from connector.sandbox.quickbooks.loading import REALMS
from connector.sandbox.quickbooks.loading import books_of as quickbooks_books
from connector.sandbox.running import Maker, Running
from connector.sandbox.scenario.lines import PARTNER_ID
from connector.sandbox.scenario.people import LEDGERS
from connector.sandbox.scenario.world import World
from connector.sandbox.tokens import Tokens

SYSTEMS = ("quickbooks", "business_central", "both")
_SERVICES = {"quickbooks": "books", "business_central": "central"}
_CLIENT = "sandbox-quickbooks"
_QUICKBOOKS = """\
  {name}:
    kind: quickbooks
    realm_id: "{realm}"
    client_id: {client_id}
    client_secret: ${{QUICKBOOKS_SECRET}}
    refresh_token: ${{{token}}}
    endpoints: {{api: "{books}", token: "{books}/oauth2/v1/tokens/bearer"}}
"""
_CENTRAL = """\
  {name}:
    kind: business_central
    tenant_id: {tenant_id}
    environment: {environment}
    company: {company}
    client_id: {client_id}
    client_secret: ${{PARTNER_CENTER_SECRET}}
    endpoints: {{authority: "{authority}", api: "{central}"}}
"""


@dataclass(slots=True)
class Books:
    """The partner's ledgers: all in QuickBooks, all in Business Central, or dollars in the one and euros in the other.

    Business Central lets in who holds one of `tokens`, which must be those of the sandbox's Entra.
    """

    tokens: Tokens
    system: str = "quickbooks"
    quickbooks: QuickBooks | None = None
    central: BusinessCentral | None = None
    _secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def kinds(self) -> dict[str, str]:
        """The accounting system of each ledger."""
        if self.system != "both":
            return dict.fromkeys(LEDGERS.values(), self.system)
        return {LEDGERS["USD"]: "quickbooks", LEDGERS["EUR"]: "business_central"}

    def services(self) -> Mapping[str, App | Maker]:
        """The simulators that are needed, by the names of their addresses."""
        makers: dict[str, Maker] = {"quickbooks": self._open_quickbooks, "business_central": self._open_central}
        return {_SERVICES[kind]: maker for kind, maker in makers.items() if kind in self.kinds.values()}

    def secret_values(self) -> dict[str, str]:
        """Secrets by the variables the settings name; Business Central takes the one of the partner's application."""
        if self.quickbooks is None:
            return {}
        names = [name for name, kind in self.kinds.items() if kind == "quickbooks"]
        tokens = {_variable(name): self.quickbooks.sign_in(REALMS[name]).refresh_token for name in names}
        return {"QUICKBOOKS_SECRET": self._secret, **tokens}

    def settings(self, running: Running) -> str:
        """The ledgers as config.yaml names them."""
        config = running.config
        known = {"client_id": config.client_id, "tenant_id": config.tenant_id, "authority": config.authority}
        urls = {service: running.servers[service].url for service in self.services()}
        text = ""
        for name, kind in self.kinds.items():
            if kind == "quickbooks":
                more = {"realm": REALMS[name], "token": _variable(name)}
                text += _QUICKBOOKS.format(name=name, client_id=_CLIENT, **more, **urls)
            else:
                text += _CENTRAL.format(name=name, environment=ENVIRONMENT, company=NAMES[name], **known, **urls)
        return text

    def meddle(self) -> list[Deed]:
        """Have finance work in the dollar ledger behind the connector's back; what it did, and what must be found."""
        name = LEDGERS["USD"]
        if self.kinds[name] == "quickbooks" and self.quickbooks is not None:
            return meddle_in_quickbooks(self.quickbooks.company(REALMS[name]), "CSP-")
        if self.central is not None:
            return meddle_in_central(self.central.company(NAMES[name]), "CONNECTOR-")
        return []

    def _open_quickbooks(self, world: World, clock: SandboxClock) -> QuickBooks:
        self.quickbooks = quickbooks_books(world, clock, client_id=_CLIENT, client_secret=self._secret)
        return self.quickbooks

    def _open_central(self, world: World, clock: SandboxClock) -> BusinessCentral:
        self.central = central_books(world, clock, PARTNER_ID, self.tokens)
        return self.central


def _variable(ledger: str) -> str:
    return f"{ledger.upper().replace('-', '_')}_REFRESH_TOKEN"
