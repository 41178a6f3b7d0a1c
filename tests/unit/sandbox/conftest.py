"""One running sandbox for the tests that only look, and a fresh one for those that change it."""

from collections.abc import Iterator

import pytest
import requests

from connector.sandbox.running import Deal, Running, start
from connector.sandbox.scenario.world import World
from tests.unit.sandbox.caller import Caller


@pytest.fixture(scope="session")
def world() -> World:
    return Deal(customers=40, months=2, seed=7).world()


@pytest.fixture
def running(world: World) -> Iterator[Running]:
    with start(world) as made:
        yield made


@pytest.fixture
def caller(running: Running) -> Iterator[Caller]:
    with requests.Session() as session:
        session.trust_env = False
        yield Caller(running, session)
