"""Findings: what a person must know of, with the money, the causes, the evidence and the advice."""

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a difference and its part of the money; the causes of a finding sum to its impact."""

    cause: str
    amount: Decimal
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Where a finding rests: source is vendor, ledger, subscription, price_sheet or mapping; `row_hash` is stable."""

    source: str
    ref: str
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what a finding is about; any part may be unknown (None)."""

    tenant_id: str | None = None
    customer_name: str | None = None
    ledger: str | None = None
    ledger_customer: str | None = None
    subscription_id: str | None = None
    product_id: str | None = None
    sku_id: str | None = None
    product_name: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """A quantity, unit price and amount as expected or as found; None where it has no meaning."""

    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to act on.

    `measures` is difference or exposure (never added together). `impact` is in `currency`: positive = the partner
    loses, negative = the customer is over-charged. `key` names kind and group, never amounts; the fingerprint is
    made of it, so a finding keeps its identity from run to run. `first` and `last` are the days it concerns.
    """

    kind: str
    measures: str
    severity: str
    impact: Decimal
    currency: str
    subject: Subject
    key: tuple[str, ...]
    valued_at: str = "sell"
    recurring: bool = False
    first: date | None = None
    last: date | None = None
    expected: Figures = Figures()
    actual: Figures = Figures()
    causes: tuple[Cause, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    advice: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same as long as kind and group do."""
        return hashlib.sha256("\x1f".join((self.kind, *self.key)).encode()).hexdigest()[:16]
