"""Puts what a watch saw into a finding, and days, amounts and lists of names into words."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from connector.domain.finding import Cause, Evidence, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.money import exponent, from_minor, round_half_up
from connector.domain.watched import Held, SheetRow
from connector.engine.mapping import Account
from connector.engine.watching.selling import Selling

_MOST_NAMES = 6
_MOST_EVIDENCE = 20


def tell(
    kind_name: str,
    key: tuple[str, ...],
    impact: Decimal,
    currency: str,
    subject: Subject,
    text: str,
    days: tuple[date | None, date | None] = (None, None),
    evidence: Iterable[Evidence] = (),
) -> Finding:
    """A finding with one cause, the text; its impact is rounded to the currency's minor units."""
    kind, unit = KINDS[kind_name], currency or "XXX"
    rounded = from_minor(0, unit) + round_half_up(impact, exponent(unit))
    return Finding(
        kind=kind_name,
        measures=kind.measures,
        severity=kind.severity,
        impact=rounded,
        currency=unit,
        subject=subject,
        key=key,
        valued_at=kind.valued_at,
        first=days[0],
        last=days[1],
        causes=(Cause(kind_name, rounded, text),),
        evidence=tuple(sorted(set(evidence)))[:_MOST_EVIDENCE],
        advice=kind.advice,
    )


def about(held: Held, selling: Selling, day: date) -> Subject:
    """Whom and what a subscription is about: by the mapping's names where it has them."""
    account: Account | None = selling.account(held, day)
    rule = account.rule if account else None
    return Subject(
        tenant_id=held.customer_id,
        customer_name=(rule.name if rule else None) or held.customer_name,
        ledger=account.ledger if account else None,
        ledger_customer=account.ledger_customer if account else None,
        subscription_id=held.subscription_id,
        product_id=held.offered.product_id or None,
        sku_id=held.offered.sku_id or None,
        product_name=held.name or None,
    )


def of_subscription(held: Held) -> Evidence:
    """The sighting that a finding rests on."""
    return Evidence("subscription", held.source, held.line, held.row_hash)


def of_sheet(row: SheetRow) -> Evidence:
    """The row of a price sheet that a finding rests on."""
    return Evidence("price_sheet", row.source, row.line, row.row_hash)


def day_of(day: date) -> str:
    """A day for people: 1 Dec 2026."""
    return f"{day.day} {day:%b %Y}"


def money(amount: Decimal, currency: str) -> str:
    """An amount for people: 1,083.60 USD."""
    return f"{round_half_up(amount, exponent(currency or 'XXX')):,f} {currency}".strip()


def count(number: int | Decimal, one: str, many: str = "") -> str:
    """A number with its noun."""
    shown = f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{shown} {one if number == 1 else many or one + 's'}"


def percent(before: Decimal, after: Decimal) -> str:
    """A change in percent, with its sign."""
    if not before:
        return "from nothing"
    change = round_half_up((after - before) * 100 / before, 1)
    return f"{change:+,f}".removesuffix(".0") + " %"


def named(names: Iterable[str]) -> str:
    """A few names in words; of many the first ones."""
    every = sorted(set(names))
    shown = ", ".join(every[:_MOST_NAMES])
    return f"{shown} and {len(every) - _MOST_NAMES} more" if len(every) > _MOST_NAMES else shown
