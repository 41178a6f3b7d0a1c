"""The part of the mapping that says how sell prices are made: markups, margins, fixed prices, tiers, discounts."""

from decimal import Decimal
from itertools import pairwise

from connector.config.quantities import Amount, Flag, Whole
from connector.config.records import Either, Field, Filled, ListOf, Record
from connector.config.selecting import (
    CURRENCY,
    NARROWING,
    OFFERED,
    POSITIVE,
    PRICE,
    SUBJECT,
    VALID,
    selector,
    validity,
)
from connector.config.shapes import Choice
from connector.domain.rules import PriceRule, Tier

PER = Choice(("month", "cycle"))
WAYS = ("markup_percent", "margin_percent", "unit_price", "discount_from_list_percent", "pass_through")


def _tiers(filled: Filled) -> tuple[Tier, ...]:
    steps = filled.get("unit_price")
    if not isinstance(steps, tuple):
        if "tiers" in filled.written:
            filled.refuse("tiers need a list of prices; expected unit_price: [{from: 1, is: 20}, …]", "tiers")
        return ()
    if "tiers" not in filled.written:
        filled.refuse("a list of prices needs tiers: volume or tiers: graduated", "unit_price")
    starts = [step["from"] for step in steps]
    if starts[0] != 1:
        filled.refuse(f"the first tier begins at {starts[0]}; expected from: 1", "unit_price")
    if any(later <= earlier for earlier, later in pairwise(starts)):
        filled.refuse(f"tiers begin at {', '.join(map(str, starts))}; expected each above the one before", "unit_price")
    return tuple(Tier(Decimal(step["from"]), step["is"]) for step in steps)


def _price(filled: Filled) -> PriceRule:
    ways = [way for way in WAYS if way in filled.written]
    if not ways:
        filled.refuse(f"it says no price; expected one of {', '.join(WAYS)}")
    for way in ways[1:]:
        filled.refuse(f"a price is made in one way only, and {ways[0]} is written already; keep one of them", way)
    if "per" in filled.written and "unit_price" not in filled.written:
        filled.refuse("has a meaning only with unit_price; leave it out", "per")
    if "unit_price" in filled.written or "pass_through" in filled.written:
        for key in ("of", "promotion"):
            if key in filled.written:
                filled.warn(f"is not used with {ways[0]}", key)
    if "discount_from_list_percent" in filled.written and filled.get("of") == "net":
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


_PRICED = selector("{} for everything, or a group", (*SUBJECT, *OFFERED, *NARROWING))
_TIER = Record(
    "a tier",
    (
        Field("from", Whole(1, 10**9), "From this quantity on.", 1, True),
        Field("is", PRICE, "The unit price.", 20, True),
    ),
)

_MARKUP = Amount("a percentage of -100 or more, like 18", least=Decimal(-100), most=Decimal(100000))
_MARGIN = Amount("a percentage below 100, like 15", least=Decimal(-100), below=Decimal(100))
PRICE_RULE = Record(
    "a price",
    (
        Field(
            "for",
            _PRICED,
            "What the price is for; {} is everything. The narrowest rule wins.",
            {"group": "gold", "category": "license"},
            True,
        ),
        Field("markup_percent", _MARKUP, "Cost × (1 + percentage ÷ 100).", 18),
        Field("margin_percent", _MARGIN, "Cost ÷ (1 − percentage ÷ 100).", 15),
        Field(
            "unit_price",
            Either(PRICE, ListOf(_TIER, distinct=False, least=1)),
            "A fixed price per seat and month (see per), or a list of tiers.",
            22.50,
        ),
        Field(
            "discount_from_list_percent",
            Amount("a percentage from 0 to 100", least=Decimal(0), most=Decimal(100)),
            "List price × (1 − percentage ÷ 100).",
            5,
        ),
        Field("pass_through", Flag(only=True), "Microsoft's own amount is passed on.", True),
        Field("per", PER, "Whether unit_price is for a month or for a billing cycle.", "cycle", default="month"),
        Field(
            "tiers",
            Choice(("volume", "graduated")),
            "Volume: all seats at the tier reached. Graduated: each seat at its own tier.",
            "volume",
        ),
        Field(
            "of",
            Choice(("net", "list", "retail")),
            "The cost it starts from: after partner earned credit, before it, or Microsoft's retail price.",
            "net",
            default="net for licences, list for usage",
        ),
        Field(
            "promotion",
            Choice(("pass_on", "keep")),
            "Whether the customer gets Microsoft's promotions.",
            "pass_on",
            default="pass_on",
        ),
        Field(
            "change_at",
            Choice(("renewal", "cycle")),
            "When a new price takes hold of a running subscription.",
            "renewal",
            default="renewal for licences with a term, cycle otherwise",
        ),
        Field("floor_margin_percent", _MARGIN, "A lower margin is reported.", 5),
        Field(
            "priority",
            Whole(0, 1000),
            "The higher wins where a customer is in two groups; for nothing else.",
            1,
            default="0",
        ),
        Field(
            "round_to",
            POSITIVE,
            "Unit prices are rounded to multiples of this.",
            0.01,
            default="the currency's cents",
        ),
        Field("currency", CURRENCY, "The currency of unit_price.", "USD", default="the customer's"),
        *VALID,
    ),
    _price,
    "How the sell price is made; exactly one way.",
)
