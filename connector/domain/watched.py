"""What a watch looks at: subscriptions as they are held, rows of price sheets, last charges, and accesses that end."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.domain.period import ONE_DAY

MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P5Y": 60}
"""The months of a term."""
CYCLES = {"monthly": 1, "annual": 12, "triennial": 36}
"""The months of a billing cycle."""
# Microsoft writes a far day where a subscription has no end.
_NEVER = date(2900, 1, 1)


@dataclass(frozen=True, slots=True)
class Lead:
    """How many days ahead each dated thing is told, and how long a change of the past stays in sight.

    `usual_applications` are the applications through which seats are changed on purpose; where there are none, the one
    that makes nearly all changes is. `spend_percent` is how far above its own history Azure
    spend is high, `spend_limits` the amounts a month that were set, by tenant.
    """

    renewal: int = 30
    short_renewal: int = 7
    window: int = 4
    promotion: int = 30
    access: int = 30
    recent: int = 30
    overdue: int = 30
    spend_percent: Decimal = Decimal(50)
    spend_limits: tuple[tuple[str, Decimal], ...] = ()
    usual_applications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Seats that can still be given back until the end of a day."""

    quantity: Decimal
    until: date


@dataclass(frozen=True, slots=True)
class Offered:
    """What is bought: product, sku, term and billing plan."""

    product_id: str
    sku_id: str
    term: str | None
    billing_plan: str | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What is to change when the term ends; None where it stays as it is."""

    product_id: str | None = None
    sku_id: str | None = None
    quantity: Decimal | None = None
    term: str | None = None
    billing_plan: str | None = None
    promotion_id: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as it was seen at one moment. `commitment_end` is the last day of the term, None: no end."""

    customer_id: str
    subscription_id: str
    observed_at: str
    offered: Offered
    name: str
    status: str
    quantity: Decimal
    is_trial: bool
    auto_renew: bool
    created: date | None
    term_start: date | None
    commitment_end: date | None
    promotion_id: str | None = None
    scheduled: Scheduled | None = None
    cancellation_until: date | None = None
    refundable: tuple[Batch, ...] = ()
    order_id: str | None = None
    entitlement_id: str | None = None
    by_usage: bool = False
    customer_name: str | None = None
    country: str | None = None
    source: str = ""
    line: int = 0
    row_hash: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it was in use when it was seen."""
        return self.status == "active"

    @property
    def renewal(self) -> date | None:
        """The day on which the next term begins; None where it will not be renewed."""
        if not (self.is_running and self.auto_renew) or self.commitment_end is None or self.commitment_end >= _NEVER:
            return None
        return self.commitment_end + ONE_DAY

    @property
    def after_renewal(self) -> Offered:
        """What is bought for the next term."""
        now, then = self.offered, self.scheduled
        if then is None:
            return now
        return Offered(
            then.product_id or now.product_id,
            then.sku_id or now.sku_id,
            then.term or now.term,
            then.billing_plan or now.billing_plan,
        )

    @property
    def quantity_after_renewal(self) -> Decimal:
        """How many seats the next term begins with."""
        planned = self.scheduled.quantity if self.scheduled else None
        return self.quantity if planned is None else planned


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a price sheet: the price of the whole term, from its first to its last day.

    `month` (YYYY-MM) is that of the sheet, "" where nobody said; `seen_at` the moment (ISO 8601) it was read.
    """

    offered: Offered
    market: str
    currency: str
    price: Decimal
    start: date
    end: date
    month: str
    seen_at: str
    segment: str = ""
    tier_min: Decimal | None = None
    tier_max: Decimal | None = None
    title: str = ""
    source: str = ""
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """A price sheet as it was read once."""

    market: str
    view: str
    month: str
    seen_at: str


@dataclass(frozen=True, slots=True)
class Charged:
    """What a subscription's last whole cycle cost per seat: listed, and after discounts, in `currency`."""

    subscription_id: str
    currency: str
    billing_currency: str
    listed: Decimal
    effective: Decimal
    first: date
    last: date
    billing_plan: str | None
    term: str | None
    promotion_id: str | None
    product_name: str | None = None
    customer_name: str | None = None
    source: str = ""
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A price that became another in a ledger: of an item, of a recurring template's line, or of a line made by hand.

    `what` is item, template or line; `quantity` and `customer` are those of the line, None for an item. `on` is the day
    it was seen or, for a line, the document's.
    """

    what: str
    ledger: str
    record_id: str
    item: str
    before: Decimal
    after: Decimal
    on: date
    name: str = ""
    customer: str | None = None
    customer_name: str | None = None
    quantity: Decimal | None = None
    currency: str = ""
    source: str = ""
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class SeatChange:
    """What somebody did to the seats of a subscription, as an audit record tells it; `before` is None if unknown."""

    record_id: str
    happened_at: str
    customer_id: str
    subscription_id: str
    operation: str
    before: Decimal | None
    after: Decimal
    user: str = ""
    application: str = ""
    source: str = ""
    line: int = 0
    row_hash: str = ""

    @property
    def on(self) -> date:
        """The day (UTC) on which it happened."""
        return date.fromisoformat(self.happened_at[:10])


@dataclass(frozen=True, slots=True)
class Spend:
    """What a customer's Azure cost in a calendar month (its first day) as far as is known, in `currency`."""

    customer_id: str
    customer_name: str | None
    month: date
    amount: Decimal
    currency: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LostCredit:
    """Partner earned credit that was paid for something in one month and not in the next, and what it was worth."""

    customer_id: str
    customer_name: str | None
    subscription_id: str | None
    entitlement_id: str | None
    entitlement_name: str | None
    what: str
    month: date
    lost: Decimal
    currency: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Debt:
    """An open invoice or credit memo of a ledger customer: what is unpaid (credits below 0), and when it is due."""

    ledger: str
    customer: str
    customer_name: str | None
    number: str
    kind: str
    due: date | None
    balance: Decimal
    currency: str
    source: str = ""
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class Prepaid:
    """A ledger line that bills a subscription for a year or more at once: its first and last day."""

    subscription_id: str
    first: date
    last: date
    number: str
    source: str = ""
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """An access of the connector's own that ends on a day (None: it has ended already, or nobody can tell)."""

    name: str
    what: str
    ends: date | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Which kinds a watch could judge, and which it could not see and why."""

    judged: frozenset[str] = frozenset()
    unseen: tuple[str, ...] = field(default=())
