"""Says which jobs there are, when each is due, what it runs, and what its end means for the next try."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.crontab import CronLine
from connector.domain.slot import Slot, SlotState

Words = tuple[str, ...]
"""What follows `connector` on a command line."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the service.

    Jobs of one `lane` never run side by side, in whatever process. `words` says what to run for a slot, or None where
    there is nothing to do now, which is asked when the slot has come. `at_first` jobs run at once where they never
    ran; others wait for their first moment. What was due in the lane `after` at the same time or before comes first.
    Jobs that use the same thing (`uses`) never run side by side either: quotas are counted in each process.
    """

    name: str
    line: CronLine
    lane: str
    words: Callable[[Slot], Words | None]
    at_first: bool = False
    after: str = ""
    uses: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the end of a run means: the slot's state, when to try again, and why."""

    state: SlotState
    not_before: datetime | None = None
    why: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the work was done."""
        return self.state is SlotState.DONE


_DONE = (0, 1, 5)
_TROUBLE, _CONFIG, _SIGN_IN, _LOCKED, _LATER, _INTERRUPTED = 2, 3, 4, 7, 75, 130
_KILLED = -9
_NOT_AUDITED = "not audited: "
_TRIES = 4
_AFTER_TROUBLE = (5, 15, 60)
_AFTER_OUTAGE = (1, 2, 5, 10, 15)
_WHY = {
    _CONFIG: "the settings or mappings hold errors; `connector check` names them",
    _SIGN_IN: "a person has to sign in again",
    _LOCKED: "another process was at the same work",
    _LATER: "something was out of reach, or has to settle first",
    _INTERRUPTED: "it was interrupted",
}


def judge(slot: Slot, exit_code: int, now: datetime, said: str = "") -> Verdict:
    """What to do after a run that ended with an exit code (minus the signal that ended it): done, again, or given up.

    What another time can put right is tried again until the job's next slot takes its place; what only a person can
    put right is given up, and told.
    """
    why = said or _WHY.get(exit_code) or _plainly(exit_code)
    if exit_code in _DONE or (exit_code == _TROUBLE and said.startswith(_NOT_AUDITED)):
        # A month that cannot be audited yet is no failure of the job, and trying again at once changes nothing.
        return Verdict(SlotState.DONE, why=said)
    if exit_code in (_CONFIG, _SIGN_IN):
        return Verdict(SlotState.FAILED, why=why)
    if exit_code == _LOCKED:
        return Verdict(SlotState.WAITING, now + timedelta(minutes=1), why)
    if exit_code == _LATER:
        return Verdict(SlotState.WAITING, now + _pause(_AFTER_OUTAGE, slot.attempts), why)
    if exit_code == _INTERRUPTED:
        return Verdict(SlotState.WAITING, now, why)
    if slot.attempts >= _TRIES:
        return Verdict(SlotState.FAILED, why=why)
    return Verdict(SlotState.WAITING, now + _pause(_AFTER_TROUBLE, slot.attempts), why)


def _plainly(exit_code: int) -> str:
    if exit_code >= 0:
        return f"it ended with exit code {exit_code}"
    hint = ", as a machine does that runs out of memory" if exit_code == _KILLED else ""
    return f"its process was killed (signal {-exit_code}){hint}"


def _pause(minutes: tuple[int, ...], attempts: int) -> timedelta:
    return timedelta(minutes=minutes[min(max(attempts, 1), len(minutes)) - 1])
