"""How a mistake begins: one product is charged and left to be billed wrongly; and how the truth notes it."""

from datetime import date
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.subscriptions import Subscription
from connector.sandbox.scenario.world import Billing, Holding, World


def one_product(world: World, customer: Customer, style: str) -> Holding:
    """Charge a licence whose cycles are calendar months; the last month is left for the caller to bill."""
    return _unbilled(world, _bought(world, customer, world.first_of_month()), style)


def any_product(world: World, customer: Customer, style: str) -> Holding:
    """The same with any rhythm: by anniversary, a one-month term, a prepaid year, a promotion, a split product."""
    kind = world.chance.pick(("calendar", "anniversary", "month", "year", "promoted", "split"))
    if kind == "split" and customer.take(catalogue.E5):
        return _unbilled(world, world.subscribe(customer, catalogue.E5, world.first_of_month()), style)
    start = world.first_of_month() if kind == "calendar" else world.anniversary()
    if kind == "year":
        start = world.month.on(world.chance.number(2, 27))
    bought = _bought(world, customer, start, "P1M" if kind == "month" else "P1Y", kind)
    if kind == "promoted":
        bought.promotion_percent = Decimal(10)
        bought.promotion_id = f"39NFJQT1PJQB:0001:39NFJQT1{world.chance.token(4).upper()}"
    return _unbilled(world, bought, style)


def _bought(world: World, customer: Customer, start: date, term: str = "P1Y", kind: str = "") -> Subscription:
    plan = "annual" if kind == "year" else "monthly"
    return world.subscribe(customer, world.product(customer), start, world.chance.number(8, 40), term=term, plan=plan)


def _unbilled(world: World, bought: Subscription, style: str) -> Holding:
    return world.hold(bought, billing=Billing(this_month=False, style=style))


def seat_price(holding: Holding) -> Decimal:
    """The right price of a seat per cycle."""
    return holding.policy.unit_price(holding.subscription, holding.subscription.quantity)


def note(world: World, kind: str, holding: Holding, impact: Decimal, why: str, style: str) -> None:
    """Write a fault of a holding into the truth; a referenced style names its subscription."""
    bought = holding.subscription
    named = bought.id if style == "referenced" else None
    currency = bought.customer.currency
    world.found(kind, currency, impact, why, bought.customer, named, bought.product, holding.item)
