"""A rehearsal keeps the partner's ledgers in QuickBooks, in Business Central, or one in each, behind one config."""

from pathlib import Path

import pytest
import requests

from connector.config.settings import read_settings
from connector.config.values import BusinessCentral, QuickBooks
from connector.sandbox.books import Books
from connector.sandbox.clock import SandboxClock
from connector.sandbox.rehearsal import SECRETS, claim, write_rehearsal
from connector.sandbox.running import Deal, Running, morning_after, start
from connector.sandbox.scenario.world import World
from connector.sandbox.tokens import Tokens


@pytest.fixture(scope="module")
def world() -> World:
    return Deal(customers=40, months=1, seed=5).world()


def ledgers(running: Running, books: Books, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    write_rehearsal(running, books, folder)
    for written in (folder / SECRETS).read_text().splitlines():
        name, _, secret = written.partition("=")
        monkeypatch.setenv(name, secret)
    return {ledger.name: ledger for ledger in read_settings(folder / "config.yaml").ledgers}


def test_two_legal_entities_on_two_ledgers(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "rehearsal"
    claim(folder)
    clock = SandboxClock(morning_after(world))
    books = Books(Tokens(clock), "both")
    with start(world, clock, folder=folder, also=books.services(), tokens=books.tokens) as running:
        known = ledgers(running, books, folder, monkeypatch)
        assert isinstance(known["books-us"], QuickBooks)
        central = known["books-eu"]
        assert isinstance(central, BusinessCentral)
        with requests.Session() as session:
            session.trust_env = False
            token = session.post(
                f"{central.endpoints.authority}/{central.tenant_id}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": central.client_id,
                    "client_secret": running.config.client_secret,
                    "scope": "https://api.businesscentral.dynamics.com/.default",
                },
                verify=str(running.config.ca_file),
            ).json()["access_token"]
            base = f"{central.endpoints.api}/v2.0/{central.tenant_id}/{central.environment}/api/v2.0"
            headers = {"Authorization": f"Bearer {token}"}
            listed = session.get(f"{base}/companies", headers=headers).json()["value"]
            assert central.company in [one["name"] for one in listed]
            key = next(one["id"] for one in listed if one["name"] == central.company)
            found = session.get(f"{base}/companies({key})/salesInvoices?$top=1", headers=headers)
            assert found.json()["value"]
            assert session.get(f"{base}/companies").status_code == 401


@pytest.mark.parametrize("system", ["quickbooks", "business_central"])
def test_all_ledgers_in_one_system(system: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SandboxClock(morning_after(world))
    books = Books(Tokens(clock), system)
    with start(world, clock, folder=tmp_path, also=books.services(), tokens=books.tokens) as running:
        known = ledgers(running, books, tmp_path, monkeypatch)
    assert {getattr(ledger, "kind") for ledger in known.values()} == {system}  # noqa: B009
    assert set(known) == {"books-us", "books-eu"}
