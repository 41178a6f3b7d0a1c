"""The parts of the mapping about what is sold and for how much: products, prices, bundles, own items, minimums."""

from decimal import Decimal
from typing import Any

from connector.config.records import Either, Field, Filled, ListOf, Record, Table
from connector.config.selecting import (
    CURRENCY,
    ITEM,
    LEDGER,
    NARROWING,
    OFFERED,
    POSITIVE,
    PRICE,
    SUBJECT,
    VALID,
    part,
    select,
    selector,
    validity,
)
from connector.config.shapes import Amount, Choice, Day, Flag, Text, Whole
from connector.domain.rules import BundleRule, MinimumRule, OwnItemRule, PriceRule, ProductRule, Tier

PER = Choice(("month", "cycle"))
WAYS = ("markup_percent", "margin_percent", "unit_price", "discount_from_list_percent", "pass_through")


def _product(filled: Filled) -> ProductRule:
    chosen = select(filled.values)
    if "product_id" not in filled.values and "category" not in filled.values:
        filled.refuse("it names no product; expected product_id or category")
    if "sku_id" in filled.values and "product_id" not in filled.values:
        filled.refuse("a sku belongs to a product; write product_id as well", "sku_id")
    item = filled.get("item")
    items = (("", item),) if isinstance(item, str) else item
    if not items:
        filled.refuse("no ledger is named; expected an item, or {ledger: item}", "item")
    return ProductRule(filled.get("name"), chosen, items, filled.place, validity(filled))


def _tiers(filled: Filled) -> tuple[Tier, ...]:
    steps = filled.get("unit_price")
    if not isinstance(steps, tuple):
        if "tiers" in filled.values:
            filled.refuse("tiers need a list of prices; expected unit_price: [{from: 1, is: 20}, …]", "tiers")
        return ()
    if "tiers" not in filled.values:
        filled.refuse("a list of prices needs tiers: volume or tiers: graduated", "unit_price")
    starts = [step["from"] for step in steps]
    if starts[0] != 1:
        filled.refuse(f"the first tier begins at {starts[0]}; expected from: 1", "unit_price")
    if any(later <= earlier for earlier, later in zip(starts, starts[1:], strict=False)):
        filled.refuse(f"tiers begin at {', '.join(map(str, starts))}; expected each above the one before", "unit_price")
    return tuple(Tier(Decimal(step["from"]), step["is"]) for step in steps)


def _price(filled: Filled) -> PriceRule:
    ways = [way for way in WAYS if way in filled.values]
    if not ways:
        filled.refuse(f"it says no price; expected one of {', '.join(WAYS)}")
    for way in ways[1:]:
        filled.refuse(f"a price is made in one way only, and {ways[0]} is written already; keep one of them", way)
    if "per" in filled.values and "unit_price" not in filled.values:
        filled.refuse("has a meaning only with unit_price; leave it out", "per")
    if "unit_price" in filled.values or "pass_through" in filled.values:
        for key in ("of", "promotion"):
            if key in filled.values:
                filled.warn(f"is not used with {ways[0]}", key)
    if "discount_from_list_percent" in filled.values and filled.get("of") == "net":
        filled.refuse("a discount from list cannot be taken of net; expected list or retail", "of")
    single = filled.get("unit_price")
    return PriceRule(
        selector=filled.get("for"),
        place=filled.place,
        markup_percent=filled.get("markup_percent"),
        margin_percent=filled.get("margin_percent"),
        unit_price=None if isinstance(single, tuple) else single,
        per=filled.get("per", "month"),
        tiers=_tiers(filled),
        tier_mode=filled.get("tiers", "volume"),
        discount_from_list_percent=filled.get("discount_from_list_percent"),
        pass_through=filled.get("pass_through", False),
        of=filled.get("of"),
        promotion=filled.get("promotion"),
        change_at=filled.get("change_at"),
        floor_margin_percent=filled.get("floor_margin_percent"),
        priority=filled.get("priority", 0),
        round_to=filled.get("round_to"),
        currency=filled.get("currency"),
        validity=validity(filled),
    )


def _bundle(filled: Filled) -> BundleRule:
    counts, includes = filled.get("counts"), filled.get("includes")
    if counts not in includes:
        filled.refuse("the counted component is none of those included; add it to includes", "counts")
    return BundleRule(
        filled.get("name"), filled.get("item"), filled.get("unit_price"), counts, includes, filled.get("for"),
        filled.place, filled.get("per", "month"), validity(filled),
    )


def _own_item(filled: Filled) -> OwnItemRule:
    if "once" in filled.values and "frequency" in filled.values:
        filled.refuse("something billed once has no frequency; keep one of them", "frequency")
    return OwnItemRule(
        filled.get("for"), filled.get("item"), filled.get("description"), filled.get("unit_price"), filled.place,
        filled.get("quantity", Decimal(1)), filled.get("frequency", "monthly"), filled.get("once"), validity(filled),
    )


def _minimum(filled: Filled) -> MinimumRule:
    return MinimumRule(filled.get("for"), filled.get("amount"), filled.place, filled.get("item"), validity(filled))


def _for(shape: Record, meaning: str, example: Any) -> Field:
    return Field("for", shape, meaning, example, required=True)


_ITEMS = Either(ITEM, Table(LEDGER, ITEM, 'an item by ledger, like {books-us: "31"}'))
_PRICED = selector("what it is for", (*SUBJECT, *OFFERED, *NARROWING))
_COMPONENT = selector("a component", ("product_id", "sku_id", *NARROWING), required="product_id")
_CUSTOMERS = selector("whom it is for", ("tenant_id", "group"))
_SPENT = selector("what it is for", ("tenant_id", "group", *OFFERED))
_TIER = Record(
    "a tier",
    (
        Field("from", Whole(1, 10**9), "From this quantity on.", 1, True),
        Field("is", PRICE, "The unit price.", 20, True),
    ),
)

PRODUCT_RULE = Record(
    "a product",
    (
        Field("name", Text("the product's name"), "The product's name, for people.", "Microsoft 365 Business Premium", True),
        *(part(name) for name in (*OFFERED, *NARROWING)),
        Field("item", _ITEMS, "The ledger item it is billed as; one for all ledgers, or by ledger.", "31", True),
        *VALID,
    ),
    _product,
    "A product, sku or category and the ledger item it is billed as.",
)

_MARKUP = Amount("a percentage of -100 or more, like 18", least=Decimal(-100), most=Decimal(100000))
_MARGIN = Amount("a percentage below 100, like 15", least=Decimal(-100), below=Decimal(100))
PRICE_RULE = Record(
    "a price",
    (
        _for(_PRICED, "What the price is for; {} is everything. The narrowest rule wins.", {"group": "gold", "category": "license"}),
        Field("markup_percent", _MARKUP, "Cost × (1 + percentage ÷ 100).", 18),
        Field("margin_percent", _MARGIN, "Cost ÷ (1 − percentage ÷ 100).", 15),
        Field(
            "unit_price",
            Either(PRICE, ListOf(_TIER, distinct=False, least=1)),
            "A fixed price per seat and month (see per), or a list of tiers.", 22.50,
        ),
        Field("discount_from_list_percent", Amount("a percentage from 0 to 100", least=Decimal(0), most=Decimal(100)),
              "List price × (1 − percentage ÷ 100).", 5),
        Field("pass_through", Flag(only=True), "Microsoft's own amount is passed on.", True),
        Field("per", PER, "Whether unit_price is for a month or for a billing cycle.", "cycle", default="month"),
        Field("tiers", Choice(("volume", "graduated")),
              "Volume: all seats at the tier reached. Graduated: each seat at its own tier.", "volume"),
        Field("of", Choice(("net", "list", "retail")),
              "The cost it starts from: after partner earned credit, before it, or Microsoft's retail price.", "net",
              default="net for licences, list for usage"),
        Field("promotion", Choice(("pass_on", "keep")), "Whether the customer gets Microsoft's promotions.", "pass_on",
              default="pass_on"),
        Field("change_at", Choice(("renewal", "cycle")),
              "When a new price takes hold of a running subscription.", "renewal",
              default="renewal for licences with a term, cycle otherwise"),
        Field("floor_margin_percent", _MARGIN, "A lower margin is reported.", 5),
        Field("priority", Whole(0, 1000), "The higher wins where a customer is in two groups; for nothing else.", 1,
              default="0"),
        Field("round_to", POSITIVE, "Unit prices are rounded to multiples of this.", 0.01, default="the currency's cents"),
        Field("currency", CURRENCY, "The currency of unit_price.", "USD", default="the customer's"),
        *VALID,
    ),
    _price,
    "How the sell price is made; exactly one way.",
)

BUNDLE = Record(
    "a bundle",
    (
        Field("name", Text("the bundle's name"), "The bundle's name.", "Managed seat", True),
        Field("item", ITEM, "The ledger item it is billed as.", "55", True),
        Field("unit_price", PRICE, "The price of one bundle (see per).", 45.00, True),
        Field("per", PER, "Whether unit_price is for a month or for a billing cycle.", "cycle", default="month"),
        Field("counts", _COMPONENT, "The component whose quantity is the bundle's.", {"product_id": "CFQ7TTC0LCHC"}, True),
        Field("includes", ListOf(_COMPONENT, least=1), "All components; they are not billed on their own.",
              [{"product_id": "CFQ7TTC0LCHC"}, {"product_id": "CFQ7TTC0LH16"}], True),
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
        Field("frequency", Choice(("monthly", "quarterly", "annual")), "How often it is billed.", "monthly",
              default="monthly"),
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
