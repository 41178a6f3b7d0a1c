"""The quota: never one call too many in any stretch of time, and hardly one too few."""

import random
import threading
from collections import deque

import pytest

from connector.adapters.http import Quota
from connector.adapters.http.quota import Full
from tests.clocks import JumpingClock, SharedClock


class Service:
    """Counts as a service does: 429 beyond `limit` in any `seconds`, refused calls included."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit, self._seconds = limit, seconds
        self._calls: deque[float] = deque()
        self.refused = 0
        self.served = 0

    def call(self, moment: float) -> None:
        while self._calls and self._calls[0] <= moment - self._seconds:
            self._calls.popleft()
        self._calls.append(moment)
        if len(self._calls) > self._limit:
            self.refused += 1
        else:
            self.served += 1


@pytest.mark.parametrize("threads", [1, 8])
def test_500_a_minute_are_used_to_95_percent_and_never_passed(threads: int) -> None:
    """Calls travel unequally long, from many threads; each minute after the first burst is full."""
    calls = 10_000
    clock = SharedClock(threads)
    quota, service, chance = Quota(500, 60, clock), Service(500, 60), random.Random(7)
    left = iter(range(calls))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    break
                there, back = chance.uniform(0.01, 0.2), chance.uniform(0.05, 0.3)
            with quota.turn():
                clock.sleep(there)
                with lock:
                    service.call(clock.monotonic())
                clock.sleep(back)
        clock.leave()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert service.refused == 0
    assert service.served == calls
    if threads > 1:
        # 500 at once, then 500 in each further minute
        assert clock.monotonic() <= (calls / 500 - 1) * 60 / 0.95


def test_no_stretch_of_time_holds_more_than_the_limit() -> None:
    clock = JumpingClock()
    quota = Quota(10, 5, clock)
    chance = random.Random(3)
    taken = []
    for _ in range(200):
        quota.take()
        taken.append(clock.monotonic())
        clock.advance(chance.choice([0, 0, 0.1, 0.7]))
    assert all(later - earlier > 5 for earlier, later in zip(taken, taken[10:], strict=False))


def test_the_service_can_ask_for_a_pause() -> None:
    clock = JumpingClock()
    quota = Quota(10, 5, clock)
    quota.hold(30)
    quota.hold(10)
    begun = clock.monotonic()
    quota.take()
    assert clock.monotonic() - begun == 30


def test_only_so_many_calls_are_under_way_at_once() -> None:
    quota = Quota(1000, 1, JumpingClock(), concurrent=3)
    under_way, most, lock = 0, 0, threading.Lock()
    gate = threading.Event()

    def call() -> None:
        nonlocal under_way, most
        with quota.turn():
            with lock:
                under_way += 1
                most = max(most, under_way)
            gate.wait(0.02)
            with lock:
                under_way -= 1

    callers = [threading.Thread(target=call) for _ in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == 3


def test_who_cannot_wait_is_told_how_long_it_would_take() -> None:
    clock = JumpingClock()
    quota = Quota(3, 10, clock)
    assert quota.room_in(3) == 0
    for _ in range(2):
        quota.take(within=0)
    assert quota.room_in(1) == 0
    assert 10 <= quota.room_in(2) <= 10.2
    quota.take(within=0)
    with pytest.raises(Full) as full, quota.turn(within=5):
        pass
    assert 10 <= full.value.seconds <= 10.2
    begun = clock.monotonic()
    quota.take(within=11)
    assert clock.monotonic() - begun >= 10


def test_parts_with_other_clocks_share_one_count() -> None:
    clock = JumpingClock()
    quota = Quota(2, 10, clock)
    other = quota.seen_by(clock)
    quota.take()
    other.take(within=0)
    assert quota.room_in(1) > 0
    other.hold(60)
    assert quota.room_in(1) == 60
