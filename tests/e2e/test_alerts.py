"""From a month that was imported to the mail about it: reconciling, alerts, findings' life and the audit trail."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from connector.cli.main import run
from connector.sandbox.authority import Authority
from tests.builders import Month, as_csv, ledger_line, vendor_line
from tests.post_office import LOGIN, PASSWORD, PostOffice

CANARIES = {
    "SMTP_PASSWORD": PASSWORD,
    "QUICKBOOKS_SECRET": "canary-quickbooks-s3cret",
    "QUICKBOOKS_SEED": "canary-refresh-t0ken",
    "CONNECTOR_SECRET_KEY": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
}
CONFIG = """\
company: {{name: Northwind <Cloud> Partners}}
ledgers:
  books-us:
    {{kind: quickbooks, realm_id: "9341452398374", client_id: a, client_secret: "${{QUICKBOOKS_SECRET}}",
      refresh_token: "${{QUICKBOOKS_SEED}}"}}
secret_key: ${{CONNECTOR_SECRET_KEY}}
network: {{ca_file: {ca}}}
http: {{public_url: https://billing.example.com}}
alerts:
  to: [jane@example.com]
  smtp:
    {{host: 127.0.0.1, port: {port}, username: {user}, password: "${{SMTP_PASSWORD}}", sender: billing@example.com}}
  immediate: [quantity_under_billed]
"""
Runs = Callable[..., str]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def office(authority: Authority) -> Iterator[PostOffice]:
    with PostOffice(authority.context(), sign_in=True) as running:
        yield running


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority, office: PostOffice) -> Month:
    """Ten seats of October charged, eight billed, and a configuration with a mail server."""
    monkeypatch.chdir(tmp_path)
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    text = CONFIG.format(ca=authority.ca_file, port=office.port, user=LOGIN)
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    made = Month(tmp_path, ledger=[ledger_line(quantity="8", amount="192.00")])
    return made.write()


@pytest.fixture
def do(capsys: pytest.CaptureFixture[str]) -> Runs:
    """Run a command in this process; what it wrote to stdout, and in `said` to stderr."""

    def one(*words: str, code: int = 0) -> str:
        found = run(list(words))
        out, err = capsys.readouterr()
        assert found == code, err
        for canary in CANARIES.values():
            assert canary not in out + err
        return out if code in (0, 1) else out + err

    return one


def reconcile(do: Runs, *words: str, code: int = 1) -> dict[str, Any]:
    told = do("reconcile", "--ledger", "ledger.csv", "--format", "json", *words, code=code)
    result: dict[str, Any] = json.JSONDecoder().raw_decode(told)[0]
    return result


def test_a_month_is_told_with_its_proof_and_workbook(month: Month, office: PostOffice, do: Runs) -> None:
    do("import", "vendor.csv", "--vendor-total", "USD=200.00", "-vv")
    result = reconcile(do, "-vv")
    assert "First look at October 2026" in do("alert", "--dry-run")
    assert office.delivered == []
    do("alert", "-vv")
    do("alert")
    (mail,) = office.delivered
    message = mail.message
    assert message["Subject"] == "First look at October 2026: 1 finding, you lose 48.00 USD"
    assert message["From"].addresses[0].display_name == "Northwind <Cloud> Partners"
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "every cent is accounted for" in " ".join(plain.get_content().split())
    (attached,) = message.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(attached.get_content()))
    assert {"Summary", "Findings", "Proof", "Microsoft's lines"} <= set(book.sheetnames)
    assert [cell.data_type for row in book["Findings"] for cell in row if cell.data_type == "f"] == []
    for part in message.walk():
        content = part.get_payload(decode=True) or b""
        assert not any(canary.encode() in content for canary in CANARIES.values())
    state = month.folder / "state"
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert not any(canary.encode() in kept for canary in CANARIES.values())
    with sqlite3.connect(state / "connector.db") as database:
        rows = list(database.execute("SELECT run_id, job, outcome, exit_code FROM run"))
    database.close()
    assert rows == [(result["run_id"], "reconcile", "done", 1)]
    assert {path.stat().st_mode & 0o077 for path in (state / "mail").rglob("*.xlsx")} == {0}


def test_the_life_of_a_finding(month: Month, office: PostOffice, do: Runs) -> None:
    do("import", "vendor.csv", "--vendor-total", "USD=200.00")
    name = reconcile(do)["findings"][0]["fingerprint"]
    do("alert")
    assert name in do("findings", "list", code=1)
    assert do("findings", "list", "--customer", "nobody") == "There are none.\n"
    patch = do(
        "findings", "accept", name[:6], "--reason", 'agreed: "all" of it', "--by", "jane", "--until", "2099-12-31"
    )
    assert yaml.safe_load(patch)["accepted"][0]["reason"] == 'agreed: "all" of it'
    (month.folder / "mappings" / "accepted.yaml").write_text(patch, encoding="utf-8")
    do("check")
    assert reconcile(do, code=0)["findings"] == []
    assert "accepted until 2099-12-31 by jane" in do("findings", "list", "--life", "accepted")
    (month.folder / "mappings" / "accepted.yaml").unlink()
    month.ledger_file.write_text(as_csv([ledger_line(quantity="7", amount="168.00")]), encoding="utf-8")
    reconcile(do)
    do("alert")
    assert office.delivered[-1].message["Subject"] == (
        "Worse, Too few seats billed (quantity_under_billed): Alpine Ski House, you lose 72.00 USD"
    )
    do("findings", "accept", name, "--reason", "agreed")
    assert do("findings", "reopen", name, "--reason", "no more") == f"{name} is open again\n"
    month.ledger_file.write_text(as_csv([ledger_line()]), encoding="utf-8")
    reconcile(do, code=0)
    do("alert", "--digest")
    assert office.delivered[-1].message["Subject"] == "1 resolved"
    shown = json.loads(do("findings", "show", name, "--format", "json"))
    assert [event["change"] for event in shown["events"]] == [
        "new", "accepted", "worse", "accepted", "reopened", "resolved",
    ]  # fmt: skip
    told = do("findings", "show", name)
    assert "grew beyond what was accepted" in told
    assert "There is no finding" in do("findings", "show", "ffff", code=2)

    entries = [json.loads(line) for line in do("audit", "export").splitlines()]
    assert [(one["who"] == "jane", one["action"], one["subject"]) for one in entries] == [
        (True, "accept", name), (False, "accept", name), (False, "reopen", name),
    ]  # fmt: skip
    assert [one["number"] for one in map(json.loads, do("audit", "export", "--after", "2").splitlines())] == [3]
    with sqlite3.connect(month.folder / "state" / "connector.db") as database:
        triggers = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE audit_entry SET who = 'mallory' WHERE number = 2")
    database.close()
    assert "from entry 2 on" in do("audit", "export", code=2)


def test_a_server_that_is_away_keeps_mails_waiting(month: Month, office: PostOffice, do: Runs) -> None:
    do("import", "vendor.csv", "--vendor-total", "USD=200.00")
    reconcile(do)
    office.conduct.sender = "421 gone"
    assert "not sent" in do("alert", code=75)
    assert json.loads(do("alert", "--dry-run", "--format", "json"))["written"] == []


def test_what_would_be_or_was_is_not_kept(month: Month, do: Runs) -> None:
    do("import", "vendor.csv", "--vendor-total", "USD=200.00")
    reconcile(do, "--no-record")
    reconcile(do, "--mappings", "mappings")
    words = ["--vendor", "vendor.csv", "--vendor-total", "USD=200.00"]
    reconcile(do, *words)
    assert not (month.folder / "state" / "connector.db").exists()
    assert do("findings", "list") == "There are none.\n"


def test_a_month_that_cannot_be_audited_is_kept_as_such(month: Month, office: PostOffice, do: Runs) -> None:
    do("import", "vendor.csv")
    assert reconcile(do)["result"] == "differences"
    do("alert")
    assert office.delivered[0].message["Subject"].startswith("First look at October 2026")
    extra = vendor_line(OrderId="another", Subtotal="10.00", Total="10.00")
    month.vendor_file.write_text(as_csv([vendor_line(), extra]), encoding="utf-8")
    do("import", "vendor.csv", "--vendor-total", "USD=200.00")
    reconcile(do, code=2)
    do("alert")
    assert any(one.message["Subject"].startswith("October 2026 is not audited: ") for one in office.delivered)


def test_without_alerts_it_says_what_to_write(month: Month, do: Runs) -> None:
    (month.folder / "config.yaml").write_text("company: {name: Northwind}\n", encoding="utf-8")
    assert "there is no `alerts`" in do("alert", code=2)
