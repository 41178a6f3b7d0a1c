"""Says what was not read, or not for too long, so that nobody takes a month for audited that was half seen."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from connector.domain.extraction import Freshness, Unread
from connector.domain.finding import Cause, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.period import ONE_DAY, Period
from connector.engine.reconciliation.shapes import Scope

KIND = "stale_source"
_CUSTOMER = "customer "


def unread_for(freshness: Freshness, scope: Scope, missing: Iterable[str]) -> tuple[Unread, ...]:
    """What was not read that a scope needs; `missing` are invoices of its months without any line."""
    unread = [one for one in freshness.unread if one.month is None or _concerns(one.month, scope)]
    seen = freshness.subscriptions_read
    if seen is not None and seen < scope.end:
        reason = f"last read on {seen}, before the month ended on {scope.end - ONE_DAY}"
        unread.append(Unread("subscriptions", reason, seen.isoformat()))
    if freshness.fetched:
        told = {one.subject for one in unread}
        lines = (Unread(f"lines of {name}", "none were fetched yet") for name in sorted(missing))
        unread += [one for one in lines if one.subject not in told]
    return tuple(unread)


def _concerns(month: date, scope: Scope) -> bool:
    return any(period.overlap(Period.month(f"{month:%Y-%m}")) for period in scope.audited)


def stale_findings(unread: Iterable[Unread]) -> Iterator[Finding]:
    """One finding for each thing that was not read."""
    kind = KINDS[KIND]
    for one in unread:
        tenant = one.subject.removeprefix(_CUSTOMER) if one.subject.startswith(_CUSTOMER) else None
        yield Finding(
            kind=KIND,
            measures=kind.measures,
            severity=kind.severity,
            impact=Decimal(0),
            currency="",
            subject=Subject(tenant_id=tenant),
            key=(one.subject,),
            valued_at=kind.valued_at,
            causes=(Cause("stale", Decimal(0), in_words(one)),),
            advice=kind.advice,
        )


def in_words(one: Unread) -> str:
    """What was not read, why, and since when."""
    since = f" (since {one.since[:10]})" if one.since else ""
    return f"{one.subject}: {one.reason}{since}"
