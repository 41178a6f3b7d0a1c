"""Writes what an admin needs to rehearse with a running sandbox: settings, secrets, mapping, ledger and the truth."""

import base64
import secrets
import shutil
from pathlib import Path

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Company, QuickBooks
from connector.sandbox.quickbooks.loading import REALMS, companies_of
from connector.sandbox.running import Running, SandboxConfig
from connector.sandbox.scenario.folder import write_partner_side
from connector.sandbox.scenario.world import World

SECRETS = "secrets.env"
_MARK = ".connector-sandbox"
_SETTINGS = """\
# Settings for the sandbox that wrote this file; it is written anew whenever the sandbox starts.
company:
  name: Northwind Cloud Partners
state: state
mappings: mappings
partner_center:
  tenant_id: {tenant_id}
  client_id: {client_id}
  client_secret: ${{PARTNER_CENTER_SECRET}}
  # or, instead of the secret: certificate: {{file: {certificate}}}
  market: {market}
  currency: {currency}
  more_markets: [DE]
  auth: {{partner_center: app, graph: app, pricing: app_user}}
  endpoints:
    authority: {authority}
    api: {api}
    graph: {graph}
    pricing: {pricing}
ledgers:
{ledgers}network:
  ca_file: {ca_file}
secret_key: ${{CONNECTOR_SECRET_KEY}}
"""
_LEDGER = """\
  {name}:
    kind: quickbooks
    realm_id: "{realm}"
    client_id: {client_id}
    client_secret: ${{QUICKBOOKS_SECRET}}
    refresh_token: ${{{token}}}
    endpoints: {{api: "{books}", token: "{books}/oauth2/v1/tokens/bearer"}}
"""
BOOKS = "books"
_QUICKBOOKS_CLIENT = "sandbox-quickbooks"


class Occupied(Exception):
    """The folder holds something that no sandbox wrote; the text names it."""


def claim(folder: Path) -> None:
    """Make a folder the sandbox's own. Raises Occupied where somebody else's files lie in it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise Occupied(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


class Books:
    """The partner's ledgers as QuickBooks companies that hold what its bookkeepers wrote."""

    def __init__(self) -> None:
        self.app: QuickBooks | None = None
        self._secret = secrets.token_urlsafe(24)

    def __call__(self, world: World, clock: SandboxClock) -> QuickBooks:
        """Open the companies of a world."""
        companies = companies_of(world, clock).values()
        self.app = QuickBooks(clock, companies, client_id=_QUICKBOOKS_CLIENT, client_secret=self._secret)
        return self.app

    def company(self, ledger: str) -> Company:
        """The company of a ledger, by the ledger's name."""
        if self.app is None:
            raise LookupError("the books are not open yet")
        return self.app.company(REALMS[ledger])

    def secret_values(self) -> dict[str, str]:
        """The app's secret, and a refresh token for each company, by the variables the settings name."""
        if self.app is None:
            return {}
        tokens = {_variable(ledger): self.app.sign_in(realm).refresh_token for ledger, realm in REALMS.items()}
        return {"QUICKBOOKS_SECRET": self._secret, **tokens}


def write_rehearsal(running: Running, books: Books, folder: Path) -> None:
    """Write everything into a folder of the sandbox's own."""
    for name in ("mappings", "ledger"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_partner_side(running.world, folder)
    config = running.config
    text = settings_text(config, running.servers[BOOKS].url, folder)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    _write_secrets(folder / SECRETS, {"PARTNER_CENTER_SECRET": config.client_secret, **books.secret_values()})


def settings_text(config: SandboxConfig, books: str, folder: Path) -> str:
    """A config.yaml for the connector that leads every call to the sandbox; `books` is where QuickBooks is."""
    ledgers = "".join(
        _LEDGER.format(name=name, realm=realm, token=_variable(name), client_id=_QUICKBOOKS_CLIENT, books=books)
        for name, realm in REALMS.items()
    )
    return _SETTINGS.format(
        ledgers=ledgers,
        tenant_id=config.tenant_id,
        client_id=config.client_id,
        certificate=_near(config.certificate_file, folder),
        market=config.market,
        currency=config.currency,
        authority=config.authority,
        api=config.api,
        graph=config.graph,
        pricing=config.pricing,
        ca_file=_near(config.ca_file, folder),
    )


def _near(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _variable(ledger: str) -> str:
    return f"{ledger.upper().replace('-', '_')}_REFRESH_TOKEN"


def _write_secrets(path: Path, values: dict[str, str]) -> None:
    """Variables of the environment; the key for stored tokens stays what it was, or nothing stored could be read."""
    known = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line) if path.exists() else {}
    key = known.get("CONNECTOR_SECRET_KEY") or base64.b64encode(secrets.token_bytes(32)).decode()
    path.touch(mode=0o600)
    lines = [f"{name}={value}\n" for name, value in (values | {"CONNECTOR_SECRET_KEY": key}).items()]
    path.write_text("".join(lines), encoding="ascii")
