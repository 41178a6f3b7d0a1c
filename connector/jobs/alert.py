"""Tells people what happened: writes the mails that are due, and hands over those that have not left yet.

A mail is written down before it leaves, in one unit of work with what it tells; so nothing is lost, and whatever
breaks, it is repeated once at most, under the same Message-ID.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.alert import (
    Alert,
    Mail,
    MailPutOff,
    MailRefused,
    MailServerAway,
    MailState,
    MailUnsure,
)
from connector.domain.errors import ConnectorError, Locked
from connector.jobs.composing import BASELINE, Composed, Composing, Office
from connector.jobs.noticing import notice_runs
from connector.jobs.remember import SOURCE
from connector.ports import Clock, Mailer, Memory, Work
from connector.reports.mail.news import Notice, notice_text

_NAME, _LEASE = "mail", 900
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
"""How long to wait after a failure, the last for all that follow."""
_MOST_TRIES = 100
"""A mail that is put off so often is given up: with an hour between, that is four days."""
_HELD = timedelta(hours=24)
_DOWN = "mail server away since"


@dataclass(slots=True)
class Alerted:
    """What came of it: mails that were written and that left, those refused, and whether the server is away and why."""

    composed: list[Composed] = field(default_factory=list)
    sent: list[Mail] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    away: str = ""
    waiting: int = 0


class Alerting:
    """The alert job of one office. `run` may be called as often as one likes, by any process."""

    def __init__(self, memory: Memory, mailer: Mailer, clock: Clock, office: Office) -> None:
        self._memory, self._mailer, self._clock, self._office = memory, mailer, clock, office

    def run(self, *, digest_now: bool = False) -> Alerted:
        """Hand over what waits, write what is due, hand that over too. Raises Locked where another process is at it.

        While the mail server is away, nothing new is written for a day, so that people find one mail afterwards and
        not a heap. `digest_now` sends the digest whatever the time.
        """
        told = Alerted()
        with self._memory.work() as unit:
            lease = unit.leases.claim(_NAME, unit.leases.holder(), _LEASE)
        if lease is None:
            raise Locked("Another process is sending alerts already; wait for it to end.")
        try:
            self._deliver(told)
            if not told.away or self._held_long():
                told.composed += self._compose(digest_now)
                if not told.away:
                    self._deliver(told)
        finally:
            with self._memory.work() as unit:
                told.waiting = len(unit.alerts.mails(state=MailState.READY, limit=1000))
                unit.leases.release(lease)
        return told

    def rehearse(self, *, digest_now: bool = False) -> tuple[Composed, ...]:
        """The mails that would be written now; nothing is written or sent."""
        with self._memory.look() as unit:
            return Composing(self._office, unit, self._clock.now(), digest_now).compose()

    def _compose(self, digest_now: bool) -> tuple[Composed, ...]:
        now, zone = self._clock.now(), self._office.writer.zone
        with self._memory.work() as unit:
            notice_runs(unit, now, zone)
            round_ = Composing(self._office, unit, now, digest_now)
            composed = round_.compose()
            left: dict[int, Alert] = {alert.number: alert for one in composed for alert in one.alerts}
            for one in composed:
                # Several people may be told of the same; all these mails are written down together.
                mine = [alert for alert in one.alerts if left.pop(alert.number, None) is not None]
                unit.alerts.compose(one.draft, mine)
            if any(one.kind == "baseline" for one in composed):
                unit.watermarks.set(SOURCE, BASELINE, now.isoformat())
            if round_.digest_done:
                unit.watermarks.set(SOURCE, "digest", round_.digest_day)
            if composed or not unit.watermarks.get(SOURCE, "quiet"):
                unit.watermarks.set(SOURCE, "quiet", now.isoformat())
        return composed

    def _deliver(self, told: Alerted) -> None:
        """Hand over all mails that are due, until there are none or the server is away."""
        while not told.away:
            with self._memory.work() as unit:
                self._note_unsure(unit)
                mail = unit.alerts.claim()
            if mail is None:
                if self._is_down():
                    told.away = self._down_reason()
                return
            try:
                refused = self._mailer.send(mail)
            except MailServerAway as away:
                told.away = str(away)
                with self._memory.work() as unit:
                    unit.alerts.failed(mail.mail_id, str(away), again_at=self._again(mail))
                    if not unit.watermarks.get(SOURCE, _DOWN):
                        unit.watermarks.set(SOURCE, _DOWN, f"{self._clock.now().isoformat()} {away}")
            except MailUnsure as unsure:
                with self._memory.work() as unit:
                    unit.alerts.doubted(mail.mail_id, str(unsure))
            except MailRefused as refusal:
                self._refuse(mail, str(refusal), told)
            except (MailPutOff, ConnectorError) as put_off:
                if mail.attempts >= _MOST_TRIES:
                    self._refuse(mail, str(put_off), told)
                    continue
                with self._memory.work() as unit:
                    unit.alerts.failed(mail.mail_id, str(put_off), again_at=self._again(mail))
            else:
                self._sent(mail, refused, told)

    def _sent(self, mail: Mail, refused: Mapping[str, str], told: Alerted) -> None:
        told.sent.append(mail)
        with self._memory.work() as unit:
            unit.alerts.sent(mail.mail_id)
            unit.watermarks.set(SOURCE, _DOWN, "")
            for address, reason in refused.items():
                self._note_lost(unit, mail, address, reason, "refused")
        told.refused += refused.values()

    def _refuse(self, mail: Mail, reason: str, told: Alerted) -> None:
        told.refused.append(reason)
        with self._memory.work() as unit:
            unit.alerts.failed(mail.mail_id, reason, again_at=None)
            self._note_lost(unit, mail, ", ".join(mail.draft.recipients), reason, "refused")

    def _note_unsure(self, unit: Work) -> None:
        for mail in unit.alerts.mails(state=MailState.UNSURE, limit=20):
            self._note_lost(unit, mail, ", ".join(mail.draft.recipients), mail.last_error or "no answer", "unsure")

    def _note_lost(self, unit: Work, mail: Mail, to: str, reason: str, how: str) -> None:
        """Write down for the digest that a mail may not have reached somebody."""
        facts = {"subject": mail.draft.subject, "to": to, "reason": reason, "how": how}
        text = notice_text(Notice("mail_not_delivered", facts))
        key = f"lost/{mail.mail_id}/{to}"
        unit.alerts.intend(key, kind="mail_not_delivered", severity="warning", text=text)

    def _is_down(self) -> bool:
        with self._memory.look() as unit:
            return bool(unit.watermarks.get(SOURCE, _DOWN)) and bool(unit.alerts.mails(state=MailState.READY, limit=1))

    def _down_reason(self) -> str:
        with self._memory.look() as unit:
            return (unit.watermarks.get(SOURCE, _DOWN) or "").partition(" ")[2]

    def _held_long(self) -> bool:
        """Whether nothing was written for so long that it is written though the server is away."""
        with self._memory.look() as unit:
            newest = unit.alerts.mails(limit=1)
        return not newest or self._clock.now() - newest[0].created_at >= _HELD

    def _again(self, mail: Mail) -> datetime:
        return self._clock.now() + _AGAIN[min(mail.attempts, len(_AGAIN)) - 1]
