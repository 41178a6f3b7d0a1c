"""How amounts, quantities, periods and names are written for people and for machines.

Amounts become text here and nowhere else in the reports: exact for machines, rounded half up for people. Names come
from others and may hold anything; `plain` makes what would steer a terminal or turn the reading direction visible.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, localcontext

from connector.domain.finding import Figures, Finding
from connector.domain.kinds import DIFFERENCE, KINDS, Kind
from connector.domain.money import EXACT, ZERO, exponent, round_half_up

UNKNOWN = "–"
"""Stands where nothing is known."""

SHOWN_AS_BOX = "\N{REPLACEMENT CHARACTER}"


def exact(amount: Decimal, currency: str = "") -> str:
    """Write every digit, without exponent or separators, with at least the currency's decimals.

    Zeros behind those decimals are left out, so that equal amounts are equal texts; there is no minus zero.
    """
    text = f"{amount:f}" if amount else "0"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    if currency:
        decimals = decimals.ljust(exponent(currency), "0")
    return f"{whole}.{decimals}" if decimals else whole


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts of one currency without losing a digit."""
    with localcontext(EXACT):
        return sum(amounts, start=ZERO)


def grouped(amount: Decimal, currency: str) -> str:
    """Write an amount for people: thousands apart, rounded half up to the currency's minor unit."""
    places = exponent(currency)
    rounded = round_half_up(amount, places)
    return f"{rounded if rounded else abs(rounded):,.{places}f}"


def money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency for people, like 1,234.50 USD."""
    return f"{grouped(amount, currency)} {currency}"


def number(value: Decimal | None, currency: str = "") -> str:
    """Write a quantity, or a unit price in a currency, for people: all its digits, thousands apart."""
    if value is None:
        return UNKNOWN
    whole, dot, decimals = exact(value, currency).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{decimals}"


def impact(finding: Finding) -> str:
    """Write the money of a finding with its meaning, the sign put into words."""
    return stake(finding.measures, finding.impact, finding.currency, finding.valued_at)


def stake(measures: str, amount: Decimal, currency: str, valued_at: str = "sell") -> str:
    """Write an amount of difference or exposure with the meaning of its sign."""
    if not amount:
        return "no amount"
    size = money(abs(amount), currency)
    if measures == DIFFERENCE:
        return f"you lose {size}" if amount > 0 else f"customer over-charged {size}"
    at = "cost" if valued_at == "cost" else "value"
    return f"{size} {at} at risk" if amount > 0 else f"{size} {at} in your favour"


def figures(side: Figures, currency: str) -> str:
    """Write what was expected or found: quantity × unit price = amount, as far as known."""
    if not side.quantity and not side.amount:
        return "nothing"
    amount = UNKNOWN if side.amount is None else money(side.amount, currency)
    if side.quantity is not None and side.unit_price is not None:
        return f"{number(side.quantity)} × {number(side.unit_price, currency)} → {amount}"
    if side.quantity is not None:
        return f"{number(side.quantity)} for {amount}"
    return amount


def period(first: date | None, last: date | None) -> str:
    """Write the first and last day, a single day once, nothing where no day is known."""
    if first is None or last is None:
        known = first or last
        return known.isoformat() if known else ""
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def counted(count: int, word: str) -> str:
    """Write a number of things: 1 finding, 2 findings."""
    return f"{count:,} {word if count == 1 else word + 's'}"


def plain(text: str | None) -> str:
    """Return a name as one line of harmless characters; what steers or hides is shown as a box."""
    if not text:
        return ""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\t\r\n\N{NO-BREAK SPACE}":
        return " "
    return SHOWN_AS_BOX if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character


def columns(text: str) -> int:
    """Count the columns a text takes on a terminal, where some letters are two wide and accents none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def customer_name(finding: Finding) -> str:
    """Name the customer of a finding as people know it, else by the best id there is."""
    subject = finding.subject
    return plain(subject.customer_name or subject.ledger_customer or subject.tenant_id) or "no customer"


def product_name(finding: Finding) -> str:
    """Name the product of a finding as people know it, else by the best id there is."""
    subject = finding.subject
    by_id = f"{subject.product_id} {subject.sku_id or ''}".strip() if subject.product_id else ""
    return plain(subject.product_name or by_id or (f"item {subject.item}" if subject.item else ""))


def kind_of(finding: Finding) -> Kind:
    """Return the words for a finding's kind; a kind without words is called by its name."""
    known = KINDS.get(finding.kind)
    if known is not None:
        return known
    name = finding.kind.replace("_", " ").capitalize()
    return Kind(finding.kind, finding.measures, finding.severity, name, name + ".", finding.advice)
