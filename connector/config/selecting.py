"""How the mapping says what a rule is for: customers, subscriptions, products, terms, and from when to when."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from iso4217 import Currency

from connector.config.nearest import did_you_mean
from connector.config.nodes import Node, shown
from connector.config.quantities import Amount, Day
from connector.config.records import Field, Filled, Record
from connector.config.shapes import FAILED, Choice, Failed, Path, Reading, Text, plain_text
from connector.domain.rules import ALWAYS, Category, Selector, Validity

_GUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

TENANT = Text("a tenant id (GUID) like 5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", _GUID, str.lower, is_id=True)
# Newer subscriptions have GUIDs, older ones may not; what is nearly a GUID has lost or won a digit.
SUBSCRIPTION = Text(
    "a subscription id like 9d7d1f3d-c8de-461c-db6d-91debd5129f0",
    _GUID + r"|(?![0-9a-fA-F-]{30,42}$)[^\s,;]+",
    str.lower,
    is_id=True,
)
ENTITLEMENT = Text("an entitlement id without spaces", r"[^\s,;]+", str.lower, is_id=True)
PRODUCT = Text("a product id like CFQ7TTC0LCHC, without the sku", "[A-Za-z0-9][A-Za-z0-9_-]*", str.upper, is_id=True)
SKU = Text(
    'a sku id of four characters like "0002"',
    "[A-Za-z0-9]{1,4}",
    lambda text: text.upper().zfill(4),
    is_id=True,
)
TERM = Text("a term like P1M, P1Y or P3Y", "P[1-9][0-9]?[DMY]")
PLAN = Choice(("monthly", "annual", "triennial", "one_time"))
CATEGORY = Choice(tuple(category.value for category in Category), Category)
GROUP = Text("the name of a group", r"[^\s,;\[\]{}]+( [^\s,;\[\]{}]+)*")
ITEM = Text("the id of a ledger item, in quotes", is_id=True)
LEDGER_CUSTOMER = Text("the id of the customer in the ledger, in quotes", is_id=True)
REASON = Text("a reason that others will understand")
PERSON = Text("the name of the person who decided it")
PRICE = Amount("a price of 0 or more, like 12.50", least=Decimal(0))
POSITIVE = Amount("a number above 0, like 500.00", above=Decimal(0))
MONEY_CODES = tuple(sorted(currency.code for currency in Currency))


class CurrencyCode:
    """A currency by its ISO 4217 code."""

    expected = "a currency code (ISO 4217) like USD"

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the code."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED or text in MONEY_CODES:
            return text
        hint = did_you_mean(text, MONEY_CODES) if text.upper() in MONEY_CODES else ""
        return reading.refuse(node, path, f"{shown(text)} is no currency; expected {self.expected}{hint}")

    def schema(self) -> dict[str, Any]:
        """Three capital letters."""
        return {"type": "string", "pattern": "^[A-Z]{3}$"}


class LedgerName:
    """The name of a ledger, which must be among those of the configuration when there is one."""

    expected = "the name of a ledger of the configuration"

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the name."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED or not reading.ledgers or text in reading.ledgers:
            return text
        hint = did_you_mean(text, reading.ledgers) or f"; expected {' or '.join(reading.ledgers)}"
        return reading.refuse(node, path, f"there is no ledger {shown(text)}{hint}")

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}


CURRENCY = CurrencyCode()
LEDGER = LedgerName()

VALID = (
    Field("valid_from", Day(), "First day on which the rule holds.", "2026-01-01", default="it always has"),
    Field("valid_to", Day(), "Last day on which the rule holds.", "2026-12-31", default="it always will"),
)


def validity(filled: Filled) -> Validity:
    """Make the validity of a rule of its first and last day; the problem is noted when they are the wrong way round."""
    first: date | None = filled.get("valid_from")
    last: date | None = filled.get("valid_to")
    if first is None and last is None:
        return ALWAYS
    if first is not None and last is not None and last < first:
        filled.refuse(f"{last} is before valid_from {first}; expected a later day", "valid_to")
    # The last day the calendar knows has no day after it, and means for ever.
    end = None if last is None or last == date.max else last + timedelta(days=1)
    return Validity(first, end)


_PARTS = {
    part.name: part
    for part in (
        Field("subscription_id", SUBSCRIPTION, "One subscription.", "9d7d1f3d-c8de-461c-db6d-91debd5129f0"),
        Field("tenant_id", TENANT, "One customer, by tenant id.", "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"),
        Field("group", GROUP, "All customers of a group.", "gold"),
        Field("product_id", PRODUCT, "One product, all its skus unless sku_id is given.", "CFQ7TTC0LCHC"),
        Field("sku_id", SKU, "One sku of the product; in quotes, because of its zeros.", "0002"),
        Field("category", CATEGORY, "All products of a category.", "license"),
        Field("term", TERM, "Only this term of commitment.", "P1Y"),
        Field("billing_plan", PLAN, "Only this billing plan.", "monthly"),
        Field("promotion", Text("a promotion id"), "Only with this promotion.", "39NFJQT1PJPB:0002:39NFJQT1Q5KF"),
        Field("charge_type", Text("a charge type of the vendor's file"), "Only this charge type.", "cycleFee"),
    )
}
SUBJECT = ("subscription_id", "tenant_id", "group")
OFFERED = ("product_id", "sku_id", "category")
NARROWING = ("term", "billing_plan", "promotion")


def select(values: dict[str, Any]) -> Selector:
    """Make a selector of values by key, leaving out keys that are no part of it."""
    return Selector(**{name: value for name, value in values.items() if name in Selector.__dataclass_fields__})


def _build(filled: Filled) -> Selector:
    if "sku_id" in filled.written and "product_id" not in filled.written:
        filled.refuse("a sku belongs to a product; write product_id as well", "sku_id")
    return Selector(**filled.values)


def part(name: str) -> Field:
    """The field by which a rule selects."""
    return _PARTS[name]


def selector(what: str, names: Iterable[str], extra: tuple[Field, ...] = (), required: str = "") -> Record:
    """The shape of a `for:`, of these parts."""
    fields = [*(_PARTS[name] for name in names), *extra]
    if required:
        fields = [
            Field(entry.name, entry.shape, entry.meaning, entry.example, entry.name == required) for entry in fields
        ]
    return Record(what, tuple(fields), _build)


def scope(chosen: Selector) -> str:
    """Write a selector as the administrator would: {group: gold, category: license}."""
    parts = [
        f"{name}: {value.value if isinstance(value, Category) else value}"
        for name in Selector.__dataclass_fields__
        if (value := getattr(chosen, name)) is not None
    ]
    return "{" + ", ".join(parts) + "}"


def is_guid(text: str) -> bool:
    """Whether a text is a GUID."""
    return re.fullmatch(_GUID, text) is not None
