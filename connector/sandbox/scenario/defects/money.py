"""Prices, currencies, taxes and margins that are wrong."""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from connector.sandbox.scenario.azure import azure_due
from connector.sandbox.scenario.catalogue import AZURE_ITEMS
from connector.sandbox.scenario.defects.marking import any_product, note, seat_price
from connector.sandbox.scenario.exhibits.rules import own_rule
from connector.sandbox.scenario.exhibits.usage import consume, new_plan, write_usage
from connector.sandbox.scenario.exhibits.whole_customers import exchanged
from connector.sandbox.scenario.mapping import FIXED_RATE
from connector.sandbox.scenario.money import ZERO, rounded
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.world import Billing, World

FLOOR = Decimal(20)


def price_differs(world: World, customer: Customer) -> None:
    """A price the rule does not know."""
    style = world.dated_style()
    holding = any_product(world, customer, style)
    due = holding.dues[0]
    off = world.chance.pick((Decimal("-1.00"), Decimal("-0.50"), Decimal("0.75")))
    wrong = replace(due, unit_price=seat_price(holding) + off, amount=due.amount + off * due.quantity)
    world.books.write(customer, holding.item, [wrong], world.month, style, plain=True)
    note(world, "price_differs", holding, -off * due.quantity, f"{off:+} a seat", style)


def usage_mispriced(world: World, customer: Customer) -> None:
    """Usage billed at another amount than the rule makes."""
    plan = new_plan(world, customer)
    if plan:
        consumed = consume(world, plan, world.usage_policy(customer))
        off = rounded(consumed.due * world.chance.pick((Decimal("-0.08"), Decimal("0.05")))) or Decimal("0.50")
        write_usage(world, consumed, consumed.due + off)
        named = plan.subscription_id if customer.style == "referenced" else None
        item = AZURE_ITEMS[customer.currency]
        why = f"{off:+} on the usage of the month"
        world.found("price_differs", customer.currency, -off, why, customer, named, item=item)


def credit_not_passed_on(world: World, customer: Customer) -> None:
    """Microsoft gave a credit, the customer did not get it."""
    plan = new_plan(world, customer)
    if plan:
        consumed = consume(world, plan, world.usage_policy(customer), without_pec=1, credited=True)
        credit = azure_due(consumed.charges[-1], consumed.policy)
        write_usage(world, consumed, consumed.due - credit)
        named = plan.subscription_id if customer.style == "referenced" else None
        world.found("credit_not_passed_on", customer.currency, credit, "Azure Credit Offer", customer, named)


def margin_below_floor(world: World, customer: Customer) -> None:
    """Sold as agreed, and too cheap."""
    bought = world.subscribe(customer, world.product(customer, Decimal(8)), world.first_of_month())
    price = (bought.unit_price * Decimal("1.05")).quantize(Decimal(1), rounding=ROUND_CEILING)
    policy = Policy("unit_price", price, floor=FLOOR)
    own_rule(world, customer, bought.product, policy)
    style = world.dated_style()
    holding = world.hold(bought, billing=Billing(policy=policy, style=style, plain=True))
    impact = rounded(FLOOR * holding.due / 100 - (holding.due - holding.cost))
    why = f"less than {FLOOR} percent of the price are left"
    note(world, "margin_below_floor", holding, impact, why, style)


def currency_mismatch(world: World, customer: Customer) -> None:
    """The right amount in the wrong currency."""
    style = world.dated_style()
    holding = any_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    line.currency = "EUR" if customer.currency == "USD" else "USD"
    note(world, "currency_mismatch", holding, holding.due, f"billed in {line.currency}", style)


def fx_differs(world: World, customer: Customer) -> None:
    """Exchanged at the bare rate, without the agreed margin."""
    holding, right, billed = exchanged(world, customer, FIXED_RATE)
    note(world, "fx_differs", holding, right - billed, "the rate has no margin", "referenced")


def tax_differs(world: World, customer: Customer) -> None:
    """A line without the tax its customer pays."""
    style = world.dated_style()
    holding = any_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    right = line.tax or ZERO
    line.tax = ZERO
    note(world, "tax_differs", holding, right, "no tax on the line", style)


def vendor_price_differs(world: World, customer: Customer) -> None:
    """Microsoft charges more than its own price sheet says."""
    bought = world.subscribe(customer, world.product(customer), world.month.on(world.chance.number(1, 20)))
    more = Decimal("0.40")
    bought.unit_price += more
    holding = world.hold(bought, billing=Billing(style="referenced"))
    impact, why = more * bought.quantity, f"{more} above the sheet"
    note(world, "vendor_price_differs", holding, impact, why, "referenced")
