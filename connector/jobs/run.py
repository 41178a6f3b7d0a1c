"""Runs a job alone and leaves a record of it: when, with what outcome, what it read, wrote and skipped, and why.

A job of which another process is at work is refused. What a killed process left behind (its record without an end, its
lease) is cleared up by the next one at once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector.domain.errors import ConnectorError, Locked
from connector.domain.run import Lease, Outcome, Run
from connector.ports import Memory, Work

_LEASE = 300
_BEAT = 30


@dataclass(slots=True)
class Running:
    """A job at work; what it counts and the reasons it gives go into its record."""

    run: Run
    interrupted: tuple[Run, ...] = ()
    outcome: Outcome = Outcome.DONE
    exit_code: int = 0
    read: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    _lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise Locked where another process has taken over meanwhile."""
        if self._lost.is_set():
            raise Locked(f"Another process has taken over {self.run.job} meanwhile; this one stopped.")

    def lose(self) -> None:
        """Know that another process has taken over."""
        self._lost.set()


@contextmanager
def running(memory: Memory, job: str, *, alone: str = "", config_digest: str = "") -> Iterator[Running]:
    """Run a job under its lease, and record how it ended. Raises Locked where another process is at it.

    `alone` names the lease where several jobs share one.
    """
    with memory.work() as unit:
        gone = unit.runs.mark_interrupted()
        run = unit.runs.start(job, config_digest=config_digest)
        lease = _claimed(unit, alone or job, run)
    current = Running(run, gone)
    over = threading.Event()
    heart = threading.Thread(target=_beat, args=(memory, current, lease, over), daemon=True, name=f"{job} heartbeat")
    heart.start()
    try:
        yield current
    except BaseException as failure:
        over.set()
        heart.join()
        interrupted = not isinstance(failure, Exception)
        current.outcome = Outcome.INTERRUPTED if interrupted else Outcome.FAILED
        current.exit_code = failure.exit_code if isinstance(failure, ConnectorError) else 130 if interrupted else 2
        current.reasons.append("interrupted" if interrupted else str(failure) or type(failure).__name__)
        _finish(memory, current, lease)
        raise
    over.set()
    heart.join()
    _finish(memory, current, lease)


def _claimed(unit: Work, job: str, run: Run) -> Lease:
    lease = unit.leases.claim(job, run.run_id, _LEASE)
    if lease is None:
        held = unit.leases.held(job)
        holder = unit.runs.get(held.holder) if held else None
        if held is not None and holder is not None and holder.finished_at is not None:
            # Its process is gone, and nobody gave the lease back.
            unit.leases.release(held)
            lease = unit.leases.claim(job, run.run_id, _LEASE)
    if lease is None:
        raise Locked(f"Another process is at `{job}` already; wait for it to end, or look at `connector status`.")
    return lease


def _beat(memory: Memory, current: Running, lease: Lease, over: threading.Event) -> None:
    """Say every half minute that the run still works."""
    while not over.wait(_BEAT):
        try:
            with memory.work() as unit:
                unit.runs.beat(current.run.run_id)
                if unit.leases.renew(lease, _LEASE) is None:
                    current.lose()
                    return
        except ConnectorError:
            # The database is busy or away for a moment; the lease lasts ten times as long as the pause between beats.
            continue


def _finish(memory: Memory, current: Running, lease: Lease) -> None:
    with memory.work() as unit:
        current.run = unit.runs.finish(
            current.run.run_id,
            current.outcome,
            exit_code=current.exit_code,
            read=current.read,
            written=current.written,
            skipped=current.skipped,
            reasons=tuple(current.reasons),
        )
        unit.leases.release(lease)
