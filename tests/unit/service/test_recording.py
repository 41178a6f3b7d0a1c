"""Every run of the service is recorded: when it began, how long it took, under which settings, and what came of it."""

from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap.recording import record
from connector.bootstrap.remembering import config_digest
from connector.bootstrap.storing import open_store
from connector.config.settings import read_settings
from connector.domain.document import Blocked, Document, DocumentLine, Plan
from connector.domain.period import Period
from connector.domain.run import Outcome
from connector.domain.slot import Slot
from connector.jobs.duty import Ended
from connector.jobs.noticing import notice_runs
from connector.jobs.timetable import judge
from tests.databases import StillClock

OCTOBER = Period.month("2026-10")


def a_plan() -> Plan:
    line = DocumentLine(1, "31", "Business Premium", Decimal("20.00"), Decimal(1), Decimal("20.00"))
    document = Document("books", "58", "Alpine", OCTOBER, "USD", "invoice", (line,), date(2026, 10, 31))
    blocked = Blocked("unmapped", "no rule", Decimal(5), "USD")
    return Plan(OCTOBER, (document,), (blocked,), inputs={"G1": "abc", "mapping": "def"})


@pytest.mark.parametrize("code", [1, 2])
def test_a_run_is_recorded_with_its_duration_settings_and_counts(tmp_path: Path, code: int) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n")
    settings, clock = read_settings(tmp_path / "config.yaml", {}), StillClock()
    with open_store(settings, clock) as store:
        slot = Slot("plan", clock.now(), begun_at=clock.now())
        with store.work() as unit:
            unit.plans.save(a_plan())
        clock.moment += timedelta(seconds=42)
        record(settings, store, clock, slot, judge(slot, code, clock.now(), "no network"), Ended(code))
        with store.look() as unit:
            (run,) = unit.runs.latest("plan")
    assert run.finished_at is not None
    assert run.finished_at - run.started_at == timedelta(seconds=42)
    assert run.config_digest == config_digest(settings) != ""
    done = code == 1
    assert run.outcome is (Outcome.DONE if done else Outcome.FAILED)
    assert (run.read, run.written, run.skipped) == (
        ({"inputs": 2}, {"documents": 1}, {"blocked": 1}) if done else ({}, {}, {})
    )


@pytest.mark.parametrize("noticed", [False, True])
def test_a_run_that_was_killed_before_its_end_is_a_failure_and_told(tmp_path: Path, noticed: bool) -> None:
    """As of one that runs out of memory each time: its own record has no end, and nobody else would speak of it."""
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n")
    settings, clock = read_settings(tmp_path / "config.yaml", {}), StillClock()
    with open_store(settings, clock) as store:
        slot = Slot("reconcile", clock.now(), begun_at=clock.now(), attempts=1)
        with store.work() as unit:
            mine = unit.runs.start("reconcile")
            if noticed:
                unit.runs.finish(mine.run_id, Outcome.INTERRUPTED)
        clock.moment += timedelta(seconds=42)
        verdict = judge(slot, -9, clock.now())
        record(settings, store, clock, slot, verdict, Ended(-9))
        with store.work() as unit:
            (run,) = unit.runs.latest("reconcile")
            notice_runs(unit, clock.now(), UTC)
            (told,) = unit.alerts.untold(urgent=True)
    assert (verdict.is_good, run.outcome, run.exit_code) == (False, Outcome.FAILED, 2)
    assert run.reasons == ("its process was killed (signal 9), as a machine does that runs out of memory",)
    assert told.kind == "job_failed"


def test_a_run_that_could_not_write_its_own_end_gets_it_from_how_its_process_ended(tmp_path: Path) -> None:
    """As of one under which the database went away, or its disk filled up."""
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n")
    settings, clock = read_settings(tmp_path / "config.yaml", {}), StillClock()
    with open_store(settings, clock) as store:
        slot = Slot("audit", clock.now(), begun_at=clock.now(), attempts=1)
        with store.work() as unit:
            unit.runs.start("audit")
        record(settings, store, clock, slot, judge(slot, 75, clock.now(), "it is away"), Ended(75, "it is away"))
        with store.look() as unit:
            (run,) = unit.runs.latest("audit")
    assert (run.outcome, run.exit_code, run.reasons) == (Outcome.FAILED, 75, ("it is away",))


def test_a_run_that_was_asked_to_stop_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n")
    settings, clock = read_settings(tmp_path / "config.yaml", {}), StillClock()
    with open_store(settings, clock) as store:
        slot = Slot("reconcile", clock.now(), begun_at=clock.now(), attempts=1)
        with store.work() as unit:
            unit.runs.start("reconcile")
        record(settings, store, clock, slot, judge(slot, 130, clock.now()), Ended(130))
        with store.work() as unit:
            notice_runs(unit, clock.now(), UTC)
            assert not unit.alerts.untold()
