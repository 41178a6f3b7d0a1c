"""Lines nothing stands behind: billed twice, never sold, or ended at Microsoft."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.sandbox.scenario.books import month_due
from connector.sandbox.scenario.defects.marking import any_product, note
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.snapshots import snapshot
from connector.sandbox.scenario.subscriptions import Event
from connector.sandbox.scenario.world import Billing, Holding, World


def duplicate_billing(world: World, customer: Customer) -> None:
    """The same line on two documents."""
    style = world.dated_style()
    holding = any_product(world, customer, style)
    line = world.books.write(customer, holding.item, holding.dues, world.month, style, plain=True)[0]
    twin = world.books.copy(line, "D")
    if style == "referenced" and world.chance.once_in(2):
        twin.reference, style = "", "dated"
    note(world, "duplicate_billing", holding, -holding.due, "the line stands on two documents", style)


def orphan_billing(world: World, customer: Customer) -> None:
    """A line for a product the customer never had."""
    _orphan(world, customer, known=True)


def orphan_of_a_stranger(world: World, customer: Customer) -> None:
    """A line of a cloud item on a ledger customer the mapping does not name."""
    _orphan(world, customer, known=False)


def _orphan(world: World, customer: Customer, known: bool) -> None:
    product, month = world.product(customer), world.month
    never = world.subscribe(customer, product, world.first_of_month())
    price = world.policy_for(customer, product).unit_price(never, 1)
    due = month_due(product.name, month, world.chance.number(2, 12), price)
    item = product.item_in(customer.currency)
    stranger = None if known else f"9{customer.number:05d}"
    lines = world.books.write(customer, item, [due], month, "dated", stranger, plain=True)
    if not known:
        lines[0].customer_name, lines[0].paper = "Former customer", "S"
    owner = customer if known else None
    why = "no charge and no subscription"
    world.found("orphan_billing", customer.currency, -due.amount, why, owner, product=product, item=item)


def cancelled_still_billed(world: World, customer: Customer) -> None:
    """Ended last month, billed on."""
    month, style = world.month, world.dated_style()
    earlier = month.shift(-1)
    bought = world.subscribe(customer, world.product(customer), earlier.first, term="P1M")
    policy, item = world.policy_for(customer, bought.product), bought.product.item_in(customer.currency)
    price = policy.unit_price(bought, bought.quantity)
    dues = {when: month_due(bought.product.name, when, bought.quantity, price) for when in (earlier, month)}
    for when, due in dues.items():
        if when in world.months:
            billed = replace(due, subscription_id=bought.id)
            world.books.write(customer, item, [billed], when, style, plain=True)
    if earlier in world.months:
        invoice = world.invoice(earlier, customer.charged_in)
        world.charge(earlier, world.charging.month(bought, earlier, invoice)[0])
    world.snapshots.append(snapshot(bought, month.first - timedelta(days=2), bought.quantity))
    world.snapshots.append(
        snapshot(bought, month.last, bought.quantity, "expired", last_day=month.first - timedelta(days=1))
    )
    holding = Holding(bought, item, policy, (dues[month],), (), ())
    why = "the term ended with the month before"
    note(world, "cancelled_still_billed", holding, -dues[month].amount, why, style)


def refund_kept(world: World, customer: Customer) -> None:
    """Cancelled within the week, refunded by Microsoft, billed in full."""
    style, first = world.dated_style(), world.month.on(world.chance.number(1, 18))
    bought = world.subscribe(customer, world.product(customer), first)
    event = Event(first + timedelta(days=world.chance.number(2, 6)), 0)
    holding = world.hold(bought, [event], Billing(this_month=False, style=style))
    world.books.write(customer, holding.item, holding.dues[:1], world.month, style, plain=True)
    impact: Decimal = holding.dues[1].amount
    note(world, "cancelled_still_billed", holding, impact, "cancelled, billed to the end of the cycle", style)
