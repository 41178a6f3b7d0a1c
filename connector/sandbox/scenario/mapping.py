"""The admin's mapping for the made-up world, collected while the world is dealt."""

from dataclasses import dataclass, field
from decimal import Decimal

from connector.sandbox.scenario import catalogue
from connector.sandbox.scenario.people import GROUPS, LEDGERS, SALES_TAX_PERCENT
from connector.sandbox.scenario.pricing import (
    LICENCE_POLICIES,
    RESERVATION_POLICY,
    USAGE_POLICIES,
    Policy,
    fixed_price,
)

Rule = dict[str, object]
SERVICE_DESK_ITEM = "600"
SERVICE_DESK_PRICE = Decimal("25.00")
FIXED_RATE = Decimal("1.0850")
FIXED_RATE_MARGIN = Decimal("1.5")
BUNDLE_ITEM = "550"
BUNDLE_PRICE = Decimal("14.00")


@dataclass(slots=True)
class Mapping:
    """The lists of the mapping YAML, by their key."""

    lists: dict[str, list[Rule]] = field(default_factory=dict)

    def add(self, key: str, rule: Rule) -> None:
        """Append a rule to a list."""
        self.lists.setdefault(key, []).append(rule)

    def price(self, whom: Rule, policy: Policy, **more: object) -> None:
        """Append a price rule."""
        self.add("prices", {"for": whom, **policy.rule(), **more})


def items(product: catalogue.Product) -> Rule:
    """Item numbers of a product in both ledgers."""
    return {LEDGERS["USD"]: product.item, LEDGERS["EUR"]: product.item_eu}


def standard_mapping() -> Mapping:
    """Rules every world has: products, the groups' prices, the bundle, own items and taxes."""
    mapping = Mapping()
    _products(mapping)
    for group in (*GROUPS["USD"], *GROUPS["EUR"]):
        if group in LICENCE_POLICIES:
            more: dict[str, object] = {"priority": 1} if group == "gold" else {}
            mapping.price({"group": group, "category": "license"}, LICENCE_POLICIES[group], **more)
            mapping.price({"group": group, "category": "azure"}, USAGE_POLICIES[group], **more)
    for product in catalogue.LICENCES:
        if product not in (catalogue.UNKNOWN, catalogue.STAFFED, catalogue.RESOLD, catalogue.SIBLINGS[1]):
            price = Policy("unit_price", fixed_price(product.usd))
            mapping.price({"group": "fixed", "product_id": product.product_id}, price)
    mapping.price({"group": "fixed", "category": "azure"}, USAGE_POLICIES["fixed"])
    mapping.price({"category": "reservation"}, RESERVATION_POLICY)
    mapping.price({"product_id": catalogue.RESOLD.product_id}, Policy("unit_price", Decimal("2.50")))
    seat, guard = catalogue.BUNDLE_SEAT, catalogue.BUNDLE_GUARD
    mapping.add(
        "bundles",
        {
            "name": "Managed seat",
            "item": BUNDLE_ITEM,
            "unit_price": BUNDLE_PRICE,
            "counts": {"product_id": seat.product_id},
            "includes": [{"product_id": seat.product_id}, {"product_id": guard.product_id}],
            "for": {"group": "managed"},
        },
    )
    mapping.add(
        "own_items",
        {
            "for": {"group": "gold"},
            "item": SERVICE_DESK_ITEM,
            "description": "Service desk",
            "unit_price": SERVICE_DESK_PRICE,
            "frequency": "monthly",
        },
    )
    mapping.add(
        "fx",
        {
            "from": "EUR",
            "to": "USD",
            "source": "fixed",
            "rate": FIXED_RATE,
            "margin_percent": FIXED_RATE_MARGIN,
        },
    )
    mapping.add("taxes", {"for": {"group": "taxed"}, "tax_code": "TAX", "tax_percent": SALES_TAX_PERCENT})
    return mapping


def _products(mapping: Mapping) -> None:
    for product in catalogue.LICENCES:
        if product in (catalogue.UNKNOWN, catalogue.TIED, catalogue.BY_TERM, catalogue.SIBLINGS[1]):
            continue
        rule: Rule = {"name": product.name, "product_id": product.product_id}
        if product is not catalogue.SIBLINGS[0]:
            rule["sku_id"] = product.sku_id
        mapping.add("products", {**rule, "item": items(product)})
    by_term = catalogue.BY_TERM
    for term, item in (("P1Y", items(by_term)), ("P1M", _by_ledger(catalogue.BY_TERM_MONTHLY_ITEM))):
        mapping.add(
            "products",
            {
                "name": f"{by_term.name} ({term})",
                "product_id": by_term.product_id,
                "sku_id": by_term.sku_id,
                "term": term,
                "item": item,
            },
        )
    tied, (by_the_year, by_the_month) = catalogue.TIED, catalogue.TIED_ITEMS
    for narrowed, choice in (({"term": "P1Y"}, by_the_year), ({"billing_plan": "monthly"}, by_the_month)):
        rule = {"name": f"{tied.name} {choice['USD']}", "product_id": tied.product_id, **narrowed}
        mapping.add("products", {**rule, "item": _by_ledger(choice)})
    mapping.add("products", {"name": "Azure", "category": "azure", "item": _by_ledger(catalogue.AZURE_ITEMS)})
    reservation = _by_ledger(catalogue.RESERVATION_ITEMS)
    mapping.add("products", {"name": "Azure reservations", "category": "reservation", "item": reservation})


def _by_ledger(by_currency: dict[str, str]) -> Rule:
    return {LEDGERS[currency]: item for currency, item in by_currency.items()}
