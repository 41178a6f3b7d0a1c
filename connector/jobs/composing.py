"""Makes mails of what must be told: for each person what concerns them, each thing once, a flood as one mail.

Reads only; the alert job writes the mails down and marks what they took up, all in one unit of work.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cached_property

from connector.domain.alert import Alert, Draft
from connector.domain.finding import Finding
from connector.domain.money import ZERO
from connector.domain.run import Outcome
from connector.domain.standing import Life, Standing
from connector.engine.routing import Routes
from connector.jobs.remember import BASELINE, SOURCE
from connector.ports import Work
from connector.reports.finding_reading import finding_from
from connector.reports.mail import Letter, to_html, to_plain
from connector.reports.mail.findings import digest_letter, finding_letter, flood_letter
from connector.reports.mail.months import baseline_letter, month_letter, quiet_letter
from connector.reports.mail.news import MonthNews, News, Notice, Told, read
from connector.reports.mail.notices import notice_letter
from connector.reports.mail.rendering import to_subject
from connector.reports.mail.writer import Writer

MOST_APART = 5
"""So many findings come in a mail of their own to one person in an hour; more come together."""
QUIET_FOR = timedelta(days=7)

Groups = Callable[[], Mapping[str, tuple[str, ...]]]
"""Gives the groups of customers by tenant id; asked only where a route needs them."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who writes, who is told, and when: the digest's time is one of the writer's time zone."""

    writer: Writer
    routes: Routes
    digest: time = time(7, 0)
    domain: str = "localhost"
    groups: Groups = dict


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail to be written down, what it tells, and what kind of mail it is."""

    draft: Draft
    kind: str
    alerts: tuple[Alert, ...]


class Composing:
    """One round of composing, over what is written down at this moment."""

    def __init__(self, office: Office, unit: Work, now: datetime, digest_now: bool = False) -> None:
        self.office, self.unit, self.now = office, unit, now
        self.composed: list[Composed] = []
        self.digest_done = False
        self._digest_now = digest_now

    @cached_property
    def _open(self) -> tuple[Standing, ...]:
        return self.unit.findings.all(life=Life.OPEN)

    @cached_property
    def _open_names(self) -> frozenset[str]:
        return frozenset(one.fingerprint for one in self._open)

    @cached_property
    def _groups(self) -> Mapping[str, tuple[str, ...]]:
        return self.office.groups() if self.office.routes.by_group else {}

    def compose(self) -> tuple[Composed, ...]:
        """All mails that are due."""
        all_told = [(alert, read(alert.text)) for alert in self.unit.alerts.untold()]
        first = [(alert, told) for alert, told in all_told if alert.kind == "baseline"]
        if first:
            self._first_look(first)
        waiting: list[tuple[Alert, Told]] = []
        urgent: list[tuple[Alert, News]] = []
        for alert, told in all_told:
            if alert.kind == "baseline":
                continue
            if not alert.urgent:
                waiting.append((alert, told))
            elif isinstance(told, News):
                # What is settled by now is for the digest, beside the news that it is.
                if told.fingerprint in self._open_names:
                    urgent.append((alert, told))
                else:
                    waiting.append((alert, told))
            else:
                self._at_once(alert, told)
        self._urgent(urgent)
        if self._digest_is_due():
            self._digest(waiting)
            self.digest_done = True
        return tuple(self.composed)

    def _first_look(self, first: Sequence[tuple[Alert, Told]]) -> None:
        months = [told for _, told in first if isinstance(told, MonthNews)]
        month = max(months, key=lambda one: one.scope, default=None)
        alerts = [alert for alert, _ in first]
        for address in self.office.routes.everybody:
            news = [_as_news(one) for one in self._open if address in self._who(_finding(one))]
            if news or address in self.office.routes.of("baseline"):
                letter = baseline_letter(self.office.writer, month, news)
                self._put("baseline", address, letter, alerts, month.workbook if month else "")

    def _at_once(self, alert: Alert, told: Notice | MonthNews) -> None:
        if isinstance(told, Notice):
            letter, workbook = notice_letter(self.office.writer, told), told.facts.get("workbook", "")
        else:
            found = [
                finding_from(one.told[told.scope].text) for one in self._open if told.scope in one.told
            ]  # fmt: skip
            letter, workbook = month_letter(self.office.writer, told, found), told.workbook
        for address in self.office.routes.of(alert.kind, alert.severity):
            self._put(alert.kind, address, letter, [alert], workbook)

    def _urgent(self, urgent: Sequence[tuple[Alert, News]]) -> None:
        for address in self.office.routes.everybody:
            mine = [(alert, told) for alert, told in urgent if address in self._who(told.finding)]
            news = _merged(told for _, told in mine)
            if len(news) > 1 and len(news) + self._recent(address) > MOST_APART:
                self._put("flood", address, flood_letter(self.office.writer, news), [alert for alert, _ in mine])
                continue
            for one in news:
                alerts = [alert for alert, told in mine if told.fingerprint == one.fingerprint]
                self._put(one.finding.kind, address, finding_letter(self.office.writer, one), alerts)

    def _digest(self, waiting: Sequence[tuple[Alert, Told]]) -> None:
        accepted = {one.fingerprint for one in self.unit.findings.all(life=Life.ACCEPTED)}
        current = [_finding(one) for one in self._open]
        for address in self.office.routes.everybody:
            mine = [(alert, told) for alert, told in waiting if address in self._whom(alert, told)]
            news = _merged(told for _, told in mine if isinstance(told, News))
            news = [one for one in news if one.change == "resolved" or one.fingerprint not in accepted]
            notices = [told for _, told in mine if isinstance(told, Notice)]
            open_now = [finding for finding in current if address in self._who(finding)]
            if news or notices:
                letter = digest_letter(self.office.writer, news, notices, open_now)
                self._put("digest", address, letter, [alert for alert, _ in mine])
            elif address in self.office.routes.of("all_quiet") and self._was_quiet():
                letter = quiet_letter(self.office.writer, self._quiet_since(), self._good_runs(), open_now)
                self._put("all_quiet", address, letter, ())

    def _put(self, kind: str, address: str, letter: Letter, alerts: Iterable[Alert], workbook: str = "") -> None:
        """Make a mail to one address. Its Message-ID says whom it tells what, and is the same if made anew."""
        told = tuple(alerts)
        names = [alert.key for alert in told] or [self.now.date().isoformat()]
        mark = hashlib.sha256("\n".join((kind, address, *sorted(names))).encode()).hexdigest()[:32]
        draft = Draft(
            f"<{mark}@{self.office.domain}>", (address,), to_subject(letter), to_plain(letter), to_html(letter),
            (workbook,) if workbook else (),
        )  # fmt: skip
        self.composed.append(Composed(draft, kind, told))

    def _whom(self, alert: Alert, told: Told) -> tuple[str, ...]:
        if isinstance(told, News):
            return self._who(told.finding)
        return self.office.routes.of(alert.kind, alert.severity)

    def _who(self, finding: Finding) -> tuple[str, ...]:
        groups = self._groups.get((finding.subject.tenant_id or "").lower(), ())
        return self.office.routes.of(finding.kind, finding.severity, groups)

    def _recent(self, address: str) -> int:
        """How many mails this person was written in the last hour."""
        since = self.now - timedelta(hours=1)
        return sum(address in mail.draft.recipients and mail.created_at > since for mail in self.unit.alerts.mails())

    @property
    def digest_day(self) -> str:
        """The day of the last digest time that has passed, in the house's time zone."""
        local = self.now.astimezone(self.office.writer.zone)
        return (local.date() - timedelta(days=local.time() < self.office.digest)).isoformat()

    def _digest_is_due(self) -> bool:
        """Whether a digest time has passed since the last digest; who looks once a day at any hour gets it too."""
        return self._digest_now or (self.unit.watermarks.get(SOURCE, "digest") or "") < self.digest_day

    def _quiet_since(self) -> datetime:
        mark = self.unit.watermarks.get(SOURCE, "quiet")
        return datetime.fromisoformat(mark) if mark else self.now

    def _was_quiet(self) -> bool:
        # Digests are a day apart, give or take when the job runs.
        return not self.composed and self.now - self._quiet_since() >= QUIET_FOR - timedelta(hours=2)

    def _good_runs(self) -> Mapping[str, datetime | None]:
        good: dict[str, datetime | None] = {}
        for job in self.unit.runs.jobs():
            runs = self.unit.runs.latest(job, limit=100)
            good[job] = next(
                (run.finished_at for run in runs if run.outcome in (Outcome.DONE, Outcome.PARTIAL)), None
            )  # fmt: skip
        return good


def _finding(standing: Standing) -> Finding:
    """A finding as last told, with its money in all its scopes."""
    last = standing.told[max(standing.told)]
    return replace(finding_from(last.text), impact=standing.impact)


def _as_news(standing: Standing) -> News:
    finding, scope = _finding(standing), max(standing.told)
    return News(standing.fingerprint, "new", "found", ZERO, standing.impact, scope, finding)


def _merged(news: Iterable[News]) -> list[News]:
    """What became of each finding in the end: one that is new and then worse is new."""
    by_name: dict[str, News] = {}
    for one in news:
        before = by_name.get(one.fingerprint)
        if before is None:
            by_name[one.fingerprint] = one
            continue
        new = before.change == "new" and one.change == "worse"
        by_name[one.fingerprint] = replace(
            one, change="new" if new else one.change, why=before.why if new else one.why, before=before.before
        )
    return list(by_name.values())


__all__ = ["BASELINE", "MOST_APART", "QUIET_FOR", "Composed", "Composing", "Office"]
