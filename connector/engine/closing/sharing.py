"""Shares amounts out over the days before and after the end of a month, for what is accrued and what is deferred."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from connector.domain.money import EXACT, ZERO, exponent, from_minor, round_half_up
from connector.domain.month import ACCRUED_COST, ACCRUED_REVENUE, DEFERRED_REVENUE, PREPAID_COST, Adjusting
from connector.domain.period import Period


@dataclass(frozen=True, slots=True)
class Dated:
    """An amount for days of service, with the day of the document it stands on (None: not issued yet)."""

    customer: str
    category: str
    currency: str
    amount: Decimal
    service: Period
    issued: date | None


def revenue(lines: Iterable[Dated], end: date) -> tuple[Adjusting, ...]:
    """What was served and is billed later, and what was billed and is served later; `end` is the day after."""
    return _adjusting(lines, end, ACCRUED_REVENUE, DEFERRED_REVENUE)


def cost(charges: Iterable[Dated], end: date) -> tuple[Adjusting, ...]:
    """What was used and is invoiced by Microsoft later, and what was invoiced and is used later."""
    return _adjusting(charges, end, ACCRUED_COST, PREPAID_COST)


def _adjusting(some: Iterable[Dated], end: date, accrued: str, deferred: str) -> tuple[Adjusting, ...]:
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for one in some:
            served = max(0, min((end - one.service.start).days, one.service.days))
            late = one.issued is None or one.issued >= end
            days = served if late else one.service.days - served
            if days:
                key = accrued if late else deferred, one.currency, one.customer, one.category
                sums[key] += one.amount * days / one.service.days
    found = []
    for (kind, currency, customer, category), amount in sorted(sums.items()):
        rounded = round_half_up(amount, exponent(currency))
        if rounded:
            found.append(Adjusting(kind, currency, customer, category, from_minor(0, currency) + rounded))
    return tuple(found)


def summed(some: Iterable[Adjusting]) -> tuple[Adjusting, ...]:
    """One for each kind, currency, customer and category."""
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    for one in some:
        sums[one.kind, one.currency, one.customer, one.category] += one.amount
    return tuple(Adjusting(*key, amount) for key, amount in sorted(sums.items()) if amount)
