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

    def __init__(self, places: int, seconds: int) -> None:
        self._span, self._places = seconds, places
        self._free = [0.0] * places
        self._queue, self._answered = threading.Lock(), threading.Condition()

    def fill(self, now: float) -> None:
        """Take all places as used just now, by a program that ran before this one."""
        with self._answered:
            self._free = [max(free, now + self._span) for free in self._free]

    @contextmanager
    def place(self, clock: Clock) -> Iterator[None]:
        """Wait for a place and keep it while the call lasts; there must be more places than calls at once."""
        with self._queue:
            # One waits, the others behind it: places become free one after the other.
            while not self._took(clock):
                pass
        try:
            yield
        finally:
            with self._answered:
                heapq.heappush(self._free, clock.monotonic() + self._span)
                self._answered.notify()

    def _took(self, clock: Clock) -> bool:
        """Take a place if one is free now; otherwise wait a while, as long as calls are out for their answers."""
        with self._answered:
            wait = self._free[0] - clock.monotonic()
            if wait <= 0:
                heapq.heappop(self._free)
                return True
            if len(self._free) < self._places:
                self._answered.wait(wait)
                return False
        clock.sleep(wait)
        return False


class Usage:
    """How much of its limits a company has used; shared by all clients of it whose clocks run alike."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self.minute, self.second = Window(limits.per_minute, 60), Window(limits.per_second, 1)
        self.at_once = threading.BoundedSemaphore(min(limits.at_once, limits.per_second - 1 or 1))
        self.not_before = 0.0


class Turns:
    """Keeps the calls of one company within QuickBooks' limits, whichever thread makes them."""

    def __init__(self, clock: Clock, usage: Usage | None = None) -> None:
        self._clock, self._usage = clock, usage or Usage()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and keep it while the call lasts."""
        usage, clock = self._usage, self._clock
        with usage.at_once, ExitStack() as places:
            places.enter_context(usage.minute.place(clock))
            places.enter_context(usage.second.place(clock))
            while (wait := usage.not_before - clock.monotonic()) > 0:
                clock.sleep(wait)
            yield

    def pause(self, seconds: float = PAUSE) -> None:
        """Let nobody call for a while."""
        self._usage.not_before = max(self._clock.monotonic() + seconds, self._usage.not_before)


_usages: dict[tuple[str, str], Usage] = {}
_guard = threading.Lock()


def usage_of(address: str, realm_id: str, clock: Clock) -> Usage:
    """The usage of a company by this process, whichever part of it asks; for clocks that show real time only.

    A command may follow another at once, so the first second is taken for used up.
    """
    with _guard:
        if (address, realm_id) not in _usages:
            usage = _usages[address, realm_id] = Usage()
            usage.second.fill(clock.monotonic())
        return _usages[address, realm_id]
