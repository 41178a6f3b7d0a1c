"""A slot: one moment at which a job was due, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SlotState(StrEnum):
    """What became of a slot."""

    WAITING = "waiting"
    """It is to be run, or to be run again, from a moment on."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """It was given up; the next slot of its job is another chance."""
    PASSED_OVER = "passed_over"
    """A later slot took its place, or there was nothing to do."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment at which a job was due. `words` say more of what was asked than the job's name.

    `not_before` is when to run it (again) while it waits; `epoch` grows with each claim, and who has an older one may
    no longer write; `why` says what stood in the way.
    """

    job: str
    scheduled_for: datetime
    state: SlotState = SlotState.WAITING
    words: tuple[str, ...] = ()
    attempts: int = 0
    epoch: int = 0
    not_before: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    why: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done about it."""
        return self.state not in (SlotState.WAITING, SlotState.RUNNING)
