"""Seats and days the ledger has too few of, or counts wrongly."""

from dataclasses import replace

from connector.sandbox.scenario.defects.marking import any_product, note, one_product, seat_price
from connector.sandbox.scenario.exhibits.rules import bundle
from connector.sandbox.scenario.mapping import BUNDLE_ITEM, BUNDLE_PRICE, SERVICE_DESK_ITEM, SERVICE_DESK_PRICE
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.subscriptions import Event
from connector.sandbox.scenario.world import Billing, World


def unbilled_charge(world: World, customer: Customer) -> None:
    """Charged and forgotten."""
    holding = one_product(world, customer, "referenced")
    note(world, "unbilled_charge", holding, holding.due, "no line this month", "referenced")


def unbilled_sibling(world: World, customer: Customer) -> None:
    """Two subscriptions of one product; the line of one of them is missing."""
    holding = one_product(world, customer, "referenced")
    sibling = world.subscribe(customer, holding.subscription.product, world.first_of_month())
    world.hold(sibling, billing=Billing(style="referenced"))
    why = "the other subscription of the product is billed"
    note(world, "unbilled_charge", holding, holding.due, why, "referenced")


def service_desk_forgotten(world: World, customer: Customer) -> None:
    """The partner's own monthly item is missing this month."""
    customer.desk_forgotten = True
    world.found(
        "unbilled_charge",
        customer.currency,
        SERVICE_DESK_PRICE,
        "own item not billed",
        customer,
        item=SERVICE_DESK_ITEM,
    )


def _miscounted(world: World, customer: Customer, seats: int, kind: str) -> None:
    style = world.dated_style()
    holding = any_product(world, customer, style)
    due, price = holding.dues[0], seat_price(holding)
    wrong = replace(due, quantity=due.quantity + seats, amount=due.amount + price * seats)
    world.books.write(customer, holding.item, [wrong], world.month, style, plain=True)
    note(world, kind, holding, -price * seats, f"{seats:+d} seats on the line", style)


def quantity_under_billed(world: World, customer: Customer) -> None:
    """Fewer seats on the line than Microsoft charges."""
    _miscounted(world, customer, -world.chance.number(1, 5), "quantity_under_billed")


def quantity_over_billed(world: World, customer: Customer) -> None:
    """More seats on the line than Microsoft charges."""
    _miscounted(world, customer, world.chance.number(1, 5), "quantity_over_billed")


def pool_under_billed(world: World, customer: Customer) -> None:
    """Two subscriptions on one line without reference, some seats short."""
    holding = one_product(world, customer, "pooled")
    twin = world.subscribe(customer, holding.subscription.product, world.first_of_month())
    other = world.hold(twin, billing=Billing(this_month=False, earlier=False))
    missing, price = world.chance.number(1, 3), seat_price(holding)
    short = replace(
        holding.dues[0],
        quantity=holding.dues[0].quantity + other.dues[0].quantity - missing,
        amount=holding.due + other.due - price * missing,
    )
    world.books.write(customer, holding.item, [short], world.month, "pooled", plain=True)
    why = f"{missing} seats of two subscriptions missing on their common line"
    note(world, "quantity_under_billed", holding, price * missing, why, "pooled")


def partial_period_unbilled(world: World, customer: Customer) -> None:
    """Seats added in the middle of the cycle, not billed until the next."""
    style = world.dated_style()
    start = world.first_of_month() if world.chance.once_in(2) else world.anniversary(2, 9)
    bought = world.subscribe(customer, world.product(customer), start)
    event = Event(world.month.on(world.chance.number(11, 25)), bought.quantity + world.chance.number(1, 6))
    holding = world.hold(bought, [event], Billing(this_month=False, style=style))
    world.books.write(customer, holding.item, holding.dues[:1], world.month, style, plain=True)
    why = f"seats added on {event.day} are missing"
    note(world, "partial_period_unbilled", holding, holding.dues[1].amount, why, style)


def bundle_drift(world: World, customer: Customer) -> None:
    """The bundle's number was not moved with its component."""
    made = bundle(world, customer)
    if made is None:
        return
    holding, due = made
    missing = world.chance.number(1, 3)
    wrong = replace(due, quantity=due.quantity - missing, amount=due.amount - BUNDLE_PRICE * missing)
    world.books.write(customer, BUNDLE_ITEM, [wrong], world.month, "dated", plain=True)
    world.found(
        "bundle_drift",
        customer.currency,
        BUNDLE_PRICE * missing,
        f"{missing} bundle seats too few",
        customer,
        product=holding.subscription.product,
        item=BUNDLE_ITEM,
    )
