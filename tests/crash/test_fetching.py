"""Syncs that are killed at every step, and hundreds of schedules of faults; run by `make crash`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox.running import Deal
from tests.fetching import Office, office
from tests.killing import killed_at
from tests.laws.test_fetching import check_schedule

pytestmark = pytest.mark.crash
SCHEDULES = range(1000, 1400)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A small world that was fetched in peace."""
    with office(tmp_path_factory.mktemp("calm"), Deal(customers=3, seed=11)) as own:
        assert not own.sync().troubles
        yield own


@pytest.mark.parametrize("seed", SCHEDULES)
def test_whatever_goes_wrong_nothing_is_lost_or_doubled(seed: int, calm: Office, tmp_path: Path) -> None:
    check_schedule(seed, calm, tmp_path)


def test_killed_at_any_step_the_next_run_completes_it(calm: Office, tmp_path: Path) -> None:
    steps = killed_at(_fresh(calm, tmp_path / "whole"), 0)
    assert steps > 50
    for step in range(1, steps + 1):
        own = _fresh(calm, tmp_path / str(step))
        killed_at(own, step)
        told = own.sync()
        assert not told.troubles, step
        assert own.contents() == calm.contents(), step


def _fresh(calm: Office, folder: Path) -> Office:
    folder.mkdir()
    own = Office(folder, calm.sandbox)
    own.configure()
    own.sign_in()
    return own
