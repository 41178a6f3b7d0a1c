"""Keeps months as they were closed, word by word; nothing in it can be changed afterwards."""

from dataclasses import asdict, replace
from datetime import datetime

from sqlmodel import Field, Session, col, select

from connector.domain.month import Closing
from connector.ports import Clock
from connector.store.types import Row, UtcTime


class ClosingRow(Row, table=True):
    """A month that was closed; closed again it has the next number."""

    __tablename__ = "closing"

    month: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    closed_at: datetime = Field(sa_type=UtcTime)
    closed_by: str
    reason: str
    run_id: str
    result: str
    report: str
    digest: str
    inputs: str
    mapping_digest: str
    config_digest: str


class StoredClosings:
    """Closed months in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def last(self, month: str) -> Closing | None:
        """How a month (YYYY-MM) was closed last; None where it is open."""
        wanted = select(ClosingRow).where(ClosingRow.month == month).order_by(col(ClosingRow.number).desc()).limit(1)
        row = self._session.exec(wanted).first()
        return _closing(row) if row else None

    def all(self) -> tuple[Closing, ...]:
        """Every closing, by month and number."""
        rows = self._session.exec(select(ClosingRow).order_by(col(ClosingRow.month), col(ClosingRow.number)))
        return tuple(_closing(row) for row in rows)

    def add(self, closing: Closing) -> Closing:
        """Freeze a month as it stands now; its number and moment are given here."""
        before = self.last(closing.month)
        number = before.number + 1 if before else 1
        added = replace(closing, number=number, closed_at=self._clock.now())
        self._session.add(ClosingRow(**asdict(added)))
        self._session.flush()
        return added


def _closing(row: ClosingRow) -> Closing:
    return Closing(
        row.month, row.number, row.closed_at, row.closed_by, row.reason, row.run_id, row.result, row.report,
        row.digest, row.inputs, row.mapping_digest, row.config_digest,
    )  # fmt: skip
