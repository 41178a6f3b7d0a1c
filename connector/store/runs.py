"""Remembers every run of a job: when, with what outcome, what it read, wrote and skipped, and why.

A run whose process is gone without a word is found out by the next one and marked interrupted.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Field, Session, col, func, select

from connector.domain.run import Outcome, Run
from connector.ports import Clock
from connector.store.processes import Process
from connector.store.types import Row, UtcTime

# How long a run on a machine we cannot look into may be silent.
SILENCE = timedelta(minutes=5)


class RunRow(Row, table=True):
    """A run of a job."""

    __tablename__ = "run"

    run_id: str = Field(primary_key=True)
    number: int = Field(unique=True)
    job: str = Field(index=True)
    started_at: datetime = Field(sa_type=UtcTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    outcome: str | None = Field(default=None, index=True)
    exit_code: int | None = None
    counts: str = "{}"
    reasons: str = "[]"
    config_digest: str = ""
    host: str = ""
    pid: int = 0
    mark: str = ""
    heard_at: datetime = Field(sa_type=UtcTime)


class StoredRuns:
    """Runs in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def start(
        self, job: str, *, config_digest: str = "", run_id: str | None = None, began: datetime | None = None
    ) -> Run:
        """Write down that a job begins, or `began`; without a number of its own it gets one."""
        now, process = self._clock.now(), Process.own()
        last = self._session.exec(select(func.max(RunRow.number))).one()
        row = RunRow(
            run_id=run_id or secrets.token_hex(8), number=(last or 0) + 1, job=job, started_at=began or now,
            config_digest=config_digest, host=process.host, pid=process.pid, mark=process.mark,
            heard_at=now,
        )  # fmt: skip
        self._session.add(row)
        self._session.flush()
        return _run(row)

    def beat(self, run_id: str) -> None:
        """Say that a run still works; those on other machines believe it for five minutes."""
        row = self._row(run_id)
        row.heard_at = self._clock.now()
        self._session.flush()

    def finish(
        self, run_id: str, outcome: Outcome, *, exit_code: int = 0, read: Mapping[str, int] | None = None,
        written: Mapping[str, int] | None = None, skipped: Mapping[str, int] | None = None,
        reasons: tuple[str, ...] = (),
    ) -> Run:  # fmt: skip
        """Write down how a run ended."""
        row = self._row(run_id)
        row.finished_at, row.outcome, row.exit_code = self._clock.now(), Outcome(outcome).value, exit_code
        counts = {"read": read or {}, "written": written or {}, "skipped": skipped or {}}
        row.counts = json.dumps({name: dict(count) for name, count in counts.items()}, sort_keys=True)
        row.reasons = json.dumps(list(reasons), ensure_ascii=False)
        self._session.flush()
        return _run(row)

    def mark_interrupted(self) -> tuple[Run, ...]:
        """Mark runs without an end whose process is gone, or is elsewhere and silent; return them."""
        now, found = self._clock.now(), []
        for row in self._session.exec(select(RunRow).where(col(RunRow.finished_at).is_(None))):
            gone = Process(row.host, row.pid, row.mark).is_gone()
            if gone or (gone is None and now - row.heard_at > SILENCE):
                row.finished_at, row.outcome = now, Outcome.INTERRUPTED.value
                row.reasons = json.dumps(["its process ended without a word"])
                found.append(row)
        self._session.flush()
        return tuple(_run(row) for row in found)

    def get(self, run_id: str) -> Run | None:
        """One run."""
        row = self._session.get(RunRow, run_id)
        return _run(row) if row else None

    def latest(self, job: str | None = None, *, outcome: Outcome | None = None, limit: int = 20) -> tuple[Run, ...]:
        """The last runs (of a job, with an outcome), newest first."""
        wanted = select(RunRow).order_by(col(RunRow.number).desc()).limit(limit)
        if job is not None:
            wanted = wanted.where(RunRow.job == job)
        if outcome is not None:
            wanted = wanted.where(RunRow.outcome == outcome.value)
        return tuple(_run(row) for row in self._session.exec(wanted))

    def jobs(self) -> tuple[str, ...]:
        """The names of all jobs that ever ran."""
        return tuple(sorted(self._session.exec(select(RunRow.job).distinct())))

    def _row(self, run_id: str) -> RunRow:
        row = self._session.get(RunRow, run_id)
        if row is None:
            raise LookupError(f"there is no run {run_id}")
        return row


def _run(row: RunRow) -> Run:
    counts = json.loads(row.counts)
    return Run(
        row.run_id, row.job, row.started_at, row.finished_at, Outcome(row.outcome) if row.outcome else None,
        row.exit_code, counts.get("read", {}), counts.get("written", {}), counts.get("skipped", {}),
        tuple(json.loads(row.reasons)), row.config_digest, row.host, row.pid,
    )  # fmt: skip
