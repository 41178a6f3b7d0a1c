"""Customers that are billed in a rhythm of their own, by somebody else, or not at all."""

from dataclasses import replace
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.books import Due
from connector.sandbox.scenario.calendar import ONE_DAY, Month
from connector.sandbox.scenario.exhibits.rules import own_rule
from connector.sandbox.scenario.mapping import FIXED_RATE, FIXED_RATE_MARGIN
from connector.sandbox.scenario.money import part, rounded
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.subscriptions import Event
from connector.sandbox.scenario.world import Billing, Holding, World


def internal_tenant(world: World, customer: Customer) -> None:
    """The partner's own tenant."""
    customer.mapped = False
    world.mapping.add("internal", {"tenant_id": customer.tenant_id, "reason": "our own tenant"})
    world.hold(world.subscribe(customer, world.product(customer), world.anniversary()), billing=Billing(is_due=False))


def reseller_tenant(world: World, customer: Customer) -> None:
    """A tenant whose reseller gets the invoice."""
    customer.mapped = False
    customer.take(catalogue.RESOLD)
    customer.reseller = f"43{world.chance.number(10000, 99999)}"
    customer.ledger_customer = f"R{customer.number}"
    customer.ledger_name = f"Reseller of {customer.number}"
    world.mapping.add(
        "resellers",
        {
            "mpn_id": customer.reseller,
            "ledger": customer.ledger,
            "ledger_customer": customer.ledger_customer,
        },
    )
    policy = Policy("unit_price", Decimal("2.50"))
    for _ in range(2):
        bought = world.subscribe(customer, catalogue.RESOLD, world.anniversary())
        world.hold(bought, billing=Billing(policy=policy, style="referenced"))


def billed_by_calendar_month(world: World, customer: Customer) -> None:
    """Microsoft charges by anniversary, the customer pays by calendar month; some seats joined on the way."""
    for with_event in (False, True):
        bought = world.subscribe(customer, world.product(customer), world.anniversary(4, 20))
        joined = bought.quantity + 3
        day = world.month.on(world.chance.number(22, 27))
        events = [Event(day, joined)] if with_event else []
        holding = world.hold(bought, events, Billing(this_month=False, earlier=False))
        price = holding.policy.unit_price(bought, bought.quantity)
        for month in world.months:
            if bought.start > month.first:
                continue
            dues = [
                Due(
                    bought.id,
                    bought.product.name,
                    month.first,
                    month.last,
                    Decimal(bought.quantity),
                    price,
                    price * bought.quantity,
                    is_full=True,
                )
            ]
            if with_event and month == world.month:
                share = rounded(part(price * 3, (month.last - day).days + 1, month.days))
                dues.append(
                    Due(
                        bought.id,
                        bought.product.name,
                        day,
                        month.last,
                        Decimal(3),
                        price,
                        share,
                        is_full=False,
                    )
                )
            world.books.write(customer, holding.item, dues, month, "dated")


def billed_in_advance(world: World, customer: Customer) -> None:
    """Lines without service dates on the first of the month they are for; next month's are there already."""
    customer.bills = "advance"
    customer.style = "dateless"
    for _ in range(2):
        holding = world.hold(world.subscribe(customer, world.product(customer), world.first_of_month()))
        following = world.month.shift(1)
        ahead = [replace(due, first=following.first, last=following.last) for due in holding.dues]
        world.books.write(customer, holding.item, ahead, following, "dateless")


def billed_by_quarter(world: World, customer: Customer) -> None:
    """Microsoft charges monthly, the customer pays a quarter ahead."""
    customer.bills, customer.frequency = "advance", "quarterly"
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    holding = world.hold(bought, billing=Billing(this_month=False, earlier=False))
    first = Month(world.month.year, (world.month.number - 1) // 3 * 3 + 1)
    due = replace(
        holding.dues[0],
        first=first.first,
        last=first.shift(2).last,
        unit_price=None,
        amount=holding.dues[0].amount * 3,
    )
    world.books.write(customer, holding.item, [due], first, "dated")


def year_billed_by_month(world: World, customer: Customer) -> None:
    """Microsoft charges a year ahead, the customer pays month by month."""
    customer.bills, customer.frequency = "advance", "monthly"
    bought = world.subscribe(customer, world.product(customer), world.month.first, plan="annual")
    policy = Policy("unit_price", Decimal(world.chance.number(30, 45)))
    own_rule(world, customer, bought.product, policy)
    holding = world.hold(bought, billing=Billing(policy=policy, this_month=False))
    due = replace(
        holding.dues[0], last=world.month.last, unit_price=policy.value, amount=policy.value * bought.quantity
    )
    world.books.write(customer, holding.item, [due], world.month, "dated", plain=True)


def in_two_groups(world: World, customer: Customer) -> None:
    """Two groups would price this customer; the priority decides."""
    customer.extra_groups = ("silver",)
    world.hold(
        world.subscribe(customer, world.product(customer), world.anniversary()),
        billing=Billing(style="referenced"),
    )


def paid_in_another_currency(world: World, customer: Customer) -> None:
    """Charged in EUR, billed in USD at the fixed rate and its margin."""
    exchanged(world, customer, FIXED_RATE * (100 + FIXED_RATE_MARGIN) / 100)


def exchanged(world: World, customer: Customer, rate: Decimal) -> tuple[Holding, Decimal, Decimal]:
    """Charge in EUR and bill in USD at a rate; returns the holding, the amount due and the one billed."""
    customer.charged_in, customer.currency = "EUR", "USD"
    bought = world.subscribe(customer, world.product(customer, Decimal(6)), world.first_of_month())
    own_rule(world, customer, bought.product, Policy("pass_through"))
    holding = world.hold(bought, billing=Billing(policy=Policy("pass_through"), this_month=False, earlier=False))
    right = rounded(holding.cost * FIXED_RATE * (100 + FIXED_RATE_MARGIN) / 100)
    billed = rounded(holding.cost * rate)
    due = replace(holding.dues[0], amount=billed)
    world.books.write(customer, bought.product.item, [due], world.month, "referenced")
    return holding, right, billed


def moved_on(world: World, customer: Customer) -> tuple[Holding, str]:
    """Charge a customer who left with the month before; returns the holding and the last mapped day."""
    bought = world.subscribe(customer, world.product(customer), world.first_of_month())
    holding = world.hold(bought, billing=Billing(this_month=False))
    return holding, str(world.month.first - ONE_DAY)
