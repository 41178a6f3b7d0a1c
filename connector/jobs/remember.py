"""Keeps what a run found, and writes down beside it what must be told of that: both, or neither.

The first look at the books is told in one summary; from then on every change of a finding is an occasion of its own.
Whether and when a mail takes it up is the alert job's.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from connector.domain.alert import Intent
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding
from connector.domain.kinds import AUDIT_BREAKING
from connector.domain.result import Reconciliation
from connector.domain.rules import Accepted
from connector.domain.standing import Change, Life, Standing, Step, Telling
from connector.ports import Memory, Work
from connector.reports.finding_reading import to_text
from connector.reports.mail.news import Notice, changed, month_text, news_text, notice_text

SOURCE = "alerts"
"""Under this name the alerts' own marks are kept (ports.Watermarks)."""
BASELINE = "baseline"
"""The mark that the first look was told; its value is the moment."""

Workbook = Callable[[], tuple[str, bool]]
"""Writes a month's workbook and gives its path, and whether the lines of both sides are in it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found in a scope (a month, or a watch's own name) and how it is told.

    `immediate` are kinds that do not wait for the digest; None: nobody is told by mail. `judged` says of a finding of
    before that was not found now whether the run could have seen it; `accepted` is what the mapping accepts here, and
    `named` are the findings that it accepts anywhere, which no day of ours ends. `month` is the result behind it, where
    there is one, and `workbook` writes it down for a mail.
    """

    scope: str
    findings: Iterable[Finding]
    run_id: str
    immediate: Collection[str] | None = None
    judged: Callable[[Standing], bool] = lambda _: True
    accepted: tuple[Accepted, ...] = ()
    named: tuple[str, ...] = ()
    month: Reconciliation | None = None
    workbook: Workbook | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What keeping changed, and how many occasions there are to tell of it."""

    steps: tuple[Step, ...]
    intended: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings are new, worse, resolved or as before."""
        counts: dict[str, int] = {}
        for step in self.steps:
            name = f"findings {step.change.value}"
            counts[name] = counts.get(name, 0) + 1
        return counts


def remember(memory: Memory, found: Found) -> Remembered:
    """Keep what was found, and what is to be told of it."""
    if found.immediate is None:
        with memory.work() as unit:
            steps = _kept(unit, found)
            _ended(unit, found)
            return Remembered(steps)
    book = _workbook(memory, found)
    with memory.work() as unit:
        steps, ended = _kept(unit, found), _ended(unit, found)
        if unit.watermarks.get(SOURCE, BASELINE) is None:
            return Remembered(steps, _tell_first(unit, found, book))
        told = [(step, found.scope) for step in steps]
        told += [(step, max(step.standing.told, default="")) for step in ended]
        changes = [intent for step, scope in told if (intent := _change(found, step, scope)) is not None]
        return Remembered(steps, _tell_month(unit, found, book) + unit.alerts.intend_all(changes))


def scope_of(result: Reconciliation) -> str:
    """The scope of a result: YYYY-MM, or first and last month with two dots between; empty where none was judged."""
    if result.start is None or result.last is None:
        return ""
    first, last = f"{result.start:%Y-%m}", f"{result.last:%Y-%m}"
    return first if first == last else f"{first}..{last}"


def saw_all(result: Reconciliation) -> bool:
    """Whether what a result does not tell is not there: everything was read, and Microsoft's file is complete."""
    broken = any(finding.kind in AUDIT_BREAKING for finding in result.findings)
    return not broken and not any(each.side == "vendor" and each.verdict == "not_judged" for each in result.verdicts)


def _kept(unit: Work, found: Found) -> tuple[Step, ...]:
    if not found.scope:
        return ()
    accepted = _accept(unit, found)
    tellings = [
        Telling(
            one.fingerprint, one.kind, one.measures, one.severity, one.impact, one.currency, to_text(one)
        )
        for one in found.findings
    ]  # fmt: skip
    return unit.findings.record(
        found.scope, tellings, run_id=found.run_id,
        judged=lambda standing: found.judged(standing) and not standing.fingerprint.startswith(accepted),
    )  # fmt: skip


def _ended(unit: Work, found: Found) -> tuple[Step, ...]:
    """Open again what was accepted until a day that is over, also of months that nobody looks at any more."""
    names = tuple(one.rstrip("…").lower() for one in (*found.named, *(rule.finding for rule in found.accepted)))
    return unit.findings.expire(kept=names, run_id=found.run_id)


def _accept(unit: Work, found: Found) -> tuple[str, ...]:
    """Accept in the store what the mapping accepts; a result does not tell it, yet it is not gone."""
    names: list[str] = []
    for one in found.accepted:
        name = one.finding.rstrip("…").lower()
        try:
            known = unit.findings.get(name)
        except ConnectorError:
            # Its digits fit several; the mapping is taken at its word, and none of them is resolved by this.
            known = None
        names.append(name)
        if known is not None and known.life is Life.OPEN:
            unit.findings.accept(known.fingerprint, reason=one.reason, by=one.by, until=one.until)
            unit.audit.add(
                one.by, "accept", "finding", known.fingerprint, reason=one.reason, run_id=found.run_id,
                detail={"place": str(one.place)},
            )  # fmt: skip
    return tuple(names)


def _change(found: Found, step: Step, scope: str) -> Intent | None:
    """What must be told of a finding; None where nothing changed."""
    standing = step.standing
    telling = step.last or standing.told.get(scope)
    if step.change is Change.UNCHANGED or telling is None:
        return None
    news = changed(
        standing.fingerprint, step.change.value, step.why, step.before, standing.impact, scope
    )  # fmt: skip
    return Intent(
        f"finding/{standing.fingerprint}/{scope}/{found.run_id}",
        standing.kind,
        standing.severity,
        news_text(news, telling.text),
        step.change is not Change.RESOLVED and standing.kind in (found.immediate or ()),
    )


def _tell_first(unit: Work, found: Found, book: tuple[str, bool]) -> int:
    """Write down that there is a first look to be told; what was found is read from the store when it is."""
    if found.month is None:
        if not unit.findings.all(life=Life.OPEN):
            return 0
        text, key = notice_text(Notice("baseline", {"scope": found.scope})), f"baseline/{found.scope}"
    else:
        # The same occasion as the month's own mail, which is then not told again.
        text = month_text(found.month, found.scope, workbook=book[0], whole=book[1])
        key = _month_key(found.scope, found.month)
    return unit.alerts.intend(key, kind="baseline", severity="info", text=text, urgent=True)


def _tell_month(unit: Work, found: Found, book: tuple[str, bool]) -> int:
    """Write down that a month was judged, or could not be."""
    month = found.month
    if month is None:
        return 0
    key = _month_key(found.scope, month)
    if month.result == "not_audited":
        text = notice_text(Notice("not_audited", {"scope": found.scope, "run": found.run_id}, month.because))
        return unit.alerts.intend(key, kind="not_audited", severity="critical", text=text, urgent=True)
    text = month_text(month, found.scope, workbook=book[0], whole=book[1])
    return unit.alerts.intend(key, kind="month_end", severity="info", text=text, urgent=True)


def _workbook(memory: Memory, found: Found) -> tuple[str, bool]:
    """Write the workbook where a mail will take it along."""
    month = found.month
    if month is None or found.workbook is None:
        return "", True
    with memory.look() as unit:
        first = unit.watermarks.get(SOURCE, BASELINE) is None
        known = unit.alerts.known(_month_key(found.scope, month))
    return ("", True) if known or (month.result == "not_audited" and not first) else found.workbook()


def _month_key(scope: str, month: Reconciliation) -> str:
    """One occasion for each result of a month with these invoices, or for each set of reasons against one."""
    if month.result == "not_audited":
        # Reasons may name days and amounts that move on from run to run.
        what = "not_audited", *(re.sub(r"\d+", "#", reason) for reason in month.because)
    else:
        what = month.result, *sorted(month.invoices)
    return f"month/{scope}/{month.result}/{hashlib.sha256(chr(31).join(what).encode()).hexdigest()[:16]}"
