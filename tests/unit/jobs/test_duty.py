"""Each job runs once at each of its moments, is caught up with once, and is tried again where that is of use."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.domain.crontab import read_line
from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.slot import Slot, SlotState
from connector.jobs.duty import Duty, Ended, Held
from connector.jobs.timetable import Job, Words, judge
from connector.store import Store
from tests.databases import StillClock, schema_at

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'connector.db'}"
    return schema_at(request.getfixturevalue("postgres"))


class Bench:
    """A store, a clock that stands, and a job's runs as they happen; `ends` are their exit codes, the last for ever."""

    def __init__(self, url: str, *lines: str, at_first: bool = True) -> None:
        self.clock = StillClock(NOON)
        self.store = Store.open(url, clock=self.clock)
        self.ran: list[tuple[str, datetime, Words]] = []
        self.ends: list[int] = [0]
        self.jobs = [
            Job(f"job{at}", read_line(line), "lane", lambda slot, at=at: (f"job{at}",), at_first)  # type: ignore[misc]
            for at, line in enumerate(lines)
        ]
        self.duty = self.another()

    def another(self, run: Callable[[Job, Words, Held], Ended] | None = None, lease: int = 15) -> Duty:
        return Duty(self.store, self.clock, self.jobs, UTC, run or self.run, lease=lease)

    def run(self, job: Job, words: Words, held: Held) -> Ended:
        self.ran.append((job.name, held.slot.scheduled_for, words))
        code = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if code == -99:
            raise Unavailable("The place is away.")
        return Ended(code)

    def state(self, at: datetime, job: str = "job0") -> Slot | None:
        with self.store.look() as unit:
            return unit.slots.get(job, at)

    def pass_time(self, **span: int) -> int:
        self.clock.moment += timedelta(**span)
        return self.duty.turn()


@pytest.fixture
def bench(url: str) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def one(*lines: str, **options: bool) -> Bench:
        made.append(Bench(url, *lines, **options))
        return made[-1]

    yield one
    for each in made:
        each.store.close()


def test_a_job_runs_once_at_its_moment_whoever_asks(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    other = own.another()
    assert [own.duty.turn(), own.duty.turn(), other.turn()] == [1, 0, 0]
    assert own.ran == [("job0", NOON, ("job0",))]
    assert own.pass_time(minutes=59) == 0
    assert own.pass_time(minutes=1) == 1
    assert other.turn() == 0


def test_many_missed_moments_become_one_run(bench: Callable[..., Bench]) -> None:
    own = bench("*/10 * * * *")
    own.duty.turn()
    assert own.pass_time(days=3, minutes=5) == 1
    assert own.ran[-1][1] == NOON + timedelta(days=3)
    assert own.pass_time(minutes=1) == 0


def test_a_job_that_is_new_waits_for_its_first_moment_where_it_should(bench: Callable[..., Bench]) -> None:
    own = bench("0 6 * * *", at_first=False)
    assert own.duty.turn() == 0
    assert own.pass_time(hours=17) == 0
    assert own.pass_time(hours=1) == 1
    assert own.ran[0][1] == datetime(2026, 11, 27, 6, tzinfo=UTC)


def test_what_is_out_of_reach_is_tried_again_with_growing_pauses_until_the_next_moment(
    bench: Callable[..., Bench],
) -> None:
    own = bench("0 * * * *")
    own.ends = [75, -99, 75, 0]
    assert own.duty.turn() == 1
    slot = own.state(NOON)
    assert slot is not None
    assert (slot.state, slot.not_before) == (SlotState.WAITING, NOON + timedelta(minutes=1))
    assert own.duty.turn() == 0
    assert [own.pass_time(minutes=1), own.pass_time(minutes=1), own.pass_time(minutes=1)] == [1, 0, 1]
    # Three tries came to nothing; the next moment takes their place.
    assert own.pass_time(minutes=57) == 1
    assert own.ran[-1][1] == NOON + timedelta(hours=1)
    old = own.state(NOON)
    assert old is not None
    assert (old.state, old.attempts) == (SlotState.PASSED_OVER, 3)


def test_what_only_a_person_can_put_right_is_given_up_until_the_next_moment(bench: Callable[..., Bench]) -> None:
    for code, why in ((3, "connector check"), (4, "sign in")):
        verdict = judge(Slot("job", NOON, attempts=1), code, NOON)
        assert verdict.state is SlotState.FAILED
        assert why in verdict.why
    own = bench("0 * * * *")
    own.ends = [4, 0]
    own.duty.turn()
    assert own.pass_time(minutes=30) == 0
    assert own.pass_time(minutes=30) == 1


def test_trouble_is_tried_four_times(bench: Callable[..., Bench]) -> None:
    own = bench("0 0 * * *")
    own.ends = [2]
    own.duty.turn()
    assert sum(own.pass_time(minutes=5) for _ in range(60)) == 3
    slot = own.state(datetime(2026, 11, 26, tzinfo=UTC))
    assert slot is not None
    assert (slot.state, slot.attempts, slot.exit_code) == (SlotState.FAILED, 4, 2)


@pytest.mark.parametrize("code", [0, 1, 5])
def test_findings_and_records_set_aside_are_no_failure(code: int) -> None:
    assert judge(Slot("job", NOON, attempts=1), code, NOON).is_good


def test_a_month_that_cannot_be_audited_yet_is_no_failure() -> None:
    slot = Slot("reconcile", NOON, attempts=1)
    verdict = judge(slot, 2, NOON, "not audited: the invoice's total is missing")
    assert (verdict.is_good, verdict.why) == (True, "not audited: the invoice's total is missing")
    assert not judge(slot, 2, NOON, "config.yaml: there is no ledger books").is_good


def test_a_run_that_was_interrupted_is_begun_anew_at_once(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    own.ends = [130, 0]
    assert [own.duty.turn(), own.duty.turn(), own.duty.turn()] == [1, 1, 0]


def test_a_fault_of_one_job_leaves_the_others_alone(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *", "0 * * * *")

    def run(job: Job, words: Words, held: Held) -> Ended:
        if job.name == "job0":
            raise ZeroDivisionError
        return own.run(job, words, held)

    assert own.another(run).turn() == 2
    assert [name for name, *_ in own.ran] == ["job1"]


def test_who_lost_the_slot_writes_nothing(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    with own.store.work() as unit:
        mine = unit.slots.claim("job0", NOON, 0)
    assert mine is not None
    with own.store.work() as unit:
        theirs = unit.slots.claim("job0", NOON, 60)
    assert theirs is not None
    assert theirs.epoch == mine.epoch + 1
    with own.store.work() as unit:
        assert not unit.slots.renew(mine, 60)
        assert not unit.slots.end(mine, SlotState.FAILED)
        assert unit.slots.end(theirs, SlotState.DONE)
    slot = own.state(NOON)
    assert slot is not None
    assert slot.state is SlotState.DONE


def test_a_job_never_runs_for_two_moments_at_once(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    with own.store.work() as unit:
        assert unit.slots.claim("job0", NOON, 7200) is not None
    own.clock.moment += timedelta(hours=1)
    with own.store.work() as unit:
        assert unit.slots.claim("job0", NOON + timedelta(hours=1), 60) is None


def test_what_was_asked_for_besides_is_run_with_its_own_words_and_not_passed_over(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    own.duty.turn()
    with own.store.work() as unit:
        assert unit.slots.intend("job0", NOON + timedelta(minutes=1), words=("post", "a1")) is not None
        assert unit.slots.intend("job0", NOON + timedelta(minutes=1), words=("post", "a1")) is None
        assert unit.slots.intend("job0", NOON + timedelta(minutes=2), words=("post", "b2")) is not None
    assert own.duty.turn() == 0
    assert own.pass_time(hours=1) == 3
    assert [words for _, _, words in own.ran[1:]] == [("post", "a1"), ("post", "b2"), ("job0",)]


def test_old_slots_are_forgotten_but_the_last_of_each_job(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")
    for _ in range(5):
        own.pass_time(hours=1)
    with own.store.work() as unit:
        assert unit.slots.forget(NOON + timedelta(days=9)) == 4
        assert unit.slots.counts() == {("job0", "done"): 1}
        assert unit.slots.last_good()["job0"].scheduled_for == NOON + timedelta(hours=5)


def test_a_database_that_is_away_for_a_while_ends_nothing(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *")

    def away() -> None:
        raise Unavailable("The database cannot be reached.")

    own.duty._store = type("Away", (), {"work": staticmethod(away), "look": own.store.look})()
    assert own.duty.take("job0", NOON) is None


def test_that_no_job_can_begin_is_known_until_one_does_and_logged_once(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    """As on a full disk, which can be read: whoever asks how the service does must not hear that all is well."""
    own = bench("0 * * * *")

    def full() -> None:
        raise ConnectorError("The disk is full.")

    assert not own.duty.hindered
    store, own.duty._store = own.duty._store, type("Full", (), {"work": staticmethod(full), "look": own.store.look})()
    with caplog.at_level("WARNING"):
        for _ in range(5):
            assert own.duty.take("job0", NOON) is None
            own.clock.moment += timedelta(seconds=15)
    assert (own.duty.hindered, caplog.text.count("The disk is full.")) == (True, 1)
    own.duty._store = store
    assert own.duty.take("job0", NOON) is not None
    assert not own.duty.hindered


def test_a_hitch_that_did_not_come_again_hinders_nobody(bench: Callable[..., Bench]) -> None:
    """Where another process does all the work, this one may never begin a job to know better by."""
    own = bench("0 * * * *")

    def away() -> None:
        raise Unavailable("The database cannot be reached.")

    own.duty._store = type("Away", (), {"work": staticmethod(away), "look": own.store.look})()
    own.duty.take("job0", NOON)
    assert not own.duty.hindered
    own.clock.moment += timedelta(minutes=1)
    own.duty.take("job0", NOON)
    assert own.duty.hindered
    own.clock.moment += timedelta(minutes=3)
    assert not own.duty.hindered
    own.duty.take("job0", NOON)
    assert not own.duty.hindered


@pytest.mark.parametrize("together", [{}, {"lane": "another", "uses": "a ledger"}], ids=["lane", "ledger"])
def test_jobs_of_one_lane_or_ledger_never_run_side_by_side_in_whatever_process(
    bench: Callable[..., Bench], together: dict[str, str]
) -> None:
    own = bench("0 * * * *", "0 * * * *")
    own.jobs = [replace(own.jobs[0], uses="a ledger"), replace(own.jobs[1], **together)]
    seen: list[int] = []

    def meanwhile(job: Job, words: Words, held: Held) -> Ended:
        # Another process looks round while this one is at work.
        seen.append(other.turn())
        return own.run(job, words, held)

    other, busy = own.another(), own.another(meanwhile)
    assert busy.turn() == 2
    assert seen == [0, 0]
    assert [name for name, *_ in own.ran] == ["job0", "job1"]


def test_who_thinks_waits_for_what_is_fetched_but_not_for_what_was_tried_in_vain(bench: Callable[..., Bench]) -> None:
    own = bench("0 * * * *", "0 * * * *")
    fetching, thinking = own.jobs
    thinking = replace(thinking, lane="thinking", after="lane")
    own.jobs = [thinking, fetching]
    own.duty = own.another()
    seen: list[bool] = []

    def meanwhile(job: Job, words: Words, held: Held) -> Ended:
        seen.append(own.duty.take("job1", held.slot.scheduled_for) is None)
        return own.run(job, words, held)

    # Due at the same moment, named first, and asked by another process while the fetching is under way.
    assert own.duty.take("job1", NOON) is None
    assert own.another(meanwhile).take("job0", NOON) is not None
    assert seen == [True]
    assert own.duty.take("job1", NOON) is not None
    assert [name for name, *_ in own.ran] == ["job0", "job1"]
    # What cannot be reached is told by those who think, and does not stop them.
    own.ends = [75, 0]
    own.clock.moment += timedelta(hours=1)
    assert own.duty.turn() == 1
    assert own.duty.turn() == 1
    assert [name for name, *_ in own.ran[2:]] == ["job0", "job1"]
