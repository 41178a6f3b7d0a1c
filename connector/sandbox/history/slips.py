"""More of what goes wrong, or only looks so, in a made-up year: what is told of the latter is nothing."""

from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.contracts import E3, PHONE, PROJECT, Contract, later
from connector.sandbox.history.year import (
    END,
    RECENT,
    START,
    Truth,
    Year,
    a_day,
    alone,
    newcomer,
    one_of,
)
from connector.sandbox.scenario.chance import Chance


def suspended_and_not_billed(year: Year, luck: Chance) -> None:
    """Suspended for months, charged all the while, and the ledger stops billing it; truth.py tells by the lines."""
    one = one_of(year, luck, by_template=False)
    first = later(START, luck.number(1, 3))
    last = later(first, 6) - timedelta(days=1)
    one.suspended.append((first, last))
    year.silent[one.number] = (first, last)


def credited_by_mistake(year: Year, luck: Chance) -> None:
    """A month's line is credited in full while the subscription runs, and the next month is billed again."""
    one = one_of(year, luck, by_template=False)
    month = later(START, luck.number(1, 8))
    year.credited[one.number] = {month}
    first = year.billed_on(month) + timedelta(days=3)
    year.truths.append(Truth("cancelled_still_charged", one.id, first, year.billed_on(later(month, 1)) - ONE))


def a_line_is_cheaper(year: Year, luck: Chance) -> None:
    """Somebody gives a month's line another price."""
    customer = newcomer(year, luck)
    one = alone(year, luck, customer, E3)
    month = later(START, luck.number(1, 8))
    year.line_prices[one.number] = {month: Decimal("20.00")}
    first, again = year.billed_on(month), year.billed_on(later(month, 1))
    last = min(again - ONE, first + timedelta(days=RECENT - 1))
    year.truths.append(Truth("ledger_price_changed", f"{customer.ledger_id}/{one.thing.item}", first, last))


def a_customer_leaves(year: Year, luck: Chance) -> None:
    """Its rule in the mapping ends, and nobody cancels what it holds."""
    customer = newcomer(year, luck)
    one = alone(year, luck, customer, E3)
    customer.left = later(START, luck.number(3, 8)) - ONE
    year.silent[one.number] = (customer.left + ONE, END)
    year.truths.append(Truth("cancelled_still_charged", one.id, customer.left + ONE, END))


def nobody_renews(year: Year, luck: Chance) -> None:
    """Automatic renewal is switched off some days before a term ends: what was told ahead is over on that day."""
    one = alone(year, luck, newcomer(year, luck), PHONE)
    one.ends = True
    one.auto_off = max(START, one.term_on(START)[1] - timedelta(days=luck.number(3, 20)))


def seats_of_the_next_term(year: Year, luck: Chance) -> None:
    """Fewer seats are planned for the next month: told as far ahead as such a term is."""
    one = alone(year, luck, newcomer(year, luck), E3, "P1M")
    day = a_day(luck)
    renewal = one.renewal_after(day)
    if renewal is None:
        return
    seats = one.quantity_on(day)
    one.planned = (day, seats - 1)
    one.seats.append((renewal, seats - 1))
    year.truths.append(Truth("renewal_ahead", one.id, max(day, renewal - timedelta(days=7)), renewal - ONE))


def gone_and_back(year: Year, luck: Chance) -> None:
    """Cancelled by mistake, and in use again some days later; a template that went on is told in between."""
    one = alone(year, luck, newcomer(year, luck, by_template=luck.once_in(2)), PHONE)
    first, last = one.term_on(date(2026, 6, 15))
    middle = max(START + timedelta(days=20), first + (last - first) // 2)
    one.gone, one.back = middle, middle + timedelta(days=luck.number(3, 9))
    if year.customer_of(one).by_template:
        year.truths.append(Truth("cancelled_still_billed", one.id, one.gone, one.back - ONE))


def an_upgrade_is_followed(year: Year, luck: Chance) -> None:
    """One subscription becomes another within its term, and the ledger follows: nothing is told of it."""
    one = alone(year, luck, newcomer(year, luck), PHONE)
    day = a_day(luck).replace(day=luck.number(1, 28))
    one.gone = day
    seats = [(day, one.quantity_on(START))]
    year.contracts.append(Contract(len(year.contracts) + 1, one.customer, E3, "P1Y", "monthly", day, seats))


def a_tenant_is_renamed(year: Year, luck: Chance) -> None:
    """A tenant gets another name: nothing is told of it."""
    customer = newcomer(year, luck)
    alone(year, luck, customer, E3)
    customer.renamed = a_day(luck)


def two_records_become_one(year: Year, luck: Chance) -> None:
    """A ledger customer is merged into another, and the mapping names the former one still: nothing is told of it."""
    customer = newcomer(year, luck, by_template=luck.once_in(2))
    alone(year, luck, customer, PHONE)
    customer.merged = a_day(luck)


def a_product_leaves(year: Year, luck: Chance) -> None:
    """Somebody holds what the price sheets hold no more."""
    alone(year, luck, newcomer(year, luck), PROJECT)


def azure_gets_dear(year: Year, luck: Chance) -> None:
    """A month at twice the usual cost, and with another customer a month above what was set."""
    first, second = year.azure[0], year.azure[-1]
    month = later(START, luck.number(1, 10))
    first.months[month] = first.months[month] * luck.number(19, 25) / 10
    other = later(START, luck.number(1, 10))
    second.limit = max(amount for day, amount in second.months.items() if day != other) + 1
    second.months[other] = second.limit + luck.number(1, 300)


def credit_is_earned_no_more(year: Year, luck: Chance) -> None:
    """A resource earns no partner credit from a month on."""
    year.azure[1].unearned = later(START, luck.number(1, 10))


def a_secret_ends(year: Year, luck: Chance) -> None:
    """One secret is renewed in time, an agreement is not."""
    ends = later(START, luck.number(3, 6)).replace(day=28)
    renewed = ends - timedelta(days=luck.number(2, 25))
    year.endings["certificate"] = [(START, ends), (renewed, date(2028, 1, 1))]
    year.truths.append(Truth("access_expiring", "certificate", ends - timedelta(days=30), renewed - ONE))
    over = later(START, luck.number(7, 9)).replace(day=15)
    year.endings["agreement"] = [(START, over)]
    year.truths.append(Truth("access_expiring", "agreement", over - timedelta(days=30), END))


ONE = timedelta(days=1)
SLIPS = (
    suspended_and_not_billed, credited_by_mistake, a_line_is_cheaper, a_customer_leaves, nobody_renews,
    seats_of_the_next_term, gone_and_back, an_upgrade_is_followed, a_tenant_is_renamed, two_records_become_one,
    a_product_leaves, azure_gets_dear, credit_is_earned_no_more, a_secret_ends,
)  # fmt: skip
