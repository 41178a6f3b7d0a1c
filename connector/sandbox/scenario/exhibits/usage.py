"""Azure: metered charges, credits, reservations and minimums, billed as the rules say."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from connector.sandbox.scenario import azure, catalogue
from connector.sandbox.scenario.books import Due
from connector.sandbox.scenario.money import ZERO, rounded
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import RESERVATION_POLICY, Policy
from connector.sandbox.scenario.snapshots import azure_snapshot
from connector.sandbox.scenario.world import World

AZURE = "azure"


@dataclass(frozen=True, slots=True)
class Consumed:
    """What a customer used in Azure in the last month, and what is due for it."""

    plan: azure.Plan
    charges: tuple[azure.Metered, ...]
    policy: Policy

    @property
    def due(self) -> Decimal:
        """Amount due, each charge rounded on its own."""
        return sum((azure.azure_due(charge, self.policy) for charge in self.charges), ZERO)

    @property
    def cost(self) -> Decimal:
        """What Microsoft charges."""
        return sum((charge.line.subtotal for charge in self.charges), ZERO)


def new_plan(world: World, customer: Customer) -> azure.Plan | None:
    """An Azure plan, unless the customer has one."""
    if AZURE in customer.used_items:
        return None
    customer.used_items.add(AZURE)
    chance = world.chance
    plan = azure.Plan(chance.guid(), chance.token(12), chance.guid(), customer, world.month.shift(-20).on(9))
    for day in (world.month.first - timedelta(days=2), world.month.last):
        world.snapshots.append(
            azure_snapshot(
                plan.subscription_id, customer.tenant_id, plan.order_id, plan.entitlement_id, plan.start, day
            )
        )
    return plan


def consume(
    world: World,
    plan: azure.Plan,
    policy: Policy,
    without_pec: int = 0,
    credited: bool = False,
    history: bool = True,
) -> Consumed:
    """Charge some meters in every month; earlier months are billed, the last one is left to the caller."""
    count = world.chance.number(2, 5)
    consumed = Consumed(plan, (), policy)
    for month in world.months:
        invoice = world.invoice(month, plan.customer.charged_in)
        charges = azure.metered(plan, month, invoice, policy, world.chance, count, without_pec)
        if credited and month == world.month:
            charges.append(azure.credit_for(charges[0], "Azure Credit Offer", world.chance))
        world.charge(month, [charge.line for charge in charges])
        consumed = Consumed(plan, tuple(charges), policy)
        if month != world.month and history:
            write_usage(world, consumed, consumed.due, month_offset=world.months.index(month) - len(world.months) + 1)
    world.metered += [(plan, charge) for charge in consumed.charges]
    return consumed


def write_usage(world: World, consumed: Consumed, amount: Decimal, month_offset: int = 0) -> None:
    """Bill usage as one line of the month."""
    customer = consumed.plan.customer
    month = world.month.shift(month_offset)
    due = Due(
        consumed.plan.subscription_id,
        "Azure usage",
        month.first,
        month.last,
        Decimal(1),
        amount,
        amount,
        is_full=True,
    )
    world.books.write(customer, catalogue.AZURE_ITEMS[customer.currency], [due], month, customer.style)


def usage_with_credit_earned(world: World, customer: Customer) -> None:
    """Metered usage with partner earned credit on most meters."""
    plan = new_plan(world, customer)
    if plan:
        consumed = consume(world, plan, world.usage_policy(customer), world.chance.number(0, 1))
        write_usage(world, consumed, consumed.due)


def usage_per_meter(world: World, customer: Customer) -> None:
    """Metered usage billed line by line."""
    plan = new_plan(world, customer)
    if plan:
        consumed = consume(world, plan, world.usage_policy(customer))
        for charge in consumed.charges:
            amount = azure.azure_due(charge, consumed.policy)
            due = Due(
                plan.subscription_id,
                charge.meter,
                world.month.first,
                world.month.last,
                Decimal(1),
                amount,
                amount,
                is_full=True,
            )
            item = catalogue.AZURE_ITEMS[customer.currency]
            world.books.write(customer, item, [due], world.month, "dated")


def credit_passed_on(world: World, customer: Customer) -> None:
    """A vendor credit that the customer gets too, as a document of its own."""
    plan = new_plan(world, customer)
    if not plan:
        return
    consumed = consume(world, plan, world.usage_policy(customer), without_pec=1, credited=True)
    credit = azure.azure_due(consumed.charges[-1], consumed.policy)
    month, item = world.month, catalogue.AZURE_ITEMS[customer.currency]
    for label, amount in (("Azure usage", consumed.due - credit), ("Azure credit", credit)):
        due = Due(plan.subscription_id, label, month.first, month.last, Decimal(1), amount, amount, is_full=True)
        world.books.write(customer, item, [due], month, "dated")


def minimum_reached_by_top_up(world: World, customer: Customer) -> None:
    """Less usage than the agreed minimum: the customer pays the minimum."""
    plan = new_plan(world, customer)
    if not plan:
        return
    consumed = consume(world, plan, world.usage_policy(customer), history=False)
    floor = rounded(consumed.due + 150, Decimal(50))
    world.mapping.add("minimums", {"for": {"tenant_id": customer.tenant_id, "category": "azure"}, "amount": floor})
    write_usage(world, consumed, floor)


def reservation(world: World, customer: Customer) -> None:
    """A reservation paid monthly."""
    chance = world.chance
    plan = azure.Plan(chance.guid(), chance.token(12), chance.guid(), customer, world.first_of_month())
    monthly, quantity = Decimal(chance.number(30, 220)), chance.number(1, 4)
    if "reservation" in customer.used_items:
        return
    customer.used_items.add("reservation")
    price = rounded(RESERVATION_POLICY.on_amount(monthly))
    for month in world.months:
        invoice = world.invoice(month, customer.charged_in)
        line = azure.reservation_line(plan, month, invoice, monthly, quantity, plan.start, chance)
        if plan.start > month.first:
            continue
        world.charge(month, [line])
        due = Due(
            plan.subscription_id,
            "Azure reservation",
            month.first,
            month.last,
            Decimal(quantity),
            price,
            price * quantity,
            is_full=True,
        )
        item = catalogue.RESERVATION_ITEMS[customer.currency]
        world.books.write(customer, item, [due], month, customer.style)
