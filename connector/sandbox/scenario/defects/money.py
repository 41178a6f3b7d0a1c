"""Prices, currencies, taxes and margins that are wrong."""

from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

from connector.sandbox.scenario.azure import azure_due
from connector.sandbox.scenario.defects.quantity import identified, note, one_product
from connector.sandbox.scenario.exhibits.rules import own_rule
from connector.sandbox.scenario.exhibits.usage import consume, new_plan, write_usage
from connector.sandbox.scenario.exhibits.whole_customers import exchanged
from connector.sandbox.scenario.mapping import FIXED_RATE
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.world import Billing, World

FLOOR = Decimal(20)


def price_differs(world: World, customer: Customer) -> None:
    """A price the rule does not know."""
    style = world.dated_style()
    holding = one_product(world, customer, style)
    due = holding.dues[0]
    price = holding.policy.unit_price(holding.subscription, holding.subscription.quantity)
    off = world.chance.pick((Decimal("-1.00"), Decimal("-0.50"), Decimal("0.75")))
    wrong = replace(due, unit_price=price + off, amount=due.amount + off * due.quantity)
    world.books.write(customer, holding.item, [wrong], world.month, style, plain=True)
    note(
        world,
        "price_differs",
        customer,
        -off * due.quantity,
        holding,
        f"{off:+} a seat",
        identified(style, holding),
    )


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
    impact = FLOOR * holding.due / 100 - (holding.due - holding.cost)
    note(
        world,
        "margin_below_floor",
        customer,
        impact.quantize(Decimal("0.01")),
        holding,
        f"less than {FLOOR} percent of the price are left",
        identified(style, holding),
    )


def currency_mismatch(world: World, customer: Customer) -> None:
    """The right amount in the wrong currency."""
    style = world.dated_style()
    holding = one_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    line.currency = "EUR" if customer.currency == "USD" else "USD"
    note(
        world,
        "currency_mismatch",
        customer,
        holding.due,
        holding,
        f"billed in {line.currency}",
        identified(style, holding),
    )


def fx_differs(world: World, customer: Customer) -> None:
    """Exchanged at the bare rate, without the agreed margin."""
    holding, right, billed = exchanged(world, customer, FIXED_RATE)
    note(
        world,
        "fx_differs",
        customer,
        right - billed,
        holding,
        "the rate has no margin",
        holding.subscription.id,
    )


def tax_differs(world: World, customer: Customer) -> None:
    """A line without the tax its customer pays."""
    style = world.dated_style()
    holding = one_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    right = line.tax or Decimal("0.00")
    line.tax = Decimal("0.00")
    note(world, "tax_differs", customer, right, holding, "no tax on the line", identified(style, holding))


def vendor_price_differs(world: World, customer: Customer) -> None:
    """Microsoft charges more than its own price sheet says."""
    bought = world.subscribe(customer, world.product(customer), world.month.on(world.chance.number(1, 20)))
    more = Decimal("0.40")
    bought.unit_price += more
    holding = world.hold(bought, billing=Billing(style="referenced"))
    world.found(
        "vendor_price_differs",
        customer.charged_in,
        more * bought.quantity,
        f"{more} above the sheet",
        customer,
        bought.id,
        bought.product,
        holding.item,
    )
