"""Takes each thing that may count only once, once: a notice from outside, or the use of a link that approves a plan."""

from datetime import datetime

from sqlmodel import Field, Session, col, delete, select

from connector.ports import Clock
from connector.store.types import Row, UtcTime


class NoticeRow(Row, table=True):
    """A notice that came from outside, by its own id; the same again is a repetition."""

    __tablename__ = "notice"

    source: str = Field(primary_key=True)
    notice_id: str = Field(primary_key=True)
    received_at: datetime = Field(sa_type=UtcTime, index=True)


class UsedLinkRow(Row, table=True):
    """A signed link that was used up, by its nonce, and by whom."""

    __tablename__ = "used_link"

    nonce: str = Field(primary_key=True)
    purpose: str
    by: str
    used_at: datetime = Field(sa_type=UtcTime)
    until: datetime = Field(sa_type=UtcTime, index=True)


class StoredOnce:
    """What was taken already, in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def receive(self, source: str, notice_id: str) -> bool:
        """Note a notice; False where it was received before."""
        if self._session.get(NoticeRow, (source, notice_id)) is not None:
            return False
        self._session.add(NoticeRow(source=source, notice_id=notice_id, received_at=self._clock.now()))
        self._session.flush()
        return True

    def use(self, nonce: str, *, purpose: str, by: str, until: datetime) -> bool:
        """Use a link up; False where it was used before."""
        if self.is_used(nonce):
            return False
        row = UsedLinkRow(nonce=nonce, purpose=purpose, by=by, used_at=self._clock.now(), until=until)
        self._session.add(row)
        self._session.flush()
        return True

    def is_used(self, nonce: str) -> bool:
        """Whether a link was used."""
        return self._session.exec(select(UsedLinkRow.nonce).where(UsedLinkRow.nonce == nonce)).first() is not None

    def forget(self, before: datetime) -> int:
        """Forget notices received, and links that ended, before a moment; how many."""
        notices = self._session.exec(delete(NoticeRow).where(col(NoticeRow.received_at) < before)).rowcount
        return notices + self._session.exec(delete(UsedLinkRow).where(col(UsedLinkRow.until) < before)).rowcount
