"""Two legal entities, dollars in QuickBooks and euros in Business Central, from sync to posted by the command line.

The world is a made-up one in which the partner's bookkeepers made no mistake, until two invoices are deleted.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.sandbox.books import Books
from connector.sandbox.business_central.company import Company
from connector.sandbox.business_central.documents import delete_document
from connector.sandbox.business_central.kinds import KINDS
from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import Bookkeeper
from connector.sandbox.rehearsal import SECRETS, claim, write_rehearsal
from connector.sandbox.running import Deal, Running, morning_after, start
from connector.sandbox.scenario import generate
from connector.sandbox.tokens import Tokens

CUSTOMERS, SEED = 12, 5


@dataclass
class Office:
    """The partner's connector, and both accounting systems."""

    folder: Path
    books: Books
    running: Running
    capsys: pytest.CaptureFixture[str]

    @property
    def central(self) -> Company:
        assert self.books.central is not None
        return self.books.central.company("Northwind Cloud Europe")

    def run(self, *words: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = run(list(words))
        return code, self.capsys.readouterr().out

    def told(self, *words: str) -> tuple[int, Any]:
        code, out = self.run("--format", "json", *words)
        return code, json.loads(out)

    def delete_an_invoice_each(self) -> None:
        """A slip of the hand in either ledger: the largest invoice is deleted."""
        company = self.central
        largest = max(company.rows("salesInvoices"), key=lambda row: row["totalAmountExcludingTax"])
        with company.lock:
            delete_document(company, KINDS["salesInvoices"], largest)
        assert self.books.quickbooks is not None
        there = next(one for one in self.books.quickbooks.companies.values() if one.every("Invoice"))
        Bookkeeper(there).delete(max(there.every("Invoice"), key=lambda row: row["TotalAmt"])["Id"])


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    files, folder = tmp_path / "files", tmp_path / "office"
    generate(CUSTOMERS, 1, SEED, files, defects=False)
    claim(folder)
    world = Deal(CUSTOMERS, 1, SEED, defects=False).world()
    clock = SandboxClock(morning_after(world), following=True)
    books = Books(Tokens(clock), "both")
    with start(world, clock, folder=folder, also=books.services(), tokens=books.tokens) as running:
        write_rehearsal(running, books, folder)
        for written in (folder / SECRETS).read_text(encoding="utf-8").splitlines():
            name, _, secret = written.partition("=")
            monkeypatch.setenv(name, secret)
        monkeypatch.chdir(folder)
        with (folder / "config.yaml").open("a", encoding="utf-8") as config:
            config.write("posting: {mode: review, start: 2026-10, deliver: true}\n")
        _import(files)
        yield Office(folder, books, running, capsys)


def _import(files: Path) -> None:
    truth = json.loads((files / "truth.json").read_text(encoding="utf-8"))
    given = truth["arguments"]
    invoices = sorted({re.findall(r"G0\d+", name)[0] for name in given["vendor"]})
    for invoice, currency in zip(invoices, sorted(truth["vendor_totals"], reverse=True), strict=True):
        paths = [str(files / name) for name in given["vendor"] if invoice in name]
        total = f"{currency}={truth['vendor_totals'][currency]}"
        assert run(["import", *paths, "--vendor-total", total]) == 0
    assert run(["import", *(str(files / name) for name in given["price_sheet"])]) == 0


def test_a_month_on_two_ledgers_from_sync_to_posted(office: Office) -> None:
    code, told = office.run("check", "--online")
    assert "Ledger books-eu: signed in at Northwind Cloud Europe (EUR)" in told
    assert office.run("sync", "--only", "ledger")[0] == 0
    code, result = office.told("reconcile")
    assert (code, result["result"], result["findings"]) == (0, "reconciled", [])
    assert {proof["currency"] for proof in result["conservation"]} == {"USD", "EUR"}

    office.delete_an_invoice_each()
    assert office.run("sync", "--only", "ledger")[0] == 0
    code, result = office.told("reconcile")
    lost = {finding["currency"] for finding in result["findings"] if finding["kind"] == "unbilled_charge"}
    assert (code, lost) == (1, {"USD", "EUR"})

    code, plan = office.told("plan", "--period", "2026-10")
    assert (code, {document["ledger"] for document in plan["documents"]}) == (1, {"books-us", "books-eu"})
    words = ("post", plan["plan_id"], "--yes", "--wait", "--by", "jane")
    code, posted = office.told(*words)
    documents = [one for one in posted["postings"] if one["what"] == "document"]
    assert {one["state"] for one in documents} == {"verified"}
    assert len(documents) == len(plan["documents"])
    # The customer in QuickBooks has no address, so its mail waits for a person, and the command says so.
    (mail,) = [one for one in posted["postings"] if one not in documents]
    assert (code, mail["what"], mail["ledger"], mail["state"]) == (1, "delivery", "books-us", "rejected")
    assert "has no e-mail address of customer" in mail["said"]
    ours = [row for row in office.central.rows("salesInvoices") if row["externalDocumentNumber"]]
    assert [row["_posted"] for row in ours] == [True]
    assert [mail.id for mail in office.central.mails] == [row["id"] for row in ours]
    assert [row["parentId"] for row in office.central.rows("documentAttachments")] == [row["id"] for row in ours]
    assert office.told(*words)[1]["postings"] == posted["postings"]

    assert office.run("sync", "--only", "ledger")[0] == 0
    code, result = office.told("reconcile")
    assert (code, result["result"]) == (0, "reconciled")
    assert office.told("plan", "--period", "2026-10")[1]["documents"] == []
    assert [row for row in office.central.rows("salesInvoices") if row["externalDocumentNumber"]] == ours
