"""One letter of every kind there is, of a usual month or of names that try to do something."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.domain.alert import NOTICES
from connector.domain.finding import Finding
from connector.domain.kinds import KINDS
from connector.domain.result import Reconciliation
from connector.reports.mail import reasons_de
from connector.reports.mail.findings import digest_letter, finding_letter, flood_letter
from connector.reports.mail.language import Language
from connector.reports.mail.letter import Letter
from connector.reports.mail.months import baseline_letter, month_letter, quiet_letter
from connector.reports.mail.news import MonthNews, News, Notice, month_text, read
from connector.reports.mail.notices import notice_letter
from connector.reports.mail.writer import Writer
from tests.unit.reports import samples

SINCE = datetime(2026, 11, 1, 4, tzinfo=UTC)
PAGES = "https://billing.example.com"


def writer(language: str = "en", company: str = "Fabrikam Cloud", pages: str = PAGES) -> Writer:
    return Writer(Language(language), company, pages)


def news(finding: Finding, change: str = "new", why: str = "found", before: str = "0") -> News:
    return News(finding.fingerprint, change, why, Decimal(before), finding.impact, "2026-10", finding)


def letters(language: str = "en") -> dict[str, Letter]:
    """All kinds of mail about a usual month."""
    return _letters(writer(language), samples.month(), "quantity_under_billed is billed too little")


def hostile_letters(language: str = "en") -> dict[str, Letter]:
    """All kinds of mail where every name tries to do something."""
    return _letters(writer(language, "<b>Evil & Co</b>"), samples.hostile(), "; ".join(samples.HOSTILE))


def _letters(by: Writer, month: Reconciliation, reason: str) -> dict[str, Letter]:
    found = [replace(one, evidence=one.evidence * 4) for one in month.findings]
    told = month_text(month, "2026-10", workbook="/state/mail/run/reconciliation-2026-10.xlsx")
    judged = read(told)
    assert isinstance(judged, MonthNews)
    changes = [news(one) for one in found]
    made = {
        "finding": finding_letter(by, changes[0]),
        "worse": finding_letter(by, news(found[0], "worse", "grew", "20.00")),
        "back": finding_letter(by, news(found[-1], "new", "came back")),
        "flood": flood_letter(by, changes),
        "digest": digest_letter(by, _digest(found), [_notice(kind, reason) for kind in _TOLD_LATER], found),
        "month": month_letter(by, judged, found),
        "month_reconciled": month_letter(by, replace(judged, result="reconciled", because=()), ()),
        "baseline": baseline_letter(by, replace(judged, whole=False), changes),
        "baseline_of_nothing": baseline_letter(by, None, ()),
        "quiet": quiet_letter(by, SINCE, {"sync": SINCE, "reconcile": None}, found),
    }
    return made | {kind: notice_letter(by, _notice(kind, reason)) for kind in _NOTICES}


_TOLD_LATER = ("job_failed", "mail_not_delivered")
_NOTICES = tuple(kind for kind in NOTICES if kind not in ("month_end", "baseline", "all_quiet"))


def _digest(found: Sequence[Finding]) -> list[News]:
    first, second, *others = found
    return [news(first), news(second, "worse", "grew", "1.00"), *(news(one, "resolved", "", "5.00") for one in others)]


def _notice(kind: str, reason: str) -> Notice:
    facts = {
        "job": "sync", "since": SINCE.isoformat(), "reason": reason, "run": "5f1e9a", "scope": "2026-10",
        "documents": "3", "plan": "9c1d", "ledger": "books-us", "subject": reason, "to": "jane@example.com",
    }  # fmt: skip
    return Notice(kind, facts, (reason, "and another one") if kind in ("not_audited", "plan_held") else ())


def left_in_english(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a German mail about these findings (as JSON) would say in English."""
    left = []
    for one in findings:
        usual = KINDS[one["kind"]].advice
        texts = [cause["text"] for cause in one["causes"]] + [one["advice"]] * (one["advice"] != usual)
        left += [f"{one['kind']}: {piece}" for text in texts for piece in reasons_de.left_in_english(text)]
    return left
