"""Laws 5 and 10 while fetching: nothing is lost or doubled whatever goes wrong, and what could not be seen is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.cli.sync import exit_code
from connector.domain.extraction import Part
from connector.sandbox.manners import Manners
from connector.sandbox.running import Deal
from tests.fetching import Office, office
from tests.killing import killed_at
from tests.mishaps import befalling, schedule
from tests.unit.partner_center.wire import source_of

# More of them, and kills at every step, are run by `make crash`.
SEEDS = range(14)


@contextmanager
def small_world(folder: Path) -> Iterator[Office]:
    """Three customers, and lists of two records a page."""
    with office(folder, Deal(customers=3, seed=11)) as own:
        own.sandbox.manners.largest_page = 2
        yield own


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A small world that was fetched in peace."""
    with small_world(tmp_path_factory.mktemp("calm")) as own:
        told = own.sync()
        assert not told.troubles
        yield own


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_goes_wrong_nothing_is_lost_or_doubled(seed: int, calm: Office, tmp_path: Path) -> None:
    check_schedule(seed, calm, tmp_path)


def check_schedule(seed: int, calm: Office, folder: Path) -> None:
    """After trouble the warehouse is as after a calm run, or it is told what is not; the next run completes it."""
    own = Office(folder, calm.sandbox)
    own.configure()
    own.sign_in()
    dealt = schedule(seed)
    with befalling(calm.sandbox, dealt):
        told = own.sync()
    expected = calm.contents()
    found = own.contents()
    if exit_code(told) == 0 and not dealt.hides:
        assert found == expected, dealt
    elif exit_code(told):
        assert told.troubles, dealt
        assert exit_code(told) in (2, 4, 5, 75), dealt
    for table, rows in found.items():
        # What is there is right, even where something is missing.
        assert not [row for row in rows if row not in expected[table]], (table, dealt)
        assert len(rows) == len(set(map(repr, rows))) or len(rows) <= len(expected[table]), (table, dealt)
    again = own.sync()
    assert not again.troubles, dealt
    assert own.contents() == expected, dealt
    if not seed % 6:
        before = own.files()
        assert not any(step.changed for step in own.sync().steps)
        assert own.files() == before


def test_a_killed_run_is_completed_by_the_next(calm: Office, tmp_path: Path) -> None:
    """Killed (-9) twice in a row, the second time in the run that should have completed the first."""
    own = Office(tmp_path, calm.sandbox)
    own.configure()
    own.sign_in()
    for step in (40, 70):
        killed_at(own, step)
    told = own.sync()
    assert len(told.interrupted) == 1
    assert not told.troubles
    assert own.contents() == calm.contents()


def test_a_customer_that_left_is_recorded(tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=3, seed=12)) as own:
        own.sync()
        gone = own.sandbox.live.customers()[0].tenant_id
        held = [row for row in own.contents()["subscriptions"] if row[0] == gone]
        own.sandbox.live.leave(gone)
        told = own.sync(Part.SUBSCRIPTIONS)
        assert (told.left, told.troubles, exit_code(told)) == ((gone,), (), 5)
        tables = own.contents()
        assert {row[4] for row in tables["customers"] if row[0] == gone} == {"active", "left"}
        after = [row for row in tables["subscriptions"] if row[0] == gone]
        assert {row[5] for row in after if row not in held} == {"vanished"}
        assert exit_code(own.sync(Part.SUBSCRIPTIONS)) == 0


def test_a_customer_that_is_neither_listed_nor_found_has_left(tmp_path: Path) -> None:
    """Microsoft says 404 of some customers that were removed, and for ever."""
    with office(tmp_path, Deal(customers=3, seed=12)) as own:
        own.sync()
        gone = own.sandbox.live.customers()[0].tenant_id
        own.sandbox.live.leave(gone)
        own.sandbox.faults.add(on=f"GET /v1/customers/{gone}/subscriptions", times=0, do="status:404")
        told = own.sync(Part.SUBSCRIPTIONS)
        assert (told.left, told.troubles, exit_code(told)) == ((gone,), (), 5)
        assert {row[5] for row in own.contents()["subscriptions"] if row[0] == gone} >= {"vanished"}


def test_a_customer_that_is_listed_but_not_found_is_new_or_not_seen(tmp_path: Path) -> None:
    """One that was never seen is new; of one whose subscriptions are known, what is known may be out of date."""
    with office(tmp_path, Deal(customers=3, seed=12)) as own:
        odd = own.sandbox.live.customers()[0].tenant_id
        own.sandbox.faults.add(on=f"GET /v1/customers/{odd}/subscriptions", times=0, do="status:404")
        told = own.sync(Part.SUBSCRIPTIONS)
        assert (told.troubles, exit_code(told)) == ((), 0)
        assert told.skipped["customers that Partner Center does not know (yet)"] == 1
        own.sandbox.faults.clear()
        own.sync(Part.SUBSCRIPTIONS)
        own.sandbox.faults.add(on=f"GET /v1/customers/{odd}/subscriptions", times=0, do="status:404")
        told = own.sync(Part.SUBSCRIPTIONS)
        assert [trouble.subject for trouble in told.troubles] == [f"customer {odd}"]
        assert exit_code(told) == 2
        assert not [row for row in own.contents()["subscriptions"] if row[5] == "vanished"]
        own.sandbox.faults.clear()
        assert not own.sync(Part.SUBSCRIPTIONS).troubles


@pytest.mark.parametrize("how", ["status:500", "status:403", "status:401"])
def test_trouble_with_one_customer_stays_with_that_customer(how: str, tmp_path: Path) -> None:
    with office(tmp_path, Deal(customers=4, seed=13)) as own:
        bad = own.sandbox.live.customers()[1].tenant_id
        own.sandbox.faults.add(on=f"GET /v1/customers/{bad}/subscriptions", times=0, do=how)
        told = own.sync()
        assert [trouble.subject for trouble in told.troubles] == [f"customer {bad}"]
        assert exit_code(told) == 2
        assert {row[0] for row in own.contents()["subscriptions"]} == {
            one.tenant_id for one in own.sandbox.live.customers() if one.tenant_id != bad
        }
        own.sandbox.faults.clear()
        assert not own.sync().troubles


def test_the_quota_is_used_and_never_exceeded(tmp_path: Path) -> None:
    """At a tenth of Microsoft's quota, by a clock that stands; `make bench` takes 10,000 customers and all of it."""
    with office(tmp_path, Deal(customers=5), manners=Manners(quota=30)) as own:
        source, clock = source_of(own, at_once=1, calls=30), own.sandbox.clock
        names = [one.tenant_id for one in own.sandbox.live.customers()] * 30
        start = clock.monotonic()
        assert sum(1 for _ in source.subscriptions(names)) == 150
        minutes = (clock.monotonic() - start) / 60
        assert 150 / (30 * minutes) >= 0.95
        statuses = {one.response.status for one in own.sandbox.servers["api"].exchanges if one.response}
        assert statuses == {200}
