"""Counts the calls of a client against a limit, on the sandbox's clock."""

import threading
from collections import deque
from datetime import datetime, timedelta
from math import ceil

from connector.sandbox.clock import SandboxClock


class Allowance:
    """So many calls in any window of so many seconds; a call that was refused still counts, as the vendors say."""

    def __init__(self, limit: int, seconds: int, clock: SandboxClock) -> None:
        self.limit, self._span, self._clock = limit, timedelta(seconds=seconds), clock
        self._calls: deque[datetime] = deque()
        self._lock = threading.Lock()
        self.refused = 0

    def take(self) -> int | None:
        """Count a call. None: it may pass; else the whole seconds after which the next one may."""
        with self._lock:
            now = self._clock.now()
            while self._calls and self._calls[0] <= now - self._span:
                self._calls.popleft()
            self._calls.append(now)
            if len(self._calls) <= self.limit:
                return None
            self.refused += 1
            free_again = self._calls[len(self._calls) - self.limit] + self._span
            return max(1, ceil((free_again - now).total_seconds()))
