"""The expecting arithmetic a second time, in plain Decimals: what a charge is worth by its rule.

Written from the billing rules (design: Expecting, Normalising), not from the engine, so that the two can be held
against each other. Amounts are Decimals of the sell currency, rounded half away from zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

MINOR = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
SEAT_CHANGES = ("addQuantity", "removeQuantity")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of Microsoft's invoice as it is dealt: `quantity` is positive, `sign` says which way it goes."""

    charge_type: str
    first: date
    last: date
    quantity: Decimal
    unit_price: Decimal
    effective: Decimal
    subtotal: Decimal
    sign: int = 1
    reference: str | None = None
    earned_credit: bool = False


@dataclass(frozen=True, slots=True)
class Deal:
    """What the rule says, one way of pricing; `cross` is the rate into the sell currency, with its margin."""

    markup: Decimal | None = None
    margin: Decimal | None = None
    unit_price: Decimal | None = None
    per: str = "month"
    discount: Decimal | None = None
    pass_through: bool = False
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()
    of: str | None = None
    round_to: Decimal | None = None
    free: int = 0
    cross: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the subscription is charged: category, billing plan, the first day and the days of its running cycle."""

    category: str
    months: int
    cycle_start: date
    cycle_days: int
    cost_currency: str
    sell_currency: str


def half_up(amount: Fraction, step: Decimal) -> Decimal:
    """Round to a multiple of `step`, half away from zero."""
    with localcontext() as exact:
        exact.prec = 80
        steps = amount / Fraction(step)
        size = (2 * abs(steps.numerator) + steps.denominator) // (2 * steps.denominator)
        return (Decimal(size) * step).copy_sign(Decimal(-1 if amount < 0 else 1))


def cent(currency: str) -> Decimal:
    """The minor unit of a currency."""
    return Decimal(1).scaleb(-MINOR[currency])


def worth(lines: Sequence[Line], deal: Deal, plan: Plan) -> Decimal:
    """What the lines of one subscription are worth together."""
    joined = join_twins(lines) if plan.category != "azure" else list(lines)
    by_amount = [one for one in joined if is_amount(one, deal, plan)]
    by_seats = [one for one in joined if not is_amount(one, deal, plan)]
    total = sum((amount_worth(one, deal, plan) for one in by_amount), Decimal(0))
    events: dict[object, list[Line]] = {}
    for number, one in enumerate(by_seats):
        event = (one.reference, one.first) if one.charge_type in SEAT_CHANGES else number
        events.setdefault(event, []).append(one)
    return total + sum((seat_worth(halves, deal, plan) for halves in events.values()), Decimal(0))


def join_twins(lines: Sequence[Line]) -> list[Line]:
    """Lines equal in all but their unit price are one quantity at the summed price."""
    found: dict[object, list[Line]] = {}
    for one in lines:
        key = one.charge_type, one.first, one.last, one.quantity, one.sign
        if one.charge_type == "customerCredit":
            found[len(found), "credit"] = [one]
        else:
            found.setdefault(key, []).append(one)
    return [
        Line(
            same[0].charge_type, same[0].first, same[0].last, same[0].quantity,
            sum((one.unit_price for one in same), Decimal(0)), sum((one.effective for one in same), Decimal(0)),
            sum((one.subtotal for one in same), Decimal(0)), same[0].sign, same[0].reference, same[0].earned_credit,
        )
        for same in found.values()
    ]  # fmt: skip


def is_amount(one: Line, deal: Deal, plan: Plan) -> bool:
    """Usage, credits and what is passed through are priced by their amount."""
    return plan.category == "azure" or one.charge_type == "customerCredit" or deal.pass_through


def amount_worth(one: Line, deal: Deal, plan: Plan) -> Decimal:
    """The rule applied to the amount of one line, rounded once."""
    base = Fraction(one.subtotal)
    listed = (deal.of or ("list" if plan.category == "azure" else "net")) == "list" or deal.discount is not None
    if listed and not deal.pass_through and one.charge_type != "customerCredit" and one.earned_credit:
        base = Fraction(one.quantity) * Fraction(one.unit_price) * one.sign
    if deal.pass_through:
        factor = Fraction(1)
    elif deal.markup is not None:
        factor = 1 + Fraction(deal.markup) / 100
    elif deal.margin is not None:
        factor = 1 / (1 - Fraction(deal.margin) / 100)
    else:
        factor = 1 - Fraction(deal.discount or 0) / 100
    return half_up(base * factor * deal.cross, cent(plan.sell_currency))


def seat_worth(halves: Sequence[Line], deal: Deal, plan: Plan) -> Decimal:
    """Unit price × seats × share of all halves of one event, rounded once."""
    total = Fraction(0)
    for one in halves:
        seats = max(Decimal(0), one.quantity - deal.free)
        total += Fraction(unit_price(one, deal, plan)) * Fraction(seats) * share(one, plan) * one.sign
    return half_up(total, cent(plan.sell_currency))


def share(one: Line, plan: Plan) -> Fraction:
    """The part of the cycle a line is for: 1 for a full one, else its days over the days of the cycle's month."""
    if one.first <= plan.cycle_start:
        return Fraction(1)
    return Fraction((one.last - one.first).days + 1, plan.cycle_days)


def unit_price(one: Line, deal: Deal, plan: Plan) -> Decimal:
    """The price of a seat for a whole cycle, rounded once, in the customer's currency.

    A price of the rule's own is in that currency already and crosses nowhere.
    """
    of_its_own = deal.unit_price is not None or deal.tiers
    full = share(one, plan) == 1
    net = Fraction(one.effective) if full else Fraction(one.unit_price)
    if deal.tiers:
        reached = [price for start, price in deal.tiers if start <= one.quantity] or [deal.tiers[0][1]]
        made = Fraction(reached[-1]) * (plan.months if deal.per == "month" else 1)
    elif deal.unit_price is not None:
        made = Fraction(deal.unit_price) * (plan.months if deal.per == "month" else 1)
    elif deal.discount is not None:
        made = Fraction(one.unit_price) * (1 - Fraction(deal.discount) / 100)
    else:
        base = Fraction(one.unit_price) if deal.of == "list" else net
        percent = Fraction(deal.markup if deal.markup is not None else deal.margin or 0) / 100
        made = base * (1 + percent) if deal.markup is not None else base / (1 - percent)
    crossed = made if of_its_own else made * deal.cross
    return half_up(crossed, deal.round_to or cent(plan.sell_currency))


def printed(amount: Fraction, places: int) -> Decimal:
    """A number as Microsoft prints it, with so many decimals."""
    with localcontext() as exact:
        exact.prec = 60
        divided = Decimal(amount.numerator) / Decimal(amount.denominator)
        return divided.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
