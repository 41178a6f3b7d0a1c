"""Who is who in the ledgers: customers and their tenants, items and their products, currencies and habits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from connector.domain.rules import CustomerRule, ProductRule
from connector.engine.billing_spans import month_of, span_of
from connector.engine.expecting.expecting import Rates
from connector.engine.mapping import Book, Offer, Tie, find_item
from connector.engine.reconciliation.alone import Tenancy
from connector.engine.reconciliation.shapes import Lifetime, Scope, Slice
from connector.engine.reconciliation.telling import Names

# Spans that are longer than Microsoft's.
_LONG = ("quarterly", "annual")


class Directory:
    """Look-ups over the mapping and the ledgers that were read.

    A single ledger without a name stands for whichever ledger the mapping means.
    """

    def __init__(self, book: Book, ledger_sums: Iterable[Mapping[str, Any]], ledgers: tuple[str, ...]) -> None:
        self._book = book
        self._mapping = mapping = book.mapping
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for row in ledger_sums:
            counts[row["ledger"] or ""][row["currency"]] += int(row["lines"])
        self.ledgers = tuple(sorted(set(ledgers) | set(counts)))
        self._currencies = {
            ledger: min(count.items(), key=lambda pair: (-pair[1], pair[0]))[0] for ledger, count in counts.items()
        }
        self._customers: dict[tuple[str, str], list[CustomerRule]] = defaultdict(list)
        for rule in mapping.customers:
            self._customers[self.ledger(rule.ledger), rule.ledger_customer].append(rule)
        self._merged: Mapping[tuple[str, str], str] = {}

    def merge(self, survivors: Mapping[tuple[str, str], str]) -> None:
        """Let the customer that others of its ledger were merged into stand for them from now on."""
        self._merged = survivors
        for (ledger, former), now in sorted(survivors.items()):
            self._customers[ledger, now] += self._customers.get((ledger, former), [])

    def customer(self, ledger: str, customer: str) -> str:
        """A ledger customer, or the one that stands for it."""
        return self._merged.get((ledger, customer), customer)

    def ledger(self, named: str | None) -> str:
        """The ledger that a rule means: the one it names, or the only one there is."""
        if named in self.ledgers:
            return named or ""
        if len(self.ledgers) == 1 and (not named or not self.ledgers[0]):
            return self.ledgers[0]
        return named or ""

    def missing(self, slices: Iterable[Slice]) -> tuple[str, ...]:
        """Ledgers that charges are mapped to but of which nothing was read."""
        return tuple(sorted({piece.ledger or "" for piece in slices if piece.ledger_customer} - set(self.ledgers)))

    def settle(self, piece: Slice) -> Slice:
        """Write the ledger's own name on a slice, and the customer that stands for one that was merged into it."""
        if not piece.ledger_customer:
            return piece
        name = self.ledger(piece.ledger)
        customer = self.customer(name, piece.ledger_customer)
        same = piece.ledger == name and piece.ledger_customer == customer
        return piece if same else replace(piece, ledger=name, ledger_customer=customer)

    def currency(self, ledger: str | None) -> str | None:
        """The currency most of a ledger's lines are in; None where nothing was read of it."""
        return self._currencies.get(self.ledger(ledger))

    def frequency(self, ledger: str | None, customer: str | None) -> str:
        """How often a ledger customer is billed."""
        rules = self._customers.get((ledger or "", customer or ""), [])
        return next((rule.frequency for rule in rules if rule.frequency != "as_vendor"), "as_vendor")

    def bills(self, ledger: str | None, customer: str | None) -> str:
        """Whether a ledger customer is billed in arrears or in advance."""
        rules = self._customers.get((ledger or "", customer or ""), [])
        return rules[0].bills if rules else "arrears"

    def is_early(self, piece: Slice, scope: Scope) -> bool:
        """Whether a customer billed for a quarter or year in arrears has not yet come to the end of a slice's."""
        own = self._customers.get((piece.ledger or "", piece.ledger_customer or ""), [])
        rules = own if len(own) == 1 else [one for one in own if piece.period.start in one.validity]
        rule = next((one for one in rules if one.frequency in _LONG), None)
        if rule is None or rule.bills == "advance":
            return False
        return span_of(rule, month_of(piece.period)).end > scope.end

    def is_cloud(self, ledger: str, item: str) -> bool:
        """Whether a ledger item is one that the mapping bills Microsoft's charges on."""
        return item in self._cloud_items(ledger)

    def _cloud_items(self, ledger: str) -> frozenset[str]:
        known: dict[str, frozenset[str]] = self.__dict__.setdefault("_items", {})
        if ledger not in known:
            items = {rule.item for rule in self._mapping.subscriptions if rule.item}
            items |= {rule.item for rule in self._mapping.bundles}
            items |= {rule.item for rule in self._mapping.minimums if rule.item}
            for product in self._mapping.products:
                items |= set(self._items_of(product, ledger))
            known[ledger] = frozenset(items)
        return known[ledger]

    def _items_of(self, product: ProductRule, ledger: str) -> tuple[str, ...]:
        return tuple(item for name, item in product.items if not name or not ledger or self.ledger(name) == ledger)

    def items_by_category(self) -> dict[str, str]:
        """The item of each category that has one rule of its own."""
        return {
            rule.selector.category: rule.items[0][1]
            for rule in self._mapping.products
            if rule.selector.category and not rule.selector.product_id and rule.items
        }

    def tenancy(self, lives: Iterable[Lifetime], unbillable: Iterable[Slice]) -> Tenancy:
        """What stands behind each ledger customer's item: subscriptions' lives, and charges that no rule can bill."""
        by_item: dict[tuple[str, str, str], list[Lifetime]] = defaultdict(list)
        by_subscription: dict[str, Lifetime] = {}
        for life in lives:
            by_subscription[life.subscription_id] = life
            offer = _offer_of(life)
            account, product = self._book.account(offer), self._book.product(offer)
            if account is None or product is None or isinstance(product, Tie):
                continue
            ledger = self.ledger(account.ledger)
            special = self._book.exception(offer)
            item = find_item(product, None if isinstance(special, Tie) else special, ledger)
            if item is not None:
                by_item[ledger, self.customer(ledger, account.ledger_customer), item].append(life)
        unpriced: set[tuple[str, str, str] | str] = set()
        for piece in unbillable:
            if piece.status != "absorbed" and piece.ledger_customer:
                unpriced |= {piece.subscription_id} if piece.subscription_id else set()
                items = {piece.item} if piece.item else self._items_that_may_bill(piece)
                unpriced |= {(piece.ledger or "", piece.ledger_customer, item) for item in items}
        return Tenancy({key: tuple(found) for key, found in by_item.items()}, by_subscription, frozenset(unpriced))

    def _items_that_may_bill(self, piece: Slice) -> set[str]:
        """The items that rules for a charge's product or category name, where no single one could be chosen."""
        rules = self._mapping.products
        own = [rule for rule in rules if piece.product_id and rule.selector.product_id == piece.product_id]
        own = own or [rule for rule in rules if rule.selector.category == piece.category]
        return {item for rule in own for item in self._items_of(rule, piece.ledger or "")}

    def names(self, rates: Rates) -> Names:
        """People's names for a run's findings."""
        return Names(self._customer, self._product_of_item, lambda rate_id: rates[rate_id])

    def customer_name(self, ledger: str, customer: str) -> str | None:
        """The name that the mapping gives a ledger customer."""
        return self._customer(ledger, customer)[1]

    def tenant(self, ledger: str, customer: str) -> str | None:
        """The tenant of a ledger customer, where it is only one."""
        return self._customer(ledger, customer)[0]

    def product_name(self, ledger: str, item: str) -> str | None:
        """The name of the only product that is billed on a ledger item."""
        known: dict[tuple[str, str], str | None] = self.__dict__.setdefault("_product_names", {})
        if (ledger, item) not in known:
            known[ledger, item] = self._product_of_item(ledger, item)[2]
        return known[ledger, item]

    def _customer(self, ledger: str, customer: str) -> tuple[str | None, str | None]:
        rules = self._customers.get((ledger, customer), [])
        tenants = {rule.tenant_id for rule in rules}
        return (tenants.pop() if len(tenants) == 1 else None), (rules[0].name if rules else None)

    def item_rules(self, ledger: str, item: str) -> tuple[ProductRule, ...]:
        """The product rules that bill on an item."""
        return tuple(rule for rule in self._mapping.products if item in self._items_of(rule, ledger))

    def _product_of_item(self, ledger: str, item: str) -> tuple[str | None, str | None, str | None]:
        rules = self.item_rules(ledger, item)
        if len(rules) != 1:
            return None, None, None
        return rules[0].selector.product_id, rules[0].selector.sku_id, rules[0].name


def _offer_of(life: Lifetime) -> Offer:
    return Offer(
        tenant_id=life.customer_id,
        reseller_mpn_id=None,
        subscription_id=life.subscription_id,
        product_id=life.product_id,
        sku_id=life.sku_id,
        category="license",
        term=life.term,
        billing_plan=life.billing_plan,
        promotion_id=None,
        cycle_start=life.term_start or life.began or date(1970, 1, 1),
        term_start=life.term_start,
    )
