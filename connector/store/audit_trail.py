"""Keeps who did what to which document, mapping or finding and when; nothing in it can be changed afterwards."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlmodel import Field, Session, col, select

from connector.domain.audit_entry import AuditEntry
from connector.ports import Clock
from connector.store.types import Row, UtcTime

# Read at a time, so that years of entries need no memory.
_MANY = 1000


class AuditRow(Row, table=True):
    """A line of the audit trail."""

    __tablename__ = "audit_entry"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcTime)
    who: str
    action: str
    subject_kind: str
    subject: str = Field(index=True)
    reason: str
    run_id: str
    config_digest: str
    detail: str
    chain: str


class StoredAudit:
    """The audit trail in one unit of work: an entry stands beside what it tells of, or neither does."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def add(
        self, who: str, action: str, subject_kind: str, subject: str, *, reason: str = "", run_id: str = "",
        config_digest: str = "", detail: Mapping[str, str] | None = None,
    ) -> AuditEntry:  # fmt: skip
        """Write an entry."""
        last = self._session.exec(select(AuditRow).order_by(col(AuditRow.number).desc()).limit(1)).first()
        number, before = (last.number + 1, last.chain) if last else (1, "")
        entry = AuditEntry(
            number, self._clock.now(), who, action, subject_kind, subject, reason, run_id, config_digest,
            dict(detail or {}),
        )  # fmt: skip
        row = AuditRow(
            number=number, at=entry.at, who=who, action=action, subject_kind=subject_kind, subject=subject,
            reason=reason, run_id=run_id, config_digest=config_digest, chain=entry.link(before),
            detail=json.dumps(entry.detail, sort_keys=True, ensure_ascii=False),
        )  # fmt: skip
        self._session.add(row)
        self._session.flush()
        return _entry(row)

    def entries(self, *, after: int = 0, subject: str | None = None) -> Iterator[AuditEntry]:
        """The entries behind a number (on a subject), oldest first."""
        wanted = select(AuditRow).order_by(col(AuditRow.number)).limit(_MANY)
        if subject is not None:
            wanted = wanted.where(AuditRow.subject == subject)
        while rows := self._session.exec(wanted.where(AuditRow.number > after)).all():
            yield from map(_entry, rows)
            after = rows[-1].number

    def first_broken(self) -> int | None:
        """The first entry that was changed since, or lost with others behind it; None: all are as they were written."""
        chain = ""
        for number, entry in enumerate(self.entries(), 1):
            if entry.number != number or entry.chain != entry.link(chain):
                return number
            chain = entry.chain
        return None


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        row.number, row.at, row.who, row.action, row.subject_kind, row.subject, row.reason, row.run_id,
        row.config_digest, json.loads(row.detail), row.chain,
    )  # fmt: skip
