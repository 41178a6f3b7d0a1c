"""Keeps calls within what a service allows: never more than its limit in any stretch of time, and hardly less.

The counting is pyrate-limiter's exact sliding window; the waiting is ours, because it goes by the Clock port.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import copy

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from connector.ports import Clock

_SLACK_PERCENT = 1
"""The window is that much longer than the service's own, since calls do not all travel equally long."""


class Full(Exception):
    """There is no turn in the time that somebody can wait; there may be one after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no turn for {seconds} seconds")


class Quota:
    """At most `limit` calls in any `seconds`, and at most `concurrent` of them at once; shared by all threads."""

    def __init__(self, limit: int, seconds: int, clock: Clock, concurrent: int | None = None) -> None:
        self._clock, self._limit = clock, limit
        self._span = seconds * (1000 + 10 * _SLACK_PERCENT)
        self._lock = threading.Lock()
        self._bucket = InMemoryBucket([Rate(limit, self._span)])
        self._not_before = [clock.monotonic()]
        self._places = threading.BoundedSemaphore(concurrent) if concurrent else None

    def seen_by(self, clock: Clock) -> "Quota":
        """The same count, for a part of the program whose clock is another but runs alike (it may be told to stop)."""
        other = copy(self)
        other._clock = clock  # noqa: SLF001 - it is one of us
        return other

    def take(self, within: float | None = None) -> None:
        """Wait for a turn and use it up; a call turned away by the service has used up its turn as well.

        Raises Full where that would take longer than `within` seconds.
        """
        begun = self._clock.monotonic()
        while (seconds := self._ask()) > 0:
            if within is not None and self._clock.monotonic() + seconds > begun + within:
                raise Full(seconds)
            self._clock.sleep(seconds)

    def room_in(self, calls: int) -> float:
        """After how many seconds so many turns are free at once, 0 for now; none of them is used up."""
        with self._lock:
            now = self._clock.monotonic()
            self._bucket.leak(int(now * 1000))
            last = self._bucket.peek(max(self._limit - calls, 0))
            free = (last.timestamp + self._span) / 1000 if last is not None else now
            return max(free - now, self._not_before[0] - now, 0)

    def hold(self, seconds: float) -> None:
        """Let nobody call for that long, because the service asked for it."""
        with self._lock:
            self._not_before[0] = max(self._not_before[0], self._clock.monotonic() + seconds)

    @contextmanager
    def turn(self, within: float | None = None) -> Iterator[None]:
        """Wait for a turn and for a free place, and keep the place while the call lasts. Raises Full as `take` does."""
        begun = self._clock.monotonic()
        with self._places or nullcontext():
            self.take(within)
            if within is not None and self._clock.monotonic() > begun + within:
                raise Full(0)
            yield

    def _ask(self) -> float:
        """Take a turn if there is one now (0), else say after how many seconds to ask again."""
        with self._lock:
            now = self._clock.monotonic()
            if now < self._not_before[0]:
                return self._not_before[0] - now
            moment = int(now * 1000)
            self._bucket.leak(moment)
            call = RateItem("call", moment)
            if self._bucket.put(call):
                return 0
            wait = self._bucket.waiting(call)
            return max(wait if isinstance(wait, int) else 0, 1) / 1000
