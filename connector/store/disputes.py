"""Keeps how each dispute with Microsoft stands, and every step it took."""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Field, Session, col, select

from connector.domain.dispute import Dispute, Standing
from connector.ports import Clock
from connector.store.types import DecimalText, Row, UtcTime


class DisputeRow(Row, table=True):
    """A step of a dispute; the one with the highest number is how it stands."""

    __tablename__ = "dispute"

    fingerprint: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str
    claimed: Decimal = Field(sa_type=DecimalText)
    recovered: Decimal = Field(sa_type=DecimalText)
    currency: str
    case_number: str
    note: str
    by: str
    at: datetime = Field(sa_type=UtcTime)


class StoredDisputes:
    """Disputes in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def steps(self, fingerprint: str) -> tuple[Dispute, ...]:
        """The steps of a dispute, oldest first."""
        wanted = select(DisputeRow).where(DisputeRow.fingerprint == fingerprint).order_by(col(DisputeRow.number))
        return tuple(_dispute(row) for row in self._session.exec(wanted))

    def all(self) -> dict[str, Dispute]:
        """How every dispute stands, by the finding's fingerprint."""
        rows = self._session.exec(select(DisputeRow).order_by(col(DisputeRow.fingerprint), col(DisputeRow.number)))
        return {row.fingerprint: _dispute(row) for row in rows}

    def set(
        self, fingerprint: str, state: Standing, *, claimed: Decimal, recovered: Decimal, currency: str, case: str,
        note: str, by: str,
    ) -> Dispute:  # fmt: skip
        """Write down a step."""
        row = DisputeRow(
            fingerprint=fingerprint, number=len(self.steps(fingerprint)) + 1, state=state.value, claimed=claimed,
            recovered=recovered, currency=currency, case_number=case, note=note, by=by, at=self._clock.now(),
        )  # fmt: skip
        self._session.add(row)
        self._session.flush()
        return _dispute(row)


def _dispute(row: DisputeRow) -> Dispute:
    return Dispute(
        row.fingerprint, Standing(row.state), row.claimed, row.recovered, row.currency, row.case_number, row.note,
        row.by, row.at,
    )  # fmt: skip
