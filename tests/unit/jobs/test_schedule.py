"""The clock that wakes the jobs: what it was told to run is run, also after a fault and across a reload."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.crontab import read_line
from connector.domain.slot import Slot
from connector.jobs.duty import Duty, Ended, Held
from connector.jobs.schedule import Schedule
from connector.jobs.timetable import Job, Words
from connector.store import Store
from tests.databases import StillClock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clock = StillClock(NOON + timedelta(minutes=1))
    with Store.open(f"sqlite:///{tmp_path / 'connector.db'}", clock=clock) as store:
        yield store


def duty_of(store: Store, words: Callable[[Slot], Words], ran: list[datetime]) -> Duty:
    def run(job: Job, words: Words, held: Held) -> Ended:
        ran.append(held.slot.scheduled_for)
        return Ended(0)

    job = Job("audit", read_line("0 * * * *"), "lane", words, at_first=True)
    return Duty(store, store.clock, [job], UTC, run)


def look_until(schedule: Schedule, ran: list[datetime], clock: Any = None) -> None:
    until = time.monotonic() + 5
    while not ran and time.monotonic() < until:
        if clock is not None and clock.moment < NOON + timedelta(minutes=30):
            clock.moment += timedelta(minutes=1)
        schedule.look_round()
        time.sleep(0.1)


def test_a_fault_before_a_job_begins_keeps_no_later_look_from_running_it(store: Store) -> None:
    ran: list[datetime] = []
    asked = threading.Event()

    def words(slot: Slot) -> Words:
        if not asked.is_set():
            asked.set()
            raise RuntimeError("a fault of the program")
        return ("sync",)

    schedule = Schedule(duty_of(store, words, ran), jitter=0, every=3600)
    schedule.start()
    try:
        assert asked.wait(5)
        look_until(schedule, ran, store.clock)
    finally:
        schedule.stop()
        store.close()
    assert ran == [NOON]


def test_what_waited_when_the_settings_were_reloaded_is_run_by_the_new_ones(store: Store) -> None:
    ran: list[datetime] = []
    schedule = Schedule(duty_of(store, lambda _: ("sync",), ran), jitter=0, every=3600)
    # As if it had been handed to a clock that was stopped before it could look.
    schedule._under_way.add(f"audit {NOON.isoformat()}")
    schedule.start()
    try:
        schedule.swap(duty_of(store, lambda _: ("sync",), ran), jitter=0)
        look_until(schedule, ran)
    finally:
        schedule.stop()
        store.close()
    assert ran == [NOON]
