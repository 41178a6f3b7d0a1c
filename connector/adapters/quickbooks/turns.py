"""Spaces the calls to one company so that QuickBooks never has to turn one away, however unequally long they travel.

A call arrives somewhere between its sending and its answer. So a place is given back only when the answer is there,
and free again a whole window later: whenever QuickBooks counts, there are never more arrivals in a window than places.
"""

import heapq
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from connector.ports import Clock

PAUSE = 60
"""Seconds that QuickBooks wants to be left alone after a 429."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often QuickBooks is asked: per minute (it allows 500), per second (it allows 10), and how many at once."""

    per_minute: int = 480
    per_second: int = 10
    at_once: int = 4


class Window:
    """Places for calls: each is taken for the call, and for `seconds` after its answer."""

    def __init__(self, places: int, seconds: int, clock: Clock) -> None:
        self._clock, self._span, self._places = clock, seconds, places
        self._free = [clock.monotonic()] * places
        self._queue, self._answered = threading.Lock(), threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place and keep it while the call lasts; there must be more places than calls at once."""
        with self._queue:
            # One waits, the others behind it: places become free one after the other.
            while not self._took():
                pass
        try:
            yield
        finally:
            with self._answered:
                heapq.heappush(self._free, self._clock.monotonic() + self._span)
                self._answered.notify()

    def _took(self) -> bool:
        """Take a place if one is free now; otherwise wait a while, as long as calls are out for their answers."""
        with self._answered:
            wait = self._free[0] - self._clock.monotonic()
            if wait <= 0:
                heapq.heappop(self._free)
                return True
            if len(self._free) < self._places:
                self._answered.wait(wait)
                return False
        self._clock.sleep(wait)
        return False


class Turns:
    """Keeps the calls of one company within QuickBooks' limits, whichever thread makes them."""

    def __init__(self, clock: Clock, limits: Limits = Limits()) -> None:
        self._clock = clock
        self._windows = (Window(limits.per_minute, 60, clock), Window(limits.per_second, 1, clock))
        self._at_once = threading.BoundedSemaphore(min(limits.at_once, limits.per_second - 1 or 1))
        self._not_before = clock.monotonic()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and keep it while the call lasts."""
        with self._at_once, ExitStack() as places:
            for window in self._windows:
                places.enter_context(window.place())
            while (wait := self._not_before - self._clock.monotonic()) > 0:
                self._clock.sleep(wait)
            yield

    def pause(self, seconds: float = PAUSE) -> None:
        """Let nobody call for a while."""
        self._not_before = max(self._clock.monotonic() + seconds, self._not_before)
