"""Seats and days the ledger has too many or too few of."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.sandbox.scenario.books import Due
from connector.sandbox.scenario.exhibits.rules import bundle
from connector.sandbox.scenario.mapping import BUNDLE_ITEM, BUNDLE_PRICE
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.snapshots import snapshot
from connector.sandbox.scenario.subscriptions import Event
from connector.sandbox.scenario.world import Billing, Holding, World


def one_product(world: World, customer: Customer, style: str) -> Holding:
    """Charge one licence; the last month is left for the caller to bill."""
    bought = world.subscribe(
        customer, world.product(customer), world.first_of_month(), world.chance.number(8, 40)
    )
    return world.hold(bought, billing=Billing(this_month=False, style=style))


def identified(style: str, holding: Holding) -> str | None:
    """The subscription, where the ledger line names it."""
    return holding.subscription.id if style == "referenced" else None


def note(
    world: World,
    kind: str,
    customer: Customer,
    impact: Decimal,
    holding: Holding,
    why: str,
    subscription_id: str | None,
) -> None:
    """Write a difference in a holding into the truth."""
    world.found(
        kind,
        customer.currency,
        impact,
        why,
        customer,
        subscription_id,
        holding.subscription.product,
        holding.item,
    )


def unbilled_charge(world: World, customer: Customer) -> None:
    """Charged and forgotten."""
    holding = one_product(world, customer, "referenced")
    note(
        world,
        "unbilled_charge",
        customer,
        holding.due,
        holding,
        "no line this month",
        holding.subscription.id,
    )


def unbilled_sibling(world: World, customer: Customer) -> None:
    """Two subscriptions of one product; the line of one of them is missing."""
    style = "referenced"
    holding = one_product(world, customer, style)
    world.hold(
        world.subscribe(customer, holding.subscription.product, world.first_of_month()),
        billing=Billing(style=style),
    )
    note(
        world,
        "unbilled_charge",
        customer,
        holding.due,
        holding,
        "the other subscription of the product is billed",
        holding.subscription.id,
    )


def _miscounted(world: World, customer: Customer, seats: int, kind: str) -> None:
    style = world.dated_style()
    holding = one_product(world, customer, style)
    due = holding.dues[0]
    price = holding.policy.unit_price(holding.subscription, holding.subscription.quantity)
    wrong = replace(due, quantity=due.quantity + seats, amount=due.amount + price * seats)
    world.books.write(customer, holding.item, [wrong], world.month, style, plain=True)
    note(
        world,
        kind,
        customer,
        -price * seats,
        holding,
        f"{seats:+d} seats on the line",
        identified(style, holding),
    )


def quantity_under_billed(world: World, customer: Customer) -> None:
    """Fewer seats on the line than Microsoft charges."""
    _miscounted(world, customer, -world.chance.number(1, 5), "quantity_under_billed")


def quantity_over_billed(world: World, customer: Customer) -> None:
    """More seats on the line than Microsoft charges."""
    _miscounted(world, customer, world.chance.number(1, 5), "quantity_over_billed")


def partial_period_unbilled(world: World, customer: Customer) -> None:
    """Seats added in the middle of the month, not billed until the next."""
    style = world.dated_style()
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    event = Event(world.month.on(world.chance.number(5, 25)), bought.quantity + world.chance.number(1, 6))
    holding = world.hold(bought, [event], Billing(this_month=False, style=style))
    world.books.write(customer, holding.item, holding.dues[:1], world.month, style, plain=True)
    note(
        world,
        "partial_period_unbilled",
        customer,
        holding.dues[1].amount,
        holding,
        f"seats added on {event.day} are missing",
        identified(style, holding),
    )


def duplicate_billing(world: World, customer: Customer) -> None:
    """The same line on two documents."""
    style = world.dated_style()
    holding = one_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    twin = world.books.copy(line, "D")
    if style == "referenced" and world.chance.once_in(2):
        twin.reference = ""
    note(
        world,
        "duplicate_billing",
        customer,
        -holding.due,
        holding,
        "the line stands on two documents",
        identified(style, holding) if twin.reference or style == "dated" else None,
    )


def orphan_billing(world: World, customer: Customer) -> None:
    """A line for a product the customer never had."""
    product, month = world.product(customer), world.month
    price = world.policy_for(customer, product).unit_price(
        world.subscribe(customer, product, world.first_of_month()), 1
    )
    seats = Decimal(world.chance.number(2, 12))
    due = Due("", product.name, month.first, month.last, seats, price, price * seats, is_full=True)
    item = product.item_in(customer.currency)
    world.books.write(customer, item, [due], month, "dated", plain=True)
    world.found(
        "orphan_billing",
        customer.currency,
        -due.amount,
        "no charge and no subscription",
        customer,
        product=product,
        item=item,
    )


def cancelled_still_billed(world: World, customer: Customer) -> None:
    """Ended last month, billed on."""
    month, style = world.month, world.dated_style()
    bought = world.subscribe(customer, world.product(customer), month.shift(-1).first, term="P1M")
    earlier = month.shift(-1)
    policy = world.policy_for(customer, bought.product)
    item, seats = bought.product.item_in(customer.currency), Decimal(bought.quantity)
    price = policy.unit_price(bought, bought.quantity)
    for when in (earlier, month):
        due = Due(
            bought.id, bought.product.name, when.first, when.last, seats, price, price * seats, is_full=True
        )
        if when in world.months:
            world.books.write(customer, item, [due], when, style, plain=True)
    if earlier in world.months:
        invoice = world.invoice(earlier, customer.charged_in)
        world.charge(earlier, world.charging.month(bought, earlier, invoice)[0])
    world.snapshots.append(snapshot(bought, month.first - timedelta(days=2), bought.quantity))
    world.snapshots.append(snapshot(bought, month.last, bought.quantity, "expired"))
    world.found(
        "cancelled_still_billed",
        customer.currency,
        -price * seats,
        "the term ended with the month before",
        customer,
        bought.id if style == "referenced" else None,
        bought.product,
        item,
    )


def refund_kept(world: World, customer: Customer) -> None:
    """Cancelled within the week, refunded by Microsoft, billed in full."""
    style, month = world.dated_style(), world.month
    bought = world.subscribe(customer, world.product(customer), month.first)
    holding = world.hold(
        bought, [Event(month.on(world.chance.number(3, 7)), 0)], Billing(this_month=False, style=style)
    )
    world.books.write(customer, holding.item, holding.dues[:1], month, style, plain=True)
    note(
        world,
        "cancelled_still_billed",
        customer,
        holding.dues[1].amount,
        holding,
        "cancelled within the month, billed to its end",
        identified(style, holding),
    )


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
        None,
        holding.subscription.product,
        BUNDLE_ITEM,
    )
