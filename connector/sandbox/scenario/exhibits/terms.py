"""Terms, trials, promotions, renewals and ends, all followed in the ledger."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.books import Due
from connector.sandbox.scenario.calendar import Cycle
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy
from connector.sandbox.scenario.snapshots import snapshot
from connector.sandbox.scenario.subscriptions import Entry, Event, Subscription
from connector.sandbox.scenario.world import Billing, Holding, World, dues_for


def promotion_passed_on(world: World, customer: Customer) -> None:
    """A promotion that the customer gets as well."""
    bought = _promoted(world, customer)
    world.hold(bought, [Event(world.month.on(17), bought.quantity + 2)] if bought.start.day < 15 else ())


def promotion_kept(world: World, customer: Customer) -> None:
    """A promotion the partner keeps: the price follows the list cost."""
    bought = _promoted(world, customer)
    policy = Policy("markup_percent", Decimal(14), promotion="keep")
    whom: dict[str, object] = {"tenant_id": customer.tenant_id, "product_id": bought.product.product_id}
    world.mapping.price(whom, policy)
    world.hold(bought, billing=Billing(policy=policy))


def _promoted(world: World, customer: Customer) -> Subscription:
    start = world.chance.pick((world.month.first, world.first_of_month(), world.anniversary()))
    bought = world.subscribe(customer, world.product(customer, Decimal(6)), start)
    bought.promotion_percent = Decimal(10)
    bought.promotion_id = f"39NFJQT1PJQB:0001:39NFJQT1{world.chance.token(4).upper()}"
    return bought


def one_month_renewal(world: World, customer: Customer) -> None:
    """A one-month term that renews at an unchanged price."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary(), term="P1M")
    world.hold(bought, billing=Billing(style=world.dated_style()))


def annual_prepaid(world: World, customer: Customer) -> None:
    """A year paid in advance, bought this month."""
    start = world.month.on(world.chance.number(2, 27))
    bought = world.subscribe(customer, world.product(customer), start, plan="annual")
    world.hold(bought, billing=Billing(style=world.dated_style()))


def annual_prepaid_grows(world: World, customer: Customer) -> None:
    """Seats added to a year that was paid in advance some months ago."""
    bought = world.subscribe(customer, world.product(customer), world.anniversary(), plan="annual")
    event = Event(world.month.on(world.chance.number(2, 27)), bought.quantity + world.chance.number(1, 5))
    world.hold(bought, [event], Billing(style=world.dated_style()))


def renew(world: World, customer: Customer) -> Subscription:
    """A year that is renewed on the first of this month with another number of seats."""
    start = world.month.shift(-12).first
    bought = world.subscribe(customer, world.product(customer), start, world.chance.number(8, 30))
    bought.renewed = (world.month.first, bought.quantity + world.chance.pick((-3, -1, 2, 4)))
    return bought


def renewed_and_followed(world: World, customer: Customer) -> None:
    """A renewal with another number of seats that the ledger follows."""
    world.hold(renew(world, customer))


def bought_at_the_new_price(world: World, customer: Customer) -> None:
    """Bought after the price rise of this month; the sheet shows the old range as well."""
    if customer.take(catalogue.RISING):
        start = world.month.on(world.chance.number(1, 20))
        world.hold(world.subscribe(customer, catalogue.RISING, start), billing=Billing(style=world.dated_style()))


def bought_aligned(world: World, customer: Customer) -> None:
    """A first cycle cut short so that all subscriptions end together."""
    bought = world.subscribe(customer, world.product(customer), world.month.on(world.chance.number(5, 25)))
    bought.aligned_end = world.month.last
    world.hold(bought, billing=Billing(style=world.dated_style()))


def cancelled_and_credited(world: World, customer: Customer) -> None:
    """Bought, given back after some days, and credited to the customer."""
    first = world.month.on(world.chance.number(2, 18))
    bought = world.subscribe(customer, world.product(customer), first)
    day = first + timedelta(days=world.chance.number(2, 6))
    world.hold(bought, [Event(day, 0)], Billing(style=world.dated_style()))


def trial(world: World, customer: Customer) -> None:
    """A free trial that began this month; nobody bills it."""
    first = world.month.on(world.chance.number(3, 20))
    bought = world.subscribe(customer, world.product(customer), first, 25, term="P1M")
    invoice = world.invoice(world.month, customer.charged_in)
    last = first + timedelta(days=29)
    entry = Entry(invoice, "new", 1, world.chance.guid())
    world.charge(world.month, [world.charging.trial(bought, first, last, entry)])
    bought.is_trial = True
    world.snapshots.append(snapshot(bought, world.month.last, 25))


def convert_trial(world: World, customer: Customer) -> Holding:
    """Charge a trial that became a paid subscription this month; the caller bills it."""
    paid_from = world.month.on(world.chance.number(4, 20))
    free_from = paid_from - timedelta(days=10)
    free = world.subscribe(customer, world.product(customer), free_from, 25, term="P1M")
    free.is_trial = True
    bought = world.subscribe(customer, free.product, paid_from, 25, term="P1M")
    invoice = world.invoice(world.month, customer.charged_in)
    entry = Entry(invoice, "convert", 1, world.chance.guid())
    ended = world.charging.trial(free, paid_from, free_from + timedelta(days=29), entry)
    paid, slices = world.charging.month(bought, world.month, invoice)
    for line in paid:
        line.charge_type, line.reference_id = entry.kind, entry.reference
    world.charge(world.month, [ended, *paid])
    before = max(free_from, world.month.first - timedelta(days=2))
    world.snapshots.append(snapshot(free, before, 25))
    world.snapshots.append(snapshot(free, world.month.last, 25, "deleted"))
    world.snapshots.append(snapshot(bought, world.month.last, 25))
    policy = world.policy_for(customer, bought.product)
    item = bought.product.item_in(customer.currency)
    return Holding(bought, item, policy, dues_for(slices, policy), tuple(slices), tuple(paid))


def trial_followed(world: World, customer: Customer) -> None:
    """A trial that became paid, and is billed from that day."""
    holding = convert_trial(world, customer)
    style = world.dated_style()
    world.books.write(customer, holding.item, holding.dues, world.month, style)


def change_product(world: World, customer: Customer) -> tuple[Holding, Holding] | None:
    """Charge an upgrade of all seats from one product to another; the caller bills both."""
    if not (customer.take(catalogue.OLD_SKU) and customer.take(catalogue.NEW_SKU)):
        return None
    old = world.subscribe(customer, catalogue.OLD_SKU, world.first_of_month())
    day = world.month.on(world.chance.number(6, 24))
    holding = world.hold(old, [Event(day, 0)], Billing(this_month=False, style="referenced"))
    refund = next(line for line in holding.lines if line.subtotal < 0)
    new = world.subscribe(customer, catalogue.NEW_SKU, day, old.quantity)
    cycle = Cycle(world.month.first, world.month.last, world.month.days)
    invoice = world.invoice(world.month, customer.charged_in)
    entry = Entry(invoice, "convert", 1, refund.reference_id)
    line = world.charging.line(new, cycle, day, old.quantity, entry, new.unit_price)
    refund.charge_type = "convert"
    line.term_first, line.term_last = refund.term_first, refund.term_last
    world.charge(world.month, [line])
    world.snapshots.append(snapshot(replace(new, start=line.term_first), world.month.last, old.quantity))
    policy = world.policy_for(customer, new.product)
    piece = replace(holding.slices[-1], subscription=new, quantity=old.quantity, cost=line.subtotal)
    item = new.product.item_in(customer.currency)
    return holding, Holding(new, item, policy, dues_for([piece], policy), (piece,), (line,))


def product_change_followed(world: World, customer: Customer) -> None:
    """An upgrade to another product that the ledger follows on the day."""
    changed = change_product(world, customer)
    for holding in changed or ():
        world.books.write(customer, holding.item, holding.dues, world.month, "referenced")


def ended_before(world: World, customer: Customer) -> None:
    """A one-month term that began last month and was not renewed: its ledger line reaches into this month."""
    first = world.month.shift(-1).on(world.chance.number(10, 25))
    bought = world.subscribe(customer, world.product(customer), first, term="P1M")
    last = next(bought.cycles()).last
    earlier = world.month.shift(-1)
    if earlier in world.months:
        invoice = world.invoice(earlier, customer.charged_in)
        world.charge(earlier, world.charging.month(bought, earlier, invoice)[0])
    policy = world.policy_for(customer, bought.product)
    price = policy.unit_price(bought, bought.quantity)
    due = _due(bought, first, last, price)
    world.books.write(customer, bought.product.item_in(customer.currency), [due], earlier, "dated", plain=True)
    world.snapshots.append(snapshot(bought, world.month.first - timedelta(days=2), bought.quantity))
    world.snapshots.append(
        snapshot(bought, world.month.last, bought.quantity, "expired", last_day=world.month.first - timedelta(days=1))
    )


def _due(bought: Subscription, first: date, last: date, price: Decimal) -> Due:
    seats = Decimal(bought.quantity)
    return Due(
        bought.id,
        bought.product.name,
        first,
        last,
        seats,
        price,
        (price * seats).quantize(Decimal("0.01")),
        is_full=True,
    )
