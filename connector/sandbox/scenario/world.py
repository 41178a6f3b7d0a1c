"""The made-up world while it is dealt: customers, charges, books, mapping, and the truth about faults."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.sandbox.scenario import azure
from connector.sandbox.scenario.books import Books, Due
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.catalogue import GENERAL, Product
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.mapping import Mapping, standard_mapping
from connector.sandbox.scenario.money import ZERO, text
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import LICENCE_POLICIES, USAGE_POLICIES, Policy, fixed_price
from connector.sandbox.scenario.snapshots import Snapshot, course
from connector.sandbox.scenario.subscriptions import Charging, Event, Slice, Subscription

Finding = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Holding:
    """A subscription with what is due for it in the last month."""

    subscription: Subscription
    item: str
    policy: Policy
    dues: tuple[Due, ...]
    slices: tuple[Slice, ...]
    lines: tuple[VendorLine, ...]

    @property
    def due(self) -> Decimal:
        """Everything due in the last month."""
        return sum((due.amount for due in self.dues), ZERO)

    @property
    def cost(self) -> Decimal:
        """Everything Microsoft charges in the last month."""
        return sum((line.subtotal for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Billing:
    """How a subscription is billed.

    `this_month` False leaves the last month to the caller, who bills it wrongly; `earlier` is for the months
    before; `is_due` False is for what customers never pay; `plain` always shows quantity and price.
    """

    style: str | None = None
    policy: Policy | None = None
    item: str | None = None
    ledger_customer: str | None = None
    free: int = 0
    plain: bool = False
    this_month: bool = True
    earlier: bool = True
    is_due: bool = True


@dataclass(slots=True)
class World:
    """Everything dealt so far. `months` ends with the month that is reconciled."""

    seed: int
    months: tuple[Month, ...]
    chance: Chance
    books: Books
    charging: Charging
    mapping: Mapping = field(default_factory=standard_mapping)
    customers: list[Customer] = field(default_factory=list)
    charges: dict[Month, list[VendorLine]] = field(default_factory=dict)
    metered: list[tuple[azure.Plan, azure.Metered]] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    adjustments: dict[str, Decimal] = field(default_factory=dict)
    header_tax: dict[str, Decimal] = field(default_factory=dict)
    missing: list[VendorLine] = field(default_factory=list)

    @property
    def month(self) -> Month:
        """The month that is reconciled."""
        return self.months[-1]

    def invoice(self, month: Month, currency: str) -> str:
        """Microsoft's invoice number for a month and currency."""
        serial = (month.year % 100 * 12 + month.number) * 10 + (1 if currency == "USD" else 2)
        return f"G{self.seed % 1000:03d}{serial:06d}"

    def charge(self, month: Month, lines: Sequence[VendorLine]) -> None:
        """Put lines on Microsoft's invoice of a month."""
        self.charges.setdefault(month, []).extend(lines)

    def found(
        self,
        kind: str,
        currency: str,
        impact: Decimal,
        note: str,
        customer: Customer | None = None,
        subscription_id: str | None = None,
        product: Product | None = None,
        item: str | None = None,
    ) -> None:
        """Write a fault into the truth."""
        self.findings.append(
            {
                "kind": kind,
                "currency": currency,
                "impact": text(impact),
                "tenant_id": customer.tenant_id if customer else None,
                "subscription_id": subscription_id,
                "product_id": product.product_id if product else None,
                "item": item,
                "note": note,
            }
        )

    def policy_for(self, customer: Customer, product: Product) -> Policy:
        """The price rule of the customer's group."""
        if customer.group == "fixed":
            return Policy("unit_price", fixed_price(product.usd))
        return LICENCE_POLICIES[customer.group]

    def usage_policy(self, customer: Customer) -> Policy:
        """The usage rule of the customer's group."""
        return USAGE_POLICIES[customer.group]

    def subscribe(
        self,
        customer: Customer,
        product: Product,
        start: date,
        quantity: int = 0,
        term: str = "P1Y",
        plan: str = "monthly",
    ) -> Subscription:
        """A new subscription; nothing is charged yet."""
        raised = start >= self.month.first
        made = Subscription(
            id=self.chance.guid(),
            order_id=self.chance.token(12),
            customer=customer,
            product=product,
            term=term,
            availability_id="CFQ7TTC0" + self.chance.token(4, "BCDFGHJKLMNPQRSTVWXZ0123456789"),
            plan=plan,
            start=start,
            quantity=quantity or self.chance.number(3, 40),
            unit_price=product.cost(customer.charged_in, term, plan, raised),
        )
        self.subscriptions[made.id] = made
        return made

    def hold(self, subscription: Subscription, events: Sequence[Event] = (), billing: Billing | None = None) -> Holding:
        """Charge a subscription in all months and bill it as its bookkeeper does."""
        how = billing or Billing()
        customer, product = subscription.customer, subscription.product
        rule = how.policy or self.policy_for(customer, product)
        item = how.item or product.item_in(customer.currency)
        style = how.style or customer.style
        holding = Holding(subscription, item, rule, (), (), ())
        for month in self.months:
            happened = tuple(events) if month == self.month else ()
            invoice = self.invoice(month, customer.charged_in)
            lines, slices = self.charging.month(subscription, month, invoice, happened)
            self.charge(month, lines)
            dues = dues_for(slices, rule, how.free) if how.is_due else ()
            holding = Holding(subscription, item, rule, dues, tuple(slices), tuple(lines))
            if how.this_month if month == self.month else how.earlier:
                self.books.write(customer, item, dues, month, style, how.ledger_customer, plain=how.plain)
        later = self.chance.pick((0, 0, subscription.quantity, subscription.quantity + 3))
        self.snapshots += course(subscription, self.month, tuple(events), later)
        return holding

    def first_of_month(self) -> date:
        """A start some months back whose cycles are calendar months."""
        return self.month.shift(-self.chance.number(3, 11)).first

    def anniversary(self, low: int = 2, high: int = 28) -> date:
        """A start some months back on a day between `low` and `high`."""
        return self.month.shift(-self.chance.number(3, 11)).on(self.chance.number(low, high))

    def month_seats(self, subscription: Subscription) -> int:
        """Seats a subscription has on the first of the reconciled month."""
        return subscription.seats_on(self.month.first)

    def dated_style(self) -> str:
        """Lines with service dates: with or without the subscription on them."""
        return self.chance.pick(("referenced", "dated"))

    def product(self, customer: Customer, at_least: Decimal = ZERO) -> Product:
        """An ordinary licence this customer does not have yet, costing at least so much a month."""
        for product in self.chance.shuffled(GENERAL):
            if product.monthly(customer.charged_in) >= at_least and customer.take(product):
                return product
        raise LookupError(f"customer {customer.number} holds every product already")


def dues_for(slices: Sequence[Slice], policy: Policy, free: int = 0) -> tuple[Due, ...]:
    """What is due for slices by a rule."""
    made: list[Due] = []
    for piece in slices:
        seats = piece.quantity - (free if piece.quantity > 0 else 0)
        has_unit = policy.form not in ("pass_through", "graduated")
        subscription = piece.subscription
        made.append(
            Due(
                subscription_id=subscription.id,
                description=subscription.product.name,
                first=piece.first,
                last=piece.last,
                quantity=Decimal(seats),
                unit_price=policy.unit_price(subscription, seats) if has_unit else None,
                amount=policy.amount(piece, piece.quantity - seats),
                is_full=piece.is_full,
            )
        )
    return tuple(made)
