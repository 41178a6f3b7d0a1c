"""The result of a reconciliation: verdicts, findings and the proof that nothing was lost."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class Conservation:
    """The proof of one currency: header = lines + tax + adjustments, lines = verdicts; and the ledger's own sum.

    `vendor_header` is None when no header total is known.
    """

    currency: str
    vendor_header: Decimal | None
    vendor_lines: Decimal
    vendor_tax: Decimal
    adjustments: Decimal
    verdicts: Decimal
    ledger_lines: Decimal
    ledger_verdicts: Decimal


@dataclass(frozen=True, slots=True, order=True)
class VerdictTotal:
    """How many slices of one side and currency share a verdict, and their amount (vendor: cost, ledger: net)."""

    side: str
    verdict: str
    currency: str
    slices: int
    amount: Decimal


@dataclass(frozen=True, slots=True, order=True)
class Suppressed:
    """What a tolerance kept silent: how many findings of a kind, and their money."""

    kind: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True, order=True)
class Margin:
    """Revenue, cost and margin of one customer and category in one currency; percent is None without revenue."""

    customer: str
    category: str
    currency: str
    revenue: Decimal
    cost: Decimal
    margin: Decimal
    margin_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a run found, of which vendor invoices, and whether it may be called reconciled.

    `result` is reconciled, differences or not_audited; `because` says why it could not be audited.
    """

    result: str
    because: tuple[str, ...]
    start: date | None
    last: date | None
    invoices: tuple[str, ...]
    conservation: tuple[Conservation, ...]
    verdicts: tuple[VerdictTotal, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    margins: tuple[Margin, ...]
    notes: tuple[str, ...] = ()
