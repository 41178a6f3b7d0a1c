"""The unit price of a billing cycle: as a number, in words, and as the sum that gives it, which anyone can do again."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from connector.domain.money import ZERO, round_half_up, round_to_step, trimmed
from connector.domain.rules import PriceRule
from connector.engine.mapping import Offer
from connector.engine.rates import MONTHS, UNIT_PLACES, NoPrice, PricePoint

# Microsoft prints effective unit prices with four decimals or more; nearer than this, the list price is meant.
PRINTED = Decimal("0.0001")

Retail = Callable[[Offer, str, date], Decimal | None]


def unit_price(offer: Offer, point: PricePoint, rule: PriceRule, retail: Retail) -> tuple[Decimal, str, str]:
    """The unit price of a billing cycle, in words and as a sum, in the currency it is made in, not yet rounded.

    Raises NoPrice where a rule needs a price that is not at hand.
    """
    months = MONTHS.get(offer.billing_plan or "", 1)
    if rule.unit_price is not None or rule.tiers:
        price = _tiered(rule, point) if rule.tiers else rule.unit_price or ZERO
        months = months if rule.per == "month" else 1
        sum_ = f"{_price_sum(rule, point, price)}{times(months)}"
        return price * months, f"unit price {price:f} a {rule.per}", sum_
    base_name = rule.of or "net"
    if rule.discount_from_list_percent is not None and rule.of != "retail":
        base_name = "list"
    base = trimmed(_base(base_name, offer, point, rule, retail))
    if rule.markup_percent is not None:
        price = base * (100 + rule.markup_percent) / 100
        words = f"{base_name} {base:f} + {rule.markup_percent} %"
        sum_ = f"{base:f} × (100 + {rule.markup_percent:f}) / 100"
    elif rule.margin_percent is not None:
        price = base * 100 / (100 - rule.margin_percent)
        words = f"{base_name} {base:f} at {rule.margin_percent} % margin"
        sum_ = f"{base:f} × 100 / (100 − {rule.margin_percent:f})"
    else:
        discount = rule.discount_from_list_percent or ZERO
        price = base * (100 - discount) / 100
        words = f"{base_name} {base:f} − {discount} %"
        sum_ = f"{base:f} × (100 − {discount:f}) / 100"
    return price, words, sum_


def _base(name: str, offer: Offer, point: PricePoint, rule: PriceRule, retail: Retail) -> Decimal:
    if name == "retail":
        day = offer.term_start or offer.cycle_start
        listed = retail(offer, point.currency, day)
        if listed is None:
            raise NoPrice("no price sheet row gives its retail price")
        return listed
    rate = point.exchange_rate if point.pricing_currency not in (None, point.currency) else None
    in_billing = rate or Decimal(1)
    if name == "list" or (rule.promotion == "keep" and offer.promotion_id):
        return (point.unit_price or ZERO) * in_billing
    return net_unit_price(point) * in_billing


def _tiered(rule: PriceRule, point: PricePoint) -> Decimal:
    quantity = point.quantity or Decimal(1)
    if rule.tier_mode == "volume":
        reached = [tier for tier in rule.tiers if tier.start <= quantity]
        return (reached or list(rule.tiers))[-1 if reached else 0].unit_price
    return graduated(rule, quantity) / quantity


def _price_sum(rule: PriceRule, point: PricePoint, price: Decimal) -> str:
    if rule.tiers and rule.tier_mode == "graduated":
        quantity = point.quantity or Decimal(1)
        return f"{graduated_sum(rule, quantity)} / {quantity:f}"
    return f"{price:f}"


def graduated(rule: PriceRule, quantity: Decimal) -> Decimal:
    """What all seats cost together where each is in a tier of its own."""
    return sum((seats * price for seats, price in _steps(rule, quantity)), start=ZERO)


def rounded(price: Decimal, step: Decimal | None, places: int) -> Decimal:
    """Round a unit price to the currency's decimals, or to the rule's step."""
    found = round_half_up(price, places) if step is None else round_to_step(price, step)
    return round_half_up(found, UNIT_PLACES)


def _steps(rule: PriceRule, quantity: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """How many seats fall into each tier, and the tier's price."""
    for tier, after in zip(rule.tiers, (*rule.tiers[1:], None), strict=True):
        top = quantity if after is None else min(quantity, after.start - 1)
        yield max(ZERO, top - tier.start + 1), tier.unit_price


def graduated_sum(rule: PriceRule, quantity: Decimal) -> str:
    """Write what `graduated` does."""
    terms = [f"{seats:f} × {price:f}" for seats, price in _steps(rule, quantity) if seats]
    return f"({' + '.join(terms)})" if terms else "0"


def times(months: int) -> str:
    """Write that a price is for several months."""
    return f" × {months}" if months != 1 else ""


def rounding(sum_: str, step: Decimal | None, places: int) -> str:
    """Write what `rounded` does."""
    if step is None:
        return f"round({sum_}, {places})"
    stepped = f"round({sum_} / {step:f}, 0) × {step:f}"
    digits = step.normalize().as_tuple().exponent
    return f"round({stepped}, {UNIT_PLACES})" if isinstance(digits, int) and -digits > UNIT_PLACES else f"({stepped})"


def net_unit_price(point: PricePoint) -> Decimal:
    """What one unit costs for a full cycle after discounts, from a line that may be for a part of it.

    The effective price is printed with few decimals, so a part is not simply scaled up: where the list price, or
    the list price less a whole number of hundredths of a percent, explains what is printed, that is taken.
    """
    listed, effective = point.unit_price or ZERO, point.effective or ZERO
    if point.share == 1 or not point.share:
        return effective
    share = Decimal(point.share.numerator) / Decimal(point.share.denominator)
    if abs(listed * share - effective) <= PRINTED or not listed:
        return listed or effective / share
    discounted = listed * round_half_up(effective / (listed * share), 4)
    if abs(discounted * share - effective) <= PRINTED:
        return discounted
    return round_half_up(effective / share, UNIT_PLACES)
