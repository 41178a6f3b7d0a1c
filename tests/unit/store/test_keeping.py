"""Runs, watermarks and leases are kept whole or not at all, on both databases alike."""

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from connector.domain.run import Outcome
from connector.store import Store
from connector.store.processes import Process
from connector.store.runs import RunRow
from tests.databases import StillClock


def test_a_run_is_remembered_with_what_it_did(store: Store, clock: StillClock) -> None:
    with store.work() as work:
        run = work.runs.start("extract", config_digest="abc")
    clock.sleep(60)
    with store.work() as work:
        work.runs.finish(
            run.run_id, Outcome.PARTIAL, exit_code=5, read={"charges": 3}, skipped={"customers": 1}, reasons=("left",)
        )
    with store.look() as work:
        (found,) = work.runs.latest("extract")
    assert (found.outcome, found.exit_code, found.read, found.skipped) == (
        "partial",
        5,
        {"charges": 3},
        {"customers": 1},
    )
    assert found.reasons == ("left",)
    assert found.finished_at is not None
    assert found.finished_at - found.started_at == timedelta(minutes=1)
    assert found.started_at.tzinfo is UTC


def test_a_run_whose_process_is_gone_is_interrupted(store: Store, clock: StillClock) -> None:
    own = Process.own()
    with store.work() as work:
        living = work.runs.start("alive")
        for name, host, mark in (
            ("dead", own.host, own.mark.rpartition("/")[0] + "/1"),
            ("elsewhere", "another-host", own.mark),
        ):
            run = work.runs.start(name)
            row = work.get_one(RunRow, run.run_id)
            row.host, row.mark = host, mark
    with store.work() as work:
        assert [run.job for run in work.runs.mark_interrupted()] == ["dead"]
    clock.sleep(301)
    with store.work() as work:
        assert [run.job for run in work.runs.mark_interrupted()] == ["elsewhere"]
        assert [run.job for run in work.runs.latest(outcome=Outcome.INTERRUPTED)] == ["elsewhere", "dead"]
        kept = work.runs.get(living.run_id)
        assert kept is not None
        assert kept.outcome is None


def test_a_unit_of_work_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.work() as work:
            work.watermarks.set("ledger", "changes", "17")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    with store.look() as work:
        assert work.watermarks.get("ledger", "changes") is None


def test_looking_cannot_write(store: Store) -> None:
    with store.work() as work:
        work.watermarks.set("ledger", "changes", "17")

    def write() -> None:
        with store.look() as work:
            work.watermarks.set("ledger", "changes", "18")

    with pytest.raises((DBAPIError, Exception), match=r"readonly|read-only|may not be written"):
        write()
    with store.look() as work:
        assert work.watermarks.of("ledger")["changes"][0] == "17"


def test_no_update_is_lost_between_threads(store: Store) -> None:
    with store.work() as work:
        work.watermarks.set("counter", "value", "0")

    def count() -> None:
        for _ in range(10):
            with store.work() as work:
                work.watermarks.set("counter", "value", str(int(work.watermarks.get("counter", "value") or 0) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.look() as work:
        assert work.watermarks.get("counter", "value") == "40"


def test_a_lease_of_a_process_that_is_gone_is_free_at_once(store: Store) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    with store.work() as work:
        host, _, mark, nonce = json.loads(work.leases.holder())
        alive = work.leases.holder()
        assert work.leases.claim("mail", json.dumps([host, gone.pid, mark, nonce]), 900) is not None
    gone.wait()
    with store.work() as work:
        mine = work.leases.claim("mail", alive, 900)
        assert mine is not None
        assert mine.epoch == 2
        # One that is at work, and one whose name says nothing, keep theirs.
        assert work.leases.claim("mail", work.leases.holder(), 900) is None
        assert work.leases.claim("post", "a run", 900) is not None
        assert work.leases.claim("post", alive, 900) is None


def test_a_lease_belongs_to_one_and_its_epoch_grows(store: Store) -> None:
    with store.work() as work:
        first = work.leases.claim("post", "a", 60)
        assert first is not None
        assert work.leases.claim("post", "b", 60) is None
        assert work.leases.still_mine(first)
    with store.work() as work:
        work.leases.release(first)
    with store.work() as work:
        second = work.leases.claim("post", "b", 60)
        assert second is not None
        assert second.epoch == first.epoch + 1
        assert not work.leases.still_mine(first)
        assert work.leases.renew(first, 60) is None
        work.leases.release(first)
        assert work.leases.still_mine(second)
        renewed = work.leases.renew(second, 600)
        assert renewed is not None
        assert renewed.until > second.until


def test_of_many_who_claim_at_once_one_gets_it(store: Store) -> None:
    got: list[str] = []

    def claim(name: str) -> None:
        with store.work() as work:
            if work.leases.claim("post", name, 60):
                got.append(name)

    threads = [threading.Thread(target=claim, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_lease_that_is_over_can_be_taken(store: Store, clock: StillClock) -> None:
    with store.work() as work:
        first = work.leases.claim("post", "a", 0)
        assert first is not None
    clock.sleep(1)
    with store.work() as work:
        assert not work.leases.still_mine(first)
        second = work.leases.claim("post", "b", 60)
        assert second is not None
        assert (second.holder, second.epoch) == ("b", first.epoch + 1)


def test_a_moment_without_its_zone_is_refused(store: Store) -> None:
    def naive() -> None:
        with store.work() as work:
            store.clock.moment = datetime(2026, 1, 1)  # type: ignore[attr-defined] # noqa: DTZ001
            work.watermarks.set("a", "b", "c")

    with pytest.raises(Exception, match="time zone"):
        naive()
