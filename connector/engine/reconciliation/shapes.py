"""The two sides of a comparison as they leave the tables: expected slices, and the ledger's lines."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from sys import intern
from typing import Any, NamedTuple

from connector.domain.money import exponent, trimmed
from connector.domain.period import ONE_DAY, Period, add_months
from connector.domain.values import value_object

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Charge(NamedTuple):
    """A charge, or the `part` of it, that is in a slice, and its amount. Ordered by content before position."""

    amount: Decimal
    row_hash: str
    source: str
    line: int
    part: str
    invoice: str = ""


@value_object()
class Slice:
    """An expected slice: netted charges with their rate applied.

    `seats`, `gained`, `lost` count thousandths of a seat; `worth` is the expected amount in minor units of
    `currency`; `cost` is Microsoft's amount in `cost_currency` and the sum of its `charges`. `unit` counts 10^-4 a
    cycle, `bare_unit` the same without exchange margin (0 where the price crosses from no other currency). Own items
    and minimum top-ups have no charge: their cost is 0 and `source` is the rule's file.
    """

    customer_id: str | None
    customer_name: str | None
    subscription_id: str | None
    product_id: str | None
    sku_id: str | None
    product_name: str | None
    term: str | None
    billing_plan: str | None
    ledger: str | None
    ledger_customer: str | None
    item: str | None
    kind: str
    status: str
    method: str
    share_by: str
    promotion_id: str | None
    reference_id: str | None
    subscription_start: date | None
    is_credit: bool
    is_free: bool
    rate_id: int
    unit: int
    bare_unit: int
    seats: int
    all_seats: int
    gained: int
    lost: int
    days: int
    of_days: int
    months: int
    lines: int
    category: str
    currency: str
    cost_currency: str
    period: Period
    worth: int
    cost: Decimal
    source: str
    line: int
    charges: tuple[Charge, ...] = ()

    @property
    def by_amount(self) -> bool:
        """Whether it is compared by amount only (usage, pass-through)."""
        return self.method == "amount"


def slice_of(row: Mapping[str, Any]) -> Slice:
    """Read a row of the expected table."""
    first = row["first"] or date(1970, 1, 1)
    last_next = row["next_start"] or first + ONE_DAY
    charges = charges_of(row)
    # Chosen by content, so that the order of the vendor's lines does not matter.
    source, line = (charges[0].source, charges[0].line) if charges else (intern(row["source"]), int(row["line"]))
    # A large month has so many slices that naming each field would take its time; few of their names differ, and each
    # is kept once.
    values: list[Any] = [name and intern(name) for name in _names_of(row)]
    values += _as_is_of(row)
    # The engine sums whole numbers into wider ones that arrive as decimals.
    values += map(int, _whole_of(row))
    values += (
        intern(row["category"] or "license"),
        intern(row["sell_currency"]),
        intern(row["currency"]),
        Period(first, max(last_next, first + ONE_DAY)),
        int(row["expected"]),
        trimmed(row["cost"] or Decimal(0), exponent(row["currency"])),
        source,
        line,
        charges,
    )
    return Slice(*values)


def charges_of(row: Mapping[str, Any]) -> tuple[Charge, ...]:
    """Read the charges behind a row of the expected table, or of the priced lines, in a stable order."""
    places = exponent(row["currency"])
    found = [
        Charge(
            trimmed(amount, places), row_hash or "", intern(source or ""), line or 0, part or "", intern(invoice or "")
        )
        for amount, row_hash, source, line, part, invoice in map(_charge_of, row["charges"] or ())
    ]
    return tuple(sorted(found)) if len(found) > 1 else tuple(found)


# The fields of a slice in their order, as far as a column gives each.
_NAMES = (
    "customer_id", "customer_name", "subscription_id", "product_id", "sku_id", "product_name", "term", "billing_plan",
    "ledger", "ledger_customer", "item", "kind", "status", "method", "share_by",
)  # fmt: skip
_AS_IS = (
    "promotion_id", "reference_id", "subscription_start", "is_credit", "is_free",
)  # fmt: skip
_WHOLE = (
    "rate_id", "unit", "bare_unit", "seats", "all_seats", "gained", "lost", "days", "of_days", "months", "lines",
)  # fmt: skip
# What `slice_of` reads of the expected table.
SLICE_COLUMNS = (
    *_NAMES, *_AS_IS, *_WHOLE, "category", "sell_currency", "currency", "first", "next_start", "expected", "cost",
    "source", "line", "charges",
)  # fmt: skip
_charge_of = itemgetter(*Charge._fields)
_as_is_of, _names_of, _whole_of = itemgetter(*_AS_IS), itemgetter(*_NAMES), itemgetter(*_WHOLE)


@value_object()
class Line:
    """A line of a ledger document that counts (neither void nor draft), net and signed.

    `seats` counts thousandths, signed like the amount; None where the ledger gives no quantity. `subscription_id` is
    the subscription its reference names. `dated` is false where the period is only the document's month.
    """

    ledger: str
    customer: str
    customer_name: str | None
    document: str
    document_date: date
    item: str
    description: str | None
    seats: int | None
    amount: Decimal
    tax: Decimal | None
    currency: str
    period: Period
    dated: bool
    subscription_id: str | None
    reference: str | None
    source: str
    line: int
    row_hash: str | None = None

    @property
    def twin_key(self) -> tuple[object, ...]:
        """What two lines must share to bill the same thing twice: customer, item, quantity, amount and dates."""
        return self.ledger, self.customer, self.item, self.seats, self.amount, self.currency, self.period


def line_of(row: Mapping[str, Any], bills: str, known: frozenset[str]) -> Line:
    """Read a row of the ledger's lines. `bills` is arrears or advance, for lines without dates of service.

    `known` are subscription ids; a reference names one of them, or holds an id that looks like one.
    """
    start, end, day = row["service_start"], row["service_end"], row["document_date"]
    if start is not None or end is not None:
        start, end = start or end, end or start
        period = Period.inclusive(min(start, end), max(start, end))
    else:
        month = date(day.year, day.month, 1)
        first = month if bills == "advance" else add_months(month, -1)
        period = Period(first, add_months(first, 1))
    quantity, amount = row["quantity"], trimmed(row["amount"], exponent(row["currency"]))
    seats = None if quantity is None else int(abs(quantity) * 1000) * (-1 if amount < 0 else 1)
    return Line(
        ledger=row["ledger"],
        customer=row["customer_id"],
        customer_name=row["customer_name"],
        document=row["document_number"],
        document_date=day,
        item=row["item_id"],
        description=row["description"],
        seats=seats,
        amount=amount,
        tax=None if row["tax"] is None else trimmed(row["tax"], exponent(row["currency"])),
        currency=row["currency"],
        period=period,
        dated=row["service_start"] is not None or row["service_end"] is not None,
        subscription_id=_named_subscription(row["reference"], known),
        reference=row["reference"],
        source=row["source"],
        line=row["line"],
        row_hash=row.get("row_hash"),
    )


def _named_subscription(reference: str | None, known: frozenset[str]) -> str | None:
    if not reference:
        return None
    text = reference.strip().lower()
    if text in known:
        return text
    ids = [found.lower() for found in _GUID.findall(text)]
    return next((name for name in ids if name in known), ids[0] if ids else None)


@dataclass(frozen=True, slots=True)
class Scope:
    """The billing periods of the vendor invoices under audit, and of those merely loaded."""

    audited: tuple[Period, ...]
    loaded: tuple[Period, ...]
    invoices: tuple[str, ...]

    @property
    def start(self) -> date:
        """The first day under audit."""
        return min(period.start for period in self.audited)

    @property
    def end(self) -> date:
        """The day after the last under audit."""
        return max(period.end for period in self.audited)

    def holds(self, day: date) -> bool:
        """Whether a day lies in a billing period under audit."""
        return any(day in period for period in self.audited)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What is known of a subscription from the subscriptions on file, as it was last seen in or before the scope.

    `ended` is the first day it no longer ran (None: runs on); `began` its first day.
    """

    subscription_id: str
    customer_id: str | None
    product_id: str | None
    sku_id: str | None
    status: str
    is_trial: bool
    began: date | None
    ended: date | None
    term: str | None
    billing_plan: str | None
    quantity: Decimal | None
    name: str | None
    source: str
    line: int
    order_id: str | None = None
    migrated_from: str | None = None
    term_start: date | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What a subscription was in the term before it renewed, as far as it is known.

    `unit` is what the rules made of the price of a seat and cycle (10^-4 of the customer's currency).
    """

    quantity: Decimal | None = None
    term: str | None = None
    billing_plan: str | None = None
    unit: int | None = None
