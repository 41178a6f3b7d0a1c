"""A unit of work: everything written in it is kept together, or not at all."""

from functools import cached_property

from sqlalchemy import Engine
from sqlmodel import Session

from connector.ports import Clock
from connector.store.leases import StoredLeases
from connector.store.runs import StoredRuns
from connector.store.watermarks import StoredWatermarks


class Work(Session):
    """A session of the database with the connector's own shelves in it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.clock = clock

    @cached_property
    def runs(self) -> StoredRuns:
        """Runs of jobs."""
        return StoredRuns(self, self.clock)

    @cached_property
    def watermarks(self) -> StoredWatermarks:
        """How far each source has been read."""
        return StoredWatermarks(self, self.clock)

    @cached_property
    def leases(self) -> StoredLeases:
        """Who may work alone under which name."""
        return StoredLeases(self, self.clock)
