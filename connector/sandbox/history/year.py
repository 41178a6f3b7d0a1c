"""A made-up year: contracts, prices, a ledger kept by people, what goes wrong, and what must be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.azure import Azure
from connector.sandbox.history.contracts import E3, PHONE, THINGS, Contract, Thing, later
from connector.sandbox.history.market import Market
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.money import rounded

START, MONTHS = date(2026, 1, 1), 12
END = date(2026, 12, 31)
INVOICED, BILLED = 8, 9
"""The days of the next month on which Microsoft invoices a month, and on which the ledger bills it."""
OURS, OTHER = "Order Desk", "Partner Center Web"
RECENT = 30


@dataclass(frozen=True, slots=True)
class Truth:
    """Something that must be told from a day to another, both included; `subject` is what it is about."""

    kind: str
    subject: str
    first: date
    last: date


@dataclass(slots=True)
class Customer:
    """A customer: billed by a recurring template at a fixed price, or by hand at cost and a fifth.

    `left` is its last day by the mapping, `renamed` the day its tenant got another name, `merged` the day its record in
    the ledger was merged into another one.
    """

    number: int
    by_template: bool
    fixed: Decimal
    unpaid: tuple[date, date] | None = None
    left: date | None = None
    renamed: date | None = None
    merged: date | None = None

    @property
    def ledger_id(self) -> str:
        """Its id in the ledger, by the mapping."""
        return str(100 + self.number)

    def ledger_id_on(self, day: date) -> str:
        """Its id in the ledger on a day."""
        return f"9{self.ledger_id}" if self.merged is not None and day >= self.merged else self.ledger_id

    def name_on(self, day: date) -> str:
        """Its tenant's name on a day."""
        return f"Customer {self.number}{' Group' if self.renamed is not None and day >= self.renamed else ''}"


@dataclass(slots=True)
class Year:
    """A dealt year. `template_prices` and `item_prices` are (day, price) by contract number or item.

    `template_ends` is the day a template was closed, `silent` the span of days in which the ledger billed nothing, both
    by contract; `misdated` are annual contracts whose first line has a wrong last day. `orders` are changes of seats:
    day, contract, seats before and after, and the application. `late` says by how many days a month is invoiced later
    than usual, `credited` of which months a contract's line was credited, `line_prices` at which price a month's line
    was made by hand. `endings` are accesses: what they are, and on which last day they end, as known from a day on.
    """

    seed: int
    market: Market
    customers: list[Customer]
    contracts: list[Contract]
    template_ends: dict[int, date] = field(default_factory=dict)
    template_prices: dict[int, list[tuple[date, Decimal]]] = field(default_factory=dict)
    item_prices: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)
    silent: dict[int, tuple[date, date]] = field(default_factory=dict)
    misdated: set[int] = field(default_factory=set)
    orders: list[tuple[date, int, int, int, str]] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    late: dict[date, int] = field(default_factory=dict)
    credited: dict[int, set[date]] = field(default_factory=dict)
    line_prices: dict[int, dict[date, Decimal]] = field(default_factory=dict)
    azure: list[Azure] = field(default_factory=list)
    endings: dict[str, list[tuple[date, date]]] = field(default_factory=dict)

    def invoiced_on(self, month: date) -> date:
        """The day on which Microsoft invoices a month."""
        return later(month, 1).replace(day=INVOICED + self.late.get(month, 0))

    def billed_on(self, month: date) -> date:
        """The day on which the ledger bills it."""
        return later(month, 1).replace(day=BILLED + self.late.get(month, 0))

    def customer_of(self, contract: Contract) -> Customer:
        """Whose it is."""
        return self.customers[contract.customer]


def buy(
    year: Year, luck: Chance, customer: Customer, thing: Thing | None = None, term: str = "P1Y", plan: str = "monthly"
) -> Contract:
    """A contract from the year before; most grow by a few seats once, as ordered."""
    bought = date(2025, luck.number(2, 12), luck.number(1, 28))
    if thing is None:
        held = {one.thing for one in year.contracts if one.customer == customer.number}
        thing = luck.pick([one for one in THINGS if one not in held])
        term = "P1M" if luck.once_in(5) else "P1Y"
        plan = "annual" if term == "P1Y" and luck.once_in(5) else "monthly"
    seats = [(bought, luck.number(3, 30))]
    contract = Contract(len(year.contracts) + 1, customer.number, thing, term, plan, bought, seats)
    year.contracts.append(contract)
    if luck.once_in(3):
        grow(year, contract, START + timedelta(days=luck.number(40, 300)), luck.number(1, 5), OURS)
    return contract


def grow(year: Year, contract: Contract, day: date, by: int, application: str) -> None:
    """Order some more seats."""
    before = contract.quantity_on(day)
    contract.seats.append((day, before + by))
    year.orders.append((day, contract.number, before, before + by, application))


def _plain(year: Year, *, by_template: bool | None = None) -> Iterator[Contract]:
    """Contracts for a year, by the month, to which nothing has happened yet, and whose customer has none like it."""
    for one in year.contracts:
        touched: object = one.gone or one.ends or one.becomes or one.promotion or one.is_trial or one.suspended
        customer = year.customer_of(one)
        touched = touched or customer.left or customer.merged or customer.renamed or one.planned or one.auto_off
        marked = one.number in {
            *year.template_ends, *year.template_prices, *year.silent, *year.misdated, *year.credited,
            *year.line_prices,
        }  # fmt: skip
        if touched or marked or len(one.seats) > 1 or (one.term, one.plan) != ("P1Y", "monthly"):
            continue
        if by_template is None or year.customer_of(one).by_template == by_template:
            yield one


def one_of(year: Year, luck: Chance, *, by_template: bool, thing: Thing | None = None) -> Contract:
    """Such a contract of a kind; one is bought where there is none."""
    found = [one for one in _plain(year, by_template=by_template) if thing in (None, one.thing)]
    if found:
        return luck.pick(found)
    return alone(year, luck, newcomer(year, luck, by_template=by_template), thing or luck.pick([E3, PHONE]))


def newcomer(year: Year, luck: Chance, *, by_template: bool = False) -> Customer:
    """One more customer, without anything."""
    customer = Customer(len(year.customers), by_template, Decimal(luck.number(30, 40)))
    year.customers.append(customer)
    return customer


def alone(year: Year, luck: Chance, customer: Customer, thing: Thing, term: str = "P1Y") -> Contract:
    """A contract by the month whose seats stay as they are."""
    made = buy(year, luck, customer, thing, term)
    made.seats = made.seats[:1]
    year.orders = [one for one in year.orders if one[1] != made.number]
    return made


def a_day(luck: Chance, first: int = 60, last: int = 270) -> date:
    """A day of the year."""
    return START + timedelta(days=luck.number(first, last))


def sold_at(year: Year, contract: Contract, cost: Decimal) -> Decimal:
    """The rule's price a month: fixed, or cost and a fifth."""
    customer = year.customer_of(contract)
    return customer.fixed if customer.by_template else rounded(cost * Decimal("1.2"))
