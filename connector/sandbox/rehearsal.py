"""Writes what an admin needs to rehearse with a running sandbox: settings, secrets, mapping, ledger and the truth."""

import base64
import secrets
import shutil
from pathlib import Path

from connector.sandbox.running import Running, SandboxConfig
from connector.sandbox.scenario.folder import write_partner_side
from connector.sandbox.scenario.people import LEDGERS

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
  auth: {{partner_center: app, graph: app, pricing: app_user}}
  endpoints:
    authority: {authority}
    api: {api}
    graph: {graph}
    pricing: {pricing}
network:
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


def write_rehearsal(running: Running, folder: Path) -> list[Path]:
    """Write everything into a folder of the sandbox's own; returns the files and folders to look at."""
    for name in ("mappings", "ledger"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_partner_side(running.world, folder)
    config = running.config
    (folder / "config.yaml").write_text(settings_text(config, folder), encoding="utf-8")
    _write_secrets(config, folder / SECRETS)
    return [folder / name for name in ("config.yaml", SECRETS, "mappings", "ledger", "truth.json")]


def settings_text(config: SandboxConfig, folder: Path) -> str:
    """A config.yaml for the connector that leads every call to the sandbox."""
    return _SETTINGS.format(
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


def ledger_arguments(folder: Path) -> str:
    """How `connector reconcile` is told of the ledgers that were written."""
    return " ".join(f"--ledger {name}={folder / 'ledger' / name}.csv" for name in LEDGERS.values())


def _near(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _write_secrets(config: SandboxConfig, path: Path) -> None:
    """Variables of the environment; the key for stored tokens stays what it was, or nothing stored could be read."""
    known = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line) if path.exists() else {}
    key = known.get("CONNECTOR_SECRET_KEY") or base64.b64encode(secrets.token_bytes(32)).decode()
    path.touch(mode=0o600)
    path.write_text(f"PARTNER_CENTER_SECRET={config.client_secret}\nCONNECTOR_SECRET_KEY={key}\n", encoding="ascii")
