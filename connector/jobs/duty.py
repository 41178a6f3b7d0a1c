"""Runs each job at its moments, once, and catches up with the last one that was missed.

What is due is worked out from the jobs' lines and from what is remembered, never from a clock that ran along: a process
that was away, or killed, or has a second one beside it, comes to the same.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from connector.domain.errors import ConnectorError
from connector.domain.slot import Slot, SlotState
from connector.jobs.schedule_store import ScheduleStore, ScheduleUnit
from connector.jobs.timetable import Job, Verdict, Words, judge
from connector.ports import Clock

_log = logging.getLogger(__name__)
_LASTING, _LATELY, _AGAIN = 30, 120, 900
"""Seconds: what keeps jobs from beginning counts once it lasts, for a while, and is logged again after so long."""
_FREE = -math.inf, -math.inf
"""When that began, and when it was seen last."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit code, and the last it said about trouble."""

    exit_code: int
    said: str = ""


@dataclass(slots=True)
class Held:
    """A slot that is held while its job runs; `lost` is set where another has taken it over."""

    slot: Slot
    lost: threading.Event = field(default_factory=threading.Event)


Run = Callable[[Job, Words, Held], Ended]
"""Runs the words of a job to their end, or until the slot is lost."""


class Duty:
    """The jobs of one process. `heard` is told of every run that ended; `lease` is in seconds."""

    def __init__(
        self,
        store: ScheduleStore,
        clock: Clock,
        jobs: Iterable[Job],
        zone: tzinfo,
        run: Run,
        *,
        lease: int = 15,
        heard: Callable[[Slot, Verdict, Ended], None] = lambda slot, verdict, ended: None,
    ) -> None:
        self._store, self._clock, self._run, self._lease, self._heard = store, clock, run, lease, heard
        self.zone = zone
        self.jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self.stopping = threading.Event()
        self._hindered = _FREE
        self._told: dict[str, tuple[str, float]] = {}

    def pending(self, grace: timedelta = timedelta(0)) -> tuple[tuple[str, datetime], ...]:
        """The jobs that can be run now, each with its moment: what waits, and what is new and older than `grace`."""
        now = self._clock.now()
        with self._store.look() as unit:
            waiting, known = unit.slots.due(), unit.slots.latest()
        found = {(one.job, one.scheduled_for) for one in waiting if one.words and one.job in self.jobs}
        newest = {one.job: one.scheduled_for for one in waiting if not one.words}
        for name, job in self.jobs.items():
            at = job.line.latest(now - grace, self.zone, known.get(name)) or newest.get(name)
            if at is None:
                continue
            if name not in known and not job.at_first:
                with self._store.work() as unit:
                    unit.slots.pass_over(name, at, "the job is new; its first moment is still to come")
                continue
            # One run stands for all that were missed.
            found.add((name, at))
        order = list(self.jobs)
        return tuple(sorted(found, key=lambda one: (order.index(one[0]), one[1])))

    def latest(self, name: str) -> datetime | None:
        """The last moment of a job up to now."""
        return self.jobs[name].line.latest(self._clock.now(), self.zone)

    def turn(self) -> int:
        """Run everything that is due, one after the other; how much that was."""
        return sum(self.take(name, at) is not None for name, at in self.pending() if not self.stopping.is_set())

    def take(self, name: str, at: datetime) -> Verdict | None:
        """Run a job for a moment; None where another process does or did. Never raises save when interrupted."""
        if self.stopping.is_set():
            return None
        try:
            return self._take(self.jobs[name], at)
        except ConnectorError as failure:
            # The database is away for a while: what was due stays due.
            self._note_hindrance(name, str(failure))
            return None

    @property
    def hindered(self) -> bool:
        """Whether jobs cannot begin, and not for a moment only, as on a full disk."""
        since, last = self._hindered
        return last - since >= _LASTING and self._clock.monotonic() - last < _LATELY

    def _note_hindrance(self, name: str, why: str) -> None:
        """Say what keeps a job from beginning: each time something new, and the same again after some minutes only."""
        now, told = self._clock.monotonic(), self._told
        is_news = told.get(name, ("", 0.0))[0] != why or now - told[name][1] >= _AGAIN
        _log.log(logging.WARNING if is_news else logging.DEBUG, "job %s: %s", name, why)
        if is_news:
            told[name] = why, now
        since, last = self._hindered
        self._hindered = since if now - last < _LATELY else now, now

    def _take(self, job: Job, at: datetime) -> Verdict | None:
        beside = {one.name for one in self.jobs.values() if _never_together(one, job)} - {job.name}
        with self._store.work() as unit:
            slot = None if self._waits(unit, job, at) else unit.slots.claim(job.name, at, self._lease, beside=beside)
        if slot is None:
            return None
        self._hindered = _FREE
        self._told.pop(job.name, None)
        words = self._words(job, slot)
        if words is None:
            verdict, ended = Verdict(SlotState.PASSED_OVER, why="nothing to do"), None
        else:
            if isinstance(words, Ended):
                ended = words
            else:
                _log.info("job %s begins", job.name, extra={"scheduled_for": at.isoformat(), "attempt": slot.attempts})
                with self._holding(slot) as held:
                    ended = self._guarded(job, words, held)
            verdict = judge(slot, ended.exit_code, self._clock.now(), ended.said)
        with self._store.work() as unit:
            kept = unit.slots.end(
                slot, verdict.state, exit_code=ended.exit_code if ended else None, why=verdict.why,
                not_before=verdict.not_before,
            )  # fmt: skip
        if not kept:
            _log.warning("job %s: another process has taken it over meanwhile", job.name)
            return None
        if ended is not None:
            told = {"exit_code": ended.exit_code, "state": verdict.state.value}
            level = logging.INFO if verdict.is_good else logging.WARNING
            _log.log(level, "job %s ended%s", job.name, f": {verdict.why}" if verdict.why else "", extra=told)
            self._tell(slot, verdict, ended)
        return verdict

    def _waits(self, unit: ScheduleUnit, job: Job, at: datetime) -> bool:
        """Whether what the job looks at is being fetched, or was due no later than it and nobody has tried yet."""
        first = [one for one in self.jobs.values() if one.lane == job.after]
        if not first:
            return False
        names, now, known = {one.name for one in first}, self._clock.now(), unit.slots.latest()
        for slot in unit.slots.open():
            untried = slot.state is SlotState.RUNNING or not slot.attempts
            if slot.job in names and slot.scheduled_for <= at and untried:
                return True
        moments = [
            one.line.latest(now, self.zone, known.get(one.name)) for one in first if one.at_first or one.name in known
        ]
        return any(moment is not None and moment <= at for moment in moments)

    def _tell(self, slot: Slot, verdict: Verdict, ended: Ended) -> None:
        try:
            self._heard(slot, verdict, ended)
        except Exception as fault:  # noqa: BLE001 - the job is done, whatever becomes of what is told of it
            _log.warning("what became of job %s could not be recorded", slot.job, exc_info=fault)

    def _words(self, job: Job, slot: Slot) -> Words | Ended | None:
        """What to run, or how it ended before it could begin."""
        try:
            return slot.words or job.words(slot)
        except ConnectorError:
            raise
        except Exception as fault:  # noqa: BLE001 - one job's fault must not end the others
            return _fault(job, fault)

    def _guarded(self, job: Job, words: Words, held: Held) -> Ended:
        try:
            return self._run(job, words, held)
        except ConnectorError as failure:
            return Ended(failure.exit_code, str(failure))
        except Exception as fault:  # noqa: BLE001 - one job's fault must not end the others
            return _fault(job, fault)

    @contextmanager
    def _holding(self, slot: Slot) -> Iterator[Held]:
        """Renew the claim on a slot while its job runs."""
        held, over = Held(slot), threading.Event()

        def beat() -> None:
            while not over.wait(self._lease / 3):
                try:
                    with self._store.work() as unit:
                        if not unit.slots.renew(slot, self._lease):
                            held.lost.set()
                            return
                except ConnectorError:
                    continue

        heart = threading.Thread(target=beat, daemon=True, name=f"{slot.job} heartbeat")
        heart.start()
        try:
            yield held
        finally:
            over.set()
            heart.join()


def _fault(job: Job, fault: Exception) -> Ended:
    _log.warning("job %s failed by a fault of the program", job.name, exc_info=fault)
    return Ended(2, f"a fault of the program ({type(fault).__name__})")


def _never_together(one: Job, other: Job) -> bool:
    return one.lane == other.lane or bool(one.uses and one.uses == other.uses)
