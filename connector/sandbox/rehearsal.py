"""Writes what an admin needs to rehearse with a running sandbox: settings, secrets, mapping, ledger and the truth."""

import base64
import secrets
import shutil
from pathlib import Path

from connector.sandbox.books import Books
from connector.sandbox.running import Running, SandboxConfig
from connector.sandbox.scenario.folder import write_partner_side

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


class Occupied(Exception):
    """The folder holds something that no sandbox wrote; the text names it."""


def claim(folder: Path) -> None:
    """Make a folder the sandbox's own. Raises Occupied where somebody else's files lie in it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise Occupied(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def write_rehearsal(running: Running, books: Books, folder: Path) -> None:
    """Write everything into a folder of the sandbox's own."""
    for name in ("mappings", "ledger"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_partner_side(running.world, folder)
    config = running.config
    text = settings_text(config, books.settings(running), folder)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    _write_secrets(folder / SECRETS, {"PARTNER_CENTER_SECRET": config.client_secret, **books.secret_values()})


def settings_text(config: SandboxConfig, ledgers: str, folder: Path) -> str:
    """A config.yaml for the connector that leads every call to the sandbox; `ledgers` is their part of it."""
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


def _write_secrets(path: Path, values: dict[str, str]) -> None:
    """Variables of the environment; the key for stored tokens stays what it was, or nothing stored could be read."""
    known = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line) if path.exists() else {}
    key = known.get("CONNECTOR_SECRET_KEY") or base64.b64encode(secrets.token_bytes(32)).decode()
    path.touch(mode=0o600)
    lines = [f"{name}={value}\n" for name, value in (values | {"CONNECTOR_SECRET_KEY": key}).items()]
    path.write_text("".join(lines), encoding="ascii")
