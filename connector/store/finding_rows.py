"""The tables of findings: the finding with its life, what was last told of it, and every change there was."""

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Field

from connector.store.types import DecimalText, Row, UtcTime


class FindingRow(Row, table=True):
    """A finding with its life."""

    __tablename__ = "finding"

    fingerprint: str = Field(primary_key=True)
    kind: str = Field(index=True)
    measures: str
    severity: str
    currency: str
    life: str = Field(index=True)
    first_seen: datetime = Field(sa_type=UtcTime)
    last_seen: datetime = Field(sa_type=UtcTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    returns: int = 0
    accepted_reason: str | None = None
    accepted_by: str | None = None
    accepted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    accepted_until: date | None = None
    accepted_low: Decimal | None = Field(default=None, sa_type=DecimalText)
    accepted_high: Decimal | None = Field(default=None, sa_type=DecimalText)


class TellingRow(Row, table=True):
    """What was last told of a finding in one scope, as long as it is found there."""

    __tablename__ = "telling"

    fingerprint: str = Field(primary_key=True, foreign_key="finding.fingerprint")
    scope: str = Field(primary_key=True, index=True)
    severity: str
    impact: Decimal = Field(sa_type=DecimalText)
    currency: str
    text: str
    run_id: str
    told_at: datetime = Field(sa_type=UtcTime)


class FindingEventRow(Row, table=True):
    """A change in a finding's life; append-only."""

    __tablename__ = "finding_event"

    number: int | None = Field(default=None, primary_key=True)
    fingerprint: str = Field(index=True, foreign_key="finding.fingerprint")
    at: datetime = Field(sa_type=UtcTime)
    change: str
    why: str
    by: str
    scope: str
    before: Decimal = Field(sa_type=DecimalText)
    after: Decimal = Field(sa_type=DecimalText)
    currency: str
    run_id: str
