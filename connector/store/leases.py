"""Lets one process at a time do a thing, and lets it know when it no longer may.

Every claim raises the epoch; whoever writes under a lease says its epoch, and a stalled holder that comes back finds
a higher one and stops.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Update, text
from sqlmodel import Field, Session, col, or_, select, update

from connector.domain.run import Lease
from connector.ports import Clock
from connector.store.processes import Process
from connector.store.types import Row, UtcTime

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class LeaseRow(Row, table=True):
    """Who may work alone under a name, until when."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    epoch: int
    until: datetime = Field(sa_type=UtcTime)


class StoredLeases:
    """Leases in one unit of work. Time is the database's on PostgreSQL, where the holders' clocks may differ."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def now(self) -> datetime:
        """The time that leases are judged by."""
        bind = self._session.get_bind()
        if bind.dialect.name == "sqlite":
            return self._clock.now()
        moment: datetime = self._session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC)

    def holder(self) -> str:
        """A name to hold leases under, unlike any other; others can tell by it when this process is gone."""
        process = Process.own()
        return json.dumps([process.host, process.pid, process.mark, secrets.token_hex(8)])

    def claim(self, name: str, holder: str, seconds: int) -> Lease | None:
        """Take a lease that is free, over, one's own, or of a process that is gone; None where another holds it.

        The epoch always grows.
        """
        now = self.now()
        until = now + timedelta(seconds=seconds)
        there = self._session.get(LeaseRow, name, populate_existing=True)
        if there is None:
            self._session.add(LeaseRow(name=name, holder="", epoch=0, until=_BEGINNING))
            self._session.flush()
        elif there.until > now and _is_gone(there.holder):
            there.until = _BEGINNING
            self._session.flush()
        taken = self._change(
            update(LeaseRow)
            .where(col(LeaseRow.name) == name, or_(col(LeaseRow.until) <= now, col(LeaseRow.holder) == holder))
            .values(holder=holder, epoch=col(LeaseRow.epoch) + 1, until=until)
        )
        return self.held(name) if taken else None

    def renew(self, lease: Lease, seconds: int) -> Lease | None:
        """Hold a lease longer; None where it is no longer one's own."""
        until = self.now() + timedelta(seconds=seconds)
        kept = self._change(update(LeaseRow).where(*_own(lease)).values(until=until))
        return Lease(lease.name, lease.holder, lease.epoch, until) if kept else None

    def still_mine(self, lease: Lease) -> bool:
        """Whether nobody claimed it since and it is not over."""
        row = self._session.exec(select(LeaseRow).where(*_own(lease), col(LeaseRow.until) > self.now())).first()
        return row is not None

    def release(self, lease: Lease) -> None:
        """Give a lease back before it is over; one that another has taken stays theirs."""
        self._change(update(LeaseRow).where(*_own(lease)).values(until=_BEGINNING, holder=""))

    def held(self, name: str) -> Lease | None:
        """The lease under a name as it stands, over or not."""
        row = self._session.get(LeaseRow, name, populate_existing=True)
        return Lease(row.name, row.holder, row.epoch, row.until) if row else None

    def _change(self, statement: Update) -> bool:
        return self._session.exec(statement).rowcount == 1


def _is_gone(holder: str) -> bool:
    """Whether the process that holds under this name is seen to be gone; names of other kinds say nothing."""
    try:
        host, pid, mark, _ = json.loads(holder)
    except (ValueError, TypeError):
        return False
    return Process(host, pid, mark).is_gone() is True


def _own(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return (
        col(LeaseRow.name) == lease.name,
        col(LeaseRow.holder) == lease.holder,
        col(LeaseRow.epoch) == lease.epoch,
    )
