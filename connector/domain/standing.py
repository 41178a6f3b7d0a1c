"""The life of a finding: open until it is gone or accepted, and open again when it comes back, grows or expires.

What was found in one month and what was found in the next are told of one finding, each with its own money, so that
looking at one month says nothing about another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from enum import StrEnum

from connector.domain.kinds import SEVERITIES
from connector.domain.money import EXACT, ZERO


class Life(StrEnum):
    """Where a finding is in its life."""

    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"


class Change(StrEnum):
    """What a run changed about a finding, as mails tell it."""

    NEW = "new"
    WORSE = "worse"
    RESOLVED = "resolved"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Telling:
    """A finding as one run told it: `text` is its JSON, `impact` in `currency`, positive = the partner loses."""

    fingerprint: str
    kind: str
    measures: str
    severity: str
    impact: Decimal
    currency: str
    text: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why a finding may stay, who said so, through which day, and how large it may be in one scope, on either side."""

    reason: str
    by: str
    at: datetime
    until: date | None
    low: Decimal
    high: Decimal

    def covers(self, impact: Decimal) -> bool:
        """Whether so much was accepted."""
        return self.low <= impact <= self.high


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding with its life. `told` holds the last telling by scope (a month, or empty for watches), open ones only.

    `returns` counts how often it came back after it was resolved.
    """

    fingerprint: str
    kind: str
    measures: str
    severity: str
    currency: str
    life: Life
    first_seen: datetime
    last_seen: datetime
    told: Mapping[str, Telling] = field(default_factory=dict)
    acceptance: Acceptance | None = None
    resolved_at: datetime | None = None
    returns: int = 0

    @property
    def impact(self) -> Decimal:
        """The money in all its scopes."""
        with localcontext(EXACT):
            return sum((telling.impact for telling in self.told.values()), ZERO)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a finding: the change, why, its money before, and how it stands now.

    `last` is what was told of it before it was gone.
    """

    change: Change
    why: str
    before: Decimal
    standing: Standing
    last: Telling | None = None


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """A change in a finding's life, as it is written down for ever: a Change, or accepted or reopened by a person."""

    number: int
    fingerprint: str
    at: datetime
    change: str
    why: str
    by: str
    scope: str
    before: Decimal
    after: Decimal
    currency: str
    run_id: str


ENDED = "its acceptance ended"


def told(before: Standing | None, telling: Telling, scope: str, at: datetime) -> Step:
    """A run found it: new, come back, grown, graver, or as before."""
    if before is None:
        standing = Standing(
            telling.fingerprint, telling.kind, telling.measures, telling.severity, telling.currency, Life.OPEN,
            at, at, {scope: telling},
        )  # fmt: skip
        return Step(Change.NEW, "found", ZERO, standing)
    standing = replace(
        before, severity=telling.severity, currency=telling.currency, last_seen=at,
        told=dict(sorted({**before.told, scope: telling}.items())),
    )  # fmt: skip
    accepted = before.acceptance
    if before.life is Life.RESOLVED:
        back = replace(standing, life=Life.OPEN, acceptance=None, resolved_at=None, returns=before.returns + 1)
        return Step(Change.NEW, "came back", ZERO, back)
    if before.life is Life.ACCEPTED and accepted is not None:
        if not accepted.covers(telling.impact):
            return Step(Change.WORSE, "grew beyond what was accepted", before.impact, reopened(standing))
        if accepted.until is not None and at.date() > accepted.until:
            return Step(Change.NEW, ENDED, before.impact, reopened(standing))
        return Step(Change.UNCHANGED, "accepted", before.impact, standing)
    if is_worse(standing.impact, before.impact):
        return Step(Change.WORSE, "grew", before.impact, standing)
    last = before.told.get(scope)
    if last is not None and SEVERITIES.index(telling.severity) < SEVERITIES.index(last.severity):
        return Step(Change.WORSE, "became graver", before.impact, standing)
    return Step(Change.UNCHANGED, "", before.impact, standing)


def untold(before: Standing, scope: str, at: datetime) -> Step:
    """A run looked and found it no more: resolved, unless it still stands in another scope."""
    left = {name: telling for name, telling in before.told.items() if name != scope}
    if left:
        return Step(Change.UNCHANGED, "gone from one period", before.impact, replace(before, told=left))
    gone = replace(before, told={}, life=Life.RESOLVED, resolved_at=at)
    return Step(Change.RESOLVED, "found no more", before.impact, gone, before.told.get(scope))


def accepted(before: Standing, *, reason: str, by: str, at: datetime, until: date | None = None) -> Standing:
    """Let it stay as large as it is now, in the scope where it is largest."""
    impacts = [ZERO, *(telling.impact for telling in before.told.values())]
    return replace(before, life=Life.ACCEPTED, acceptance=Acceptance(reason, by, at, until, min(impacts), max(impacts)))


def reopened(before: Standing) -> Standing:
    """Take an acceptance back."""
    return replace(before, life=Life.OPEN, acceptance=None) if before.life is Life.ACCEPTED else before


def is_worse(now: Decimal, before: Decimal) -> bool:
    """Whether more money is at stake than before, or the same on the other side."""
    return abs(now) > abs(before) or (now != 0 and before != 0 and (now > 0) != (before > 0))
