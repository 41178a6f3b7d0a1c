"""The rate of a charge: the item it is billed as and the price the rules give it, with the rule's file and line.

A licence has a unit price per billing cycle, rounded to the currency's minor units (or the rule's step). Usage,
credits and pass-through have a factor on the amount. Both are whole numbers: no float is used, division comes last.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from hashlib import sha256

from connector.domain.money import EXACT, ZERO, exponent, round_half_up, round_to_step, trimmed
from connector.domain.records import record
from connector.domain.rules import BundleRule, CustomerRule, FxRule, PriceRule
from connector.engine.alike import alike
from connector.engine.exchange import LedgerRates, crossing
from connector.engine.mapping import Account, Book, Offer, Tie, find_item

UNIT_PLACES = 4
MONTHS = {"monthly": 1, "annual": 12, "triennial": 36}
# Microsoft prints effective unit prices with four decimals or more; nearer than this, the list price is meant.
PRINTED = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What a charge cost: prices per unit and cycle, in the charge's currency's pricing terms, and its quantity.

    `effective` is the unsigned effective unit price; `share` the part of the cycle it is for. `priced_by_amount`
    is true for usage and credits. `quantity` is only filled where a price depends on it.
    """

    currency: str
    pricing_currency: str | None
    exchange_rate: Decimal | None
    unit_price: Decimal | None
    effective: Decimal | None
    share: Fraction
    priced_by_amount: bool
    is_credit: bool
    free_of_charge: bool
    quantity: Decimal | None = None


@record()
class Rate:
    """What the rules say for one key. `status` is priced, absorbed, or why it cannot be billed.

    `method` is seats (unit × quantity × share), amount (factor × base) or none. `unit` counts 10^-4 of `currency`;
    `whole`, where it is not 0, is the price of all seats together (10^-7) because each seat has its own tier;
    `factor` is applied to the cost (`base` net or list); `free` seats are not billed; `floor` is a margin in
    percent; `formula` and `places` tell a person how and by which lines of YAML; `arithmetic` is the sum that gives
    the unit price (or, by amount, the factor), written so that anyone can do it again. `exchange` says which exchange
    rate was used and whose it is; `rule` names the deal itself, whatever it was applied to: another deal, another name.
    """

    status: str
    currency: str
    ledger: str | None = None
    ledger_customer: str | None = None
    customer_name: str | None = None
    item: str | None = None
    method: str = "none"
    unit: int = 0
    whole: int = 0
    factor: Fraction = Fraction(0)
    base: str = "net"
    free: Decimal = ZERO
    bundle: str | None = None
    floor: Decimal | None = None
    tax_percent: Decimal | None = None
    bare_unit: int = 0
    formula: str = ""
    arithmetic: str = ""
    places: tuple[str, ...] = ()
    frequency: str = "as_vendor"
    bills: str = "arrears"
    tax_code: str | None = None
    exchange: str = ""
    rule: str = ""


class NoPrice(Exception):
    """A rule exists, but what it needs (a retail price, an exchange rate) is not at hand."""


Retail = Callable[[Offer, str, date], Decimal | None]


class Pricer:
    """Makes rates of offers. `retail` looks up Microsoft's estimated retail price of a cycle."""

    def __init__(
        self,
        book: Book,
        ledger_currency: Callable[[str | None], str | None],
        retail: Retail,
        ledger_rates: LedgerRates | None = None,
    ) -> None:
        self._book, self._ledger_rates = book, ledger_rates or LedgerRates()
        self._ledger_currency = ledger_currency
        self._retail = retail

    @cached_property
    def alike(self) -> dict[str, tuple[CustomerRule, str]]:
        """Customers whom the rules treat alike, and the one who stands for all of them."""
        return alike(self._book.mapping)

    def rate(self, offer: Offer, point: PricePoint) -> Rate:
        """Resolve one key: customer first, then product, then bundle, then price."""
        if offer.tenant_id is None and offer.reseller_mpn_id is None:
            return Rate("charge_without_customer", point.currency)
        account = self._book.account(offer)
        if offer.tenant_id in self._book.internal:
            return Rate("absorbed", point.currency, formula="internal")
        if account is None:
            status = "unmapped_customer" if offer.tenant_id else "charge_without_customer"
            return Rate(status, point.currency)
        customer = account.rule
        found = self._placed(account, customer, point)
        if account.ended:
            return replace(found, status="customer_ended")
        exception = self._book.exception(offer)
        if isinstance(exception, Tie):
            return replace(found, status="ambiguous_mapping", places=exception.places, formula="subscription")
        if exception is not None and exception.bill == "never":
            return replace(found, status="absorbed", formula="bill: never", places=(str(exception.place),))
        bundled = self._book.bundle(offer, customer)
        if bundled is not None:
            found = self._taxed(found, offer, customer)
            return self._bundled(found, offer, point, *bundled)
        product = self._book.product(offer)
        if isinstance(product, Tie):
            return replace(found, status="ambiguous_mapping", places=product.places, formula="product")
        item = None if product is None else find_item(product, exception, account.ledger or "")
        if item is None and exception is not None:
            item = exception.item
        if item is None:
            return replace(found, status="unmapped_product")
        places = (account.place, *((str(product.place),) if product else ()))
        found = replace(found, item=item, places=places, free=exception.free_quantity if exception else ZERO)
        return self._priced(found, offer, point, customer)

    def _placed(self, account: Account, customer: CustomerRule | None, point: PricePoint) -> Rate:
        own = customer.currency if customer else None
        return Rate(
            "priced",
            own or self._ledger_currency(account.ledger) or point.currency,
            ledger=account.ledger,
            ledger_customer=account.ledger_customer,
            customer_name=customer.name if customer else None,
            frequency=customer.frequency if customer else "as_vendor",
            bills=customer.bills if customer else "arrears",
            places=(account.place,),
        )

    def _priced(self, found: Rate, offer: Offer, point: PricePoint, customer: CustomerRule | None) -> Rate:
        rule = self._book.price(offer, customer)
        if isinstance(rule, Tie):
            return replace(found, status="ambiguous_mapping", places=rule.places, formula="price")
        if rule is None:
            return replace(found, status="unpriced_charge")
        found, made_in = self._taxed(found, offer, customer), rule.made_in(point.currency, found.currency)
        found = replace(
            found,
            places=(*found.places, str(rule.place)),
            floor=rule.floor_margin_percent,
            rule=_deal(found.currency, rule, self._book.fx(made_in, found.currency, offer.cycle_start)),
        )
        if point.free_of_charge and not point.is_credit:
            return replace(found, method="none", status="absorbed", formula="trial or free of charge")
        try:
            with localcontext(EXACT):
                if point.priced_by_amount or rule.pass_through:
                    return self._by_amount(found, offer, point, rule)
                return self._by_seats(found, offer, point, rule)
        except NoPrice as why:
            return replace(found, status="unpriced_charge", formula=str(why))

    def _taxed(self, found: Rate, offer: Offer, customer: CustomerRule | None) -> Rate:
        tax = self._book.tax(offer, customer)
        return replace(found, tax_percent=tax.tax_percent, tax_code=tax.tax_code) if tax else found

    def _by_amount(self, found: Rate, offer: Offer, point: PricePoint, rule: PriceRule) -> Rate:
        base = rule.of or ("list" if offer.category == "azure" else "net")
        if rule.pass_through:
            factor, words, base = Fraction(1), "passed through", "net"
            sum_ = "1"
        elif rule.markup_percent is not None:
            factor = 1 + Fraction(rule.markup_percent) / 100
            words, sum_ = f"+ {rule.markup_percent} %", f"(100 + {rule.markup_percent:f}) / 100"
        elif rule.margin_percent is not None:
            factor = 1 / (1 - Fraction(rule.margin_percent) / 100)
            words, sum_ = f"at {rule.margin_percent} % margin", f"100 / (100 − {rule.margin_percent:f})"
        elif rule.discount_from_list_percent is not None:
            factor = 1 - Fraction(rule.discount_from_list_percent) / 100
            words, base = f"− {rule.discount_from_list_percent} %", "list"
            sum_ = f"(100 − {rule.discount_from_list_percent:f}) / 100"
        else:
            factor, sum_ = self._unit_as_factor(found, offer, point, rule)
            words = "in proportion to the unit price"
        if base == "retail":
            raise NoPrice("no retail price for an amount")
        source = rule.made_in(point.currency, found.currency)
        cross, _, crossed, exchange = self._crossing(found, offer.cycle_start, point, source)
        return replace(
            found,
            method="amount",
            base="net" if point.is_credit else base,
            factor=factor * cross,
            exchange=exchange,
            formula=f"{base} amount {words}",
            arithmetic=sum_ + crossed,
        )

    def _unit_as_factor(self, found: Rate, offer: Offer, point: PricePoint, rule: PriceRule) -> tuple[Fraction, str]:
        if not point.unit_price:
            raise NoPrice("a unit price cannot be applied to an amount without a unit price of its own")
        unit, _, sum_ = self._unit(offer, point, rule, rule.made_in(point.currency, found.currency))
        return Fraction(unit) / Fraction(point.unit_price), f"{sum_} / {trimmed(point.unit_price):f}"

    def _by_seats(self, found: Rate, offer: Offer, point: PricePoint, rule: PriceRule) -> Rate:
        source = rule.made_in(point.currency, found.currency)
        unit, words, sum_ = self._unit(offer, point, rule, source)
        places = exponent(found.currency)
        cross, bare, crossed, exchange = self._crossing(found, offer.cycle_start, point, source)
        if crossed:
            sum_ = _rounding(f"{sum_}{crossed}", rule.round_to, places)
        if rule.tiers and rule.tier_mode == "graduated" and cross == 1:
            months = MONTHS.get(offer.billing_plan or "", 1) if rule.per == "month" else 1
            billed = max(ZERO, (point.quantity or ZERO) - found.free)
            whole = self._graduated(rule, billed) * months
            sum_ = f"round({_graduated_sum(rule, billed)}{_times(months)}, {UNIT_PLACES})"
            found = replace(found, whole=int(round_half_up(whole, UNIT_PLACES).scaleb(UNIT_PLACES + 3)))
        bare_unit = ZERO
        if source != found.currency:
            bare_unit = self._rounded(unit * bare.numerator / bare.denominator, rule.round_to, places)
        unit = self._rounded(unit * cross.numerator / cross.denominator, rule.round_to, places)
        return replace(
            found,
            method="seats",
            unit=int(unit.scaleb(UNIT_PLACES)),
            bare_unit=int(bare_unit.scaleb(UNIT_PLACES)),
            exchange=exchange,
            formula=words,
            arithmetic=sum_,
        )

    def _unit(self, offer: Offer, point: PricePoint, rule: PriceRule, currency: str) -> tuple[Decimal, str, str]:
        """The unit price of a billing cycle, in words and as a sum, in the currency it is made in, rounded."""
        places = exponent(currency)
        months = MONTHS.get(offer.billing_plan or "", 1)
        if rule.unit_price is not None or rule.tiers:
            price = self._tiered(rule, point) if rule.tiers else rule.unit_price or ZERO
            months = months if rule.per == "month" else 1
            sum_ = _rounding(f"{self._price_sum(rule, point, price)}{_times(months)}", rule.round_to, places)
            return self._rounded(price * months, rule.round_to, places), f"unit price {price:f} a {rule.per}", sum_
        base_name = rule.of or "net"
        if rule.discount_from_list_percent is not None and rule.of != "retail":
            base_name = "list"
        base = trimmed(self._base(base_name, offer, point, rule))
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
        return self._rounded(price, rule.round_to, places), words, _rounding(sum_, rule.round_to, places)

    def _base(self, name: str, offer: Offer, point: PricePoint, rule: PriceRule) -> Decimal:
        if name == "retail":
            day = offer.term_start or offer.cycle_start
            retail = self._retail(offer, point.currency, day)
            if retail is None:
                raise NoPrice("no price sheet row gives its retail price")
            return retail
        rate = point.exchange_rate if point.pricing_currency not in (None, point.currency) else None
        in_billing = rate or Decimal(1)
        if name == "list" or (rule.promotion == "keep" and offer.promotion_id):
            return (point.unit_price or ZERO) * in_billing
        return net_unit_price(point) * in_billing

    def _tiered(self, rule: PriceRule, point: PricePoint) -> Decimal:
        quantity = point.quantity or Decimal(1)
        if rule.tier_mode == "volume":
            reached = [tier for tier in rule.tiers if tier.start <= quantity]
            return (reached or list(rule.tiers))[-1 if reached else 0].unit_price
        return self._graduated(rule, quantity) / quantity

    @staticmethod
    def _price_sum(rule: PriceRule, point: PricePoint, price: Decimal) -> str:
        if rule.tiers and rule.tier_mode == "graduated":
            quantity = point.quantity or Decimal(1)
            return f"{_graduated_sum(rule, quantity)} / {quantity:f}"
        return f"{price:f}"

    @staticmethod
    def _graduated(rule: PriceRule, quantity: Decimal) -> Decimal:
        return sum((seats * price for seats, price in _steps(rule, quantity)), start=ZERO)

    def _crossing(self, found: Rate, day: date, point: PricePoint, source: str) -> tuple[Fraction, Fraction, str, str]:
        """The factor into the customer's currency, with the rule's margin and without, as part of a sum, and whose."""
        if source == found.currency:
            return Fraction(1), Fraction(1), "", ""
        rule = self._book.fx(source, found.currency, day)
        if rule is None:
            raise NoPrice(f"no fx rule from {source} to {found.currency}")
        # Microsoft's rate leads from the pricing currency to the billing currency: here we go back.
        goes_back = (source, found.currency) == (point.currency, point.pricing_currency)
        vendors_rate = point.exchange_rate if goes_back else None
        known = crossing(rule, vendors_rate, found.ledger, self._ledger_rates)
        if known is None:
            more = "; enter one there and read it, or write another source" if rule.source == "ledger" else ""
            raise NoPrice(f"no {rule.source} exchange rate from {source} to {found.currency} is at hand{more}")
        bare, sum_ = known.factor, known.sum_
        if rule.margin_percent:
            sum_ += f" × (100 + {rule.margin_percent:f}) / 100"
        told = f"{sum_.strip()} ({known.whose})"
        return bare * (1 + Fraction(rule.margin_percent) / 100), bare, sum_, told

    def _bundled(self, found: Rate, offer: Offer, point: PricePoint, bundle: BundleRule, counted: bool) -> Rate:
        found = replace(
            found, item=bundle.item, bundle=bundle.name, places=(*found.places, str(bundle.place)),
            formula=f"bundle {bundle.name}", rule=f"bundle {bundle.unit_price:f} a {bundle.per}",
        )  # fmt: skip
        if not counted or point.priced_by_amount or point.free_of_charge:
            return found
        months = MONTHS.get(offer.billing_plan or "", 1) if bundle.per == "month" else 1
        places = exponent(found.currency)
        unit = round_half_up(bundle.unit_price * months, places)
        sum_ = _rounding(f"{bundle.unit_price:f}{_times(months)}", None, places)
        return replace(found, method="seats", unit=int(unit.scaleb(UNIT_PLACES)), arithmetic=sum_)

    @staticmethod
    def _rounded(price: Decimal, step: Decimal | None, places: int) -> Decimal:
        rounded = round_half_up(price, places) if step is None else round_to_step(price, step)
        return round_half_up(rounded, UNIT_PLACES)


def _deal(currency: str, rule: PriceRule, crossing: FxRule | None) -> str:
    """What was agreed, as eight hex digits: the way of pricing and its numbers, never whom or what it is for."""
    ways = (
        currency, rule.markup_percent, rule.margin_percent, rule.unit_price, rule.per, rule.tiers, rule.tier_mode,
        rule.discount_from_list_percent, rule.pass_through, rule.of, rule.promotion, rule.round_to,
        crossing and (crossing.source, crossing.rate, crossing.margin_percent),
    )  # fmt: skip
    return sha256(repr(ways).encode()).hexdigest()[:8]


def _steps(rule: PriceRule, quantity: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
    """How many seats fall into each tier, and the tier's price."""
    for tier, after in zip(rule.tiers, (*rule.tiers[1:], None), strict=True):
        top = quantity if after is None else min(quantity, after.start - 1)
        yield max(ZERO, top - tier.start + 1), tier.unit_price


def _graduated_sum(rule: PriceRule, quantity: Decimal) -> str:
    terms = [f"{seats:f} × {price:f}" for seats, price in _steps(rule, quantity) if seats]
    return f"({' + '.join(terms)})" if terms else "0"


def _times(months: int) -> str:
    return f" × {months}" if months != 1 else ""


def _rounding(sum_: str, step: Decimal | None, places: int) -> str:
    """Write the rounding that `Pricer` does: to the currency's decimals, or to the rule's step."""
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
