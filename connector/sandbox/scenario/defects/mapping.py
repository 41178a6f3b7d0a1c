"""Charges the mapping cannot place."""

from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.exhibits.rules import own_rule
from connector.sandbox.scenario.exhibits.usage import consume, new_plan
from connector.sandbox.scenario.exhibits.whole_customers import moved_on
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.world import Billing, World


def unmapped_customer(world: World, customer: Customer) -> None:
    """Nobody told the mapping about this tenant."""
    customer.mapped = False
    for _ in range(2):
        bought = world.subscribe(customer, world.product(customer), world.anniversary())
        holding = world.hold(bought, billing=Billing(is_due=False))
        world.found(
            "unmapped_customer",
            customer.charged_in,
            holding.cost,
            "the mapping has no such tenant",
            customer,
            product=bought.product,
        )


def unmapped_product(world: World, customer: Customer) -> None:
    """A product without a rule."""
    if customer.take(catalogue.UNKNOWN):
        bought = world.subscribe(customer, catalogue.UNKNOWN, world.anniversary())
        holding = world.hold(bought, billing=Billing(is_due=False))
        world.found(
            "unmapped_product",
            customer.charged_in,
            holding.cost,
            "the mapping has no such product",
            customer,
            bought.id,
            bought.product,
        )


def unpriced_charge(world: World, customer: Customer) -> None:
    """A product with an item and without a price for this group."""
    if customer.take(catalogue.STAFFED):
        bought = world.subscribe(customer, catalogue.STAFFED, world.first_of_month())
        holding = world.hold(bought, billing=Billing(is_due=False))
        world.found(
            "unpriced_charge",
            customer.charged_in,
            holding.cost,
            "the group has no price for the product",
            customer,
            bought.id,
            bought.product,
            holding.item,
        )


def charge_without_customer(world: World, customer: Customer) -> None:
    """A line on which Microsoft left the customer empty."""
    bought = world.subscribe(customer, world.product(customer), world.month.on(world.chance.number(2, 25)))
    invoice = world.invoice(world.month, customer.charged_in)
    lines, _ = world.charging.month(bought, world.month, invoice)
    for line in lines:
        line.tenant_id, line.customer_name, line.domain = None, "", ""
        if world.chance.once_in(2):
            line.charge_type, line.credit_reason = "customerCredit", "Service Credit"
            line.eup, line.subtotal, line.tax = -line.eup, -line.subtotal, -line.tax
    world.charge(world.month, lines)
    cost = sum((line.subtotal for line in lines), Decimal("0.00"))
    # Without a customer, all charges for a product are one: nobody can tell whose each is.
    for told in list(world.findings):
        about = told["kind"], told["currency"], told["product_id"]
        if about == ("charge_without_customer", customer.charged_in, bought.product.product_id):
            cost += Decimal(told["impact"] or "0")
            world.findings.remove(told)
    world.found(
        "charge_without_customer",
        customer.charged_in,
        cost,
        "the line names no customer",
        product=bought.product,
    )


def ambiguous_product(world: World, customer: Customer) -> None:
    """One rule by term, one by billing plan: only a charge that is both shows that they tie."""
    if customer.take(catalogue.TIED):
        bought = world.subscribe(customer, catalogue.TIED, world.first_of_month())
        holding = world.hold(bought, billing=Billing(is_due=False))
        world.found(
            "ambiguous_mapping",
            customer.charged_in,
            holding.cost,
            "two product rules of equal narrowness, one by term and one by billing plan",
            customer,
            bought.id,
            bought.product,
        )


def ambiguous_exception(world: World, customer: Customer) -> None:
    """Two exceptions of equal narrowness that only the usage file shows to mean the same plan."""
    plan = new_plan(world, customer)
    if plan:
        consumed = consume(world, plan, world.usage_policy(customer), history=False)
        world.mapping.add("subscriptions", {"subscription_id": plan.subscription_id, "item": "410"})
        world.mapping.add("subscriptions", {"entitlement_id": plan.entitlement_id, "item": "411"})
        world.found(
            "ambiguous_mapping",
            customer.charged_in,
            consumed.cost,
            "one exception by subscription_id and one by entitlement_id claim the same plan",
            customer,
            plan.subscription_id,
        )


def cancelled_still_charged(world: World, customer: Customer) -> None:
    """The customer left last month, Microsoft goes on."""
    holding, customer.valid_to = moved_on(world, customer)
    world.found(
        "cancelled_still_charged",
        customer.charged_in,
        holding.cost,
        "the customer's mapping ended with the month before",
        customer,
        holding.subscription.id,
        holding.subscription.product,
        holding.item,
    )


def term_mismatch(world: World, customer: Customer) -> None:
    """Sold as a yearly term, bought by the month; price and cost of both terms are the same."""
    product = catalogue.BY_TERM
    if not customer.take(product):
        return
    bought = world.subscribe(customer, product, world.month.on(world.chance.number(2, 20)), term="P1M")
    policy = Policy("unit_price", Decimal(19))
    own_rule(world, customer, product, policy)
    holding = world.hold(bought, billing=Billing(policy=policy, style="referenced", plain=True))
    world.found(
        "term_mismatch",
        customer.currency,
        Decimal("0.00"),
        "billed on the item of the yearly term, charged as a one-month term; both cost the same",
        customer,
        bought.id,
        product,
        holding.item,
    )
