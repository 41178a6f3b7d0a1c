"""Cuts what Microsoft charges for longer than a customer is billed at a time, and says what is due in which month.

A customer billed as the vendor charges (the default) owes a charge whole, in the month of its invoice. Billed by the
month, a year paid ahead becomes twelve equal parts from its first day; billed by the quarter or year, what is charged
every month, and what the partner bills for its own services, adds up until the last month of the quarter or year. In
advance, what is charged is due at once and the next span with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from connector.domain.money import allocate
from connector.domain.period import Period, add_months
from connector.domain.rules import CustomerRule
from connector.domain.values import value_object
from connector.engine.billing_spans import SPANS, span_of
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.spans import cuts, weights

NOW, NEXT, LATER, PAST = "now", "next", "later", "past"
MONTH_MARK = "@"


@value_object()
class Cut:
    """A slice, or the part of one that is due by itself, marked on its charges by its first day.

    `due` is now, next (with the document that bills ahead), later or past. `counts` says that its charge is on a
    vendor invoice of the planned month.
    """

    of: Slice
    due: str = NOW
    counts: bool = True


def cut(piece: Slice, rule: CustomerRule | None, month: Period, charged: Period | None) -> Iterator[Cut]:
    """The parts of a slice. `month` is the planned one, `charged` that of its vendor invoice where it is another."""
    counts = charged is None
    if rule is None or rule.frequency not in SPANS:
        if counts:
            yield Cut(piece)
        return
    span = span_of(rule, month)
    ahead = rule.bills == "advance"
    if piece.months <= SPANS[rule.frequency]:
        if counts:
            yield Cut(piece, due=NOW if ahead or month.end == span.end else LATER)
        elif not ahead and month.end == span.end and span.covers(charged or month):
            yield Cut(piece, counts=False)
        return
    following = Period(span.end, add_months(span.end, SPANS[rule.frequency]))
    for part in _parts(piece, SPANS[rule.frequency]):
        # What comes late on this month's invoice is due with what is due now.
        start = max(part.period.start, span.start) if counts else part.period.start
        yield Cut(part, _due(start, month, span, following if ahead else None), counts)


def _due(start: date, month: Period, span: Period, following: Period | None) -> str:
    if start < span.start:
        return PAST
    if start in span:
        return NOW if following is not None or month.end == span.end else LATER
    return NEXT if following is not None and month.end == span.end and start in following else LATER


def _parts(piece: Slice, months: int) -> Iterator[Slice]:
    """Cut a slice every so many months from its first day; the parts sum to it in amount and in cost."""
    edges = [piece.period.start]
    while edges[-1] < piece.period.end:
        edges.append(min(add_months(piece.period.start, months * len(edges)), piece.period.end))
    periods = cuts([Period(a, b) for a, b in pairwise(edges)])
    shares = weights(piece.period, periods)
    worths = allocate(piece.worth, shares)
    costs = [_split(charge.amount, shares) for charge in piece.charges]
    for number, period in enumerate(periods):
        charges = tuple(
            charge._replace(amount=amounts[number], part=f"{charge.part}{MONTH_MARK}{period.start}")
            for charge, amounts in zip(piece.charges, costs, strict=True)
        )
        yield replace(
            piece, period=period, worth=worths[number], cost=sum((one.amount for one in charges), Decimal(0)),
            charges=charges,
        )  # fmt: skip


def _split(amount: Decimal, shares: Sequence[int]) -> list[Decimal]:
    digits = amount.as_tuple().exponent
    places = max(2, -digits if isinstance(digits, int) else 2)
    return [Decimal(part).scaleb(-places) for part in allocate(int(amount.scaleb(places)), shares)]
