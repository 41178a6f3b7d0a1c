"""Changes at Microsoft that the ledger did not notice."""

from dataclasses import replace
from decimal import Decimal

from connector.sandbox.scenario.defects.marking import note, seat_price
from connector.sandbox.scenario.exhibits.terms import change_product, convert_trial, renew
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.world import Billing, World


def trial_converted(world: World, customer: Customer) -> None:
    """The trial became paid, the ledger still shows it free of charge."""
    holding = convert_trial(world, customer)
    free = replace(holding.dues[0], unit_price=Decimal("0.00"), amount=Decimal("0.00"))
    world.books.write(customer, holding.item, [free], world.month, "dated", plain=True)
    note(world, "trial_converted", holding, holding.due, "billed as a trial", "dated")


def product_change_not_followed(world: World, customer: Customer) -> None:
    """All seats moved to another product, the ledger bills the old one."""
    changed = change_product(world, customer)
    if changed is None:
        return
    old, new = changed
    world.books.write(customer, old.item, old.dues[:1], world.month, "referenced", plain=True)
    impact = old.due + new.due - old.dues[0].amount
    world.found(
        "product_change_not_followed",
        customer.currency,
        impact,
        f"upgraded on {new.dues[0].first}, billed on the old item to the end of the month",
        customer,
    )


def renewal_unreviewed(world: World, customer: Customer) -> None:
    """A year renewed with another number of seats, and the ledger goes on with the old one."""
    bought = renew(world, customer)
    step = world.month_seats(bought) - bought.quantity
    holding = world.hold(bought, billing=Billing(this_month=False, style="referenced"))
    due = holding.dues[0]
    price = seat_price(holding)
    unchanged = replace(due, quantity=Decimal(bought.quantity), amount=price * bought.quantity)
    world.books.write(customer, holding.item, [unchanged], world.month, "referenced", plain=True)
    kind = "quantity_under_billed" if step > 0 else "quantity_over_billed"
    for found in (kind, "renewal_unreviewed"):
        note(world, found, holding, price * step, f"renewed with {step:+d} seats", "referenced")
