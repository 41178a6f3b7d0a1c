"""Documents as we plan them: an invoice or credit memo for one customer, its lines, and the charges behind each."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter

from connector.domain.money import ZERO, round_half_up
from connector.domain.period import Period
from connector.domain.values import value_object

INVOICE = "invoice"
CREDIT_MEMO = "credit_memo"
BILL = "bill"
VENDOR_CREDIT = "vendor_credit"
OF_THE_VENDOR = (BILL, VENDOR_CREDIT)
"""Microsoft's own documents in the partner's books: they bear Microsoft's number."""
GIVES_BACK = (CREDIT_MEMO, VENDOR_CREDIT)
"""Kinds of document whose amounts are positive for what is given back."""


@value_object(order=True)
class SliceRef:
    """Which part of which of Microsoft's charges a line bills; the same one is never in two documents.

    `row_hash` is that of the charge's content and `nth` tells equal rows of one invoice apart (from 1); `part` names
    the share of a charge that is split (an Azure subscription, say; empty = the whole). `cost` is Microsoft's amount
    for it in `currency`. Own items and minimums have no charge: `invoice` is empty and `row_hash` names the rule's
    scope and period; so it is for what is billed before Microsoft charges it, and for corrections of findings.
    `amount` is what the line bills for it in the document's currency, positive for what the customer pays; `rule` names
    the deal that it was priced by.
    """

    invoice: str
    row_hash: str
    part: str
    nth: int
    cost: Decimal = field(compare=False)
    currency: str = field(compare=False)
    source: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    amount: Decimal = field(default=ZERO, compare=False)
    subscription_id: str = field(default="", compare=False)
    rule: str = field(default="", compare=False)


def in_order(slices: Iterable[SliceRef]) -> tuple[SliceRef, ...]:
    """Slices sorted by what tells them apart."""
    return tuple(sorted(slices, key=_identity))


_identity = attrgetter("invoice", "row_hash", "part", "nth")


@value_object()
class DocumentLine:
    """One line of a planned document.

    `amount` is net, signed and has exactly the currency's decimals. Where `quantity` and `unit_price` are given,
    their product rounded half up is the amount; usage has neither (amount only). `first` and `last` are inclusive
    days. `reference` is the subscription where the line bills exactly one. `item` None is a line of text.
    `slices` sum to the amount. `product` and `category` are what it is for; `refunds` names the earlier document (its
    number, else its key) and line that it gives something back of.
    """

    number: int
    item: str | None
    description: str
    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    first: date | None = None
    last: date | None = None
    reference: str = ""
    tax_code: str | None = None
    tax_percent: Decimal | None = None
    cost: Decimal = ZERO
    cost_currency: str = ""
    slices: tuple[SliceRef, ...] = ()
    formula: str = ""
    places: tuple[str, ...] = ()
    product: str = ""
    category: str = ""
    refunds: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit memo to be created in a ledger.

    `customer` is the ledger's own id. `split` is the value documents of a customer are split by (empty: not split),
    `sequence` counts from 1; a supplement has the next. Amounts of a credit memo's lines are positive for what is
    given back. `terms`, `purchase_order` and `dimensions` are as the mapping says. `covers` is the quarter or year that
    the customer is billed for at a time, where that is more than the period.
    """

    ledger: str
    customer: str
    customer_name: str
    period: Period
    currency: str
    kind: str
    lines: tuple[DocumentLine, ...]
    day: date
    split: str = ""
    sequence: int = 1
    tenants: tuple[str, ...] = ()
    terms: str | None = None
    purchase_order: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    rate_note: str = ""
    corrects: tuple[str, ...] = ()
    annex: str = "itemised"
    reverses: str = ""
    covers: Period | None = None

    @property
    def key(self) -> str:
        """Which document this is, never what is in it: ledger, customer, period, currency, split, kind, sequence."""
        return "|".join(
            (
                self.ledger,
                self.customer,
                f"{self.period.start}..{self.period.last}",
                self.currency,
                self.split,
                self.kind,
                str(self.sequence),
            )
        )

    @property
    def total(self) -> Decimal:
        """The sum of the lines, net of tax; positive for a credit memo that gives back."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def net(self) -> Decimal:
        """What is owed by it: the total, negative for what gives back."""
        return -self.total if self.kind in GIVES_BACK else self.total

    @property
    def fingerprint(self) -> str:
        """The SHA-256, in hex, of all that the ledger will hold; another content is another fingerprint."""
        parts = [self.key, str(self.day), self.terms or "", self.purchase_order or "", repr(self.dimensions)]
        parts += [self.rate_note, self.reverses, *self.corrects, *([str(self.covers)] if self.covers else ())]
        for line in self.lines:
            parts += [
                str(line.number),
                line.item or "",
                line.description,
                *(f"{number:f}" if number is not None else "" for number in (line.quantity, line.unit_price)),
                f"{line.amount:f}",
                str(line.first or ""),
                str(line.last or ""),
                line.reference,
                line.tax_code or "",
            ]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Blocked:
    """What is not billed, and why.

    `reason` is unmapped, unpriced, unassigned, disputed, hold (the customer's rule says so), before_start (posting
    starts later), differs (people billed a part of it: a finding tells, and --catch-up makes the document) or rebill
    (billed before under other rules). `cost` is Microsoft's amount in `currency`; `findings` are the fingerprints.
    """

    reason: str
    text: str
    cost: Decimal
    currency: str
    tenant_id: str | None = None
    customer_name: str | None = None
    product_id: str | None = None
    product_name: str | None = None
    slices: tuple[SliceRef, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A guard that stops a document, or the whole plan (`key` empty), until a person decides: which, and why."""

    guard: str
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a customer is billed for a month (`total`: planned and posted, net) and was for the month before.

    `before` is None where nothing is known of the month before.
    """

    ledger: str
    customer: str
    customer_name: str
    currency: str
    total: Decimal
    before: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """The change against the month before in percent of it, to a tenth; None where there is nothing to compare."""
        if not self.before:
            return None
        return round_half_up((self.total - self.before) * 100 / abs(self.before), 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """A frozen set of documents to create, what stays blocked and why, and what is held.

    `settled` are Microsoft's cents by what became of them (billed, planned, absorbed, timing, and the reasons of
    Blocked), in threes of name, currency and amount; per currency they sum to the vendor's lines. `inputs` names what
    the plan was made from by hash (mapping, snapshots). `unchanged` counts what is billed already.
    """

    period: Period
    documents: tuple[Document, ...]
    blocked: tuple[Blocked, ...] = ()
    held: tuple[Held, ...] = ()
    unchanged: int = 0
    settled: tuple[tuple[str, str, Decimal], ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def plan_id(self) -> str:
        """Sixteen hex digits of the hash of the documents' fingerprints: the same content is the same plan."""
        prints = sorted(f"{document.key} {document.fingerprint}" for document in self.documents)
        return hashlib.sha256("\n".join((str(self.period), *prints)).encode()).hexdigest()[:16]
