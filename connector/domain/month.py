"""What a month comes to: its proof, findings with their money, what was recovered, margins, and the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from connector.domain.credit import CreditChain
from connector.domain.result import Reconciliation

ACCRUED_REVENUE, DEFERRED_REVENUE = "accrued_revenue", "deferred_revenue"
ACCRUED_COST, PREPAID_COST = "accrued_cost", "prepaid_cost"
ADJUSTMENTS = (ACCRUED_REVENUE, DEFERRED_REVENUE, ACCRUED_COST, PREPAID_COST)
"""What is moved at the end of a month: served and not billed, billed and not served; used and not invoiced by
Microsoft, invoiced and not used."""

GENERAL_LEDGER, DOCUMENTS = "general ledger", "documents"
"""What an account is held against: its entries, or the documents that were read of the ledger."""


@dataclass(frozen=True, slots=True, order=True)
class Adjusting:
    """An amount to be moved at the end of the month, net: of which customer and category; positive."""

    kind: str
    currency: str
    customer: str
    category: str
    amount: Decimal


@dataclass(frozen=True, slots=True, order=True)
class Leakage:
    """What was found and what became of it since the start, in one currency and on one side.

    `side` is lost (the partner loses), over_charged (its customers are) or vendor (Microsoft charged it too much; what
    was refused counts as accepted); `found` = `recovered` + `accepted` + `open`, all positive.
    """

    currency: str
    side: str
    found: Decimal
    recovered: Decimal
    accepted: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True, order=True)
class MarginChange:
    """A customer's margin in a category, and that of the month before (None: there was none)."""

    customer: str
    category: str
    currency: str
    revenue: Decimal
    cost: Decimal
    margin: Decimal
    percent: Decimal | None
    before: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """By how much the margin grew."""
        return None if self.before is None else self.margin - self.before


@dataclass(frozen=True, slots=True, order=True)
class EarnedCredit:
    """The partner earned credit in what a customer's Azure cost, and the margin with it (None: not known)."""

    customer: str
    currency: str
    credit: Decimal
    margin: Decimal | None

    @property
    def without(self) -> Decimal | None:
        """The margin as it would be without the credit."""
        return None if self.margin is None else self.margin - self.credit


@dataclass(frozen=True, slots=True, order=True)
class Credit:
    """A credit of Microsoft's that the customer has not got: since which day, and how many days that is."""

    since: date
    customer: str
    product: str
    currency: str
    amount: Decimal
    age: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SeatVariance:
    """Seats held at the end of the month, and those billed too many or too few."""

    held: Decimal
    differing: Decimal

    @property
    def percent(self) -> Decimal | None:
        """The differing seats in percent; None where nothing is held."""
        return self.differing * 100 / self.held if self.held else None


@dataclass(frozen=True, slots=True, order=True)
class AccountSum:
    """What the cloud items' lines dated in the month come to on an income account of a ledger."""

    ledger: str
    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, order=True)
class TieLine:
    """One thing by which an account differs from what is counted: a document, a journal entry, or all other items.

    `kind` is the ledger's own word for it, `ledger` what it comes to on the account, `counted` what is counted of it;
    `why` says in a few words what it is.
    """

    day: date | None
    kind: str
    number: str
    party: str
    text: str
    ledger: Decimal
    counted: Decimal
    why: str

    @property
    def difference(self) -> Decimal:
        """Its part of the account's difference."""
        return self.ledger - self.counted


@dataclass(frozen=True, slots=True, order=True)
class TieOut:
    """An account of a ledger held against what it should come to, by what is counted of the cloud.

    Revenue (`side`): what the account comes to in the month (`ledger`), and the lines of cloud items booked on it then
    (`counted`). Cost: what is booked of the bills for the month's vendor invoices, with all else on the account in the
    month, and Microsoft's lines. `source` says where `ledger` is from: the general ledger, or, where that was not read,
    the documents alone. `lines` make up the difference where it is the general ledger.
    """

    side: str
    name: str
    account: str
    currency: str
    ledger: Decimal
    counted: Decimal
    source: str = DOCUMENTS
    lines: tuple[TieLine, ...] = ()

    @property
    def difference(self) -> Decimal:
        """What stands on the account beside the cloud, or (cost) was booked otherwise than Microsoft charged it."""
        return self.ledger - self.counted


@dataclass(frozen=True, slots=True)
class Shift:
    """A number of a month that is another now: what it is of, then and now (None: it was or is not there)."""

    what: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Closing:
    """A month that was closed: when, by whom, why, of what, and the report as it stood, word by word."""

    month: str
    number: int
    closed_at: datetime
    closed_by: str
    reason: str
    run_id: str
    result: str
    report: str
    digest: str
    inputs: str
    mapping_digest: str
    config_digest: str


@dataclass(frozen=True, slots=True)
class MonthReport:
    """Everything that is told of a month; `facts` are its numbers by name, for comparing two reports."""

    month: date
    result: Reconciliation
    leakage: tuple[Leakage, ...] = ()
    margins: tuple[MarginChange, ...] = ()
    earned: tuple[EarnedCredit, ...] = ()
    seats: SeatVariance | None = None
    credits: tuple[Credit, ...] = ()
    chains: tuple[CreditChain, ...] = ()
    adjusting: tuple[Adjusting, ...] = ()
    accounts: tuple[AccountSum, ...] = ()
    ties: tuple[TieOut, ...] = ()
    inputs: tuple[str, ...] = ()
    mapping_digest: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[tuple[str, ...], str] = field(default_factory=dict)
