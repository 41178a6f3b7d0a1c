"""Adds up the calls that were made to each service, whichever process made them."""

from collections.abc import Mapping

from sqlmodel import BigInteger, Field, Session, select

from connector.ports import Clock
from connector.store.types import Row


class CallCountRow(Row, table=True):
    """Calls to a service that were answered with a status, since ever; 0 stands for no answer."""

    __tablename__ = "call_count"

    service: str = Field(primary_key=True)
    status: int = Field(primary_key=True)
    calls: int = Field(default=0, sa_type=BigInteger)
    waited_ms: int = Field(default=0, sa_type=BigInteger)


class StoredCalls:
    """Counts of calls in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def add(self, counts: Mapping[tuple[str, int], tuple[int, int]]) -> None:
        """Add calls, and the milliseconds they waited for their turn, by service and status."""
        for (service, status), (calls, waited) in sorted(counts.items()):
            row = self._session.get(CallCountRow, (service, status), populate_existing=True)
            if row is None:
                row = CallCountRow(service=service, status=status)
                self._session.add(row)
            row.calls, row.waited_ms = row.calls + calls, row.waited_ms + waited
        self._session.flush()

    def all(self) -> dict[tuple[str, int], tuple[int, int]]:
        """All calls and milliseconds waited, by service and status."""
        return {
            (row.service, row.status): (row.calls, row.waited_ms) for row in self._session.exec(select(CallCountRow))
        }
