"""A connector set up against the sandbox of Microsoft's services, with the sandbox's own time."""

import base64
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from connector.bootstrap.storing import open_store
from connector.bootstrap.syncing import SyncTools, sync
from connector.cli.sync import exit_code
from connector.config.settings import Settings, read_settings
from connector.domain.extraction import Extraction, Part
from connector.domain.tables import TABLES
from connector.ports import Token, VendorSource
from connector.sandbox.clock import SandboxClock
from connector.sandbox.running import Deal, Running, start
from connector.warehouse import Warehouse

KEY = base64.b64encode(b"k" * 32).decode()


@dataclass(slots=True)
class Office:
    """A partner's connector in a folder: its settings, and what it fetched."""

    folder: Path
    sandbox: Running
    backfill: int = 3
    environment: dict[str, str] = field(default_factory=dict)

    def configure(self, more: str = "", own_lines: str = "") -> None:
        """Write the configuration, and sign in."""
        own = self.sandbox.config
        self.environment = {"PC_SECRET": own.client_secret, "STORE_KEY": KEY}
        (self.folder / "mappings").mkdir(exist_ok=True)
        (self.folder / "config.yaml").write_text(
            f"""\
company: {{name: Northwind Cloud Partners}}
partner_center:
  tenant_id: {own.tenant_id}
  client_id: {own.client_id}
  client_secret: ${{PC_SECRET}}
  market: {own.market}
  currency: {own.currency}
  backfill: {self.backfill}
  {own_lines}
  auth: {{partner_center: app, graph: app, pricing: app_user}}
  endpoints: {{authority: "{own.authority}", api: "{own.api}", graph: "{own.graph}", pricing: "{own.pricing}"}}
network: {{ca_file: "{own.ca_file}"}}
secret_key: ${{STORE_KEY}}
{more}""",
            encoding="utf-8",
        )

    def sign_in(self, *, mfa: bool = True) -> None:
        """Keep the refresh token that a person's sign-in would have brought, with a second factor or without."""
        own = self.sandbox.config
        owner = f"entra/{own.tenant_id}/{own.client_id}/refresh"
        with open_store(self.settings, self.sandbox.clock) as store:
            store.tokens.save(owner, Token(owner=owner, kind="refresh", value=self.sandbox.refresh_token(mfa=mfa)))

    @property
    def settings(self) -> Settings:
        """The settings as the connector reads them."""
        return read_settings(self.folder / "config.yaml", self.environment)

    @property
    def warehouse(self) -> Path:
        """Where the tables are."""
        return self.folder / "state" / "warehouse"

    def sync(self, *parts: Part, source: VendorSource | None = None) -> Extraction:
        """Run a sync in this process, by the sandbox's clock."""
        return sync(
            self.settings,
            parts,
            progress=lambda *_: None,
            exit_code=exit_code,
            tools=SyncTools(self.sandbox.clock, source),
        )

    def contents(self, *, without: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """What the warehouse holds now, table by table, without where and when a row was read."""
        return contents_of(self.warehouse, without)

    def files(self) -> set[str]:
        """The names of all payloads and snapshots."""
        state = self.folder / "state"
        kept = [*(state / "raw").rglob("*"), *self.warehouse.glob("[0-9]*/**/*")]
        return {path.relative_to(state).as_posix() for path in kept}


def contents_of(folder: Path, without: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """What a warehouse holds now, in an order of its own."""
    with Warehouse(folder) as warehouse:
        result = {}
        for table, columns in TABLES.items():
            names = [name for name in columns if name not in {"source", "line", "row_hash", "observed_at", *without}]
            rows: list[tuple[Any, ...]] = []
            for path in warehouse.parts(table):
                rows += (tuple(row.values()) for row in pq.read_table(path, columns=names).to_pylist())
            result[table] = sorted(rows, key=repr)
    return result


@contextmanager
def office(
    folder: Path, deal: Deal | None = None, *, at: datetime | None = None, backfill: int = 3, **options: Any
) -> Iterator[Office]:
    """Run a sandbox (at a moment, else on the morning after the last month's invoice) with a connector beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = SandboxClock(at) if at is not None else None
    with start(deal or Deal(customers=6), clock, **options) as sandbox:
        own = Office(folder, sandbox, backfill)
        own.configure()
        own.sign_in()
        yield own
