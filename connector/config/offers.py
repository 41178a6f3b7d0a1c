"""The parts of the mapping about what is sold: products, bundles, own items, minimums."""

from decimal import Decimal
from typing import Any

from connector.config.quantities import Amount, Day
from connector.config.records import Either, Field, Filled, ListOf, Record, Table
from connector.config.selecting import (
    ITEM,
    LEDGER,
    NARROWING,
    OFFERED,
    POSITIVE,
    PRICE,
    VALID,
    part,
    select,
    selector,
    validity,
)
from connector.config.shapes import Choice, Text
from connector.domain.rules import BundleRule, MinimumRule, OwnItemRule, ProductRule

PER = Choice(("month", "cycle"))


def _product(filled: Filled) -> ProductRule:
    chosen = select(filled.values)
    if "product_id" not in filled.written and "category" not in filled.written:
        filled.refuse("it names no product; expected product_id or category")
    if "sku_id" in filled.written and "product_id" not in filled.written:
        filled.refuse("a sku belongs to a product; write product_id as well", "sku_id")
    item = filled.get("item")
    items = (("", item),) if isinstance(item, str) else item
    if not items:
        filled.refuse("no ledger is named; expected an item, or {ledger: item}", "item")
    return ProductRule(filled.get("name"), chosen, items, filled.place, validity(filled))


def _bundle(filled: Filled) -> BundleRule:
    counts, includes = filled.get("counts"), filled.get("includes")
    if counts not in includes:
        filled.refuse("the counted component is none of those included; add it to includes", "counts")
    return BundleRule(
        filled.get("name"),
        filled.get("item"),
        filled.get("unit_price"),
        counts,
        includes,
        filled.get("for"),
        filled.place,
        filled.get("per", "month"),
        validity(filled),
    )


def _own_item(filled: Filled) -> OwnItemRule:
    if "once" in filled.written and "frequency" in filled.written:
        filled.refuse("something billed once has no frequency; keep one of them", "frequency")
    return OwnItemRule(
        filled.get("for"),
        filled.get("item"),
        filled.get("description"),
        filled.get("unit_price"),
        filled.place,
        filled.get("quantity", Decimal(1)),
        filled.get("frequency", "monthly"),
        filled.get("once"),
        validity(filled),
    )


def _minimum(filled: Filled) -> MinimumRule:
    return MinimumRule(filled.get("for"), filled.get("amount"), filled.place, filled.get("item"), validity(filled))


def _for(shape: Record, meaning: str, example: Any) -> Field:
    return Field("for", shape, meaning, example, required=True)


_ITEMS = Either(ITEM, Table(LEDGER, ITEM, 'an item by ledger, like {books-us: "31"}'))
_COMPONENT = selector("a component", ("product_id", "sku_id", *NARROWING), required="product_id")
_CUSTOMERS = selector("{} for every customer, or a group", ("tenant_id", "group"))
_SPENT = selector("{} for everything, or a group", ("tenant_id", "group", *OFFERED))
PRODUCT_RULE = Record(
    "a product",
    (
        Field(
            "name",
            Text("the product's name"),
            "The product's name, for people.",
            "Microsoft 365 Business Premium",
            True,
        ),
        *(part(name) for name in (*OFFERED, *NARROWING)),
        Field("item", _ITEMS, "The ledger item it is billed as; one for all ledgers, or by ledger.", "31", True),
        *VALID,
    ),
    _product,
    "A product, sku or category and the ledger item it is billed as.",
)

BUNDLE = Record(
    "a bundle",
    (
        Field("name", Text("the bundle's name"), "The bundle's name.", "Managed seat", True),
        Field("item", ITEM, "The ledger item it is billed as.", "55", True),
        Field("unit_price", PRICE, "The price of one bundle (see per).", 45.00, True),
        Field("per", PER, "Whether unit_price is for a month or for a billing cycle.", "cycle", default="month"),
        Field(
            "counts",
            _COMPONENT,
            "The component whose quantity is the bundle's.",
            {"product_id": "CFQ7TTC0LCHC"},
            True,
        ),
        Field(
            "includes",
            ListOf(_COMPONENT, least=1),
            "All components; they are not billed on their own.",
            [{"product_id": "CFQ7TTC0LCHC"}, {"product_id": "CFQ7TTC0LH16"}],
            True,
        ),
        _for(_CUSTOMERS, "Who buys it; {} is every customer.", {"group": "managed"}),
        *VALID,
    ),
    _bundle,
    "Several products billed as one item.",
)

OWN_ITEM = Record(
    "an own item",
    (
        _for(_CUSTOMERS, "Who gets it; {} is every customer.", {"group": "gold"}),
        Field("item", ITEM, "The ledger item it is billed as.", "60", True),
        Field("description", Text("a description"), "What the customer reads.", "Service desk", True),
        Field("unit_price", PRICE, "Its price.", 25.00, True),
        Field("quantity", Amount("a quantity above 0", above=Decimal(0)), "How many.", 1, default="1"),
        Field(
            "frequency",
            Choice(("monthly", "quarterly", "annual")),
            "How often it is billed.",
            "monthly",
            default="monthly",
        ),
        Field("once", Day(), "Or the one day on which it is billed.", "2026-10-01"),
        *VALID,
    ),
    _own_item,
    "A service of your own, billed beside Microsoft's.",
)

MINIMUM = Record(
    "a minimum",
    (
        _for(_SPENT, "Whose, and which, charges must reach it.", {"group": "gold", "category": "azure"}),
        Field("amount", POSITIVE, "At least this amount a month.", 500.00, True),
        Field("item", ITEM, "The item of the top-up.", "41", default="the category's"),
        *VALID,
    ),
    _minimum,
    "At least so much a month; what is missing is topped up.",
)
