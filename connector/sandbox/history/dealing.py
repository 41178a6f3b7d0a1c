"""Deals a year out of a seed, with everything that goes wrong in it, or a clean one."""

from datetime import date
from decimal import Decimal

from connector.sandbox.history.azure import Azure
from connector.sandbox.history.contracts import PREMIUM, PROJECT, VISIO, later
from connector.sandbox.history.market import Correction, Market
from connector.sandbox.history.mistakes import MISTAKES
from connector.sandbox.history.year import END, START, Customer, Year, buy
from connector.sandbox.scenario.chance import Chance


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
            buy(year, luck, customer)
    year.late = {later(START, luck.number(0, 10)): luck.number(2, 6) for _ in range(2)}
    market.again = [later(START, luck.number(1, 10)).replace(day=luck.number(6, 28)) for _ in range(2)]
    for customer in people[::4]:
        year.azure.append(_azure(luck, customer))
    year.endings["client secret"] = [(START, date(2027, 6, 30))]
    if not clean:
        market.corrections.append(Correction(VISIO, later(START, luck.number(2, 8)).replace(day=12), Decimal("15.50")))
        market.leaving[PROJECT.product_id] = later(START, luck.number(4, 9))
        for mistake in MISTAKES:
            mistake(year, Chance(seed, mistake.__name__))
    return year


def _azure(luck: Chance, customer: Customer) -> Azure:
    """Usage that goes up and down by no more than a tenth."""
    base, found, month = luck.number(200, 900), Azure(customer.number), later(START, -6)
    while month <= END:
        found.months[month] = Decimal(base) * luck.number(91, 109) / 100
        month = later(month, 1)
    return found
