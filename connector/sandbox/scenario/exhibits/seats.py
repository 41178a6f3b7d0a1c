"""Seats that come and go, and several subscriptions of one product, all billed correctly."""

from datetime import timedelta

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.subscriptions import Event
from connector.sandbox.scenario.world import Billing, World


def ordinary(world: World, customer: Customer) -> None:
    """One licence, nothing special."""
    chance = world.chance
    start = world.first_of_month() if customer.style == "dateless" or chance.once_in(2) else world.anniversary()
    term = "P1M" if chance.once_in(5) and customer.style in ("referenced", "dated") else "P1Y"
    world.hold(world.subscribe(customer, world.product(customer), start, term=term))


def several_with_references(world: World, customer: Customer) -> None:
    """Three subscriptions of one product; the bookkeeper notes the subscription on each line."""
    product, quantity = world.product(customer), world.chance.number(4, 20)
    for seats in (quantity, quantity, quantity + 3):
        world.hold(
            world.subscribe(customer, product, world.anniversary(), seats),
            billing=Billing(style="referenced"),
        )


def several_without_references(world: World, customer: Customer) -> None:
    """Three subscriptions of one product, two of them alike in every way, on lines without a reference."""
    product, quantity, start = world.product(customer), world.chance.number(4, 20), world.first_of_month()
    for seats in (quantity, quantity, quantity + 2):
        world.hold(world.subscribe(customer, product, start, seats), billing=Billing(style="dated"))


def several_in_one_line(world: World, customer: Customer) -> None:
    """Two subscriptions of one product billed as a single line."""
    product, start = world.product(customer), world.first_of_month()
    held = [
        world.hold(world.subscribe(customer, product, start), billing=Billing(this_month=False, earlier=False))
        for _ in range(2)
    ]
    dues = [due for holding in held for due in holding.dues]
    world.books.write(customer, held[0].item, dues, world.month, "pooled", plain=True)


def sibling_skus(world: World, customer: Customer) -> None:
    """Two skus of one product with equal amounts on one item: neither a duplicate nor a mix-up."""
    start, quantity = world.first_of_month(), world.chance.number(3, 15)
    if customer.take(catalogue.SIBLINGS[0]):
        for product in catalogue.SIBLINGS:
            world.hold(
                world.subscribe(customer, product, start, quantity),
                billing=Billing(style="dated", plain=True),
            )


def seats_added(world: World, customer: Customer) -> None:
    """Seats added in the middle of a cycle."""
    start = world.first_of_month()
    bought = world.subscribe(customer, world.product(customer), start)
    day = world.month.on(world.chance.number(5, 26))
    world.hold(bought, [Event(day, bought.quantity + world.chance.number(1, 6))])


def seats_removed(world: World, customer: Customer) -> None:
    """Seats given back within the week after the term was renewed."""
    bought = world.subscribe(customer, world.product(customer), world.month.shift(-12).on(world.chance.number(2, 20)))
    day = world.month.on(bought.start.day) + timedelta(days=world.chance.number(1, 6))
    world.hold(bought, [Event(day, bought.quantity - 2)], Billing(style=world.dated_style()))


def many_changes(world: World, customer: Customer) -> None:
    """Up, down and up again inside one cycle."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary(2, 6), world.chance.number(10, 20))
    quantity, events = bought.quantity, []
    for day, step in ((9, 5), (11, 10), (13, -2), (15, -3), (25, 10)):
        quantity += step
        events.append(Event(world.month.on(day), quantity))
    world.hold(bought, events, Billing(style=world.dated_style()))


def month_end_cycle(world: World, customer: Customer) -> None:
    """A term that began on a 31st, with a seat change in the cycle that began in the month before."""
    long_months = [back for back in range(3, 12) if world.month.shift(-back).days == 31]
    start = world.month.shift(-world.chance.pick(long_months)).on(31)
    bought = world.subscribe(customer, world.product(customer), start)
    event = Event(world.month.on(world.chance.number(4, 24)), bought.quantity + 2)
    world.hold(bought, [event], Billing(style=world.dated_style()))


def change_before_anniversary(world: World, customer: Customer) -> None:
    """A seat change some days before the month's cycle begins, charged at the share of the earlier cycle."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary(15, 28))
    event = Event(world.month.on(world.chance.number(3, 13)), bought.quantity + 3)
    world.hold(bought, [event], Billing(style=world.dated_style()))


def split_product(world: World, customer: Customer) -> None:
    """Microsoft 365 E5: two lines for one seat, also when seats change."""
    if customer.take(catalogue.E5):
        start = world.month.first if world.chance.once_in(2) else world.first_of_month()
        bought = world.subscribe(customer, catalogue.E5, start)
        events = [Event(world.month.on(world.chance.number(8, 24)), bought.quantity + 4)]
        world.hold(bought, events if world.chance.once_in(2) else ())
