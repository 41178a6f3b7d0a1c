"""Azure plans: metered charges with and without partner earned credit, credits, reservations, daily usage.

Microsoft rounds per meter and month: units x unit price x 0.85, cut to two digits, then changed into the
billing currency and cut again.
Source: Microsoft, "Azure plan billing" and "Partner earned credit explanation".
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.sandbox.scenario.calendar import Month, years_later
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.money import CENT, ZERO, as_vendor_prints, cut, quotient, rounded
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.pricing import Policy

PEC_LEFT = Decimal("0.85")
PEC_NOTE = '["15.0% Partner earned credit for services managed"]'
AZURE_PLAN = "DZH318Z0BPS6"
_TAX_RATE = Decimal("0.0825")
METERS = (
    ("B2ms - EU West", "Virtual Machines", "0.0832", "1 Hour", "000F"),
    ("D4s v5 - US East", "Virtual Machines", "0.192", "1 Hour", "001H"),
    ("P10 LRS Disks", "Storage", "17.92", "1/Month", "0023"),
    ("Hot LRS Data Stored", "Storage", "0.0184", "1 GB/Month", "002C"),
    ("Standard Data Transfer Out", "Bandwidth", "0.0132", "1 GB", "0031"),
    ("vCore - General Purpose", "SQL Database", "0.2525", "1 Hour", "004B"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A customer's Azure plan; `entitlement_id` is the Azure subscription under it."""

    subscription_id: str
    order_id: str
    entitlement_id: str
    customer: Customer
    start: date


@dataclass(frozen=True, slots=True)
class Metered:
    """One meter's charge of a month as printed, and its amount before partner earned credit."""

    line: VendorLine
    meter: str
    category: str
    list_amount: Decimal


def exchange_rate(month: Month) -> Decimal:
    """Microsoft's rate from USD to EUR for a month."""
    return Decimal("0.9000") + Decimal(month.number * 17 % 40) / 1000


def metered(
    plan: Plan, month: Month, invoice: str, policy: Policy, chance: Chance, count: int, without_pec: int = 0
) -> list[Metered]:
    """Charges for `count` meters; the first `without_pec` of them earn no credit.

    Units are drawn again where the two ways to work out the list amount would round to different cents.
    """
    made: list[Metered] = []
    for number, meter in enumerate(chance.shuffled(METERS)[:count]):
        while True:
            charge = _charge(plan, month, invoice, meter, number >= without_pec, chance)
            if _is_unambiguous(charge, policy):
                made.append(charge)
                break
    return made


def _charge(
    plan: Plan, month: Month, invoice: str, meter: tuple[str, str, str, str, str], earns: bool, chance: Chance
) -> Metered:
    name, category, price, unit, sku_id = meter
    unit_price = Decimal(price)
    most = 900_000_000 if unit_price < 1 else 40_000_000
    units = Decimal(chance.number(9_000_000, most)) / 1_000_000
    in_dollars = cut(units * unit_price * (PEC_LEFT if earns else 1))
    customer = plan.customer
    rate = exchange_rate(month) if customer.charged_in == "EUR" else Decimal(1)
    subtotal = cut(in_dollars * rate)
    line = VendorLine(
        invoice=invoice,
        tenant_id=customer.tenant_id,
        customer_name=customer.name,
        domain=customer.domain,
        country=customer.market,
        reseller=customer.reseller,
        order_id=plan.order_id,
        ordered=month.first,
        product_id=AZURE_PLAN,
        sku_id=sku_id,
        availability_id=f"DZH318Z0{sku_id}",
        product_name=name,
        charge_type="new",
        unit_price=unit_price,
        quantity=Decimal(1),
        subtotal=subtotal,
        tax=cut(subtotal * _TAX_RATE) if customer.charged_in == "USD" else ZERO,
        currency=customer.charged_in,
        eup=as_vendor_prints(quotient(in_dollars, units)),
        subscription_id=plan.subscription_id,
        first=month.first,
        last=month.last,
        term_text="",
        frequency="",
        term_first=plan.start,
        term_last=years_later(plan.start, 10),
        reference_id=chance.guid(),
        description="Azure plan",
        adjustment=PEC_NOTE if earns else "",
        unit_type=unit,
        pricing_currency="USD",
        rate=rate,
        meter=f"{category} - {name}",
        billable=units,
    )
    return Metered(line, name, category, units * unit_price * rate)


def _is_unambiguous(charge: Metered, policy: Policy) -> bool:
    line = charge.line
    if line.subtotal <= 1:
        return False
    if policy.of != "list":
        return True
    by_ratio = quotient(line.subtotal * line.unit_price, abs(line.eup))
    bases = (charge.list_amount, by_ratio, *(() if line.adjustment else (line.subtotal,)))
    ways = {rounded(policy.on_amount(base)) for base in bases}
    cents = policy.on_amount(charge.list_amount) / CENT % 1
    return len(ways) == 1 and abs(cents - Decimal("0.5")) > Decimal("0.001")


def azure_due(charge: Metered, policy: Policy) -> Decimal:
    """What the customer owes for one meter's charge, rounded once."""
    sign = 1 if charge.line.subtotal >= 0 else -1
    base = charge.list_amount * sign if policy.of == "list" else charge.line.subtotal
    return rounded(policy.on_amount(base))


def credit_for(charge: Metered, reason: str, chance: Chance) -> Metered:
    """A vendor credit that takes one meter's charge back."""
    line = charge.line
    credit = VendorLine(**{name: getattr(line, name) for name in line.__slots__})
    credit.charge_type, credit.credit_reason = "customerCredit", reason
    credit.eup, credit.subtotal, credit.tax = -line.eup, -line.subtotal, -line.tax
    credit.reference_id = chance.guid()
    return Metered(credit, charge.meter, charge.category, charge.list_amount)


def reservation_line(
    plan: Plan, month: Month, invoice: str, monthly: Decimal, quantity: int, start: date, chance: Chance
) -> VendorLine:
    """The monthly charge of a one-year reservation; `monthly` is in the billing currency."""
    customer = plan.customer
    first = month.first
    subtotal = cut(monthly * quantity)
    return VendorLine(
        invoice=invoice,
        tenant_id=customer.tenant_id,
        customer_name=customer.name,
        domain=customer.domain,
        country=customer.market,
        reseller=customer.reseller,
        order_id=plan.order_id,
        ordered=first,
        product_id="DZH318Z08B7V",
        sku_id="0005",
        availability_id="DZH318Z0RSV1",
        product_name="Reserved VM Instance, Standard_D2s_v3, EU West, 1 Year",
        charge_type="cycleCharge",
        unit_price=monthly,
        quantity=Decimal(quantity),
        subtotal=subtotal,
        tax=cut(subtotal * _TAX_RATE) if customer.charged_in == "USD" else ZERO,
        currency=customer.charged_in,
        eup=monthly,
        subscription_id=plan.subscription_id,
        first=first,
        last=month.last,
        term_text="One-Year Reservation for monthly billing",
        frequency="Monthly",
        term_first=start,
        term_last=years_later(start, 1),
        reference_id=chance.guid(),
        description="Azure reservation",
        reservation_order_id=f"RIOrderId{plan.order_id}",
    )
