"""A store on each database there is: SQLite always, PostgreSQL where its server is installed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from connector.store import Store
from tests.databases import KEY, StillClock, schema_at


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'connector.db'}"
    return schema_at(request.getfixturevalue("postgres"))


@pytest.fixture
def opened(clock: StillClock) -> Iterator[Callable[..., Store]]:
    """Open stores that are closed after the test."""
    with ExitStack() as stack:

        def one(url: str, key: bytes | None = KEY) -> Store:
            return stack.enter_context(Store.open(url, key=key, clock=clock))

        yield one


@pytest.fixture
def store(url: str, opened: Callable[..., Store]) -> Store:
    return opened(url)
