"""Each key is in the ledger exactly once in the end, whatever fails; and what would break that is noticed.

`make test` lives through 200 schedules of each fault on each ledger (50 where several meet), `make crash` through
2,000; a schedule is one seed, and a bad one is repeated by its number.
"""

import os

import pytest

from tests.crash.mutants import MUTANTS, Mutant
from tests.crash.network import Profile
from tests.crash.profiles import BESIDE, PROFILES, pairs
from tests.crash.simulation import World

SCHEDULES = int(os.environ.get("CONNECTOR_SCHEDULES", "200"))
WITH_EXTRAS = [(ledger, name) for ledger in ("number", "look") for name in ("answer lost", "late arrival", "killed")]


def named(name: str) -> Profile:
    return next(one for one in PROFILES if one.name == name)


@pytest.mark.parametrize(("ledger", "profile"), pairs(), ids=lambda one: getattr(one, "name", one))
def test_each_key_is_there_once_in_the_end(ledger: str, profile: Profile) -> None:
    seeds = SCHEDULES // 4 if profile.name in BESIDE else SCHEDULES
    bad = {seed: wrong for seed in range(seeds) if (wrong := World(ledger, profile, seed).run())}
    assert bad == {}


@pytest.mark.parametrize(("ledger", "profile"), WITH_EXTRAS)
def test_annexes_and_mails_go_out_once_too(ledger: str, profile: str) -> None:
    bad = {
        seed: wrong
        for seed in range(SCHEDULES // 10)
        if (wrong := World(ledger, named(profile), seed, extras=True).run())
    }
    assert bad == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_breakage_is_noticed(mutant: Mutant) -> None:
    profile, wrong = named(mutant.profile), list[str]()
    for seed in range(mutant.seeds):
        wrong = World(mutant.ledger, profile, seed, mutant.make).run()
        if wrong:
            break
    assert wrong, f"{mutant.name} was not noticed in {mutant.seeds} schedules"
