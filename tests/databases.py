"""What tests of the store share: keys, a clock that stands still, and schemas of their own at a real PostgreSQL."""

import itertools
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy import create_engine, text

KEY = b"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OTHER_KEY = b"IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE="
_numbers = itertools.count()


class StillClock:
    """Time that stands until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 11, 26, 12, tzinfo=UTC)) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def schema_at(server: str) -> str:
    """Make a schema of its own at a server (fixture `postgres`) and return the address that leads into it."""
    name = f"test_{next(_numbers)}"
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}')}"
