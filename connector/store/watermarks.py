"""Remembers how far each source has been read, together with what was read."""

from datetime import datetime

from sqlmodel import Field, Session, select

from connector.ports import Clock
from connector.store.types import Row, UtcTime


class WatermarkRow(Row, table=True):
    """How far a source has been read, in the source's own words."""

    __tablename__ = "watermark"

    source: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    updated_at: datetime = Field(sa_type=UtcTime)


class StoredWatermarks:
    """Watermarks in one unit of work: set beside what they guard, they are true or not there."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def get(self, source: str, name: str) -> str | None:
        """How far a source was read; None: never."""
        row = self._session.get(WatermarkRow, (source, name))
        return row.value if row else None

    def set(self, source: str, name: str, value: str) -> None:
        """Move a watermark."""
        self._session.merge(WatermarkRow(source=source, name=name, value=value, updated_at=self._clock.now()))
        self._session.flush()

    def of(self, source: str) -> dict[str, tuple[str, datetime]]:
        """All watermarks of a source by name, each with when it was set."""
        rows = self._session.exec(select(WatermarkRow).where(WatermarkRow.source == source))
        return {row.name: (row.value, row.updated_at) for row in sorted(rows, key=lambda row: row.name)}
