"""Deals a year: contracts, prices, a ledger kept by people, and what goes wrong, each with what must be told of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.contracts import E3, PHONE, PREMIUM, THINGS, VISIO, Contract, Thing, later
from connector.sandbox.history.market import Correction, Market
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
    """A customer: billed by a recurring template at a fixed price, or by hand at cost and a fifth."""

    number: int
    by_template: bool
    fixed: Decimal
    unpaid: tuple[date, date] | None = None

    @property
    def ledger_id(self) -> str:
        """Its id in the ledger."""
        return str(100 + self.number)


@dataclass(slots=True)
class Year:
    """A dealt year. `template_prices` and `item_prices` are (day, price) by contract number or item.

    `template_ends` is the day a template was closed, `silent` the span of days in which the ledger billed nothing, both
    by contract; `misdated` are annual contracts whose first line has a wrong last day. `orders` are changes of seats:
    day, contract, seats before and after, and the application.
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

    def customer_of(self, contract: Contract) -> Customer:
        """Whose it is."""
        return self.customers[contract.customer]


def deal(seed: int, customers: int = 12, *, clean: bool = False) -> Year:
    """Deal a year; a clean one has no mistakes, only what people are to be told ahead."""
    luck = Chance(seed, "year")
    market = Market({PREMIUM.product_id: [(later(START, luck.number(4, 9)), Decimal("23.10"))]})
    people = [
        Customer(number, by_template=number % 2 == 0, fixed=Decimal(luck.number(30, 40))) for number in range(customers)
    ]
    year = Year(seed, market, people, [])
    for customer in people:
        for _ in range(luck.number(1, 3)):
            _buy(year, luck, customer)
    if not clean:
        market.corrections.append(Correction(VISIO, later(START, luck.number(2, 8)).replace(day=12), Decimal("15.50")))
        for mistake in _MISTAKES:
            mistake(year, Chance(seed, mistake.__name__))
    return year


def _buy(
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
        _grow(year, contract, START + timedelta(days=luck.number(40, 300)), luck.number(1, 5), OURS)
    return contract


def _grow(year: Year, contract: Contract, day: date, by: int, application: str) -> None:
    before = contract.quantity_on(day)
    contract.seats.append((day, before + by))
    year.orders.append((day, contract.number, before, before + by, application))


def _plain(year: Year, *, by_template: bool | None = None) -> Iterator[Contract]:
    """Contracts for a year, by the month, to which nothing has happened yet, and whose customer has none like it."""
    for one in year.contracts:
        touched = one.gone or one.ends or one.becomes or one.promotion or one.is_trial or one.suspended
        marked = one.number in {*year.template_ends, *year.template_prices, *year.silent, *year.misdated}
        if touched or marked or len(one.seats) > 1 or (one.term, one.plan) != ("P1Y", "monthly"):
            continue
        if by_template is None or year.customer_of(one).by_template == by_template:
            yield one


def _one(year: Year, luck: Chance, *, by_template: bool, thing: Thing | None = None) -> Contract:
    """Such a contract of a kind; one is bought where there is none."""
    found = [one for one in _plain(year, by_template=by_template) if thing in (None, one.thing)]
    if found:
        return luck.pick(found)
    customer = Customer(len(year.customers), by_template, Decimal(luck.number(30, 40)))
    year.customers.append(customer)
    made = _buy(year, luck, customer, thing or luck.pick([E3, PHONE]))
    made.seats = made.seats[:1]
    year.orders = [one for one in year.orders if one[1] != made.number]
    return made


def _day(luck: Chance, first: int = 60, last: int = 270) -> date:
    return START + timedelta(days=luck.number(first, last))


def a_template_outlives_its_contract(year: Year, luck: Chance) -> None:
    """Cancelled at Microsoft, while its template runs on for some weeks."""
    one = _one(year, luck, by_template=True)
    one.gone = _day(luck)
    closed = one.gone + timedelta(days=luck.number(5, 40))
    year.template_ends[one.number] = closed
    year.truths.append(Truth("cancelled_still_billed", one.id, one.gone, closed - timedelta(days=1)))


def a_template_outlives_a_term(year: Year, luck: Chance) -> None:
    """Not renewed, and its template runs on."""
    one = _one(year, luck, by_template=True)
    one.ends = True
    over = one.term_on(START)[1] + timedelta(days=1)
    closed = over + timedelta(days=luck.number(5, 20))
    year.template_ends[one.number] = closed
    if over <= END:
        last = min(closed - timedelta(days=1), END)
        year.truths.append(Truth("cancelled_still_billed", one.id, max(over, START), last))


def the_ledger_falls_silent(year: Year, luck: Chance) -> None:
    """Somebody stops billing what runs on; what it comes to is told in truth.py, by the lines that there are."""
    one = _one(year, luck, by_template=False)
    first = later(START, luck.number(2, 4))
    year.silent[one.number] = (first, later(first, luck.number(4, 5)) - timedelta(days=1))


def a_template_is_dearer(year: Year, luck: Chance) -> None:
    """Somebody raises a template's price and sets it back later."""
    one = _one(year, luck, by_template=True)
    first, length = _day(luck), luck.number(3, 45)
    fixed = year.customer_of(one).fixed
    year.template_prices[one.number] = [(first, fixed + 2), (first + timedelta(days=length), fixed)]
    subject = year.customer_of(one).ledger_id + "/" + one.thing.item
    year.truths.append(Truth("ledger_price_changed", subject, first, first + timedelta(days=min(length, RECENT) - 1)))


def an_item_is_cheaper(year: Year, luck: Chance) -> None:
    """Somebody lowers an item's price and sets it back later."""
    first, length = _day(luck), luck.number(3, 45)
    year.item_prices[VISIO.item] = [(first, Decimal("17.00")), (first + timedelta(days=length), Decimal("19.00"))]
    _one(year, luck, by_template=False, thing=VISIO)
    last = first + timedelta(days=min(length, RECENT) - 1)
    year.truths.append(Truth("ledger_price_changed", f"/{VISIO.item}", first, last))


def seats_in_the_portal(year: Year, luck: Chance) -> None:
    """Seats added in Partner Center itself, and given back after a while."""
    one = _one(year, luck, by_template=luck.once_in(2))
    first, length, before = _day(luck), luck.number(4, 50), one.quantity_on(START)
    _grow(year, one, first, luck.number(2, 6), OTHER)
    back = first + timedelta(days=length)
    one.seats.append((back, before))
    year.orders.append((back, one.number, one.quantity_on(first), before, OURS))
    last = first + timedelta(days=min(length, RECENT) - 1)
    year.truths.append(Truth("seats_changed_outside", one.id, first, last))


def a_product_that_is_not_followed(year: Year, luck: Chance) -> None:
    """Another product is planned for the next term, and the template knows nothing of it."""
    one = _one(year, luck, by_template=True, thing=PHONE)
    renewal = one.renewal_after(START)
    if renewal is None:
        return
    planned = max(START, renewal - timedelta(days=luck.number(10, 60)))
    one.becomes = (planned, E3)
    year.template_ends[one.number] = renewal
    first = max(planned, renewal - timedelta(days=30))
    year.truths.append(Truth("product_change_not_followed", one.id, first, renewal - timedelta(days=1)))


def a_promotion(year: Year, luck: Chance) -> None:
    """A promotion of the first term."""
    one = _one(year, luck, by_template=False)
    one.promotion = f"{one.thing.product_id}:{one.thing.sku_id}:PROMO"


def a_trial(year: Year, luck: Chance) -> None:
    """A trial that becomes paid, by the month."""
    customer = luck.pick(year.customers)
    if any(one.customer == customer.number and one.thing == PHONE for one in year.contracts):
        customer = Customer(len(year.customers), False, Decimal(35))
        year.customers.append(customer)
    bought = _day(luck).replace(day=luck.number(1, 28))
    number = len(year.contracts) + 1
    year.contracts.append(
        Contract(number, customer.number, PHONE, "P1M", "monthly", bought, [(bought, 25)], is_trial=True)
    )


def a_wrong_end(year: Year, luck: Chance) -> None:
    """A year billed in advance with a last day that is a month late."""
    customer = Customer(len(year.customers), False, Decimal(35))
    year.customers.append(customer)
    bought = date(2026, luck.number(2, 9), luck.number(1, 28))
    made = Contract(len(year.contracts) + 1, customer.number, E3, "P1Y", "annual", bought, [(bought, 12)])
    year.contracts.append(made)
    year.misdated.add(made.number)
    billed = later(bought.replace(day=1), 1).replace(day=BILLED)
    year.truths.append(Truth("commitment_date_differs", made.id, billed, END))


def somebody_does_not_pay(year: Year, luck: Chance) -> None:
    """A customer leaves an invoice unpaid for months."""
    running = [one.customer for one in year.contracts if one.bought < START and not one.gone and not one.ends]
    customer = year.customers[luck.pick(running)]
    issued = later(START, luck.number(2, 6)).replace(day=BILLED)
    due = issued + timedelta(days=30)
    paid = due + timedelta(days=luck.number(40, 90))
    customer.unpaid = (issued, paid)
    first = due + timedelta(days=31)
    year.truths.append(Truth("unpaid_while_charged", customer.ledger_id, first, paid - timedelta(days=1)))


def suspended_and_back(year: Year, luck: Chance) -> None:
    """Suspended for some weeks, then in use again: charged and billed all the while, so nothing is told."""
    one = _one(year, luck, by_template=False)
    first = _day(luck)
    one.suspended.append((first, first + timedelta(days=luck.number(5, 25))))


_MISTAKES = (
    a_template_outlives_its_contract, a_template_outlives_a_term, the_ledger_falls_silent, a_template_is_dearer,
    an_item_is_cheaper, seats_in_the_portal, a_product_that_is_not_followed, a_promotion, a_trial, a_wrong_end,
    somebody_does_not_pay, suspended_and_back,
)  # fmt: skip


def sold_at(year: Year, contract: Contract, cost: Decimal) -> Decimal:
    """The rule's price a month: fixed, or cost and a fifth."""
    customer = year.customer_of(contract)
    return customer.fixed if customer.by_template else rounded(cost * Decimal("1.2"))
