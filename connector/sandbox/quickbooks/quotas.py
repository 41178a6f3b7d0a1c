"""How often a company may be asked: so many requests a minute and a second, so many at once, fewer batches."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Quotas:
    """Intuit's limits per company; None switches one off. Requests that are turned away do not count."""

    per_minute: int | None = 500
    per_second: int | None = 10
    at_once: int | None = 10
    batches_per_minute: int | None = 40
    _asked: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _just_now: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _batches: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _inside: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, realm: str, now: datetime, *, batch: bool = False) -> bool:
        """Count a request; False turns it away. One that entered has to `leave`."""
        with self._lock:
            asked, just_now = self._asked[realm], self._just_now[realm]
            _drop(asked, now - timedelta(minutes=1))
            _drop(just_now, now - timedelta(seconds=1))
            if _full(len(asked), self.per_minute) or _full(len(just_now), self.per_second):
                return False
            if _full(self._inside[realm], self.at_once):
                return False
            if batch:
                batches = self._batches[realm]
                _drop(batches, now - timedelta(minutes=1))
                if _full(len(batches), self.batches_per_minute):
                    return False
                batches.append(now)
            asked.append(now)
            just_now.append(now)
            self._inside[realm] += 1
            return True

    def leave(self, realm: str) -> None:
        """A request is answered."""
        with self._lock:
            self._inside[realm] -= 1


def no_quotas() -> Quotas:
    """No limit at all."""
    return Quotas(None, None, None, None)


def _full(count: int, limit: int | None) -> bool:
    return limit is not None and count >= limit


def _drop(moments: deque[datetime], until: datetime) -> None:
    while moments and moments[0] <= until:
        moments.popleft()
