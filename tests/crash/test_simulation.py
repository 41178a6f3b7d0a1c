"""Each key is in the ledger exactly once in the end, whatever fails; and what would break that is noticed."""

import os

import pytest

from tests.crash.mutants import MUTANTS, Mutant
from tests.crash.network import Profile
from tests.crash.profiles import PROFILES, pairs
from tests.crash.simulation import World

SCHEDULES = int(os.environ.get("CONNECTOR_SCHEDULES", "200"))


@pytest.mark.parametrize(("sort", "profile"), pairs(), ids=lambda one: getattr(one, "name", one))
def test_each_key_once_in_the_end(sort: str, profile: Profile) -> None:
    bad = {seed: wrong for seed in range(SCHEDULES) if (wrong := World(sort, profile, seed).run())}
    assert bad == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_breakage_is_noticed(mutant: Mutant) -> None:
    profile = next(one for one in PROFILES if one.name == mutant.profile)
    wrong: list[str] = []
    for seed in range(mutant.seeds):
        wrong = World(mutant.ledger, profile, seed, mutant.make).run()
        if wrong:
            break
    assert wrong, f"{mutant.name} was not noticed in {mutant.seeds} schedules"
