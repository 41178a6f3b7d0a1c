"""Lets each job run once at each of its moments, whichever process comes first, and goes on where one was killed.

A slot (a job and a moment) is taken by a claim that raises its epoch and holds for some seconds unless it is renewed.
Whoever writes names the epoch of their claim; a process that was away for longer finds a higher one and stops.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlmodel import Field, Session, col, delete, func, select

from connector.domain.slot import Slot, SlotState
from connector.ports import Clock
from connector.store.leases import StoredLeases
from connector.store.processes import Process
from connector.store.types import Row, UtcTime

_RUNNING, _WAITING = SlotState.RUNNING.value, SlotState.WAITING.value


class JobSlotRow(Row, table=True):
    """A moment at which a job was due; there is one row for each, however many processes see it."""

    __tablename__ = "job_slot"

    job: str = Field(primary_key=True)
    scheduled_for: datetime = Field(primary_key=True, sa_type=UtcTime)
    state: str = Field(index=True)
    words: str = "[]"
    attempts: int = 0
    epoch: int = 0
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    not_before: datetime | None = Field(default=None, sa_type=UtcTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    exit_code: int | None = None
    why: str = ""
    host: str = ""
    pid: int = 0
    mark: str = ""


class StoredSlots:
    """Slots in one unit of work. Claims are judged by the database's time on PostgreSQL, all else by the clock's."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock
        self._leases = StoredLeases(session, clock)

    def latest(self) -> dict[str, datetime]:
        """The latest moment of each job that is known of; requests that ask for more than the job are left out."""
        rows = self._session.exec(
            select(JobSlotRow.job, func.max(JobSlotRow.scheduled_for))
            .where(JobSlotRow.words == "[]")
            .group_by(JobSlotRow.job)
        )
        return dict(rows.all())

    def get(self, job: str, scheduled_for: datetime) -> Slot | None:
        """One slot."""
        row = self._row(job, scheduled_for)
        return _slot(row) if row else None

    def intend(self, job: str, at: datetime, *, words: Iterable[str] = ()) -> Slot | None:
        """Ask for a run of a job at a moment; None where that was asked for before."""
        if self._row(job, at) is not None:
            return None
        row = JobSlotRow(job=job, scheduled_for=at, state=_WAITING, words=json.dumps(list(words)), not_before=at)
        self._session.add(row)
        self._session.flush()
        return _slot(row)

    def pass_over(self, job: str, scheduled_for: datetime, why: str) -> None:
        """Say that nothing is to be done at a moment, unless somebody is at it or was."""
        row = self._row(job, scheduled_for)
        if row is None:
            row = JobSlotRow(job=job, scheduled_for=scheduled_for, state=_WAITING)
            self._session.add(row)
        if row.state == _WAITING:
            row.state, row.why, row.ended_at = SlotState.PASSED_OVER.value, why, self._clock.now()
        self._session.flush()

    def claim(self, job: str, scheduled_for: datetime, seconds: int, *, beside: Collection[str] = ()) -> Slot | None:
        """Become the only one who runs a job at a moment; None where another does, did, or runs the job just now.

        Nor while one of the jobs `beside` runs, in whatever process. Earlier slots of the job that wait, and ask for
        nothing more than this one, are passed over.
        """
        now, process = self._leases.now(), Process.own()
        row = self._row(job, scheduled_for)
        if row is None:
            row = JobSlotRow(job=job, scheduled_for=scheduled_for, state=_WAITING)
            self._session.add(row)
            self._session.flush()
        if not self._is_free(row, now) or self._is_at_work(job, scheduled_for, now, beside):
            return None
        row.state, row.epoch, row.attempts = _RUNNING, row.epoch + 1, row.attempts + 1
        row.until, row.begun_at, row.not_before = now + timedelta(seconds=seconds), self._clock.now(), None
        row.host, row.pid, row.mark = process.host, process.pid, process.mark
        for other in self._others(job, scheduled_for):
            if other.words == row.words and other.scheduled_for < scheduled_for:
                other.state, other.ended_at = SlotState.PASSED_OVER.value, self._clock.now()
                other.why = "a later one took its place"
        self._session.flush()
        return _slot(row)

    def renew(self, slot: Slot, seconds: int) -> bool:
        """Hold a slot longer; False where another has taken it over."""
        row = self._own(slot)
        if row is not None:
            row.until = self._leases.now() + timedelta(seconds=seconds)
            self._session.flush()
        return row is not None

    def end(
        self, slot: Slot, state: SlotState, *, exit_code: int | None = None, why: str = "",
        not_before: datetime | None = None,
    ) -> bool:  # fmt: skip
        """Write down how a run ended; False where another has taken the slot over meanwhile.

        SlotState.WAITING with `not_before` asks for another try; one that failed or was interrupted may be told so.
        """
        row = self._own(slot)
        if row is None:
            return False
        row.state, row.exit_code, row.why, row.until, row.not_before = state.value, exit_code, why, None, not_before
        row.ended_at = None if state is SlotState.WAITING else self._clock.now()
        self._session.flush()
        return True

    def due(self) -> tuple[Slot, ...]:
        """The slots that can be run now: their time (again) has come, or whoever ran them is gone; oldest first."""
        now, lease_now = self._clock.now(), self._leases.now()
        rows = self._session.exec(
            select(JobSlotRow)
            .where(col(JobSlotRow.state).in_((_WAITING, _RUNNING)))
            .order_by(col(JobSlotRow.scheduled_for), col(JobSlotRow.job))
        )
        return tuple(
            _slot(row)
            for row in rows
            if (row.state == _WAITING and (row.not_before is None or row.not_before <= now))
            or (row.state == _RUNNING and _is_over(row, lease_now))
        )

    def open(self) -> tuple[Slot, ...]:
        """The slots that wait or run, oldest first."""
        rows = self._session.exec(
            select(JobSlotRow)
            .where(col(JobSlotRow.state).in_((_WAITING, _RUNNING)))
            .order_by(col(JobSlotRow.scheduled_for), col(JobSlotRow.job))
        )
        return tuple(map(_slot, rows))

    def last_good(self) -> dict[str, Slot]:
        """The last moment of each job whose run ended well."""
        newest = (
            select(JobSlotRow.job, func.max(JobSlotRow.scheduled_for).label("at"))
            .where(JobSlotRow.state == SlotState.DONE.value)
            .group_by(JobSlotRow.job)
            .subquery()
        )
        rows = self._session.exec(
            select(JobSlotRow).join(
                newest, (col(JobSlotRow.job) == newest.c.job) & (col(JobSlotRow.scheduled_for) == newest.c.at)
            )
        )
        return {row.job: _slot(row) for row in rows}

    def failing(self) -> dict[str, Slot]:
        """The jobs whose last run came to no good end."""
        good, found = self.last_good(), {}
        rows = self._session.exec(
            select(JobSlotRow).where(JobSlotRow.state == SlotState.FAILED.value).order_by(col(JobSlotRow.scheduled_for))
        )
        for row in rows:
            if row.job not in good or row.scheduled_for > good[row.job].scheduled_for:
                found[row.job] = _slot(row)
        return found

    def counts(self) -> dict[tuple[str, str], int]:
        """How many slots there are, by job and state."""
        rows = self._session.exec(
            select(JobSlotRow.job, JobSlotRow.state, func.count()).group_by(JobSlotRow.job, JobSlotRow.state)
        )
        return {(job, state): count for job, state, count in rows}

    def forget(self, before: datetime) -> int:
        """Forget the slots of before a moment that are over, save the last of each job; how many."""
        newest = dict(
            self._session.exec(
                select(JobSlotRow.job, func.max(JobSlotRow.scheduled_for)).group_by(JobSlotRow.job)
            ).all()
        )
        count = 0
        for job, last in newest.items():
            count += self._session.exec(
                delete(JobSlotRow).where(
                    col(JobSlotRow.job) == job,
                    col(JobSlotRow.scheduled_for) < min(before, last),
                    col(JobSlotRow.state).not_in((_WAITING, _RUNNING)),
                )
            ).rowcount
        return count

    def _row(self, job: str, scheduled_for: datetime) -> JobSlotRow | None:
        return self._session.get(JobSlotRow, (job, scheduled_for), populate_existing=True)

    def _own(self, slot: Slot) -> JobSlotRow | None:
        row = self._row(slot.job, slot.scheduled_for)
        return row if row is not None and row.state == _RUNNING and row.epoch == slot.epoch else None

    def _is_free(self, row: JobSlotRow, now: datetime) -> bool:
        if row.state == _WAITING:
            return row.not_before is None or row.not_before <= self._clock.now()
        return row.state == _RUNNING and _is_over(row, now)

    def _others(self, job: str, scheduled_for: datetime) -> Iterable[JobSlotRow]:
        """The job's other moments that are not over."""
        return self._session.exec(
            select(JobSlotRow)
            .where(
                JobSlotRow.job == job,
                col(JobSlotRow.state).in_((_WAITING, _RUNNING)),
                col(JobSlotRow.scheduled_for) != scheduled_for,
            )
            .execution_options(populate_existing=True)
        ).all()

    def _is_at_work(self, job: str, scheduled_for: datetime, now: datetime, beside: Collection[str]) -> bool:
        """Whether the job runs for another of its moments, or one that never runs beside it."""
        rows = list(self._others(job, scheduled_for))
        if beside:
            wanted = select(JobSlotRow).where(col(JobSlotRow.job).in_(sorted(beside)), JobSlotRow.state == _RUNNING)
            rows += self._session.exec(wanted.execution_options(populate_existing=True)).all()
        return any(row.state == _RUNNING and not _is_over(row, now) for row in rows)


def _is_over(row: JobSlotRow, now: datetime) -> bool:
    """Whether a claim holds no longer: its time is over, or its process is seen to be gone."""
    return row.until is None or row.until <= now or Process(row.host, row.pid, row.mark).is_gone() is True


def _slot(row: JobSlotRow) -> Slot:
    return Slot(
        row.job, row.scheduled_for, SlotState(row.state), tuple(json.loads(row.words)), row.attempts, row.epoch,
        row.not_before, row.begun_at, row.ended_at, row.exit_code, row.why,
    )  # fmt: skip
