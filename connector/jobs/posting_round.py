"""Goes on with everything that is due in one ledger, with several workers at once, until nothing is left to do now.

It stops early where going on would be of no use: nobody is signed in, or the ledger cannot be reached.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.posting import NumberTaken, Rejected, TakesNothing, Throttled
from connector.jobs.post import Carried, Failpoint, Poster, drive
from connector.jobs.posting_store import PostingStore
from connector.ports import Clock

IN_VAIN = 5
"""After so many attempts in a row that came to nothing, the ledger is left alone for a while."""
PAUSE = 30
"""Seconds of that while, where the round waits; else it ends."""
OUTAGES = 20
"""A round that waits ends after so many such pauses without anything between them."""
LONGEST_REST = 300
"""Seconds; a ledger that wants to be left alone for longer is left alone altogether."""
_LONGEST_SLEEP = 60


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """How many postings are still on their way, when the first is to be looked at, and what stopped the round."""

    waiting: int
    next_at: datetime | None
    trouble: ConnectorError | None = None


class Round:
    """Posting into one ledger. `poster` makes a worker by its number; `heard` is told of each posting carried."""

    def __init__(
        self,
        ledger: str,
        store: PostingStore,
        poster: Callable[[int], Poster],
        clock: Clock,
        *,
        workers: int = 4,
        failpoint: Failpoint = lambda name: None,
        heard: Callable[[Carried], None] = lambda carried: None,
    ) -> None:
        self._ledger, self._store, self._clock = ledger, store, clock
        self._poster, self._workers = poster, workers
        self._failpoint, self._heard = failpoint, heard
        self._guard = threading.Lock()
        self._keys: deque[str] = deque()
        self._trouble: ConnectorError | None = None
        self._in_vain = self._outages = 0
        self._rest_until = clock.monotonic()
        self._stopped = False

    def run(self, *, wait: bool = False) -> RoundEnd:
        """Go on with what is due; with `wait`, until nothing is on its way any more or only a person can help."""
        while True:
            self._go_on()
            with self._store.look() as unit:
                now = unit.postings.now()
                waiting, at = unit.postings.waiting(self._ledger)
            if not waiting or not wait or self._is_over():
                return RoundEnd(waiting, at, self._trouble)
            seconds = (at - now).total_seconds() if at is not None else 1
            if self._trouble is not None:
                seconds, self._trouble = max(seconds, PAUSE), None
            self._clock.sleep(min(max(seconds, 1 / 20), _LONGEST_SLEEP))

    def _is_over(self) -> bool:
        """Whether waiting is of no use: only a person can help, or the ledger has been away for long."""
        if self._trouble is None:
            return False
        self._outages += 1
        return not isinstance(self._trouble, Unavailable) or self._outages > OUTAGES

    def _go_on(self) -> None:
        """Carry what is due, and what became due by that, as far as it goes."""
        with ThreadPoolExecutor(self._workers) as pool:
            while self._trouble is None:
                with self._store.look() as unit:
                    self._keys.extend(unit.postings.due(self._ledger))
                if not self._keys:
                    return
                try:
                    list(pool.map(self._work, range(min(self._workers, len(self._keys)))))
                except BaseException:
                    self._stopped = True
                    raise
                finally:
                    self._keys.clear()

    def _work(self, number: int) -> None:
        """One worker: take a key, carry it, and the next."""
        poster = self._poster(number)
        while not self._stopped and self._trouble is None:
            try:
                key = self._keys.popleft()
            except IndexError:
                return
            rest = self._rest_until - self._clock.monotonic()
            if rest > 0:
                self._clock.sleep(rest)
            carried = drive(poster.carry(key), self._failpoint)
            with self._guard:
                self._note(carried)
                self._heard(carried)

    def _note(self, carried: Carried) -> None:
        """Learn from a failure whether the others need not try."""
        failure = carried.failure
        match failure:
            case TakesNothing():
                self._trouble = failure
            case None | NumberTaken() | Rejected():
                if carried.posting is not None:
                    self._in_vain = self._outages = 0
            case SignInNeeded():
                self._trouble = failure
            case Throttled() if failure.retry_after > LONGEST_REST:
                self._trouble = failure
            case Throttled():
                self._rest_until = max(self._rest_until, self._clock.monotonic() + failure.retry_after)
            case _:
                self._in_vain += 1
                if self._in_vain >= IN_VAIN:
                    self._in_vain = 0
                    self._trouble = failure if isinstance(failure, Unavailable) else Unavailable(str(failure))
