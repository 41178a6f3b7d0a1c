"""Two processes at one database run each moment once; where one is killed in the middle, the other takes over."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.clock import SystemClock
from connector.store import Store
from tests.architecture.house import ROOT
from tests.databases import schema_at

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'connector.db'}"
    return schema_at(request.getfixturevalue("postgres"))


@contextmanager
def workers(url: str, file: Path, seconds: float, count: int = 2) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.unit.jobs.worker", url, str(file), str(seconds)]
    found = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        for one in found:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        yield found
    finally:
        for one in found:
            one.kill()
            one.wait()
            assert one.stdout is not None
            one.stdout.close()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lines(file: Path, word: str) -> list[str]:
    return [line for line in file.read_text().splitlines() if line.startswith(word)] if file.exists() else []


def _states(store: Store) -> dict[tuple[str, str], int]:
    with store.look() as unit:
        found = unit.slots.counts()
    # The worker's own moment is passed over, as the job is new to it.
    return {key: count for key, count in found.items() if key[1] != "passed_over"}


def test_each_moment_once_and_a_killed_run_is_taken_over(url: str, tmp_path: Path) -> None:
    file = tmp_path / "runs.txt"
    with Store.open(url, clock=SystemClock()) as store, workers(url, file, 0.3) as both:
        with store.work() as unit:
            for at in range(4):
                unit.slots.intend("job", LONG_AGO + timedelta(minutes=at), words=("job", str(at)))
        until(lambda: len(lines(file, "ended")) == 1)
        # Its run dies in the middle; nobody gave the slot back.
        until(lambda: len(lines(file, "begun")) == 2)
        victim = int(lines(file, "begun")[1].split()[-1])
        next(one for one in both if one.pid == victim).kill()
        began = time.monotonic()
        until(lambda: len(lines(file, "begun")) == 3)
        assert time.monotonic() - began < 5
        until(lambda: _states(store) == {("job", "done"): 4})
        with store.look() as unit:
            slots = [unit.slots.get("job", LONG_AGO + timedelta(minutes=at)) for at in range(4)]
        # Which of the four was under way when the process died is chance.
        assert sorted(slot.attempts for slot in slots if slot) == [1, 1, 1, 2]
    ended = [line.split()[1] for line in lines(file, "ended")]
    assert len(set(ended)) == len(ended) == 4
