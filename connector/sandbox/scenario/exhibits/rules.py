"""Every form of price rule and exception, applied as the mapping says."""

from dataclasses import replace
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.books import Due, month_due
from connector.sandbox.scenario.mapping import (
    BUNDLE_ITEM,
    BUNDLE_PRICE,
    SERVICE_DESK_ITEM,
    SERVICE_DESK_PRICE,
    Rule,
)
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy, fixed_price
from connector.sandbox.scenario.subscriptions import Subscription
from connector.sandbox.scenario.world import Billing, Holding, World

VOLUME = ((1, Decimal("20.00")), (25, Decimal("18.00")), (100, Decimal("15.50")))


def own_rule(world: World, customer: Customer, product: catalogue.Product, policy: Policy, **more: object) -> None:
    """A price rule for one customer and product."""
    whom: Rule = {"tenant_id": customer.tenant_id, "product_id": product.product_id}
    world.mapping.price(whom, policy, **more)


def _with_policy(world: World, customer: Customer, policy: Policy, bought: Subscription) -> None:
    own_rule(world, customer, bought.product, policy)
    world.hold(bought, billing=Billing(policy=policy))


def tiers_by_volume(world: World, customer: Customer) -> None:
    """All seats at the price of the tier that their number reaches."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month(), world.chance.number(10, 60))
    _with_policy(world, customer, Policy("volume", tiers=VOLUME), bought)


def tiers_by_step(world: World, customer: Customer) -> None:
    """Each seat at the price of its own tier."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month(), world.chance.number(26, 60))
    _with_policy(world, customer, Policy("graduated", tiers=VOLUME), bought)


def discount_from_retail(world: World, customer: Customer) -> None:
    """A discount from Microsoft's estimated retail price, which the price sheet tells."""
    start = world.month.on(world.chance.number(1, 20))
    bought = world.subscribe(customer, world.product(customer), start, term="P1M")
    _with_policy(world, customer, Policy("discount_from_list_percent", Decimal(5), of="retail"), bought)


def price_per_cycle(world: World, customer: Customer) -> None:
    """A price for the whole prepaid year."""
    product = world.product(customer)
    bought = world.subscribe(customer, product, world.month.on(world.chance.number(2, 27)), plan="annual")
    price = fixed_price(product.monthly(customer.charged_in)) * 11
    _with_policy(world, customer, Policy("unit_price", price, per_cycle=True), bought)


def price_per_month_of_a_year(world: World, customer: Customer) -> None:
    """A monthly price on a prepaid year: twelve of them."""
    product = world.product(customer)
    bought = world.subscribe(customer, product, world.month.on(world.chance.number(2, 27)), plan="annual")
    _with_policy(world, customer, Policy("unit_price", fixed_price(product.monthly(customer.charged_in))), bought)


def licence_passed_through(world: World, customer: Customer) -> None:
    """A licence sold at cost."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary())
    own_rule(world, customer, bought.product, Policy("pass_through"))
    world.hold(bought, billing=Billing(policy=Policy("pass_through"), style="referenced"))


def new_price_waits_for_renewal(world: World, customer: Customer) -> None:
    """A new price since the first of the month; the running term keeps the old one."""
    _price_change(world, customer, "renewal")


def new_price_at_once(world: World, customer: Customer) -> None:
    """A new price since the first of the month that takes hold with the next cycle."""
    _price_change(world, customer, "cycle")


def _price_change(world: World, customer: Customer, change_at: str) -> None:
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    old = Policy("unit_price", fixed_price(bought.product.monthly(customer.charged_in)))
    new = replace(old, value=old.value + Decimal("1.50"))
    own_rule(world, customer, bought.product, old, change_at=change_at)
    own_rule(world, customer, bought.product, new, change_at=change_at, valid_from=world.month.first)
    world.hold(bought, billing=Billing(policy=new if change_at == "cycle" else old, earlier=change_at == "renewal"))


def free_seats(world: World, customer: Customer) -> None:
    """Two seats are a present."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    world.mapping.add("subscriptions", {"subscription_id": bought.id, "free_quantity": Decimal(2)})
    world.hold(bought, billing=Billing(free=2, style="referenced"))


def never_billed(world: World, customer: Customer) -> None:
    """A subscription the partner pays itself."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary())
    world.mapping.add("subscriptions", {"subscription_id": bought.id, "bill": "never"})
    world.hold(bought, billing=Billing(is_due=False))


def other_item(world: World, customer: Customer) -> None:
    """A subscription billed on an item of its own."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    item = f"7{world.chance.number(1000, 9999)}"
    world.mapping.add("subscriptions", {"subscription_id": bought.id, "item": item})
    world.hold(bought, billing=Billing(item=item))


def split_customer(world: World, customer: Customer) -> None:
    """One tenant, two ledger customers."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    second = f"{customer.ledger_customer}-B"
    world.mapping.add("subscriptions", {"subscription_id": bought.id, "ledger_customer": second})
    world.hold(bought, billing=Billing(ledger_customer=second))


def bundle(world: World, customer: Customer) -> tuple[Holding, Due] | None:
    """Charge the parts of a managed seat and say what is due for it; the caller bills it."""
    if not (customer.take(catalogue.BUNDLE_SEAT) and customer.take(catalogue.BUNDLE_GUARD)):
        return None
    start, seats = world.first_of_month(), world.chance.number(5, 30)
    counted = world.hold(world.subscribe(customer, catalogue.BUNDLE_SEAT, start, seats), billing=Billing(is_due=False))
    world.hold(world.subscribe(customer, catalogue.BUNDLE_GUARD, start, seats), billing=Billing(is_due=False))
    return counted, month_due("Managed seat", world.month, seats, BUNDLE_PRICE)


def bundle_billed(world: World, customer: Customer) -> None:
    """Two products sold as one managed seat."""
    made = bundle(world, customer)
    if made:
        world.books.write(customer, BUNDLE_ITEM, [made[1]], world.month, "dated", plain=True)


def service_desk(world: World, customer: Customer) -> None:
    """The partner's own monthly item."""
    for month in world.months:
        if month != world.month or not customer.desk_forgotten:
            due = month_due("Service desk", month, 1, SERVICE_DESK_PRICE)
            world.books.write(customer, SERVICE_DESK_ITEM, [due], month, "dated", plain=True)


def unrelated_documents(world: World, customer: Customer) -> None:
    """A void invoice, a draft, and work that has nothing to do with the cloud."""
    holding = world.hold(
        world.subscribe(customer, world.product(customer), world.first_of_month()),
        billing=Billing(style="dated"),
    )
    books = world.books
    last = books.lines[-1]
    for status, paper in (("void", "V"), ("draft", "W")):
        books.copy(last, paper).status = status
    hours = month_due("Consulting, hours", world.month, 6, Decimal("140.00"))
    if holding.dues:
        books.write(customer, "900", [hours], world.month, "pooled")
