"""What was found since the start and what became of it: recovered, accepted, or still open."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from connector.domain.dispute import Dispute
from connector.domain.dispute import Standing as DisputeState
from connector.domain.kinds import DIFFERENCE, KINDS, ON_THEIR_OWN
from connector.domain.money import ZERO
from connector.domain.month import Leakage
from connector.domain.standing import Change, FindingEvent, Life, Standing

LOST, OVER, VENDOR = "lost", "over_charged", "vendor"
_PRICES = "vendor_price_differs"


def leakage(standings: Iterable[Standing], events: Iterable[FindingEvent]) -> tuple[Leakage, ...]:
    """Sum up findings that measure a difference, by currency and side.

    What a finding was when it was resolved is recovered: the customer was billed, or got back, what was missing.
    """
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    known: dict[str, Standing] = {}
    for one in standings:
        if not _counts(one.kind):
            continue
        known[one.fingerprint] = one
        if one.life is not Life.RESOLVED and one.impact:
            _add(sums, one.currency, "accepted" if one.life is Life.ACCEPTED else "open", one.impact)
    for event in events:
        if event.fingerprint in known and event.change == Change.RESOLVED.value and event.before:
            _add(sums, event.currency, "recovered", event.before)
    return tuple(
        Leakage(currency, side, sum(parts.values(), ZERO), parts["recovered"], parts["accepted"], parts["open"])
        for (currency, side), parts in sorted(sums.items())
    )


def disputed(standings: Iterable[Standing], disputes: Iterable[Dispute]) -> tuple[Leakage, ...]:
    """Sum up what Microsoft charged too much: what came back, what was given up or accepted, and what is still open."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    known = set()
    for dispute in disputes:
        known.add(dispute.fingerprint)
        is_over = dispute.state in (DisputeState.CREDITED, DisputeState.REFUSED)
        parts = sums[dispute.currency]
        parts["recovered"] += dispute.recovered
        parts["accepted" if is_over else "open"] += max(dispute.claimed - dispute.recovered, ZERO)
    for one in standings:
        if one.kind == _PRICES and one.impact > 0 and one.fingerprint not in known and one.life is not Life.RESOLVED:
            sums[one.currency]["accepted" if one.life is Life.ACCEPTED else "open"] += one.impact
    return tuple(
        Leakage(currency, VENDOR, sum(parts.values(), ZERO), parts["recovered"], parts["accepted"], parts["open"])
        for currency, parts in sorted(sums.items())
        if any(parts.values())
    )


def _counts(kind: str) -> bool:
    named = KINDS.get(kind)
    return named is not None and named.measures == DIFFERENCE and kind not in ON_THEIR_OWN


def _add(sums: dict[tuple[str, str], dict[str, Decimal]], currency: str, what: str, impact: Decimal) -> None:
    sums[currency, LOST if impact > 0 else OVER][what] += abs(impact)
