"""Keeps what must be told and the mails that tell it, so that nothing is lost and a mail is repeated once at most.

What is to be told is written beside what happened; a mail takes up any number of such alerts at once. That it is
being sent is written before it leaves, that it was sent afterwards. A process that dies between the two leaves a
mail that may have left: it is sent once more under the same Message-ID, and never a third time.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Field, Session, col, func, insert, select, update

from connector.domain.alert import Alert, Draft, Intent, Mail, MailState
from connector.ports import Clock
from connector.store.types import Row, UtcTime

# Longer than any mail server takes to answer.
ABANDONED = timedelta(minutes=10)
# What fits into one question with room to spare, on either database.
_MANY = 500


class MailRow(Row, table=True):
    """A mail on its way."""

    __tablename__ = "mail"

    mail_id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(unique=True)
    recipients: str
    subject: str
    plain: str
    html: str
    attachments: str
    state: str = Field(index=True)
    attempts: int = 0
    repeats: int = 0
    created_at: datetime = Field(sa_type=UtcTime)
    tried_at: datetime | None = Field(default=None, sa_type=UtcTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str = ""


class AlertRow(Row, table=True):
    """Something to be told."""

    __tablename__ = "alert"

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    severity: str
    urgent: bool
    text: str
    created_at: datetime = Field(sa_type=UtcTime)
    mail_id: int | None = Field(default=None, foreign_key="mail.mail_id", index=True)


class StoredAlerts:
    """Alerts and mails in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def intend(self, key: str, *, kind: str, severity: str, text: str, urgent: bool = False) -> bool:
        """Write down that something must be told; False where this occasion was written down before."""
        if self.known(key):
            return False
        row = AlertRow(key=key, kind=kind, severity=severity, text=text, urgent=urgent, created_at=self._clock.now())
        self._session.add(row)
        self._session.flush()
        return True

    def intend_all(self, intents: Iterable[Intent]) -> int:
        """Write down many things at once; how many were not written down before. One by one, thousands take long."""
        wanted = {one.key: one for one in intents}
        names, now, count = list(wanted), self._clock.now(), 0
        for at in range(0, len(names), _MANY):
            some = names[at : at + _MANY]
            known = set(self._session.exec(select(AlertRow.key).where(col(AlertRow.key).in_(some))))
            rows = [
                {
                    "key": one.key, "kind": one.kind, "severity": one.severity, "text": one.text,
                    "urgent": one.urgent, "created_at": now,
                }
                for one in (wanted[name] for name in some if name not in known)
            ]  # fmt: skip
            if rows:
                self._session.exec(insert(AlertRow), params=rows)
            count += len(rows)
        return count

    def known(self, key: str) -> bool:
        """Whether an occasion was written down, told or not."""
        return self._session.exec(select(AlertRow.number).where(AlertRow.key == key)).first() is not None

    def untold(self, *, urgent: bool | None = None) -> tuple[Alert, ...]:
        """The alerts that no mail has taken up (urgent ones, or those for the digest), oldest first."""
        wanted = select(AlertRow).where(col(AlertRow.mail_id).is_(None)).order_by(col(AlertRow.number))
        if urgent is not None:
            wanted = wanted.where(AlertRow.urgent == urgent)
        return tuple(
            Alert(row.number or 0, row.key, row.kind, row.severity, row.urgent, row.text, row.created_at)
            for row in self._session.exec(wanted)
        )

    def compose(self, draft: Draft, alerts: Iterable[Alert] = ()) -> Mail:
        """Write a mail that is ready to be sent and takes up alerts. Raises ValueError for one taken up already."""
        row = MailRow(
            message_id=draft.message_id, recipients=json.dumps(draft.recipients), subject=draft.subject,
            plain=draft.plain, html=draft.html, attachments=json.dumps(draft.attachments),
            state=MailState.READY.value, created_at=self._clock.now(), next_at=self._clock.now(),
        )  # fmt: skip
        self._session.add(row)
        self._session.flush()
        numbers = sorted({alert.number for alert in alerts})
        for at in range(0, len(numbers), _MANY):
            some = numbers[at : at + _MANY]
            free = update(AlertRow).where(col(AlertRow.number).in_(some), col(AlertRow.mail_id).is_(None))
            if self._session.exec(free.values(mail_id=row.mail_id)).rowcount != len(some):
                raise ValueError("one of these alerts is in another mail already")
        return _mail(row)

    def claim(self) -> Mail | None:
        """The next mail to be sent now, marked as being sent; commit before it leaves. None: there is none.

        One whose sender died is among them once; the second time it becomes `unsure` and is left alone.
        """
        now = self._clock.now()
        abandoned = MailRow.state == MailState.SENDING.value, col(MailRow.tried_at) <= now - ABANDONED
        for lost in self._session.exec(select(MailRow).where(*abandoned)):
            if lost.repeats:
                lost.state = MailState.UNSURE.value
            else:
                lost.state, lost.repeats, lost.next_at = MailState.READY.value, 1, now
        self._session.flush()
        due = MailRow.state == MailState.READY.value, col(MailRow.next_at) <= now
        row = self._session.exec(select(MailRow).where(*due).order_by(col(MailRow.mail_id)).limit(1)).first()
        if row is None:
            return None
        row.state, row.attempts, row.tried_at = MailState.SENDING.value, row.attempts + 1, now
        self._session.flush()
        return _mail(row)

    def sent(self, mail_id: int) -> None:
        """The mail server took it."""
        row = self._session.get_one(MailRow, mail_id)
        row.state, row.sent_at, row.next_at, row.last_error = MailState.SENT.value, self._clock.now(), None, ""
        self._session.flush()

    def failed(self, mail_id: int, error: str, *, again_at: datetime | None) -> None:
        """The mail server did not take it: try again at a moment, or None: it was refused for good."""
        row = self._session.get_one(MailRow, mail_id)
        row.state = (MailState.READY if again_at else MailState.REFUSED).value
        row.next_at, row.last_error = again_at, error
        self._session.flush()

    def counts(self) -> dict[str, int]:
        """How many mails there are, by state."""
        return dict(self._session.exec(select(MailRow.state, func.count()).group_by(MailRow.state)).all())

    def doubted(self, mail_id: int, error: str) -> None:
        """Nobody knows whether the mail server took it: it stays as if its sender had died, and is followed once."""
        row = self._session.get_one(MailRow, mail_id)
        row.last_error = error
        self._session.flush()

    def mails(self, *, state: MailState | None = None, limit: int = 100) -> tuple[Mail, ...]:
        """The last mails (in a state), newest first."""
        wanted = select(MailRow).order_by(col(MailRow.mail_id).desc()).limit(limit)
        if state is not None:
            wanted = wanted.where(MailRow.state == state.value)
        return tuple(_mail(row) for row in self._session.exec(wanted))


def _mail(row: MailRow) -> Mail:
    draft = Draft(
        row.message_id, tuple(json.loads(row.recipients)), row.subject, row.plain, row.html,
        tuple(json.loads(row.attachments)),
    )  # fmt: skip
    return Mail(
        row.mail_id or 0, draft, MailState(row.state), row.created_at, row.attempts, row.repeats, row.next_at,
        row.sent_at, row.last_error,
    )  # fmt: skip
