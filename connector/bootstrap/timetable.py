"""Makes the timetable of the service: which jobs the settings call for, when each is due, and what it runs.

What can be known beforehand is asked before a job is begun, so that nothing is started in vain: whether an invoice is
still to come, whether anything is to be posted.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.bootstrap.freshness import SOURCE
from connector.domain.alert import MailState
from connector.domain.extraction import Part
from connector.domain.period import add_months
from connector.domain.run import Outcome

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.slot import Slot
    from connector.jobs.timetable import Job, Words
    from connector.store import Store

_VENDOR = ("audit", "subscriptions", "prices", "invoices", "usage")
_FETCHING, _THINKING = "sync", "thinking"
_LANES = {
    **dict.fromkeys(("sync", *_VENDOR, "ledger"), _FETCHING),
    **dict.fromkeys(("plan", "reconcile", "watch", "report"), _THINKING),
    "post": "post",
    "alert": "alert",
    "housekeeping": "keeping",
    "backup": "keeping",
}
_LEDGERS, _AT_LEDGERS = "ledgers", ("sync", "ledger", "post")
"""A ledger allows so many calls a minute to us, in whatever process."""
_AT_FIRST = ("sync", *_VENDOR, "ledger")
_FIFTH = 5
"""Microsoft issues a month's invoice from the 5th to the 8th of the next, and sometimes late."""
_LOOK_BACK = 3
_UNASKED = timedelta(minutes=29)


def jobs_of(settings: "Settings", store: "Store", commands: Collection[str]) -> "tuple[Job, ...]":
    """The jobs that the settings call for; those of commands that are not there are left out."""
    from connector.config.service import USUAL_TIMES
    from connector.domain.crontab import read_line
    from connector.jobs.timetable import Job

    own = dict(settings.schedule.jobs)
    parts_in_sync = own.get("sync", "off") != "off"
    found = []
    for name, usual in USUAL_TIMES.items():
        line = own.get(name, "off" if parts_in_sync and name in (*_VENDOR, "ledger") else usual)
        words = _Words(settings, store, name)
        if line == "off" or not _is_called_for(settings, name):
            continue
        if words.plain[0] in commands:
            lane = _LANES[name]
            # Who thinks about what was fetched thinks of the newest.
            after = _FETCHING if lane == _THINKING else ""
            uses = _LEDGERS if name in _AT_LEDGERS else ""
            found.append(Job(name, read_line(line), lane, words, name in _AT_FIRST, after, uses))
    return tuple(found)


def _is_called_for(settings: "Settings", name: str) -> bool:
    from connector.bootstrap.ledgers import is_reachable

    vendor = settings.partner_center is not None
    ledgers = any(map(is_reachable, settings.ledgers))
    posting = settings.posting
    if name in _VENDOR or name == "watch":
        return vendor
    if name == "sync":
        return vendor or ledgers
    if name == "ledger":
        return ledgers
    if name == "reconcile":
        return bool(settings.ledgers)
    if name == "plan":
        return bool(settings.ledgers) and bool(posting.start or posting.start_by_customer)
    if name == "post":
        return posting.mode != "off"
    if name in ("alert", "report"):
        return settings.alerts is not None
    return True


class _Words:
    """What to run for a job when its moment has come; None where there is nothing to do."""

    def __init__(self, settings: "Settings", store: "Store", name: str) -> None:
        self._settings, self._store, self._name = settings, store, name

    @property
    def plain(self) -> "Words":
        """The words where nothing stands in the way."""
        if self._name in (*_VENDOR, "ledger"):
            return ("sync", "--only", self._name)
        if self._name == "report":
            return ("report", "month")
        return (self._name,)

    def __call__(self, slot: "Slot") -> "Words | None":
        if self._name == "invoices":
            return self.plain if self._is_invoice_awaited(slot) else None
        if self._name == "post":
            return self._posting(slot)
        if self._name == "alert":
            return self.plain if self._is_to_be_told(slot) else None
        return self.plain

    def _is_invoice_awaited(self, slot: "Slot") -> bool:
        """Once a day in any case, for corrections and what is not billed yet; else while a month's invoice lacks."""
        from connector.jobs.extract_invoices import MONTH

        zone = ZoneInfo(self._settings.schedule.timezone)
        day = slot.scheduled_for.astimezone(zone).date()
        with self._store.look() as unit:
            last = unit.slots.last_good().get(self._name)
            marks = {name for name, (value, _) in unit.watermarks.of(SOURCE).items() if value}
        if last is None or last.scheduled_for.astimezone(zone).date() < day:
            return True
        newest = add_months(day.replace(day=1), -1)
        months = [add_months(newest, -back) for back in range(_LOOK_BACK)]
        due = months if day.day >= _FIFTH else months[1:]
        known = sorted(name for name in marks if name.startswith(MONTH))
        # Months from before the first invoice that was ever fetched are not waited for.
        return any(
            f"{MONTH}{month:%Y-%m}" not in marks and (not known or f"{MONTH}{month:%Y-%m}" > known[0]) for month in due
        )

    def _posting(self, slot: "Slot") -> "Words | None":
        """Go on with what is on its way; by mode auto, begin with the newest plan too, once after it was made."""
        with self._store.look() as unit:
            waiting = any(unit.postings.waiting(name)[0] for name in self._settings.ledger_names)
            newest = unit.plans.last()
            last = unit.slots.last_good().get(self._name)
        if self._settings.posting.mode == "auto" and newest is not None:
            _, period, saved_at = newest
            if last is None or last.begun_at is None or last.begun_at < saved_at + timedelta(seconds=1):
                return ("post", "--period", f"{period.start:%Y-%m}", "--yes", "--by", "job:post")
        return ("post", "--yes", "--by", "job:post") if waiting else None

    def _is_to_be_told(self, slot: "Slot") -> bool:
        """Whether a mail is due, or something happened that one may tell of; in any case twice an hour."""
        from connector.jobs.remember import SOURCE as ALERTS

        alerts, now = self._settings.alerts, self._store.clock.now()
        if alerts is None:
            return False
        local = now.astimezone(ZoneInfo(self._settings.schedule.timezone))
        with self._store.look() as unit:
            last = unit.slots.last_good().get(self._name)
            digest = unit.watermarks.get(ALERTS, "digest") or ""
            mails = unit.alerts.mails(state=MailState.READY, limit=1000)
            urgent = unit.alerts.untold(urgent=True)
            failed = unit.runs.latest(outcome=Outcome.FAILED, limit=1)
        if last is None or last.begun_at is None or now - last.begun_at >= _UNASKED:
            return True
        digest_due = local.time() >= alerts.digest and digest != local.date().isoformat()
        mail_due = any(mail.next_at is None or mail.next_at <= now for mail in mails)
        news = any((one.finished_at or one.started_at) > last.begun_at for one in failed)
        return bool(digest_due or mail_due or urgent or news)


def hints_of(jobs: Collection[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """For each part of a sync: the job that fetches it soon, and the words that say so where the job does more."""
    for part in Part:
        if part in jobs:
            yield part.value, part.value, ()
        elif "sync" in jobs:
            yield part.value, "sync", ("sync", "--only", part.value)
