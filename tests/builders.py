"""Builds what the tests reconcile: made-up worlds, small months of a few lines, and runs over both."""

import contextlib
import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.bootstrap import FilesRequest, Outcome, reconcile_files
from connector.cli.demo import compare
from connector.cli.main import run
from connector.domain.finding import Finding
from connector.domain.period import Period
from connector.reports.result_json import to_document
from connector.sandbox.scenario import generate

ROOT = Path(__file__).parent.parent
TENANT = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
SUBSCRIPTION = "9d7d1f3d-c8de-461c-db6d-91debd5129f0"

VENDOR_LINE = {
    "PartnerId": "1f0e2d3c-4b5a-4978-8695-a4b3c2d1e0f1",
    "CustomerId": TENANT,
    "CustomerName": "Alpine Ski House",
    "InvoiceNumber": "G012345678",
    "OrderId": "cf94f0bd-bf7a",
    "OrderDate": "10/1/2026",
    "ProductId": "CFQ7TTC0LCHC",
    "SkuId": "0002",
    "ProductName": "Microsoft 365 Business Premium",
    "SkuName": "Microsoft 365 Business Premium",
    "ChargeType": "cycleCharge",
    "UnitPrice": "20.00",
    "Quantity": "10",
    "Subtotal": "200.00",
    "TaxTotal": "0",
    "Total": "200.00",
    "Currency": "USD",
    "PriceAdjustmentDescription": "",
    "SubscriptionId": SUBSCRIPTION,
    "ChargeStartDate": "10/1/2026",
    "ChargeEndDate": "10/31/2026",
    "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing",
    "EffectiveUnitPrice": "20.00",
    "BillableQuantity": "10",
    "BillingFrequency": "Monthly",
    "PricingCurrency": "USD",
    "PCToBCExchangeRate": "1",
    "SubscriptionStartDate": "3/1/2026",
    "SubscriptionEndDate": "2/28/2027",
    "ReferenceId": "",
    "ProductQualifiers": "",
    "PromotionId": "",
}
LEDGER_LINE = {
    "document_number": "INV-1001",
    "document_date": "2026-11-02",
    "document_type": "invoice",
    "customer_id": "58",
    "customer_name": "Alpine Ski House",
    "line_number": "1",
    "item_id": "31",
    "description": "Microsoft 365 Business Premium",
    "quantity": "10",
    "unit_price": "24.00",
    "amount": "240.00",
    "tax": "",
    "currency": "USD",
    "service_start": "2026-10-01",
    "service_end": "2026-10-31",
    "reference": SUBSCRIPTION,
    "status": "",
}
MAPPING = f"""\
customers:
- {{name: Alpine Ski House, tenant_id: {TENANT}, ledger_customer: "58", currency: USD}}
products:
- {{name: Microsoft 365 Business Premium, product_id: CFQ7TTC0LCHC, item: "31"}}
prices:
- {{for: {{}}, markup_percent: 20, of: net}}
"""


def vendor_line(**changes: str) -> dict[str, str]:
    """A line of Microsoft's invoice: ten seats for October at 20.00, unless it is told otherwise."""
    return {**VENDOR_LINE, **changes}


def ledger_line(**changes: str) -> dict[str, str]:
    """A line of the ledger that bills exactly that, at 24.00."""
    return {**LEDGER_LINE, **changes}


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV with a header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@dataclass(slots=True)
class Month:
    """A small month in a folder of its own: what is written there is what is reconciled."""

    folder: Path
    vendor: list[dict[str, str]] = field(default_factory=lambda: [vendor_line()])
    ledger: list[dict[str, str]] = field(default_factory=lambda: [ledger_line()])
    mapping: str = MAPPING
    totals: dict[str, str] = field(default_factory=lambda: {"USD": "200.00"})

    @property
    def vendor_file(self) -> Path:
        """Microsoft's lines."""
        return self.folder / "vendor.csv"

    @property
    def ledger_file(self) -> Path:
        """The ledger's lines."""
        return self.folder / "ledger.csv"

    def write(self) -> "Month":
        """Write the files."""
        (self.folder / "mappings").mkdir(parents=True, exist_ok=True)
        (self.folder / "mappings" / "mapping.yaml").write_text(self.mapping, encoding="utf-8")
        self.vendor_file.write_text(as_csv(self.vendor), encoding="utf-8")
        self.ledger_file.write_text(as_csv(self.ledger), encoding="utf-8")
        return self

    def words(self, *more: str, vendor: Sequence[Path] = (), ledger: Sequence[Path] = ()) -> list[str]:
        """The command that reconciles the month."""
        words = ["reconcile", "--mappings", str(self.folder / "mappings")]
        for path in vendor or [self.vendor_file]:
            words += ["--vendor", str(path)]
        for path in ledger or [self.ledger_file]:
            words += ["--ledger", str(path)]
        for currency, amount in self.totals.items():
            words += ["--vendor-total", f"{currency}={amount}"]
        return [*words, *more]


def connector(words: Iterable[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command line as a process of its own, with nothing in its environment but what it is given."""
    return subprocess.run(
        [sys.executable, "-m", "connector", *words],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "HOME": str(cwd), "PATH": os.defpath, "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def answer(words: Iterable[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line within this process, with the same folder and environment as one of its own would have.

    Loading what it needs takes a process longer than a small month does; tests about the process itself start one.
    """
    said, told = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before, folder = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update({"HOME": str(cwd), "PATH": os.defpath, "LANG": "C.UTF-8", **environment})
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
            code = run([*words])
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)
    texts = [stream.buffer.getvalue().decode() for stream in (said, told)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess([*words], code, *texts)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A generated world and what it knows of itself."""

    folder: Path
    truth: dict[str, Any]

    def request(self, **changes: Any) -> FilesRequest:
        """What reconciles the world as its truth says, or with some of its files exchanged."""
        given = self.truth["arguments"]
        arguments: dict[str, Any] = {
            "vendor": tuple(self.folder / path for path in given["vendor"]),
            "ledgers": tuple(
                (name, self.folder / path) for name, _, path in (text.partition("=") for text in given["ledger"])
            ),
            "mappings": self.folder / given["mappings"],
            "subscriptions": tuple(self.folder / path for path in given.get("subscriptions", ())),
            "price_sheets": tuple(self.folder / path for path in given.get("price_sheet", ())),
            "totals": {currency: Decimal(amount) for currency, amount in given["vendor_total"].items()},
            "taxes": {currency: Decimal(amount) for currency, amount in given.get("vendor_tax", {}).items()},
            "month": Period.month(given["scope"]) if given.get("scope") else None,
        }
        return FilesRequest(**{**arguments, **changes})

    def reconcile(self, **changes: Any) -> Outcome:
        """Reconcile it."""
        return reconcile_files(self.request(**changes))


def make_world(
    folder: Path, seed: int, *, customers: int = 40, months: int = 1, defects: bool | Sequence[str] = True
) -> MadeUp:
    """Generate a world in a folder."""
    scenario = generate(customers, months, seed, folder, defects=defects)
    return MadeUp(folder, json.loads(scenario.truth.read_text(encoding="utf-8")))


def differences_from_truth(truth: Mapping[str, Any], findings: Sequence[Finding]) -> tuple[list[Any], list[Finding]]:
    """What the truth names and nobody found, and what was found beside it; null in the truth stands for anything."""
    return compare(truth["findings"], tuple(findings))


def tell(finding: Finding) -> str:
    """A finding in one line, for a failed assertion."""
    about = finding.subject
    places = [f"{e.ref.rsplit('/', 1)[-1]}:{e.line}" for e in finding.evidence if e.source != "mapping"][:3]
    return f"{finding.kind} {finding.impact} {finding.currency} {about} {finding.first}..{finding.last} {places}"


def document(outcome: Outcome) -> dict[str, Any]:
    """The result as JSON writes it, without what may differ: the run's id and where the evidence stands."""
    written = to_document(outcome.result, "")
    for finding in written["findings"]:
        for cause in finding["causes"]:
            cause["text"] = cause["text"].split("; the rule:")[0]
        evidence = finding["evidence"]
        finding["evidence"] = sorted((each["source"], each["row_hash"] or "") for each in evidence)
    return written


def vendor_rows(folder: Path) -> list[dict[str, Any]]:
    """Microsoft's lines of a world, every number as the text that stands in the file."""
    rows: list[dict[str, Any]] = []
    for path in sorted((folder / "vendor").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8-sig") as lines:
            rows += [json.loads(line, parse_float=str, parse_int=str) for line in lines]
    return rows


def ledger_rows(folder: Path, ledger: str = "*") -> list[dict[str, str]]:
    """The lines of a world's ledgers, or of one of them, that count: neither void nor draft."""
    rows: list[dict[str, str]] = []
    for path in sorted((folder / "ledger").glob(f"{ledger}.csv")):
        rows += csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return [row for row in rows if row["status"].strip().lower() not in ("void", "voided", "draft", "deleted")]
