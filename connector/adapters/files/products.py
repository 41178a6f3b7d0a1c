"""Reads from Microsoft's free texts what kind of product a charge is for, its term and its billing plan.

Sources: Microsoft, "Use the reconciliation files" and "Common billing scenarios for one-time and recurring purchases".
"""

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from connector.domain.rules import Category

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
}  # fmt: skip
_TERM = re.compile(r"\b(\d{1,2}|one|two|three|four|five|six)[\s-]*(month|year)s?\b", re.IGNORECASE)
_ISO_TERM = re.compile(r"P\d{1,2}[MY]")
_UNIT_OF_TERM = {"month": "M", "year": "Y"}
_COMMITMENT = re.compile(r"\bcommitment\b|\b(one|three)-(month|year)\b", re.IGNORECASE)

# Words of ProductCategory, in the order in which they decide; Microsoft publishes no closed list of its values.
_CATEGORY_WORDS = (
    ("saving", Category.SAVINGS_PLAN),
    ("reserv", Category.RESERVATION),
    ("marketplace", Category.MARKETPLACE),
    ("third", Category.MARKETPLACE),
    ("azure", Category.AZURE),
    ("usage", Category.AZURE),
    ("consumption", Category.AZURE),
    ("perpetual", Category.SOFTWARE),
    ("software", Category.SOFTWARE),
    ("licen", Category.LICENSE),
    ("seat", Category.LICENSE),
    ("online service", Category.LICENSE),
)
_PLANS = {
    "monthly": "monthly", "month": "monthly", "annual": "annual", "annually": "annual", "yearly": "annual",
    "triennial": "triennial", "onetime": "one_time", "one_time": "one_time", "one-time": "one_time",
    "one time": "one_time",
}  # fmt: skip
_AMBIGUOUS = "?"
_LONGEST_MONTH = 31
_LONGEST_YEAR = 366


# The days of the charges make many texts of few: each is met again in every block of a file.
@lru_cache(maxsize=65536)
def category(joined: str) -> str:
    """Return the category of a charge.

    The text is ProductCategory, PublisherName, TermAndBillingCycle, SubscriptionDescription and ChargeEndDate, joined
    by line ends. Without a known word in the first, the others decide as Microsoft describes it.
    """
    written, publisher, cycle, description, end = joined.split("\n")[:5]
    for word, known in _CATEGORY_WORDS:
        if word in written.lower():
            return known
    lower = cycle.lower()
    if publisher.strip() and not publisher.strip().lower().startswith("microsoft"):
        return Category.MARKETPLACE
    if "saving" in lower and "plan" in lower:
        return Category.SAVINGS_PLAN
    if "reserv" in lower or "reserv" in description.lower():
        return Category.RESERVATION
    if description.strip().lower() == "azure plan":
        return Category.AZURE
    if _COMMITMENT.search(cycle) or "trial" in lower:
        return Category.LICENSE
    if "subscription" in lower or (not cycle.strip() and not end.strip()):
        return Category.SOFTWARE
    return Category.LICENSE if _TERM.search(cycle) else Category.AZURE


def term(text: str) -> str | None:
    """Return the term (P1M, P1Y, P3Y …) a text speaks of: "One-Year commitment …", "1 Year Subscription", "P1Y"."""
    text = text.strip()
    if _ISO_TERM.fullmatch(text.upper()):
        return text.upper()
    if not (found := _TERM.search(text)):
        return None
    number = found.group(1).lower()
    return f"P{_NUMBERS.get(number) or int(number)}{_UNIT_OF_TERM[found.group(2).lower()]}"


def billing_plan(joined: str) -> str | None:
    """Return the billing plan that TermAndBillingCycle and BillingFrequency (joined by a line end) tell.

    Monthly, annual, triennial or one_time; "?" where the text names more than one, None where it names none.
    """
    cycle, frequency = joined.split("\n")[:2]
    if plan := _PLANS.get(frequency.strip().lower()):
        return plan
    if term(cycle) == "P1M":
        return None if "trial" in cycle.lower() else "monthly"
    lower = cycle.lower()
    named = {plan for word, plan in _PLANS.items() if word in lower.partition(" for ")[2]}
    if len(named) == 1:
        return named.pop()
    return _AMBIGUOUS if named else None


def settled_plan(
    plan: pa.Array, terms: pa.Array, start: pa.Array, end: pa.Array, subscription_end: pa.Array
) -> pa.Array:
    """Settle the plans that the texts leave open ("?") by how long the charge runs.

    A charge longer than a month is not monthly; one that ends before its subscription's term does is.
    """
    if not pc.any(pc.equal(plan, _AMBIGUOUS)).as_py():
        return plan
    days = pc.add(pc.subtract(end.cast(pa.int32()), start.cast(pa.int32())), 1)
    whole = pc.if_else(
        pc.equal(terms, "P3Y"), pc.if_else(pc.greater(days, _LONGEST_YEAR), "triennial", "annual"), "annual"
    )
    long = pc.and_(pc.greater(days, _LONGEST_MONTH), pc.fill_null(pc.greater_equal(end, subscription_end), True))
    settled = pc.if_else(pc.fill_null(long, False), pc.fill_null(whole, "annual"), "monthly")
    return pc.if_else(pc.fill_null(pc.equal(plan, _AMBIGUOUS), False), settled, plan)
