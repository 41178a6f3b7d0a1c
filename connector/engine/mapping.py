"""Which customer, item and price rule the admin meant for a charge: the narrowest rule wins, ties are told.

Narrowness is compared in this order: subject (subscription, customer, group, everyone), product (sku,
product, category, everything), then how many of term, billing plan and promotion are named. Of two rules of
the same scope the later `valid_from` wins. Rules are resolved once per distinct key, never once per line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from connector.domain.rules import (
    BundleRule,
    CustomerRule,
    FxRule,
    Mapping,
    PriceRule,
    ProductRule,
    ResellerRule,
    Selector,
    SubscriptionRule,
    TaxRule,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """The distinct key a rate is made for: who, what, on which terms, from when.

    `cycle_start` is the charge's first day, `term_start` the first day of the running term (None: not known).
    `priced_from` is the first day of the running cycle, where the charge came in the middle of one.
    `part` names the exceptions that claim this part of an Azure charge, by their positions in the mapping.
    """

    tenant_id: str | None
    reseller_mpn_id: str | None
    subscription_id: str | None
    product_id: str | None
    sku_id: str | None
    category: str
    term: str | None
    billing_plan: str | None
    promotion_id: str | None
    cycle_start: date
    term_start: date | None
    part: str | None = None
    priced_from: date | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where a charge is billed: ledger (None: the only one), its customer there, and the rule that says so."""

    ledger: str | None
    ledger_customer: str
    rule: CustomerRule | None
    place: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """Two rules that claim the same charge with equal right; `places` are their file and line."""

    places: tuple[str, ...]


Rule = CustomerRule | ResellerRule | SubscriptionRule | ProductRule | PriceRule | BundleRule | TaxRule | FxRule
"""A rule that decides something about a charge."""


def by_usage(rule: SubscriptionRule) -> bool:
    """Whether an exception means usage (by entitlement, resource group or tag), not a whole subscription."""
    return bool(rule.entitlement_id or rule.resource_group or rule.tag)


def _narrowness(selector: Selector) -> tuple[int, int, int]:
    subject = 3 if selector.subscription_id else 2 if selector.tenant_id else 1 if selector.group else 0
    product = 3 if selector.sku_id else 2 if selector.product_id else 1 if selector.category else 0
    narrowing = sum(part is not None for part in (selector.term, selector.billing_plan, selector.promotion))
    return subject, product, narrowing


def _fits_product(selector: Selector, offer: Offer) -> bool:
    wanted: tuple[tuple[str | None, str | None], ...] = (
        (selector.product_id, offer.product_id),
        (selector.sku_id, offer.sku_id),
        (selector.category and selector.category.value, offer.category),
        (selector.term, offer.term),
        (selector.billing_plan, offer.billing_plan),
    )
    if any(want is not None and want != have for want, have in wanted):
        return False
    return selector.promotion is None or _same_promotion(selector.promotion, offer.promotion_id)


def _same_promotion(wanted: str, have: str | None) -> bool:
    # Partner Center writes product:sku:promotion, people often only the last part.
    return have is not None and wanted.lower() in (have.lower(), have.lower().rsplit(":", 1)[-1])


class Book:
    """The mapping, indexed for look-ups."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._customers: dict[str, list[CustomerRule]] = {}
        for customer in mapping.customers:
            self._customers.setdefault(customer.tenant_id, []).append(customer)
        self._resellers = {rule.mpn_id: rule for rule in mapping.resellers}
        self._exceptions: dict[str, list[SubscriptionRule]] = {}
        for special in mapping.subscriptions:
            if special.subscription_id and not by_usage(special):
                self._exceptions.setdefault(special.subscription_id.lower(), []).append(special)
        self.internal = {rule.tenant_id for rule in mapping.internal}
        self._products = _by_product((rule.selector, rule) for rule in mapping.products)
        self._prices: dict[str, dict[str, list[PriceRule]]] = {}
        for price in mapping.prices:
            by_product = self._prices.setdefault(_subject(price.selector), {})
            by_product.setdefault(price.selector.product_id or "", []).append(price)
        self._bundles = _by_product(
            (part, bundle) for bundle in mapping.bundles for part in (bundle.counts, *bundle.includes)
        )

    def named_subscriptions(self) -> frozenset[str]:
        """Subscriptions that some rule names; only these need a key of their own."""
        prices = (rule.selector.subscription_id for rule in self.mapping.prices)
        return frozenset(self._exceptions) | frozenset(name for name in prices if name)

    def has_tiers(self) -> bool:
        """Whether some price depends on the quantity."""
        return any(rule.tiers for rule in self.mapping.prices)

    def without(self, rule: Rule) -> "Book":
        """The book as it would be if one rule were not there: what wins in it is that rule's runner-up."""
        kept: dict[str, Any] = {}
        for name in ("customers", "resellers", "products", "prices", "bundles", "taxes", "fx", "subscriptions"):
            rules = getattr(self.mapping, name)
            if any(one is rule for one in rules):
                kept[name] = tuple(one for one in rules if one is not rule)
        return Book(replace(self.mapping, **kept))

    def exception(self, offer: Offer) -> SubscriptionRule | Tie | None:
        """The exception for the charge's subscription (or part), valid on its first day; a Tie of several."""
        if offer.part is not None:
            found = [self.mapping.subscriptions[int(position)] for position in offer.part.split(",")]
        else:
            rules = self._exceptions.get(offer.subscription_id or "", ())
            found = [rule for rule in rules if offer.cycle_start in rule.validity]
        latest: dict[tuple[str | None, ...], SubscriptionRule] = {}
        for rule in found:
            names = rule.subscription_id, rule.entitlement_id, rule.resource_group, rule.tag
            began = rule.validity.start or date.min
            if names not in latest or began > (latest[names].validity.start or date.min):
                latest[names] = rule
        found = list(latest.values())
        if len(found) > 1:
            return Tie(tuple(sorted(str(rule.place) for rule in found)))
        return found[0] if found else None

    def account(self, offer: Offer) -> Account | None:
        """Where the charge is billed; None when no rule names its customer. A reseller stands in for its tenants."""
        found = self.exception(offer)
        special = None if isinstance(found, Tie) else found
        reseller = self._resellers.get(offer.reseller_mpn_id or "")
        rule, ended = self._customer(offer)
        if special is not None and special.ledger_customer:
            ledger = special.ledger or (rule.ledger if rule else None)
            return Account(ledger, special.ledger_customer, rule, str(special.place))
        if reseller is not None and offer.cycle_start in reseller.validity:
            return Account(reseller.ledger, reseller.ledger_customer, rule, str(reseller.place))
        if rule is None:
            return None
        return Account(rule.ledger, rule.ledger_customer, rule, str(rule.place), ended)

    def _customer(self, offer: Offer) -> tuple[CustomerRule | None, bool]:
        rules = self._customers.get(offer.tenant_id or "", [])
        for rule in rules:
            if offer.cycle_start in rule.validity:
                return rule, False
        past = [r for r in rules if r.validity.end is not None and r.validity.end <= offer.cycle_start]
        return (past[-1], True) if past else (None, False)

    def product(self, offer: Offer) -> ProductRule | Tie | None:
        """The narrowest product rule, a Tie, or None when the product is not mapped."""
        rules = [
            (_narrowness(rule.selector), rule.validity.start or date.min, 0, rule)
            for _, rule in _candidates(self._products, offer)
            if offer.cycle_start in rule.validity and _fits_product(rule.selector, offer)
        ]
        return _narrowest(rules)

    def price(self, offer: Offer, customer: CustomerRule | None) -> PriceRule | Tie | None:
        """The narrowest price rule that has taken hold of the charge, a Tie, or None when it has no price."""
        rules = [
            (_narrowness(rule.selector), rule.validity.start or date.min, rule.priority, rule)
            for rule in self._price_candidates(offer, customer)
            if self._holds(rule, offer) and _fits_product(rule.selector, offer)
        ]
        return _narrowest(rules)

    def _price_candidates(self, offer: Offer, customer: CustomerRule | None) -> Iterator[PriceRule]:
        subjects = ["", f"subscription {offer.subscription_id}", f"tenant {offer.tenant_id}"]
        subjects += [f"group {group}" for group in (customer.groups if customer else ())]
        for subject in subjects:
            by_product = self._prices.get(subject, {})
            yield from by_product.get("", ())
            yield from by_product.get(offer.product_id or "-", ())

    def bundle(self, offer: Offer, customer: CustomerRule | None) -> tuple[BundleRule, bool] | None:
        """The bundle that absorbs the charge, and whether the charge is the component it counts."""
        best: tuple[tuple[int, int, int], BundleRule] | None = None
        for part, bundle in _candidates(self._bundles, offer):
            if (
                offer.cycle_start in bundle.validity
                and _fits_product(part, offer)
                and self._fits_subject(bundle.selector, offer, customer)
            ):
                rank = _narrowness(bundle.selector)
                if best is None or rank > best[0]:
                    best = (rank, bundle)
        return None if best is None else (best[1], _fits_product(best[1].counts, offer))

    def tax(self, offer: Offer, customer: CustomerRule | None) -> TaxRule | None:
        """The narrowest tax rule for a charge, or None."""
        fitting = [
            rule
            for rule in self.mapping.taxes
            if offer.cycle_start in rule.validity
            and _fits_product(rule.selector, offer)
            and self._fits_subject(rule.selector, offer, customer)
        ]
        return max(fitting, key=lambda r: (_narrowness(r.selector), r.validity.start or date.min), default=None)

    def fx(self, source: str, target: str, day: date) -> FxRule | None:
        """The rule for crossing from one currency to another on a day, or None."""
        fitting = [
            rule
            for rule in self.mapping.fx
            if (rule.source_currency, rule.target_currency) == (source, target) and day in rule.validity
        ]
        return max(fitting, key=lambda rule: rule.validity.start or date.min, default=None)

    @staticmethod
    def _holds(rule: PriceRule, offer: Offer) -> bool:
        # A licence keeps its price through its term unless the rule says `change_at: cycle`.
        with_term = offer.category == "license" and offer.term is not None
        when = rule.change_at or ("renewal" if with_term else "cycle")
        day = offer.term_start if when == "renewal" and offer.term_start else offer.priced_from or offer.cycle_start
        return day in rule.validity

    @staticmethod
    def _fits_subject(selector: Selector, offer: Offer, customer: CustomerRule | None) -> bool:
        if selector.subscription_id and selector.subscription_id != offer.subscription_id:
            return False
        if selector.tenant_id and selector.tenant_id != offer.tenant_id:
            return False
        return not selector.group or (customer is not None and selector.group in customer.groups)


_Rule = TypeVar("_Rule")
_Scoped = TypeVar("_Scoped", ProductRule, PriceRule)


def _by_product(rules: Iterable[tuple[Selector, _Rule]]) -> dict[str, list[tuple[Selector, _Rule]]]:
    """Index rules by product id; those for whole categories, or everything, stand under the empty text."""
    index: dict[str, list[tuple[Selector, _Rule]]] = {}
    for selector, rule in rules:
        index.setdefault(selector.product_id or "", []).append((selector, rule))
    return index


def _candidates(index: dict[str, list[tuple[Selector, _Rule]]], offer: Offer) -> Iterator[tuple[Selector, _Rule]]:
    yield from index.get("", ())
    yield from index.get(offer.product_id or "-", ())


def _subject(selector: Selector) -> str:
    if selector.subscription_id:
        return f"subscription {selector.subscription_id}"
    if selector.tenant_id:
        return f"tenant {selector.tenant_id}"
    return f"group {selector.group}" if selector.group else ""


def _narrowest(rules: list[tuple[tuple[int, int, int], date, int, _Scoped]]) -> _Scoped | Tie | None:
    """Pick the narrowest; within one scope the latest; between scopes equally narrow the one with priority."""
    if not rules:
        return None
    latest: dict[Selector, tuple[tuple[int, int, int], date, int, _Scoped]] = {}
    for entry in rules:
        scope = entry[3].selector
        if scope not in latest or entry[1] > latest[scope][1]:
            latest[scope] = entry
    best = max((entry[0], entry[2]) for entry in latest.values())
    winners = [entry[3] for entry in latest.values() if (entry[0], entry[2]) == best]
    if len(winners) == 1:
        return winners[0]
    return Tie(tuple(sorted(str(rule.place) for rule in winners)))


def find_item(product: ProductRule, exception: SubscriptionRule | None, ledger: str) -> str | None:
    """The ledger item of a charge: the exception's own, else the product's for that ledger."""
    if exception is not None and exception.item:
        return exception.item
    return product.item(ledger)
