"""Judges ledger lines that no charge answers to: billed twice, after the end, for nothing, or not ours to judge."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connector.domain.period import Period
from connector.engine.reconciliation.groups import line_order
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope
from connector.engine.reconciliation.spans import split_amount
from connector.engine.reconciliation.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Ledger lines of one kind and group without a charge; `amount` is what they bill."""

    kind: str
    key: tuple[str, ...]
    lines: tuple[Line, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Ledger service of a month whose vendor invoice is not loaded."""

    month: str
    currency: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Which lives of subscriptions stand behind a ledger customer's item, and which charges that no rule prices.

    `unpriced` are items (of a ledger's customer) and subscriptions: they are charged, for an amount nobody can tell.
    """

    by_item: dict[tuple[str, str, str], tuple[Lifetime, ...]]
    by_subscription: dict[str, Lifetime]
    unpriced: frozenset[tuple[str, str, str] | str] = frozenset()


def judge_alone(
    alone: Iterable[Line], answered: Iterable[Line], tenancy: Tenancy, scope: Scope
) -> tuple[tuple[Unanswered, ...], tuple[Verdict, ...], tuple[NotJudged, ...]]:
    """Give every line without a charge its verdict; `answered` are the lines that do have one."""
    kept = Counter(line.twin_key for line in answered if line.amount > 0)
    found: dict[tuple[str, tuple[str, ...]], list[Line]] = defaultdict(list)
    verdicts: list[Verdict] = []
    missing: dict[tuple[str, str], list[Line]] = defaultdict(list)
    alone = sorted(alone, key=line_order)
    undone = _undone(line for line in alone if scope.holds(line.period.start))
    for whole in alone:
        line = whole
        if line in undone:
            verdicts.append(_verdict(line, "matched"))
            continue
        if line.subscription_id in tenancy.unpriced or (line.ledger, line.customer, line.item) in tenancy.unpriced:
            verdicts.append(_verdict(line, "not_judged"))
            continue
        kind = _kind(line, kept, tenancy, scope)
        if kind == "not_judged" and (parts := _cut_at_the_end(line, tenancy, scope)):
            # The days before were charged by an earlier invoice.
            kept[line.twin_key] += 1
            kind, (before, line) = "cancelled_still_billed", parts
            verdicts.append(_verdict(before, "timing"))
        if kind in ("timing", "not_judged"):
            verdicts.append(_verdict(line, kind))
            if kind == "not_judged":
                missing[month_of(_unloaded(line, scope)), line.currency].append(line)
            continue
        found[kind, _group_key(line)].append(line)
        verdicts.append(_verdict(line, "orphan" if kind == "orphan_billing" else "over_billed"))
    unanswered = tuple(
        Unanswered(kind, key, tuple(lines), sum((line.amount for line in lines), start=Decimal(0)))
        for (kind, key), lines in sorted(found.items())
    )
    not_judged = tuple(
        NotJudged(month, currency, len(lines), sum((line.amount for line in lines), start=Decimal(0)))
        for (month, currency), lines in sorted(missing.items())
    )
    return unanswered, tuple(verdicts), not_judged


def _undone(lines: Iterable[Line]) -> set[Line]:
    """Lines that another gives back to the cent, for the same days: together they bill nothing."""
    given_back: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    lines = list(lines)
    for line in lines:
        if line.amount < 0:
            given_back[_what(line, -line.amount)].append(line)
    found: set[Line] = set()
    for line in lines:
        others = given_back.get(_what(line, line.amount)) if line.amount > 0 else None
        if others:
            found |= {line, others.pop(0)}
    return found


def _what(line: Line, amount: Decimal) -> tuple[object, ...]:
    return line.ledger, line.customer, line.item, line.currency, line.period, amount


def _kind(line: Line, kept: Counter[tuple[object, ...]], tenancy: Tenancy, scope: Scope) -> str:
    if line.period.start < scope.start:
        inside = scope.start < line.period.end <= scope.end
        return "timing" if inside else "not_judged"
    if not scope.holds(line.period.start):
        return "not_judged"
    if line.amount > 0 and kept[line.twin_key]:
        return "duplicate_billing"
    lives = _lives(line, tenancy)
    if any(life.ended is None or life.ended > line.period.start for life in lives):
        # It is alive but was charged by an invoice that is not here: a prepaid year, for one.
        return "not_judged"
    if line.amount > 0:
        # The first of several equal lines is judged for itself, the others repeat it.
        kept[line.twin_key] += 1
    return "cancelled_still_billed" if lives else "orphan_billing"


def _cut_at_the_end(line: Line, tenancy: Tenancy, scope: Scope) -> tuple[Line, Line] | None:
    """A line of the scope in two, where the last of its subscriptions ended within its days: before, and after."""
    ended = [life.ended for life in _lives(line, tenancy)]
    last = max((day for day in ended if day), default=None)
    if last is None or None in ended or not line.period.start < last < line.period.end:
        return None
    if not scope.holds(line.period.start):
        return None
    days = Period(line.period.start, last), Period(last, line.period.end)
    amounts = split_amount(line.amount, [part.days for part in days])
    before, after = (replace(line, period=part, amount=amount) for part, amount in zip(days, amounts, strict=True))
    return before, after


def _lives(line: Line, tenancy: Tenancy) -> tuple[Lifetime, ...]:
    if line.subscription_id is not None:
        life = tenancy.by_subscription.get(line.subscription_id)
        return (life,) if life else ()
    return tenancy.by_item.get((line.ledger, line.customer, line.item), ())


def _group_key(line: Line) -> tuple[str, ...]:
    group = ("subscription", line.subscription_id) if line.subscription_id else ("item", line.item)
    return line.ledger, line.customer, *group, line.currency


def _unloaded(line: Line, scope: Scope) -> date:
    return line.period.start if not scope.holds(line.period.start) else scope.end


def month_of(day: date) -> str:
    """Write a day's month as YYYY-MM."""
    return f"{day.year:04d}-{day.month:02d}"


def _verdict(line: Line, verdict: str) -> Verdict:
    return Verdict("ledger", verdict, line.currency, line.amount, line.source, line.line)
