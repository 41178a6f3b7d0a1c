"""Prices a charge by the rules: finds its customer, product, bundle and price rule, and makes a rate of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import localcontext
from fractions import Fraction
from functools import cached_property
from hashlib import sha256

from connector.domain.money import EXACT, ZERO, exponent, round_half_up, trimmed
from connector.domain.rules import BundleRule, CustomerRule, FxRule, PriceRule
from connector.engine.alike import alike
from connector.engine.exchange import LedgerRates, crossing
from connector.engine.mapping import Account, Book, Offer, Tie, find_item
from connector.engine.rates import MONTHS, UNIT_PLACES, NoPrice, PricePoint, Rate
from connector.engine.unit_prices import Retail, graduated, graduated_sum, rounded, rounding, times, unit_price


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
        places = exponent(rule.made_in(point.currency, found.currency))
        made, _, sum_ = unit_price(offer, point, rule, self._retail)
        unit, sum_ = rounded(made, rule.round_to, places), rounding(sum_, rule.round_to, places)
        return Fraction(unit) / Fraction(point.unit_price), f"{sum_} / {trimmed(point.unit_price):f}"

    def _by_seats(self, found: Rate, offer: Offer, point: PricePoint, rule: PriceRule) -> Rate:
        source = rule.made_in(point.currency, found.currency)
        made, words, sum_ = unit_price(offer, point, rule, self._retail)
        places = exponent(found.currency)
        cross, bare, crossed, exchange = self._crossing(found, offer.cycle_start, point, source)
        sum_ = rounding(f"{sum_}{crossed}", rule.round_to, places)
        if rule.tiers and rule.tier_mode == "graduated" and cross == 1:
            months = MONTHS.get(offer.billing_plan or "", 1) if rule.per == "month" else 1
            billed = max(ZERO, (point.quantity or ZERO) - found.free)
            whole = graduated(rule, billed) * months
            sum_ = f"round({graduated_sum(rule, billed)}{times(months)}, {UNIT_PLACES})"
            found = replace(found, whole=int(round_half_up(whole, UNIT_PLACES).scaleb(UNIT_PLACES + 3)))
        bare_unit = ZERO
        if source != found.currency:
            bare_unit = rounded(made * bare.numerator / bare.denominator, rule.round_to, places)
        unit = rounded(made * cross.numerator / cross.denominator, rule.round_to, places)
        return replace(
            found,
            method="seats",
            unit=int(unit.scaleb(UNIT_PLACES)),
            bare_unit=int(bare_unit.scaleb(UNIT_PLACES)),
            exchange=exchange,
            formula=words,
            arithmetic=sum_,
        )

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
        sum_ = rounding(f"{bundle.unit_price:f}{times(months)}", None, places)
        return replace(found, method="seats", unit=int(unit.scaleb(UNIT_PLACES)), arithmetic=sum_)


def _deal(currency: str, rule: PriceRule, crossing: FxRule | None) -> str:
    """What was agreed, as eight hex digits: the way of pricing and its numbers, never whom or what it is for."""
    ways = (
        currency, rule.markup_percent, rule.margin_percent, rule.unit_price, rule.per, rule.tiers, rule.tier_mode,
        rule.discount_from_list_percent, rule.pass_through, rule.of, rule.promotion, rule.round_to,
        crossing and (crossing.source, crossing.rate, crossing.margin_percent),
    )  # fmt: skip
    return sha256(repr(ways).encode()).hexdigest()[:8]
