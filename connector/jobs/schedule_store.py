"""What the schedule needs from the store: the moments at which jobs were due, and who is at them."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from connector.domain.slot import Slot, SlotState


class Slots(Protocol):
    """The moments at which jobs were due, in one unit of work; each is run once, whichever process comes first."""

    def latest(self) -> Mapping[str, datetime]:
        """The latest moment of each job that is known of; requests that ask for more than the job are left out."""
        ...

    def intend(self, job: str, at: datetime, *, words: Iterable[str] = ()) -> Slot | None:
        """Ask for a run of a job at a moment; None where that was asked for before."""
        ...

    def pass_over(self, job: str, scheduled_for: datetime, why: str) -> None:
        """Say that nothing is to be done at a moment, unless somebody is at it or was."""
        ...

    def claim(self, job: str, scheduled_for: datetime, seconds: int, *, beside: Collection[str] = ()) -> Slot | None:
        """Become the only one who runs a job at a moment; None where another does, did, or runs the job just now.

        Nor while one of the jobs `beside` runs.
        """
        ...

    def renew(self, slot: Slot, seconds: int) -> bool:
        """Hold a slot longer; False where another has taken it over."""
        ...

    def end(
        self, slot: Slot, state: SlotState, *, exit_code: int | None = None, why: str = "",
        not_before: datetime | None = None,
    ) -> bool:  # fmt: skip
        """Write down how a run ended; False where another has taken the slot over meanwhile."""
        ...

    def open(self) -> tuple[Slot, ...]:
        """The slots that wait or run, oldest first."""
        ...

    def due(self) -> tuple[Slot, ...]:
        """The slots that can be run now, oldest first."""
        ...


class ScheduleUnit(Protocol):
    """A unit of work of the schedule."""

    @property
    def slots(self) -> Slots: ...  # noqa: D102


class ScheduleStore(Protocol):
    """Where the schedule is remembered."""

    def work(self) -> AbstractContextManager[ScheduleUnit]:
        """A unit of work; others that write wait until it ends."""
        ...

    def look(self) -> AbstractContextManager[ScheduleUnit]:
        """A unit that only reads, all as of one moment."""
        ...
