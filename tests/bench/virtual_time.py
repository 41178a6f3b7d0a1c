"""Time that passes only while everybody waits: the waits of many workers overlap as they would, and cost nothing.

A worker runs, sleeps until a moment, or waits for another worker; when none runs, time jumps to the next moment.
Whoever lets a worker go on counts it as running at once, so that time never jumps in between.
"""

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

BEGINNING = datetime(2026, 11, 2, 6, tzinfo=UTC)


class VirtualClock:
    """A clock for workers, and for a simulator that answers in their threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._seconds = 0.0
        self._running = 0
        self._alarms: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: Any) -> None:
        if seconds > 0:
            self.rest_until(seconds)

    def rest_until(self, seconds: float | None, waiting: deque[threading.Event] | None = None) -> bool:
        """Rest for so long, or until somebody takes us out of `waiting`; True where somebody did."""
        alarm = threading.Event()
        with self.lock:
            if seconds is not None:
                heapq.heappush(self._alarms, (self._seconds + seconds, next(self._numbers), alarm))
            if waiting is not None:
                waiting.append(alarm)
            self._rest()
        alarm.wait()
        with self.lock:
            late = waiting is not None and alarm in waiting
            if late and waiting is not None:
                waiting.remove(alarm)
        return not late

    def wake(self, alarm: threading.Event) -> None:
        """Let a worker go on; with the lock held."""
        self._running += 1
        alarm.set()

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Count the calling thread as a worker meanwhile."""
        with self.lock:
            self._running += 1
        try:
            yield
        finally:
            with self.lock:
                self._rest()

    def _rest(self) -> None:
        self._running -= 1
        while self._running == 0 and self._alarms:
            moment, _, alarm = heapq.heappop(self._alarms)
            if not alarm.is_set():
                self._seconds = max(self._seconds, moment)
                self.wake(alarm)


class Semaphore:
    """threading.BoundedSemaphore and, with one place, threading.Lock."""

    def __init__(self, clock: VirtualClock, places: int = 1) -> None:
        self._clock, self._places = clock, places
        self._waiting: deque[threading.Event] = deque()

    def acquire(self) -> None:
        with self._clock.lock:
            if self._places:
                self._places -= 1
                return
        self._clock.rest_until(None, self._waiting)

    def release(self) -> None:
        with self._clock.lock:
            if self._waiting:
                self._clock.wake(self._waiting.popleft())
            else:
                self._places += 1

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition(Semaphore):
    """threading.Condition."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._listeners: deque[threading.Event] = deque()

    def wait(self, seconds: float) -> bool:
        self.release()
        told = self._clock.rest_until(seconds, self._listeners)
        self.acquire()
        return told

    def notify(self) -> None:
        with self._clock.lock:
            if self._listeners:
                self._clock.wake(self._listeners.popleft())


class Threading:
    """What stands for the module `threading` where waits must be known to the clock."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def Lock(self) -> Semaphore:  # noqa: N802
        return Semaphore(self._clock)

    def Condition(self) -> Condition:  # noqa: N802
        return Condition(self._clock)

    def BoundedSemaphore(self, places: int) -> Semaphore:  # noqa: N802
        return Semaphore(self._clock, places)
