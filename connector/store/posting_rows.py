"""The tables of posting: what was approved and frozen, how far it got, each step it took, and the charges it bills."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from connector.store.types import ExactDecimal, Row, UtcTime


class ApprovalRow(Row, table=True):
    """Who let a plan be posted."""

    __tablename__ = "approval"

    number: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(index=True)
    by: str
    at: datetime = Field(sa_type=UtcTime)
    mode: str
    released: str


class PostingRow(Row, table=True):
    """One document (or annex, or delivery) on its way into a ledger, as it was frozen and as it stands."""

    __tablename__ = "posting"
    __table_args__ = (UniqueConstraint("ledger", "number"), Index("ix_posting_ledger_state", "ledger", "state"))

    key: str = Field(primary_key=True)
    ledger: str
    plan_id: str = Field(index=True)
    what: str
    about: str = Field(index=True)
    after: str
    customer: str
    period_start: str = Field(index=True)
    period_last: str
    currency: str
    kind: str
    fingerprint: str
    number: str | None = None
    request_id: str
    marker: str = Field(index=True)
    version: int
    payload: str
    document: str | None = None
    total: Decimal = Field(sa_type=ExactDecimal)
    lines: int
    state: str
    step: str
    attempts: int
    doubts: int
    epoch: int
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcTime)
    remote_id: str | None = None
    remote_version: str | None = None
    remote_number: str
    said: str
    settled_by: str
    updated_at: datetime = Field(sa_type=UtcTime)


class PostingEventRow(Row, table=True):
    """One step of a posting; rows are only ever added."""

    __tablename__ = "posting_event"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(foreign_key="posting.key", index=True)
    at: datetime = Field(sa_type=UtcTime)
    before: str
    after: str
    by: str
    text: str


class PostingLineRow(Row, table=True):
    """A frozen line of a posted document, to be found by what it bills."""

    __tablename__ = "posting_line"

    key: str = Field(primary_key=True, foreign_key="posting.key")
    number: int = Field(primary_key=True)
    item: str | None = None
    reference: str = Field(index=True)
    first: str | None = None
    last: str | None = None
    amount: Decimal = Field(sa_type=ExactDecimal)


class PostingSliceRow(Row, table=True):
    """Part of a charge that a line bills; no two documents bill the same, save to correct one (`turn`)."""

    __tablename__ = "posting_slice"

    invoice: str = Field(primary_key=True)
    row_hash: str = Field(primary_key=True)
    nth: int = Field(primary_key=True)
    part: str = Field(primary_key=True)
    turn: str = Field(primary_key=True)
    key: str = Field(foreign_key="posting.key", index=True)
    line: int
    cost: str
    currency: str
    source: str
    source_line: int


class NumberSeriesRow(Row, table=True):
    """The next document number of a ledger under a prefix."""

    __tablename__ = "number_series"

    ledger: str = Field(primary_key=True)
    prefix: str = Field(primary_key=True)
    next: int


class AnnexRow(Row, table=True):
    """A file to attach to a document, its bytes frozen with it."""

    __tablename__ = "annex"

    key: str = Field(primary_key=True, foreign_key="posting.key")
    name: str
    sha256: str
    content: bytes = Field(sa_type=LargeBinary)
