"""A partner with very many customers and one ordinary subscription each, for work in which only the number counts."""

from connector.sandbox.scenario.books import Books
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.catalogue import GENERAL
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.people import make_customer
from connector.sandbox.scenario.subscriptions import Charging
from connector.sandbox.scenario.world import World


def make_plain_world(customers: int, months: int, seed: int, last_month: str = "2026-10") -> World:
    """Deal such a world; nothing is wrong in it. Equal arguments deal equal worlds."""
    last = Month.parse(last_month)
    world = World(
        seed=seed,
        months=tuple(last.shift(back) for back in range(1 - months, 1)),
        chance=Chance(seed, "events"),
        books=Books(Chance(seed, "books")),
        charging=Charging(Chance(seed, "charges")),
    )
    chance = Chance(seed, "customers")
    for number in range(1, customers + 1):
        customer = make_customer(number, "USD", "silver", chance)
        world.customers.append(customer)
        product = GENERAL[number % len(GENERAL)]
        customer.take(product)
        world.hold(world.subscribe(customer, product, world.first_of_month()))
    return world
