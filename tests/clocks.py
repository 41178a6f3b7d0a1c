"""Clocks for tests: one that jumps where it is told to wait, and one on which several threads wait for each other."""

import heapq
import itertools
import threading
from datetime import UTC, datetime, timedelta


class JumpingClock:
    """Fits ports.Clock; a sleep takes no time but moves the clock. `slept` lists the sleeps."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class SharedClock:
    """Fits ports.Clock; time moves on only when all `threads` wait, to the earliest of their ends."""

    def __init__(self, threads: int) -> None:
        self._begun = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self._seconds = 0.0
        self._awake = threads
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._begun + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        mine = threading.Event()
        with self._lock:
            heapq.heappush(self._waiting, (self._seconds + seconds, next(self._order), mine))
            self._awake -= 1
            self._move()
        mine.wait()

    def leave(self) -> None:
        """Say that this thread will not wait any more."""
        with self._lock:
            self._awake -= 1
            self._move()

    def _move(self) -> None:
        if self._awake == 0 and self._waiting:
            moment, _, first = heapq.heappop(self._waiting)
            self._seconds = max(self._seconds, moment)
            self._awake += 1
            first.set()
