"""Housekeeping forgets what nobody needs, keeps idle sign-ins alive, and never touches what evidence rests on."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from connector.bootstrap.housekeeping import keep_house
from connector.bootstrap.ledgers import open_ledger
from connector.bootstrap.storing import open_store
from connector.config.settings import Settings, read_settings
from connector.domain.month import Closing
from connector.domain.tables import TABLES
from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import QuickBooks, no_quotas, open_company
from connector.sandbox.serving import Server
from connector.warehouse import Warehouse
from connector.warehouse.intake import UNBILLED
from tests.crash.office import ENVIRONMENT, REALM

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LEDGER = """
ledgers:
  books-us:
    kind: quickbooks
    realm_id: "{realm}"
    client_id: sandbox-client
    client_secret: ${{QB_SECRET}}
    refresh_token: ${{QB_REFRESH}}
    endpoints: {{api: "{url}", token: "{url}/oauth2/v1/tokens/bearer"}}
secret_key: ${{STORE_KEY}}
"""


def settings_in(folder: Path, more: str = "", **environment: str) -> Settings:
    (folder / "config.yaml").write_text(f"company: {{name: Northwind}}\n{more}")
    return read_settings(folder / "config.yaml", {**ENVIRONMENT, **environment})


@pytest.fixture
def books() -> Iterator[tuple[SandboxClock, QuickBooks, Server]]:
    clock = SandboxClock(NOW)
    app = QuickBooks(clock, [open_company(REALM, clock)], quotas=no_quotas())
    with Server(app, clock=clock) as server:
        yield clock, app, server


def test_a_sign_in_that_nobody_uses_is_kept_alive_and_its_last_day_is_told(
    tmp_path: Path, books: tuple[SandboxClock, QuickBooks, Server]
) -> None:
    clock, app, server = books
    more = LEDGER.format(realm=REALM, url=server.url)
    settings = settings_in(tmp_path, more, QB_REFRESH=app.sign_in().refresh_token)
    # The first token of the settings is nobody's yet: there is nothing to keep.
    assert keep_house(settings, clock).told == ()
    with open_store(settings, clock) as store:
        open_ledger(settings, "books-us", store.tokens, clock).source.company()
    clock.advance(timedelta(days=6))
    assert keep_house(settings, clock).told == ()
    clock.advance(timedelta(days=2))
    asked = len(server.exchanges)
    assert keep_house(settings, clock).told == ("ledger books-us: signed in anew, as nobody did for a week",)
    assert len(server.exchanges) == asked + 1
    # Intuit ends a sign-in after 100 days without use, and this one would have ended by now.
    for _ in range(2):
        clock.advance(timedelta(days=60))
        assert keep_house(settings, clock).troubles == ()
    with open_store(settings, clock) as store:
        (owner,) = (name for name, (until, _) in store.tokens.standing().items() if until)
        token = store.tokens.load(owner)
        assert token is not None
        assert token.hard_expires_at is not None
        store.tokens.save(owner, replace(token, hard_expires_at=clock.now() + timedelta(days=29)))
    assert any(
        f"ends for good on {clock.now() + timedelta(days=29):%Y-%m-%d}" in one
        for one in keep_house(settings, clock).told
    )


def test_a_ledger_out_of_reach_is_trouble_for_later_and_the_rest_is_done(
    tmp_path: Path, books: tuple[SandboxClock, QuickBooks, Server]
) -> None:
    clock, app, server = books
    settings = settings_in(tmp_path, LEDGER.format(realm=REALM, url=server.url), QB_REFRESH=app.sign_in().refresh_token)
    with open_store(settings, clock) as store:
        open_ledger(settings, "books-us", store.tokens, clock).source.company()
        with store.work() as unit:
            assert unit.once.receive("quickbooks", "an old notice")
    clock.advance(timedelta(days=99))
    server.stop()
    house = keep_house(settings, clock)
    assert ([one.exit_code for one in house.troubles], house.notices) == ([75], 1)


def test_workbooks_of_mails_go_when_the_settings_say(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "keep: {mails: 30d}\n")
    for name, days in (("old", 31), ("young", 29)):
        folder = settings.state / "mail" / name
        folder.mkdir(parents=True)
        (folder / "2026-10.xlsx").write_bytes(b"book")
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(folder, (moment, moment))
    assert keep_house(settings, SandboxClock(NOW), only_look=True).files == 1
    assert (settings.state / "mail" / "old").exists()
    assert keep_house(settings, SandboxClock(NOW)).files == 1
    assert [path.name for path in (settings.state / "mail").iterdir()] == ["young"]


class Estimates:
    """A warehouse with an estimate a day, each of a payload of its own, and one invoice."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.raw = settings, settings.state / "raw"
        self.warehouse = Warehouse(settings.state / "warehouse")

    def take(self, day: datetime, hash_: str, *, invoice: str | None = None) -> str:
        """Write a snapshot made of one payload."""
        place = self.raw / hash_[:2] / hash_
        place.mkdir(parents=True, exist_ok=True)
        (place / "part-0.json.gz").write_bytes(b"lines")
        shape = self.warehouse.table("charges").schema().to_pyarrow()
        row = {**dict.fromkeys(TABLES["charges"]), "invoice": invoice, "currency": "USD", "row_hash": hash_}
        origin = {"name": f"state/raw/{hash_[:2]}/{hash_}/part-0.json.gz", "content_hash": hash_[::-1]}
        batch = pa.RecordBatch.from_pylist([row], schema=shape)
        receipt = self.warehouse.take_in(
            [("charges", batch)], observed_at=day.isoformat(), sources=lambda: [origin], unbilled=UNBILLED
        )
        return receipt.snapshot

    def left(self) -> set[str]:
        return {path.name for path in self.warehouse.folder.glob("[0-9]*")}

    def payloads(self) -> set[str]:
        return {path.name[:2] for path in self.raw.glob("*/*")}

    def lines(self) -> list[str]:
        fresh = Warehouse(self.warehouse.folder)
        found = fresh.rows(fresh.table("charges").select("row_hash").order_by("row_hash"))
        fresh.close()
        return [row["row_hash"][:2] for row in found]


def test_estimates_that_others_replaced_go_and_evidence_stays(tmp_path: Path) -> None:
    days = {name: name * 32 for name in ("a0", "a1", "a2", "a3", "a4", "a5", "b0")}
    settings = settings_in(tmp_path, "keep: {unbilled: 20d}\n")
    own = Estimates(settings)
    october = datetime(2026, 10, 1, 4, tzinfo=UTC)
    made = {
        "a0": own.take(october, days["a0"]),
        "a1": own.take(october + timedelta(days=4), days["a1"]),
        "b0": own.take(october + timedelta(days=5), days["b0"], invoice="G1"),
        "a2": own.take(october + timedelta(days=8), days["a2"]),
        "a3": own.take(october + timedelta(days=30), days["a3"]),
        "a4": own.take(october + timedelta(days=48), days["a4"]),
        "a5": own.take(october + timedelta(days=55), days["a5"]),
    }
    before = own.lines()
    assert before == ["a5", "b0"]
    # Without the setting, nothing ever goes.
    assert keep_house(settings_in(tmp_path), SandboxClock(NOW)).estimates == 0
    clock = SandboxClock(october + timedelta(days=6))
    with open_store(settings, clock) as store, store.work() as unit:
        closing = Closing("2026-09", 0, clock.now(), "jane", "", "run", "reconciled", "{}", "d", "[]", "m", "c")
        unit.closings.add(closing)
    settings = settings_in(tmp_path, "keep: {unbilled: 20d}\n")
    assert keep_house(settings, SandboxClock(NOW), only_look=True).estimates == 2
    assert own.left() == set(made.values())
    assert keep_house(settings, SandboxClock(NOW)).estimates == 2
    # a1 counted when September was closed, a3 when October ended, a4 is too young, a5 counts now, b0 is an invoice.
    assert own.left() == {made[name] for name in ("a1", "b0", "a3", "a4", "a5")}
    assert own.payloads() == {"a1", "b0", "a3", "a4", "a5"}
    assert own.lines() == before
    # Numbers are not used again: the newest is still the newest.
    assert own.take(NOW, "c0" * 32) > max(made.values())
    assert own.lines() == ["b0", "c0"]
    assert keep_house(settings, SandboxClock(NOW)).estimates == 0


def test_a_payload_that_another_snapshot_was_made_of_stays(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "keep: {unbilled: 1d}\n")
    own = Estimates(settings)
    first = datetime(2026, 10, 1, 4, tzinfo=UTC)
    for day, name in enumerate(("a0", "a1", "a0")):
        own.take(first + timedelta(days=day), name * 32)
    assert keep_house(settings, SandboxClock(NOW)).estimates == 2
    assert (len(own.left()), own.payloads()) == (1, {"a0"})
