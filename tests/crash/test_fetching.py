"""Syncs that are killed at every step, and hundreds of schedules of faults; run by `make crash`."""

from pathlib import Path

import pytest

from tests.fetching import Office
from tests.killing import killed_at
from tests.laws.test_fetching import check_schedule, small_world

pytestmark = pytest.mark.crash
# Time passes in a sandbox while it is in trouble; after so many schedules a new one is begun.
BATCH = 20


@pytest.mark.parametrize("first", range(1000, 1400, BATCH))
def test_whatever_goes_wrong_nothing_is_lost_or_doubled(first: int, tmp_path: Path) -> None:
    with small_world(tmp_path / "calm") as calm:
        assert not calm.sync().troubles
        for seed in range(first, first + BATCH):
            (tmp_path / str(seed)).mkdir()
            check_schedule(seed, calm, tmp_path / str(seed))


def test_killed_at_any_step_the_next_run_completes_it(tmp_path: Path) -> None:
    with small_world(tmp_path / "calm") as calm:
        assert not calm.sync().troubles
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
