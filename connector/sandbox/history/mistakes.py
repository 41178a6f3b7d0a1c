"""What goes wrong in a made-up year, one mistake after another, each with what must be told of it and when."""

from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.contracts import E3, PHONE, VISIO, Contract, later
from connector.sandbox.history.slips import SLIPS
from connector.sandbox.history.year import (
    BILLED,
    END,
    OTHER,
    OURS,
    RECENT,
    START,
    Customer,
    Truth,
    Year,
    a_day,
    grow,
    one_of,
)
from connector.sandbox.scenario.chance import Chance


def a_template_outlives_its_contract(year: Year, luck: Chance) -> None:
    """Cancelled at Microsoft, while its template runs on for some weeks."""
    one = one_of(year, luck, by_template=True)
    one.gone = a_day(luck)
    closed = one.gone + timedelta(days=luck.number(5, 40))
    year.template_ends[one.number] = closed
    year.truths.append(Truth("cancelled_still_billed", one.id, one.gone, closed - timedelta(days=1)))


def a_template_outlives_a_term(year: Year, luck: Chance) -> None:
    """Not renewed, and its template runs on."""
    one = one_of(year, luck, by_template=True)
    one.ends = True
    over = one.term_on(START)[1] + timedelta(days=1)
    closed = over + timedelta(days=luck.number(5, 20))
    year.template_ends[one.number] = closed
    if over <= END:
        last = min(closed - timedelta(days=1), END)
        year.truths.append(Truth("cancelled_still_billed", one.id, max(over, START), last))


def the_ledger_falls_silent(year: Year, luck: Chance) -> None:
    """Somebody stops billing what runs on; what it comes to is told in truth.py, by the lines that there are."""
    one = one_of(year, luck, by_template=False)
    first = later(START, luck.number(2, 4))
    year.silent[one.number] = (first, later(first, luck.number(4, 5)) - timedelta(days=1))


def a_template_is_dearer(year: Year, luck: Chance) -> None:
    """Somebody raises a template's price and sets it back later."""
    one = one_of(year, luck, by_template=True)
    first, length = a_day(luck), luck.number(3, 45)
    fixed = year.customer_of(one).fixed
    year.template_prices[one.number] = [(first, fixed + 2), (first + timedelta(days=length), fixed)]
    subject = year.customer_of(one).ledger_id + "/" + one.thing.item
    year.truths.append(Truth("ledger_price_changed", subject, first, first + timedelta(days=min(length, RECENT) - 1)))


def an_item_is_cheaper(year: Year, luck: Chance) -> None:
    """Somebody lowers an item's price and sets it back later."""
    first, length = a_day(luck), luck.number(3, 45)
    year.item_prices[VISIO.item] = [(first, Decimal("17.00")), (first + timedelta(days=length), Decimal("19.00"))]
    one_of(year, luck, by_template=False, thing=VISIO)
    last = first + timedelta(days=min(length, RECENT) - 1)
    year.truths.append(Truth("ledger_price_changed", f"/{VISIO.item}", first, last))


def seats_in_the_portal(year: Year, luck: Chance) -> None:
    """Seats added in Partner Center itself, and given back after a while."""
    one = one_of(year, luck, by_template=luck.once_in(2))
    first, length, before = a_day(luck), luck.number(4, 50), one.quantity_on(START)
    grow(year, one, first, luck.number(2, 6), OTHER)
    back = first + timedelta(days=length)
    one.seats.append((back, before))
    year.orders.append((back, one.number, one.quantity_on(first), before, OURS))
    last = first + timedelta(days=min(length, RECENT) - 1)
    year.truths.append(Truth("seats_changed_outside", one.id, first, last))


def a_product_that_is_not_followed(year: Year, luck: Chance) -> None:
    """Another product is planned for the next term, and the template knows nothing of it."""
    one = one_of(year, luck, by_template=True, thing=PHONE)
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
    one = one_of(year, luck, by_template=False)
    one.promotion = f"{one.thing.product_id}:{one.thing.sku_id}:PROMO"


def a_trial(year: Year, luck: Chance) -> None:
    """A trial that becomes paid, by the month."""
    customer = luck.pick(year.customers)
    if any(one.customer == customer.number and one.thing == PHONE for one in year.contracts):
        customer = Customer(len(year.customers), False, Decimal(35))
        year.customers.append(customer)
    bought = a_day(luck).replace(day=luck.number(1, 28))
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
    billed = year.billed_on(bought.replace(day=1))
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
    one = one_of(year, luck, by_template=False)
    first = a_day(luck)
    one.suspended.append((first, first + timedelta(days=luck.number(5, 25))))


MISTAKES = (
    a_template_outlives_its_contract, a_template_outlives_a_term, the_ledger_falls_silent, a_template_is_dearer,
    an_item_is_cheaper, seats_in_the_portal, a_product_that_is_not_followed, a_promotion, a_trial, a_wrong_end,
    somebody_does_not_pay, suspended_and_back, *SLIPS,
)  # fmt: skip
