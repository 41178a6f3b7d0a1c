"""Records what the service's jobs did where they do not record it themselves, and tells what waits for a person."""

import hashlib
import json
from typing import TYPE_CHECKING

from connector.bootstrap.figuring import held_plans
from connector.bootstrap.links import approval_link
from connector.bootstrap.remembering import config_digest
from connector.domain.extraction import Part
from connector.domain.run import Outcome

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.slot import Slot
    from connector.jobs.duty import Ended
    from connector.jobs.timetable import Verdict
    from connector.ports import Clock
    from connector.store import Store, Work

_OWN_RECORD = (*Part, "sync", "post", "reconcile", "watch")
_INTERRUPTED = 130
_PARTLY = 5
_TROUBLE = 2
_PLANNED = (0, 1, 5)
_SHOWN = 20


def record(
    settings: "Settings", store: "Store", clock: "Clock", slot: "Slot", verdict: "Verdict", ended: "Ended"
) -> None:
    """Record a run that ended, and write down what must be told of plans and postings."""
    with store.work() as unit:
        if not _has_recorded(unit, slot, ended, verdict):
            _record(settings, unit, slot, verdict, ended)
        if slot.job == "plan":
            _tell_held(settings, unit, clock)
        if slot.job == "post":
            _tell_stuck(unit)


def _has_recorded(unit: "Work", slot: "Slot", ended: "Ended", verdict: "Verdict") -> bool:
    """Whether the job wrote its own record; one that goes well every few minutes is recorded once a day."""
    if slot.job in _OWN_RECORD:
        mine = unit.runs.latest(slot.job, limit=1)
        if not mine or slot.begun_at is None or mine[0].started_at < slot.begun_at:
            return False
        lacks_its_end = mine[0].outcome in (None, Outcome.INTERRUPTED)
        if lacks_its_end and not verdict.is_good and ended.exit_code != _INTERRUPTED:
            # It was killed, or the database was away; as a mere interruption nobody would be told, ever.
            code = ended.exit_code if ended.exit_code >= 0 else _TROUBLE
            unit.runs.finish(mine[0].run_id, Outcome.FAILED, exit_code=code, reasons=(verdict.why,))
        return True
    last = unit.runs.latest(slot.job, limit=1)
    if ended.exit_code not in (0, 1) or not last or slot.begun_at is None:
        return False
    return last[0].outcome is Outcome.DONE and last[0].started_at.date() == slot.begun_at.date()


def _record(settings: "Settings", unit: "Work", slot: "Slot", verdict: "Verdict", ended: "Ended") -> None:
    code = ended.exit_code
    outcome = Outcome.DONE if verdict.is_good else Outcome.FAILED
    if code == _INTERRUPTED:
        outcome = Outcome.INTERRUPTED
    elif verdict.is_good and code == _PARTLY:
        outcome = Outcome.PARTIAL
    read, written, skipped = _planned(unit) if slot.job == "plan" and code in _PLANNED else ({}, {}, {})
    run = unit.runs.start(slot.job, config_digest=config_digest(settings), began=slot.begun_at)
    unit.runs.finish(
        run.run_id, outcome, exit_code=code if code >= 0 else _TROUBLE, read=read, written=written, skipped=skipped,
        reasons=(verdict.why,) if verdict.why else (),
    )  # fmt: skip


def _planned(unit: "Work") -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """What the newest plan was made of, what it would create, and what it leaves out."""
    newest = unit.plans.last()
    plan = unit.plans.get(newest[0]) if newest is not None else None
    if plan is None:
        return {}, {}, {}
    return {"inputs": len(plan.inputs)}, {"documents": len(plan.documents)}, {"blocked": len(plan.blocked)}


def _tell_held(settings: "Settings", unit: "Work", clock: "Clock") -> None:
    """Tell once of each plan that waits for a person, with a link that approves it."""
    from connector.jobs.noticing import give_notice
    from connector.reports.mail.news import Notice

    if settings.alerts is None:
        return
    for plan_id in held_plans(settings, unit):
        plan = unit.plans.get(plan_id)
        if plan is None or (settings.posting.mode == "auto" and not plan.held):
            continue
        facts = {"plan": plan_id, "scope": f"{plan.period.start:%Y-%m}", "documents": str(len(plan.documents))}
        link = approval_link(settings, plan_id, ", ".join(settings.alerts.to), clock.now())
        texts = tuple(dict.fromkeys(one.text for one in plan.held))
        notice = Notice("plan_held", {**facts, **({"link": link} if link else {})}, texts)
        give_notice(unit, f"plan_held/{plan_id}", notice)


def _tell_stuck(unit: "Work") -> None:
    """Tell once of each posting that came to where only a person can help; those of one ledger together."""
    from connector.engine.posting_rules import FOR_A_PERSON
    from connector.jobs.noticing import give_notice
    from connector.jobs.remember import SOURCE
    from connector.reports.mail.news import Notice

    stuck = unit.postings.all(states=FOR_A_PERSON)
    for ledger in sorted({one.ledger for one in stuck}):
        mine = {f"{one.key}/{one.epoch}": one for one in stuck if one.ledger == ledger}
        told = json.loads(unit.watermarks.get(SOURCE, f"stuck/{ledger}") or "[]")
        new = [one for name, one in mine.items() if name not in told]
        if not new:
            continue
        texts = tuple(f"{one.stamp.number} ({one.state.value}): {one.said}" for one in new[:_SHOWN])
        facts = {"ledger": ledger, "documents": str(len(new))}
        key = hashlib.sha256(" ".join(mine).encode()).hexdigest()[:16]
        give_notice(unit, f"stuck/{ledger}/{key}", Notice("posting_needs_person", facts, texts), severity="critical")
        unit.watermarks.set(SOURCE, f"stuck/{ledger}", json.dumps(sorted(mine)))
