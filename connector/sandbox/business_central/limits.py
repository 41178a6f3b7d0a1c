"""How much one user may ask of an environment: requests in five minutes, requests at once, and a queue for the rest.

Source: Microsoft, "Operational limits for Business Central online": 6,000 requests in a sliding window of five minutes,
5 processed at once, 95 waiting, 8 minutes in the queue. Every application that signs in is a user.
"""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.sandbox.clock import SandboxClock

_WINDOW = timedelta(minutes=5)


@dataclass(slots=True)
class Limits:
    """The limits of each user; None switches one off. `most_at_once` tells how many ever were under way together."""

    requests: int | None = 6000
    at_once: int | None = 5
    waiting: int | None = 95
    longest_wait: timedelta = timedelta(minutes=8)
    retry_after: int | None = None
    """Seconds told with a 429; the documents name only a back-off, so none are told unless this is set."""
    turned_away: int = 0
    most_at_once: int = 0
    _asked: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _queued: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def enter(self, user: str, clock: SandboxClock) -> int:
        """Count a request and wait for its turn; 0, or the status it is refused with. Who entered has to `leave`."""
        with self._turn:
            now = clock.now()
            asked = self._asked[user]
            while asked and asked[0] <= now - _WINDOW:
                asked.popleft()
            if self.requests is not None and len(asked) >= self.requests:
                self.turned_away += 1
                return 429
            if self._is_full(user) and self.waiting is not None and self._queued[user] >= self.waiting:
                self.turned_away += 1
                return 429
            asked.append(now)
            self._queued[user] += 1
            try:
                while self._is_full(user):
                    if clock.now() - now >= self.longest_wait:
                        self.turned_away += 1
                        return 503
                    self._turn.wait(0.05)
            finally:
                self._queued[user] -= 1
            self._inside[user] += 1
            self.most_at_once = max(self.most_at_once, self._inside[user])
            return 0

    def leave(self, user: str) -> None:
        """A request is answered."""
        with self._turn:
            self._inside[user] -= 1
            self._turn.notify()

    def _is_full(self, user: str) -> bool:
        return self.at_once is not None and self._inside[user] >= self.at_once


def no_limits() -> Limits:
    """No limit at all."""
    return Limits(None, None, None)
