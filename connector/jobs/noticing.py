"""Notices which jobs fail and which work again, from the record of their runs: one notice for each stretch of failures.

A run that was interrupted says nothing, as it is caught up. A service that is away for a moment (exit 75) is waited
for.
"""

from datetime import datetime, timedelta, tzinfo
from itertools import takewhile

from connector.domain.extraction import Part
from connector.domain.run import Outcome, Run
from connector.jobs.remember import SOURCE
from connector.ports import Work
from connector.reports.mail.news import Notice, notice_text

PATIENCE = timedelta(hours=24)
"""How long nobody is told of what may pass by itself."""
_SIGN_IN, _LATER, _TROUBLE, _INVALID = 4, 75, 2, 3
_LOOKED_AT = 50
_BY_HAND = frozenset({"close"})
"""What nobody but a person does, who is told at once."""
_WHOLE = "sync"
_REASONS = 20


def give_notice(
    unit: Work, key: str, notice: Notice, *, severity: str = "warning", urgent: bool = True
) -> bool:  # fmt: skip
    """Write down that something of the service must be told, once for each `key`; False where it was before."""
    return unit.alerts.intend(key, kind=notice.kind, severity=severity, text=notice_text(notice), urgent=urgent)


def notice_runs(unit: Work, now: datetime, zone: tzinfo) -> None:
    """Write down what must be told of jobs; to be called as often as one likes."""
    for job in unit.runs.jobs():
        if job in _BY_HAND:
            continue
        runs = [
            run
            for run in unit.runs.latest(job, limit=_LOOKED_AT)
            if run.outcome is not None and run.outcome is not Outcome.INTERRUPTED
        ]
        if not runs:
            continue
        # The mark holds on to the first failure, however many runs have failed since.
        mark = unit.watermarks.get(SOURCE, f"failing/{job}") or ""
        failing = list(takewhile(_fails, runs))
        otherwise = _tried_otherwise(unit, job)
        stretch = [run for run in failing if otherwise is None or run.started_at > otherwise]
        if failing and not stretch:
            # How that went is told by itself.
            unit.watermarks.set(SOURCE, f"failing/{job}", "")
            continue
        if stretch and not mark:
            mark = f"{stretch[-1].run_id} {stretch[-1].started_at.isoformat()}"
            unit.watermarks.set(SOURCE, f"failing/{job}", mark)
        if stretch:
            _tell_failing(unit, stretch, mark, now, zone)
        elif mark:
            _tell_well(unit, runs[0], mark.split(" ")[0])
            unit.watermarks.set(SOURCE, f"failing/{job}", "")


def _tried_otherwise(unit: Work, job: str) -> datetime | None:
    """When what a job fetches was last fetched otherwise: in parts where it is the whole, or in a whole."""
    others = tuple(Part) if job == _WHOLE else (_WHOLE,) if job in tuple(Part) else ()
    newest = [one for other in others for one in unit.runs.latest(other, limit=1)]
    return max((one.started_at for one in newest if one.outcome is not None), default=None)


def _fails(run: Run) -> bool:
    if run.outcome is Outcome.FAILED:
        return True
    # A month that could not be audited is told by itself.
    return run.outcome is Outcome.PARTIAL and run.job != "reconcile" and run.exit_code in (_TROUBLE, _INVALID, _SIGN_IN)


def _tell_failing(unit: Work, stretch: list[Run], mark: str, now: datetime, zone: tzinfo) -> None:
    newest, (first, _, text) = stretch[0], mark.partition(" ")
    since = datetime.fromisoformat(text)
    if all(run.exit_code == _LATER for run in stretch) and now - since < PATIENCE:
        return
    kind = "sign_in_needed" if newest.exit_code == _SIGN_IN else "job_failed"
    facts = {"job": newest.job, "since": text, "run": newest.run_id}
    if newest.reasons:
        facts["reason"] = newest.reasons[0]
    notice = Notice(kind, facts, newest.reasons[:_REASONS] if len(newest.reasons) > 1 else ())
    if give_notice(unit, f"{kind}/{first}", notice, severity="critical"):
        return
    day = now.astimezone(zone).date()
    if day > since.astimezone(zone).date():
        again = Notice(kind, {**facts, "how": "again"})
        give_notice(unit, f"again/{first}/{day}", again, severity="critical", urgent=False)


def _tell_well(unit: Work, good: Run, first: str) -> None:
    """Tell that a job works again, where it was told that it fails."""
    if any(unit.alerts.known(f"{kind}/{first}") for kind in ("job_failed", "sign_in_needed")):
        well = Notice("job_failed", {"job": good.job, "since": good.started_at.isoformat(), "how": "well"})
        give_notice(unit, f"well/{first}", well, severity="info", urgent=False)
