"""The sandbox's own time, which tests push forward and which otherwise follows the clock on the wall.

clock = SandboxClock(datetime(2026, 11, 9, 8, tzinfo=UTC))     # stands still until it is pushed
clock.advance(3600)
SandboxClock(start, following=True)                             # starts at `start` and flows with real time
SandboxClock()                                                  # real time
"""

import bisect
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

# Real seconds in which others may go to sleep as well before the first of them moves the clock.
_QUIET = 0.001

Seconds = int | float | Decimal | timedelta


class SandboxClock:
    """One time for every simulator of a sandbox, and for the connector under test when it is handed to both.

    Standing (a start without `following`): only `advance` and `sleep` move it, and `sleep` costs hardly any real time:
    threads that sleep at once sleep together, and the first to wake moves the clock.
    Following: it flows with real time from its start on, `advance` makes it jump, and `sleep` really waits.
    """

    def __init__(self, now: datetime | None = None, *, following: bool | None = None) -> None:
        """`now` must know its zone; without it the clock shows real time."""
        if now is not None and now.tzinfo is None:
            raise ValueError(f"the sandbox clock needs a time with a zone, not {now.isoformat()}")
        self._start = (now or datetime.now(UTC)).astimezone(UTC)
        self._follows = now is None if following is None else following
        self._since = time.monotonic()
        self._pushed = timedelta(0)
        self._lock = threading.Condition()
        self._wakings: list[timedelta] = []

    def now(self) -> datetime:
        """The moment, in UTC."""
        with self._lock:
            return self._start + self._passed()

    def monotonic(self) -> float:
        """Seconds since the clock was made; never runs backwards."""
        with self._lock:
            return self._passed().total_seconds()

    def advance(self, seconds: Seconds) -> datetime:
        """Push the clock forward and return the new moment; raises ValueError for a step backwards."""
        step = _span(seconds)
        if step < timedelta(0):
            raise ValueError(f"the sandbox clock never runs backwards, not even by {step}")
        with self._lock:
            self._pushed += step
            self._lock.notify_all()
            return self._start + self._passed()

    def advance_to(self, moment: datetime) -> datetime:
        """Push the clock to a moment; one that has passed changes nothing."""
        with self._lock:
            self._pushed += max(timedelta(0), moment - self._start - self._passed())
            self._lock.notify_all()
            return self._start + self._passed()

    def sleep(self, seconds: Seconds) -> None:
        """Wait: really when it follows real time, by moving on when it stands."""
        if self._follows:
            time.sleep(max(0.0, _span(seconds).total_seconds()))
        else:
            self._doze(_span(seconds))

    def _doze(self, span: timedelta) -> None:
        with self._lock:
            wake = self._pushed + span
            bisect.insort(self._wakings, wake)
            try:
                while self._pushed < wake:
                    before = self._pushed
                    self._lock.wait(_QUIET)
                    if self._pushed == before and wake == self._wakings[0]:
                        self._pushed = wake
                        self._lock.notify_all()
            finally:
                self._wakings.remove(wake)

    def _passed(self) -> timedelta:
        flowed = timedelta(seconds=time.monotonic() - self._since) if self._follows else timedelta(0)
        return self._pushed + flowed


def _span(seconds: Seconds) -> timedelta:
    if isinstance(seconds, timedelta):
        return seconds
    if isinstance(seconds, Decimal):
        return timedelta(microseconds=int(seconds * 1_000_000))
    return timedelta(seconds=seconds)
