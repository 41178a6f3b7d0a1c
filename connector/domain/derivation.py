"""How an expected amount came about: which rules decided, how the charge was read, and the sums, to be done again."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.credit import CreditChain
from connector.domain.finding import Finding
from connector.domain.line_rows import LineRow


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule decided, and where it stands.

    It is `about` a customer, an exception, a bundle, an item, a price, a tax or an exchange rate.
    `otherwise` is what would hold without that rule, and `otherwise_place` the rule that would decide then.
    """

    about: str
    answer: str
    place: str
    otherwise: str = ""
    otherwise_place: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a charge is read: signed seats (all, and those to be billed), prices of a cycle, and its share of the cycle.

    `first` and `last` are inclusive days; `share_by` says what `days` of `of_days` rest on: cycle, dates or price.
    By price they are prices, not days. `base` is the amount that a rule for amounts is applied to.
    """

    charge_type: str
    first: date | None
    last: date | None
    quantity: Decimal | None
    billed_quantity: Decimal | None
    list_price: Decimal | None
    net_price: Decimal | None
    months: int
    days: Decimal
    of_days: Decimal
    share_by: str
    base: Decimal | None
    cost: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in plain arithmetic (+ − × / brackets, and round(amount, decimals) half away from zero), and its result."""

    name: str
    formula: str
    result: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """One expected slice: whom, what, by which rules, how much.

    `status` is priced, absorbed, or why it cannot be billed; then there is no `amount`. `charges` are the vendor lines
    that are in it, `verdicts` what became of its cost.
    """

    customer: str
    tenant_id: str
    ledger: str
    ledger_customer: str
    product: str
    item: str
    subscription_id: str
    status: str
    rate: str
    decisions: tuple[Decision, ...]
    readings: tuple[Reading, ...]
    sums: tuple[Sum, ...]
    amount: Decimal | None
    currency: str
    cost: Decimal
    cost_currency: str
    charges: tuple[LineRow, ...]
    verdicts: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared as one: the expected slices, the ledger's lines, and the findings that came of it.

    `expected` and `actual` are None where there was nothing to compare. `credits` are what Microsoft gave back.
    """

    derivations: tuple[Derivation, ...]
    ledger_lines: tuple[LineRow, ...]
    findings: tuple[Finding, ...]
    currency: str = ""
    expected: Decimal | None = None
    actual: Decimal | None = None
    left_out: int = 0
    credits: tuple[CreditChain, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole chain behind a finding, a line or a subscription; `meant` says what the reference was taken for."""

    reference: str
    meant: str
    comparisons: tuple[Comparison, ...]
