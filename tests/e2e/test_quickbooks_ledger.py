"""A QuickBooks company from sign-in to reconciliation, by the real command line against a simulated company."""

import base64
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener, urlopen

import pytest

from connector.cli.main import run
from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, open_company
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.serving import Server

REALM = "9130357849016286"
TENANT = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
SUBSCRIPTION = "9d7d1f3d-c8de-461c-db6d-91debd5129f0"
MAPPING = """\
customers:
- {name: Alpine Ski House, tenant_id: %s, ledger: books-us, ledger_customer: "%s"}
products:
- {name: Microsoft 365 Business Premium, product_id: CFQ7TTC0LCHC, item: "%s"}
prices:
- {for: {}, markup_percent: 18}
"""
CHARGE = {
    "PartnerId": "p", "CustomerId": TENANT, "CustomerName": "Alpine Ski House", "InvoiceNumber": "G012345678",
    "OrderId": "o1", "OrderDate": "2026-01-01T00:00:00Z", "ProductId": "CFQ7TTC0LCHC", "SkuId": "0002",
    "AvailabilityId": "a", "SkuName": "Microsoft 365 Business Premium",
    "ProductName": "Microsoft 365 Business Premium", "ChargeType": "cycleCharge", "UnitPrice": "22.00",
    "EffectiveUnitPrice": "22.00", "Quantity": "10", "BillableQuantity": "10", "Subtotal": "220.00", "TaxTotal": "0",
    "Total": "220.00", "Currency": "USD", "PricingCurrency": "USD", "PCToBCExchangeRate": "1",
    "ChargeStartDate": "2026-10-01T00:00:00Z", "ChargeEndDate": "2026-10-31T00:00:00Z",
    "SubscriptionId": SUBSCRIPTION, "SubscriptionStartDate": "2026-01-01T00:00:00Z",
    "SubscriptionEndDate": "2026-12-31T00:00:00Z",
    "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing",
    "BillingFrequency": "Monthly",
}  # fmt: skip


@dataclass
class Office:
    """A partner's connector in a folder, with a QuickBooks company beside it."""

    folder: Path
    app: QuickBooks
    server: Server
    clock: SandboxClock

    @property
    def finance(self) -> Bookkeeper:
        return Bookkeeper(self.app.company())

    def configure(self, monkeypatch: pytest.MonkeyPatch, seed: str = "") -> None:
        monkeypatch.chdir(self.folder)
        monkeypatch.setenv("QB_SECRET", "sandbox-secret")
        monkeypatch.setenv("STORE_KEY", base64.b64encode(b"k" * 32).decode())
        monkeypatch.setenv("QB_REFRESH", seed or "none")
        url = self.server.url
        own = "    refresh_token: ${QB_REFRESH}\n" if seed else ""
        (self.folder / "config.yaml").write_text(
            "company: {name: Northwind}\nledgers:\n  books-us:\n    kind: quickbooks\n"
            f'    realm_id: "{REALM}"\n    client_id: sandbox-client\n    client_secret: ${{QB_SECRET}}\n{own}'
            f'    endpoints: {{api: "{url}", token: "{url}/oauth2/v1/tokens/bearer", '
            f'authorize: "{url}/connect/oauth2"}}\nsecret_key: ${{STORE_KEY}}\n',
            encoding="utf-8",
        )

    def map(self, customer: str, item: str) -> None:
        (self.folder / "mappings").mkdir(exist_ok=True)
        (self.folder / "mappings" / "all.yaml").write_text(MAPPING % (TENANT, customer, item), encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = SandboxClock(datetime(2026, 11, 2, 12, tzinfo=UTC), following=True)
    app = QuickBooks(clock, [open_company(REALM, clock)])
    with Server(app, clock=clock) as server:
        yield Office(tmp_path, app, server, clock)


class Stay(HTTPRedirectHandler):
    """A browser that shows where it is sent, and does not go there."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def test_a_person_signs_in_once_in_the_browser_and_the_connector_stays_signed_in(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.configure(monkeypatch)
    visited: list[str] = []

    def browse(text: str, **_: Any) -> None:
        found = re.search(r"http://\S+/connect/oauth2\S+", text)
        if found:
            page = found[0]
            threading.Thread(target=lambda: visited.append(urlopen(page, timeout=10).read().decode())).start()

    monkeypatch.setattr("connector.cli.auth.typer.echo", browse)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    redirect = f"http://127.0.0.1:{port}/callback"
    assert run(["auth", "quickbooks", "books-us", "--redirect", redirect]) == 0
    monkeypatch.undo()
    office.configure(monkeypatch)
    assert run(["sync", "--only", "ledger"]) == 0
    assert "books-us: " in capsys.readouterr().out
    assert "You can close this window" in visited[0]
    office.app.company().preferences["SalesFormsPrefs"]["CustomTxnNumbers"] = False
    office.map("1", "1")
    assert run(["check", "--online"]) == 0
    told = capsys.readouterr().out
    assert "Ledger books-us: signed in at " in told
    assert "no posting: " in told
    assert "Custom transaction numbers" in told
    assert b"RT1-" not in (office.folder / "state" / "connector.db").read_bytes()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda address: address, ""),
        (lambda address: address.replace("state=", "state=x"), "its state differs"),
        (lambda address: re.sub(r"code=[^&]+", "code=old", address), "does not take the code"),
        (lambda address: address.replace(REALM, "1234567890"), "Access was given to company 1234567890"),
        (lambda address: re.sub(r"code=.*", "error=access_denied", address), "Nobody gave access"),
        (lambda address: "hello", "There is no code"),
    ],
)
def test_the_address_can_be_pasted_and_only_the_right_answer_is_taken(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], spoil: Any, said: str
) -> None:
    office.configure(monkeypatch)
    shown: list[str] = []
    monkeypatch.setattr("connector.cli.auth.typer.echo", lambda text, **_: shown.append(text))

    def paste(*_: Any, **__: Any) -> str:
        page = re.search(r"http://\S+/connect/oauth2\S+", shown[0])
        assert page
        try:
            build_opener(Stay).open(page[0], timeout=10)
        except OSError as moved:
            return str(spoil(str(moved.headers["Location"])))  # type: ignore[attr-defined]
        raise AssertionError("the page sent the browser nowhere")

    monkeypatch.setattr("connector.cli.auth.typer.prompt", paste)
    words = ["auth", "quickbooks", "books-us", "--redirect", "https://example.com/back", "--paste"]
    assert run(words) == (4 if said else 0)
    assert said in capsys.readouterr().err
    query = parse_qs(urlsplit(shown[0].split()[-1]).query)
    assert query["scope"] == ["com.intuit.quickbooks.accounting"]


def test_a_sign_in_that_ended_is_told_once_never_hammered_and_nothing_is_audited_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.configure(monkeypatch, seed=office.app.sign_in().refresh_token)
    customer, item = office.finance.customer("Alpine Ski House"), office.finance.item("Business Premium")
    office.map(customer, item)
    seats = Entry(item, "Seats", Decimal("259.60"), Decimal(10), Decimal("25.96"), date(2026, 10, 1))
    office.finance.invoice(customer, [seats], date(2026, 11, 1))
    charges = office.folder / "vendor.jsonl"
    charges.write_text(json.dumps(CHARGE) + "\n", encoding="utf-8")
    assert run(["import", str(charges), "--vendor-total", "USD=220.00"]) == 0
    assert run(["sync"]) == 0
    office.app.tokens.revoke_all(REALM)
    for _ in range(3):
        assert run(["sync"]) == 4
        assert "connector auth quickbooks books-us" in capsys.readouterr().err
    assert office.app.tokens.refused == 1, "a refused token was tried again"
    assert run(["--format", "json", "reconcile"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["result"] == "not_audited"
    assert any("ledger books-us" in reason for reason in result["not_audited_because"])


def test_the_live_ledger_is_reconciled_with_the_lines_that_are_no_cloud_items_counted(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.configure(monkeypatch, seed=office.app.sign_in().refresh_token)
    customer, item, desk = (
        office.finance.customer("Alpine Ski House"),
        office.finance.item("Business Premium"),
        office.finance.item("Service desk"),
    )
    charges = office.folder / "vendor.jsonl"
    charges.write_text(json.dumps(CHARGE) + "\n", encoding="utf-8")
    assert run(["import", str(charges), "--vendor-total", "USD=220.00"]) == 0
    assert run(["sync"]) == 0
    capsys.readouterr()
    assert run(["map", "suggest"]) == 0
    told = capsys.readouterr().out
    assert re.search(f"ledger_customer: ['\"]{customer}['\"]", told), "a customer without any invoice is known"
    office.map(customer, item)
    entries = [
        Entry(item, "Seats", Decimal("259.60"), Decimal(10), Decimal("25.96"), date(2026, 10, 1)),
        Entry(desk, "Service desk", Decimal("100.00")),
    ]
    key = office.finance.invoice(customer, entries, date(2026, 11, 1))
    assert run(["sync"]) == 0
    capsys.readouterr()
    assert run(["--format", "json", "reconcile"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["result"] == "reconciled"
    outside = [row for row in result["verdicts"] if row["verdict"] == "out_of_scope"]
    assert [(row["slices"], row["amount"]) for row in outside] == [(1, "100.00")]

    office.finance.edit_line(key, 1, quantity=Decimal(9))
    office.finance.discount(key, amount=Decimal("10.00"))
    assert run(["sync"]) == 0
    capsys.readouterr()
    assert run(["--format", "json", "reconcile"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    kinds = {one["kind"]: Decimal(one["impact"]) for one in found}
    assert kinds["quantity_under_billed"] == Decimal("25.96")
    assert sum(kinds.values(), Decimal(0)) == Decimal("259.60") - Decimal("233.64") + Decimal("7.00")
