"""Changes at Microsoft that the ledger did not notice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.defects.quantity import note
from connector.sandbox.scenario.exhibits.rules import own_rule
from connector.sandbox.scenario.exhibits.terms import change_product, convert_trial
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.world import World


def trial_converted(world: World, customer: Customer) -> None:
    """The trial became paid, the ledger still shows it free of charge."""
    holding = convert_trial(world, customer)
    free = replace(holding.dues[0], unit_price=Decimal("0.00"), amount=Decimal("0.00"))
    world.books.write(customer, holding.item, [free], world.month, "referenced", plain=True)
    note(world, "trial_converted", customer, holding.due, holding, "billed as a trial", holding.subscription.id)


def product_change_not_followed(world: World, customer: Customer) -> None:
    """All seats moved to another product, the ledger bills the old one."""
    changed = change_product(world, customer)
    if changed is None:
        return
    old, new = changed
    world.books.write(customer, old.item, old.dues[:1], world.month, "referenced", plain=True)
    impact = old.due + new.due - old.dues[0].amount
    world.found("product_change_not_followed", customer.currency, impact,
                f"upgraded on {new.dues[0].first}, billed on the old item to the end of the month", customer)


def renewal_unreviewed(world: World, customer: Customer) -> None:
    """A one-month term renewed at a higher cost under a fixed price nobody looked at."""
    product, month = catalogue.RISING, world.month
    if not customer.take(product):
        return
    day = world.chance.number(2, 20)
    bought = world.subscribe(customer, product, month.shift(-1).on(day), term="P1M")
    raised = product.cost(customer.charged_in, "P1M", "monthly", raised=True)
    bought.repriced = (month.on(day) - timedelta(days=1), raised)
    policy = Policy("unit_price", Decimal(15))
    own_rule(world, customer, product, policy)
    holding = world.hold(bought, policy=policy, style="referenced", plain=True)
    note(world, "renewal_unreviewed", customer, (raised - bought.unit_price) * bought.quantity, holding,
         "cost rose at renewal, the fixed price stayed; impact = monthly difference in cost", bought.id)
