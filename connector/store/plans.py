"""Keeps plans as they were shown, each under the hash of its content, so that what is approved is what was seen."""

import zlib
from base64 import b64decode, b64encode
from datetime import date, datetime

import msgspec
from sqlmodel import Field, Session, col, select

from connector.domain.document import Plan
from connector.domain.errors import ConnectorError
from connector.domain.period import Period
from connector.ports import Clock
from connector.store.types import Row, UtcTime

_PLANS = msgspec.json.Decoder(Plan)
_LONGEST_PLAIN = 1_000_000
"""A longer plan is kept packed: every plan of a large partner would be a hundred megabytes otherwise."""


class PlanRow(Row, table=True):
    """A plan."""

    __tablename__ = "plan"

    plan_id: str = Field(primary_key=True)
    period_start: str = Field(index=True)
    period_last: str
    saved_at: datetime = Field(sa_type=UtcTime, index=True)
    documents: int
    content: str


class StoredPlans:
    """Plans in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def save(self, plan: Plan) -> str:
        """Keep a plan and return its id; the same content again becomes the newest."""
        self._session.merge(
            PlanRow(
                plan_id=plan.plan_id, period_start=str(plan.period.start), period_last=str(plan.period.last),
                saved_at=self._clock.now(), documents=len(plan.documents), content=_written(plan),
            )
        )  # fmt: skip
        self._session.flush()
        return plan.plan_id

    def get(self, plan_id: str) -> Plan | None:
        """A plan by its id. Raises ConnectorError where its content is not what the id is the hash of."""
        row = self._session.get(PlanRow, plan_id)
        if row is None:
            return None
        plan = _PLANS.decode(_read(row.content))
        if plan.plan_id != plan_id:
            raise ConnectorError(
                f"plan {plan_id} was changed after it was saved (its content is {plan.plan_id} now); "
                "make a new plan with `connector plan`."
            )
        return plan

    def newest(self, period: Period) -> Plan | None:
        """The plan of a period that was saved last."""
        wanted = (
            select(PlanRow.plan_id)
            .where(PlanRow.period_start == str(period.start), PlanRow.period_last == str(period.last))
            .order_by(col(PlanRow.saved_at).desc())
            .limit(1)
        )
        plan_id = self._session.exec(wanted).first()
        return None if plan_id is None else self.get(plan_id)

    def last(self) -> tuple[str, Period, datetime] | None:
        """The plan that was saved last, whatever its period: its id, its period and when; None: there is none."""
        row = self._session.exec(
            select(PlanRow.plan_id, PlanRow.period_start, PlanRow.period_last, PlanRow.saved_at)
            .order_by(col(PlanRow.saved_at).desc(), PlanRow.plan_id)
            .limit(1)
        ).first()
        if row is None:
            return None
        return row[0], Period.inclusive(date.fromisoformat(row[1]), date.fromisoformat(row[2])), row[3]


def _written(plan: Plan) -> str:
    content = msgspec.json.encode(plan)
    return content.decode() if len(content) <= _LONGEST_PLAIN else b64encode(zlib.compress(content, 1)).decode()


def _read(content: str) -> bytes:
    return content.encode() if content.startswith("{") else zlib.decompress(b64decode(content))
