"""Looks at what changed between the snapshots and tells what is about to happen, once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from connector.domain import rules
from connector.domain.finding import Finding
from connector.domain.period import ONE_DAY
from connector.domain.rules import Tolerance
from connector.domain.standing import Change, Life, Standing, Step
from connector.engine.watching import View, judged, look_ahead
from connector.engine.watching.ties import ties
from connector.jobs.looking import Asked, look
from connector.jobs.remember import Found, remember
from connector.jobs.run import running
from connector.ports import DatedTables, Memory

JOB = "watch"
SCOPE = "watch"
MARK = "on"


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch found: all findings of the day, what that changed (empty: not recorded), and what it noticed.

    `resolved` are findings of before that are over.
    """

    run_id: str
    on: date
    findings: tuple[Finding, ...]
    steps: Mapping[str, Step]
    resolved: tuple[Standing, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nobody has accepted."""
        return tuple(
            one
            for one in self.findings
            if one.fingerprint not in self.steps or self.steps[one.fingerprint].standing.life is not Life.ACCEPTED
        )


def watch(tables: DatedTables, mapping: rules.Mapping, asked: Asked, memory: Memory) -> Watched:
    """Look, and record what was seen under the scope of watches. Raises Locked where another process is at it.

    A look at a day before the last recorded one is shown and not recorded: it would tell old things as new.
    """
    with running(memory, JOB) as current:
        view = look(tables, mapping, asked)
        found = unsettled(look_ahead(view), mapping, asked.on)
        current.read["subscriptions"] = len(view.held)
        kinds = judged(view)
        with memory.look() as glance:
            last = glance.watermarks.get(JOB, MARK)
        if last is not None and asked.on.isoformat() < last:
            note = f"{last} was watched already: what was seen on {asked.on} is shown and not recorded"
            return Watched(current.run.run_id, asked.on, found, {}, notes=(note, *_notes(view)))
        kept = remember(
            memory,
            Found(
                SCOPE,
                found,
                current.run.run_id,
                immediate=asked.immediate,
                judged=lambda standing: standing.kind in kinds,
                accepted=tuple(one for one in mapping.accepted if one.until is None or asked.on <= one.until),
                named=tuple(one.finding for one in mapping.accepted),
            ),
        )
        current.written.update(kept.counts)
        current.exit_code = 1 if found else 0
        with memory.work() as unit:
            unit.bindings.bind(ties(view))
            unit.watermarks.set(JOB, MARK, asked.on.isoformat())
    steps = {step.standing.fingerprint: step for step in kept.steps}
    over = tuple(step.standing for step in kept.steps if step.change is Change.RESOLVED)
    return Watched(current.run.run_id, asked.on, found, steps, over, _notes(view))


def unsettled(found: Iterable[Finding], mapping: rules.Mapping, on: date) -> tuple[Finding, ...]:
    """The findings that neither the mapping's acceptances nor its tolerances take away."""
    names = tuple(
        one.finding.rstrip("…").lower() for one in mapping.accepted if one.until is None or on < one.until + ONE_DAY
    )
    return tuple(
        one
        for one in found
        if not (names and one.fingerprint.startswith(names))
        and not any(_tolerates(rule, one) for rule in mapping.tolerances)
    )


def _tolerates(rule: Tolerance, one: Finding) -> bool:
    """Whether a tolerance, which must name the kind, hides a finding."""
    wanted, about = rule.selector, one.subject
    pairs = (
        (wanted.tenant_id, about.tenant_id),
        (wanted.subscription_id, about.subscription_id),
        (wanted.product_id, about.product_id),
        (wanted.sku_id, about.sku_id),
    )
    fits = wanted.kind == one.kind and all(want is None or want == have for want, have in pairs)
    return fits and rule.amount is not None and bool(one.impact) and abs(one.impact) <= rule.amount


def _notes(view: View) -> tuple[str, ...]:
    missing = []
    if "subscriptions" not in view.seen:
        missing.append("no subscriptions were read, so nothing that hangs on them was watched")
    if "prices" not in view.seen:
        missing.append("no price sheet was read, so prices were not watched")
    if "ledger" not in view.seen:
        missing.append("no ledger was read, so how subscriptions are billed was not watched")
    return tuple(missing)
