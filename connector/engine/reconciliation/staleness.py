"""Says what was not read, or not for too long, so that nobody takes a month for audited that was half seen."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from connector.domain.extraction import Freshness, Unread
from connector.domain.finding import Cause, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.period import ONE_DAY

KIND = "stale_source"
_CUSTOMER = "customer "


def unread_for(freshness: Freshness, end: date) -> tuple[Unread, ...]:
    """What was not read that a scope needs; `end` is the day after the scope's last."""
    unread = list(freshness.unread)
    seen = freshness.subscriptions_read
    if seen is not None and seen < end:
        reason = f"last read on {seen}, before the month ended on {end - ONE_DAY}"
        unread.append(Unread("subscriptions", reason, seen.isoformat()))
    return tuple(unread)


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
