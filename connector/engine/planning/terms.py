"""What a plan is made under: the period, from when on we post, what is held, and what is known of the month before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.domain.period import Period

# Ledger, its customer, currency.
Account = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Guards:
    """Beyond these a plan is held for a person; None means no limit. `mode` is off, review, auto or None (not known).

    `documents` and `amount` (per currency) are for the whole plan, `change_percent` for each customer against the
    month before. `taxed_lines` is how many lines a ledger takes on a document with tax, by its name.
    """

    mode: str | None = None
    documents: int | None = None
    amount: Decimal | None = None
    change_percent: Decimal | None = None
    closed_until: date | None = None
    taxed_lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring invoice that a ledger makes by itself: whom it bills which items, and when next."""

    account: Account
    name: str
    next_day: date
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unexplained:
    """What people billed a customer by hand for some days that no charge explains; `text` tells it."""

    account: Account
    days: Period
    text: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The month that is planned, and the rules about posting.

    `start` is the first day of the first month that is ever posted, `starts` are other first days by tenant. `before`
    is what each customer was billed for the month before, `by_hand` what people billed for this one. `disputed` are
    vendor invoice and row hash of charges under dispute, `recurring` the ledgers' own recurring invoices,
    `unexplained` what people billed and no charge explains. Charges without an invoice number are billed only with
    `bills_unnumbered`: Microsoft's unbilled lines have none yet, files of distributors never do.
    """

    period: Period
    start: date | None
    starts: Mapping[str, date] = field(default_factory=dict)
    guards: Guards = Guards()
    before: Mapping[Account, Decimal] = field(default_factory=dict)
    by_hand: Mapping[Account, Decimal] = field(default_factory=dict)
    disputed: frozenset[tuple[str, str]] = frozenset()
    bills_unnumbered: bool = True
    recurring: tuple[Recurring, ...] = ()
    unexplained: tuple[Unexplained, ...] = ()

    def starts_on(self, tenant: str | None) -> date | None:
        """The first day from which a tenant's charges are posted; None where no start is given."""
        return self.starts.get((tenant or "").lower(), self.start)
