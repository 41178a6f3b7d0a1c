"""What a subscription does in a month, written down as Microsoft charges it.

A seat change refunds all old seats and charges all new ones, under one ReferenceId, from the day of the
change to the end of the cycle.
Source: Microsoft, "Common billing scenarios for one-time and recurring charges".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connector.sandbox.scenario.calendar import (
    ONE_DAY,
    Cycle,
    Month,
    month_of,
    monthly_cycles,
    yearly_cycle,
    years_later,
)
from connector.sandbox.scenario.catalogue import Product
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.money import ZERO, as_vendor_prints, cut, part
from connector.sandbox.scenario.people import Customer

TERM_TEXTS = {
    ("P1M", "monthly"): "One-Month commitment for monthly billing",
    ("P1Y", "monthly"): "One-Year commitment for monthly/yearly billing",
    ("P1Y", "annual"): "One-Year commitment for yearly billing",
}
TRIAL_TEXT = "One-Month commitment for trial"
_TAX_RATE = Decimal("0.0825")


@dataclass(slots=True)
class Subscription:
    """A licence subscription. `unit_price` is the vendor's list cost of a seat per billing cycle."""

    id: str
    order_id: str
    availability_id: str
    customer: Customer
    product: Product
    term: str
    plan: str
    start: date
    quantity: int
    unit_price: Decimal
    promotion_percent: Decimal = Decimal(0)
    promotion_id: str = ""
    aligned_end: date | None = None
    is_trial: bool = False
    renewed: tuple[date, int] | None = None

    @property
    def net_price(self) -> Decimal:
        """Cost of a seat per cycle after the promotion."""
        return self.unit_price * (100 - self.promotion_percent) / 100

    def seats_on(self, day: date) -> int:
        """Seats of the cycle that starts on `day`: those of the purchase, or of the renewal."""
        if self.renewed is not None and day >= self.renewed[0]:
            return self.renewed[1]
        return self.quantity

    def cycles(self) -> Iterator[Cycle]:
        """All charge cycles from the start on."""
        if self.aligned_end is not None:
            yield Cycle(self.start, self.aligned_end, month_of(self.start).days)
            return
        if self.plan == "annual":
            first = self.start
            while True:
                cycle = yearly_cycle(first)
                yield cycle
                first = cycle.last + ONE_DAY
        yield from monthly_cycles(self.start, drifting=self.term == "P1M")

    def term_of(self, cycle: Cycle) -> tuple[date, date]:
        """First and last day of the term a cycle belongs to."""
        if self.term == "P1M":
            return cycle.first, cycle.last
        first = self.start
        while years_later(first, 1) <= cycle.first:
            first = years_later(first, 1)
        return first, years_later(first, 1) - ONE_DAY


@dataclass(frozen=True, slots=True)
class Event:
    """Seats change to `quantity` on `day`; 0 cancels the subscription."""

    day: date
    quantity: int


@dataclass(frozen=True, slots=True)
class Entry:
    """How a line is booked: its invoice, charge type, sign, and the mark that ties the lines of one event."""

    invoice: str
    kind: str
    sign: int
    reference: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Seats and days that share one price: a full cycle, or the net of a change (negative: seats left)."""

    subscription: Subscription
    first: date
    last: date
    quantity: int
    days: int
    basis: int
    cost: Decimal

    @property
    def is_full(self) -> bool:
        """Whether it covers its whole cycle."""
        return self.days == self.basis


@dataclass(slots=True)
class Charging:
    """Microsoft's billing engine for licences of one invoice run."""

    chance: Chance

    def month(
        self, subscription: Subscription, month: Month, invoice: str, events: Sequence[Event] = ()
    ) -> tuple[list[VendorLine], list[Slice]]:
        """All lines of one month and the slices they amount to; events are in order of days."""
        lines: list[VendorLine] = []
        slices: list[Slice] = []
        quantity = subscription.quantity
        for cycle in subscription.cycles():
            if cycle.first > month.last or quantity == 0:
                break
            if cycle.first == (subscription.renewed or (None,))[0]:
                quantity = subscription.seats_on(cycle.first)
            if month.has(cycle.first):
                entry = Entry(invoice, _kind(subscription, cycle), 1, self.chance.guid())
                made = self._lines(subscription, cycle, cycle.first, quantity, entry)
                lines += made
                slices.append(_slice(subscription, cycle, cycle.first, quantity, made))
            for event in events:
                if not cycle.has(event.day):
                    continue
                wipe = Entry(invoice, _change_kind(quantity, event.quantity), -1, self.chance.guid())
                made = self._lines(subscription, cycle, event.day, quantity, wipe)
                if event.quantity:
                    made += self._lines(subscription, cycle, event.day, event.quantity, replace(wipe, sign=1))
                lines += made
                slices.append(_slice(subscription, cycle, event.day, event.quantity - quantity, made))
                quantity = event.quantity
                if quantity == 0:
                    break
        return lines, slices

    def _lines(
        self, subscription: Subscription, cycle: Cycle, day: date, quantity: int, entry: Entry
    ) -> list[VendorLine]:
        share = subscription.product.telephony_share
        price = subscription.unit_price
        parts = [price] if share is None else [price - share, share]
        return [self.line(subscription, cycle, day, quantity, entry, price) for price in parts]

    def line(
        self, subscription: Subscription, cycle: Cycle, day: date, quantity: int, entry: Entry, price: Decimal
    ) -> VendorLine:
        """One printed line for seats from `day` to the end of the cycle."""
        days = cycle.days_from(day)
        is_full = day == cycle.first
        net = price * (100 - subscription.promotion_percent) / 100
        exact = net if is_full and subscription.aligned_end is None else part(net, days, cycle.basis)
        subtotal = cut(exact * quantity) * entry.sign
        customer = subscription.customer
        term_first, term_last = subscription.term_of(cycle)
        if subscription.aligned_end is not None:
            term_last = years_later(subscription.aligned_end, 1)
        return VendorLine(
            invoice=entry.invoice,
            tenant_id=customer.tenant_id,
            customer_name=customer.name,
            domain=customer.domain,
            country=customer.market,
            reseller=customer.reseller,
            order_id=subscription.order_id,
            ordered=day,
            product_id=subscription.product.product_id,
            sku_id=subscription.product.sku_id,
            availability_id=subscription.availability_id,
            product_name=subscription.product.name,
            charge_type=entry.kind,
            unit_price=as_vendor_prints(price),
            quantity=Decimal(quantity),
            subtotal=subtotal,
            tax=cut(subtotal * _TAX_RATE) if customer.charged_in == "USD" else ZERO,
            currency=customer.charged_in,
            eup=as_vendor_prints(exact) * entry.sign,
            subscription_id=subscription.id,
            first=day,
            last=cycle.last,
            term_text=TERM_TEXTS[subscription.term, subscription.plan],
            frequency="Annual" if subscription.plan == "annual" else "Monthly",
            term_first=term_first,
            term_last=term_last,
            reference_id=entry.reference,
            promotion_id=subscription.promotion_id,
            adjustment='["You are getting a promotional discount."]' if subscription.promotion_id else "",
        )

    def trial(self, subscription: Subscription, first: date, last: date, entry: Entry) -> VendorLine:
        """A line without a price for a trial."""
        free = replace(subscription, unit_price=ZERO, promotion_percent=Decimal(0))
        cycle = Cycle(first, last, (last - first).days + 1)
        line = self.line(free, cycle, first, subscription.quantity, entry, ZERO)
        line.term_text, line.frequency, line.qualifiers = TRIAL_TEXT, "", '["Trial"]'
        line.term_first, line.term_last = first, last
        return line


def _kind(subscription: Subscription, cycle: Cycle) -> str:
    if cycle.first == subscription.start:
        return "new"
    return "renew" if subscription.term_of(cycle)[0] == cycle.first else "cycleCharge"


def _change_kind(old: int, new: int) -> str:
    if new == 0:
        return "cancelImmediate"
    return "addQuantity" if new > old else "removeQuantity"


def _slice(subscription: Subscription, cycle: Cycle, day: date, quantity: int, lines: list[VendorLine]) -> Slice:
    days = cycle.days_from(day)
    basis = cycle.basis
    if day == cycle.first and subscription.aligned_end is None:
        days = basis = cycle.basis
    return Slice(subscription, day, cycle.last, quantity, days, basis, sum((line.subtotal for line in lines), ZERO))
