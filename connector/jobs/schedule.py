"""Wakes the jobs of the service at their moments: APScheduler as a clock, and nothing else of it.

It remembers nothing. What is due, and whether somebody else has done it, is worked out anew each time (jobs.duty), so a
moment that it sleeps through is caught up with by the next look round.
"""

import logging
import random
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.domain.crontab import CronLine, read_line
from connector.domain.errors import ConnectorError
from connector.jobs.duty import Duty

_log = logging.getLogger(__name__)
_LOOK_ROUND = "look round"


class LineTrigger(BaseTrigger):  # type: ignore[misc]  # published without types
    """Fires at the moments of a cron line, each up to `jitter` seconds late by chance."""

    def __init__(self, line: CronLine, zone: tzinfo, jitter: float = 0) -> None:
        self.line, self.zone, self.jitter = line, zone, jitter

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The next moment, with its delay."""
        after = max(previous_fire_time, now) if previous_fire_time is not None else now
        moment = self.line.next_after(after.astimezone(UTC), self.zone)
        if moment is None:
            return None
        # Not for secrets: it spreads the load of many installations, and of replicas.
        return moment.astimezone(self.zone) + timedelta(seconds=random.uniform(0, self.jitter))  # noqa: S311


def crontab(text: str, zone: tzinfo, jitter: float = 0) -> LineTrigger:
    """A trigger for a line of cron. Raises ValueError where it is none."""
    return LineTrigger(read_line(text), zone, jitter)


class Schedule:
    """Runs a Duty's jobs by the clock on the wall: one thread for each lane, and one that looks round.

    `jitter` is in seconds; `every` is the pause between two looks round.
    """

    def __init__(self, duty: Duty, *, jitter: float = 30, every: float = 15) -> None:
        self._jitter, self._every = jitter, every
        self._under_way: set[str] = set()
        self._guard = threading.Condition()
        self._at_work = 0
        self.looked_at: float | None = None
        self._scheduler: Any = None
        self.duty = duty

    def start(self) -> None:
        """Begin. What was missed is caught up with at once."""
        self._scheduler = self._made(self.duty)
        self._scheduler.start()
        self.look_round()

    def swap(self, duty: Duty, *, jitter: float) -> None:
        """Go on with other jobs or moments; what is under way comes to its end in its own time."""
        before, self.duty, self._jitter = self._scheduler, duty, jitter
        self._scheduler = self._made(duty)
        before.shutdown(wait=False)
        with self._guard:
            # What it had taken and not begun is lost with it; what it has begun holds its slot in the database.
            self._under_way.clear()
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing more, and wait for what is under way."""
        self.duty.stopping.set()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
        with self._guard:
            # Those of before a swap are not waited for by the scheduler of now.
            self._guard.wait_for(lambda: not self._at_work)

    def _made(self, duty: Duty) -> Any:
        lanes = sorted({job.lane for job in duty.jobs.values()})
        scheduler = BackgroundScheduler(
            timezone=duty.zone,
            executors={**{name: ThreadPoolExecutor(1) for name in lanes}, _LOOK_ROUND: ThreadPoolExecutor(1)},
            # A job that is late is not dropped, and runs that were missed become one.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in duty.jobs.values():
            scheduler.add_job(
                self._wake, LineTrigger(job.line, duty.zone, self._jitter), args=(job.name,), executor=job.lane,
                id=job.name,
            )  # fmt: skip
        scheduler.add_job(
            self.look_round, IntervalTrigger(seconds=self._every, timezone=duty.zone), executor=_LOOK_ROUND,
            id=_LOOK_ROUND,
        )  # fmt: skip
        return scheduler

    def look_round(self) -> None:
        """Run what nobody has begun: missed, to be tried again, or left behind by a process that is gone."""
        try:
            pending = self.duty.pending(timedelta(seconds=self._jitter + 5))
        except ConnectorError as failure:
            _log.warning("the schedule cannot be read: %s", failure)
            return
        finally:
            self.looked_at = time.monotonic()
        for name, at in pending:
            self.run_soon(name, at)

    def nudge(self) -> None:
        """Look round at once, in the schedule's own time."""
        self._scheduler.add_job(self.look_round, executor=_LOOK_ROUND)

    def run_soon(self, name: str, at: datetime) -> None:
        """Run a job for a moment as soon as its lane is free."""
        mark = f"{name} {at.isoformat()}"
        with self._guard:
            if mark in self._under_way or self.duty.stopping.is_set():
                return
            self._under_way.add(mark)
        job = self.duty.jobs[name]
        self._scheduler.add_job(self._soon, args=(name, at, mark), executor=job.lane, id=mark)

    def _soon(self, name: str, at: datetime, mark: str) -> None:
        try:
            self._take(name, at)
        finally:
            with self._guard:
                self._under_way.discard(mark)

    def _wake(self, name: str) -> None:
        at = self.duty.latest(name) if name in self.duty.jobs else None
        if at is not None:
            self._take(name, at)

    def _take(self, name: str, at: datetime) -> None:
        with self._guard:
            self._at_work += 1
        try:
            if name in self.duty.jobs:
                self.duty.take(name, at)
        finally:
            with self._guard:
                self._at_work -= 1
                self._guard.notify_all()

    def next_times(self) -> Mapping[str, datetime]:
        """When each job is due next."""
        return {
            job.id: job.next_run_time.astimezone(UTC)
            for job in self._scheduler.get_jobs()
            if job.id in self.duty.jobs and job.next_run_time is not None
        }
