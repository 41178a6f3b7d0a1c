"""Clients that others wrote work on the simulated QuickBooks: they sign in, create, read, page, change and refresh.

node-quickbooks and intuit-oauth come from npm, tap-quickbooks from PyPI into an environment of its own; without the
registries, or without Node, their tests are skipped and say so. python-quickbooks is the one the connector uses.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks as Client
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects import Attachable, Customer, Invoice, Item, Payment, PaymentLine, Ref, Vendor
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.preferences import Preferences

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, no_quotas, open_company
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.serving import Server

REALM = "9130357992222846"
NODE_CLIENTS = ("node-quickbooks@2.0.50", "intuit-oauth@4.2.5")
TAP = "tap-quickbooks==2.5.0"
SCRIPTS = Path(__file__).parent / "quickbooks"


@pytest.fixture
def qbo() -> QuickBooks:
    clock = SandboxClock(datetime.now(UTC), following=True)
    return QuickBooks(clock, [open_company(REALM, clock)], quotas=no_quotas())


@pytest.fixture
def server(qbo: QuickBooks) -> Iterator[Server]:
    with Server(qbo, clock=qbo.clock) as running:
        yield running


def bare_environment(**more: str) -> dict[str, str]:
    """Our surroundings without proxies, which loopback addresses do not need, and without our Python path."""
    kept = {name: text for name, text in os.environ.items() if "proxy" not in name.lower() and name != "PYTHONPATH"}
    return kept | more


def fetched(words: list[str], **more: Any) -> None:
    """Run an installer; skips the test when the registry cannot be reached."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=90, **more)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{words[0]} could not fetch the client within 90 seconds")
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), "it does not say why")
        pytest.skip(f"{Path(words[0]).name} could not fetch the client: {said}")


def test_node_quickbooks_and_intuit_oauth(qbo: QuickBooks, server: Server, tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not installed (Debian: nodejs npm)")
    flags = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"]
    flags += ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix", str(tmp_path)]
    fetched([npm, "install", *flags, *NODE_CLIENTS])
    script = tmp_path / "clients.js"
    shutil.copy(SCRIPTS / "clients.js", script)
    identity = {"CLIENT_ID": "sandbox-client", "CLIENT_SECRET": "sandbox-secret"}
    surroundings = bare_environment(BASE=server.url, REALM=REALM, **identity)
    done = subprocess.run(
        [node, str(script)], env=surroundings, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "realm": REALM,
        "refreshed": True,
        "company": "Northwind Cloud Partners",
        "faultOfOauth": "610",
        "replayed": True,
        "duplicate": "6140",
        "unknown": "2010",
        "paged": 25,
        "counted": 25,
        "named": [True],
        "changed": ["changed", "1", 19.99],
        "stale": "5010",
        "unapplied": 0,
        "balance": 0,
        "voided": 0,
        "deleted": "Deleted",
        "sent": "EmailSent",
        "pdf": "%PDF",
        "batch": ["Vendor", "QueryResponse", "610"],
        "changes": [25, 1],
        "file": ["usage.csv", True],
        "preferences": True,
    }
    company = qbo.company()
    (first,) = company.find("Invoice", DocNumber="N-1")
    assert first["TotalAmt"] == Decimal("19.99")
    assert list(company.files.values()) == [b"a,b\n1,2\n"]
    assert all(grant.revoked for grant in qbo.tokens.grants)


def test_tap_quickbooks(qbo: QuickBooks, server: Server, tmp_path: Path) -> None:
    company = qbo.company()
    finance = Bookkeeper(company)
    item = finance.item("Microsoft 365 E3", Decimal("23.00"))
    customers = [finance.customer(f"Customer {number}") for number in range(5)]
    finance.deactivate(finance.customer("Gone"))
    keys = [finance.invoice(customers[n % 5], [Entry(item, "October", Decimal(n + 1))]) for n in range(60)]
    finance.pay(keys[0])
    finance.delete(keys[1])
    finance.credit_memo(customers[0], [Entry(item, "back", Decimal("1.25"))])
    vendor = finance.vendor("Microsoft")
    finance.bill(vendor, Decimal("900.10"), date(2026, 10, 9), DocNumber="G000000001")

    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, capture_output=True)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    fetched(
        [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--retries=1",
            "--timeout=20",
            TAP,
        ]
    )

    old = qbo.sign_in()
    config = {
        "start_date": (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user_agent": "conformance",
        "realm_id": REALM,
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "refresh_token": old.refresh_token,
        "sandbox": "true",
        "max_results": "25",
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    words = [str(python), str(SCRIPTS / "tap.py"), server.url, "--config", str(tmp_path / "config.json")]
    surroundings = bare_environment(OAUTHLIB_INSECURE_TRANSPORT="1")

    def tapped(*more: str) -> str:
        ran = subprocess.run(
            [*words, *more], env=surroundings, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    catalog = json.loads(tapped("--discover"))
    for stream in catalog["streams"]:
        chosen = stream["tap_stream_id"] != "profit_loss_report"
        for part in stream["metadata"]:
            part["metadata"]["selected"] = chosen
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    lines = [json.loads(text) for text in tapped("--catalog", str(tmp_path / "catalog.json")).splitlines()]
    records = [line for line in lines if line["type"] == "RECORD"]
    counts = Counter(record["stream"] for record in records)
    expected = {"invoices": 59, "customers": 6, "credit_memos": 1, "payments": 1, "bills": 1, "deleted_objects": 1}
    expected |= {"vendors": 1, "items": 1, "terms": 5, "accounts": 10, "tax_rates": 2, "tax_codes": 4}
    assert counts == expected
    amounts = {
        record["record"]["Id"]: record["record"]["TotalAmt"] for record in records if record["stream"] == "invoices"
    }
    assert {key: Decimal(str(amount)) for key, amount in amounts.items()} == {
        one["Id"]: one["TotalAmt"] for one in company.every("Invoice")
    }
    assert json.loads((tmp_path / "config.json").read_text())["access_token"] != old.access_token


@dataclass
class Library:
    """python-quickbooks signed in at the simulator, with a customer and an item to bill."""

    client: Client
    customer: Any
    item: Any

    def invoice(self, number: str, amount: str) -> Any:
        """An invoice with one line, built as the library's readme shows."""
        invoice, line = Invoice(), SalesItemLine()
        line.Amount, line.Description = Decimal(amount), "October"
        line.SalesItemLineDetail = SalesItemLineDetail()
        line.SalesItemLineDetail.ItemRef = self.item.to_ref()
        invoice.CustomerRef, invoice.DocNumber = self.customer.to_ref(), number
        invoice.Line.append(line)
        return invoice


@pytest.fixture
def library(qbo: QuickBooks, server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    pair = qbo.sign_in()
    signed = AuthClient(
        client_id="sandbox-client",
        client_secret="sandbox-secret",
        environment=server.url + "/.well-known/openid_sandbox_configuration",
        redirect_uri="http://127.0.0.1:9/callback",
    )
    client = Client(
        auth_client=signed, refresh_token=pair.refresh_token, company_id=REALM, minorversion=75, use_decimal=True
    )
    client.api_url_v3 = client.sandbox_api_url_v3 = server.url + "/v3"
    assert signed.access_token != pair.access_token
    customer, item, income = Customer(), Item(), Ref()
    customer.DisplayName = "Alpine Ski House"
    customer.save(qb=client)
    item.Name, item.Type, item.Sku, income.value = "Microsoft 365 E3", "Service", "CFQ7TTC0LFLX", "1"
    item.IncomeAccountRef = income
    item.save(qb=client)
    yield Library(client, customer, item)
    client.session.close()
    signed.close()


def test_python_quickbooks_creates_reads_and_pages(library: Library) -> None:
    client, made = library.client, library.invoice
    assert Item.all(qb=client)[0].Sku == "CFQ7TTC0LFLX"
    first = made("P-1", "100.10")
    first.save(qb=client, request_id="py-1")
    made("P-1", "100.10").save(qb=client, request_id="py-1")
    assert Invoice.count(qb=client) == 1
    with pytest.raises(QuickbooksException) as refused:
        made("P-1", "100.10").save(qb=client)
    assert refused.value.error_code == 6140
    answers = batch_create([made(f"P-{number}", "1.00") for number in range(2, 122)], qb=client)
    assert (len(answers.successes), answers.faults) == (120, [])
    pages = [Invoice.all(order_by="Id", start_position=at, max_results=50, qb=client) for at in (1, 51, 101, 151)]
    assert [len(page) for page in pages] == [50, 50, 21, 0]
    assert len(Invoice.filter(qb=client, DocNumber="P-77")) == 1
    assert len(Customer.where("DisplayName LIKE 'Alpine%'", qb=client)) == 1
    with pytest.raises(ValidationException):
        Invoice.where("PrivateNote = 'x'", qb=client)
    read = Invoice.get(first.Id, qb=client)
    assert (read.TotalAmt, read.Balance, str(read.SyncToken)) == (Decimal("100.10"), Decimal("100.10"), "0")
    assert Preferences.get(qb=client).SalesFormsPrefs.CustomTxnNumbers is True


def test_python_quickbooks_changes_pays_voids_and_attaches(qbo: QuickBooks, library: Library, tmp_path: Path) -> None:
    client = library.client
    first, void, gone = (library.invoice(f"P-{number}", "100.10") for number in (1, 2, 3))
    for one in (first, void, gone):
        one.save(qb=client)
    read = Invoice.get(first.Id, qb=client)
    read.PrivateNote = "changed"
    assert read.save(qb=client).PrivateNote == "changed"
    payment, settled = Payment(), PaymentLine()
    payment.CustomerRef, payment.TotalAmt = library.customer.to_ref(), Decimal("100.10")
    settled.Amount = Decimal("100.10")
    settled.LinkedTxn.append(first.to_linked_txn())
    payment.Line.append(settled)
    payment.save(qb=client)
    assert Invoice.get(first.Id, qb=client).Balance == 0
    void.void(qb=client)
    gone.delete(qb=client)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(gone.Id, qb=client)
    first.send(qb=client, send_to="billing@example.com")
    assert Invoice.get(first.Id, qb=client).EmailStatus == "EmailSent"
    assert first.download_pdf(qb=client).startswith(b"%PDF")

    note = tmp_path / "usage.csv"
    note.write_bytes(b"a,b\r\n1,2\r\n")
    attachable = Attachable()
    attachable.AttachableRef.append({"EntityRef": {"type": "Invoice", "value": first.Id}})
    attachable.FileName, attachable.ContentType, attachable._FilePath = "usage.csv", "text/csv", str(note)
    attachable.save(qb=client)
    assert qbo.company().files[attachable.Id] == note.read_bytes()

    vendor = Vendor()
    vendor.DisplayName = "Microsoft"
    vendor.save(qb=client)
    since = datetime.now(UTC) - timedelta(minutes=5)
    changes = change_data_capture([Invoice, Vendor], since.strftime("%Y-%m-%dT%H:%M:%SZ"), qb=client)
    assert (len(changes.Invoice), len(changes.Vendor)) == (3, 1)
    assert [one.Id for one in changes.Invoice if getattr(one, "status", "") == "Deleted"] == [gone.Id]
