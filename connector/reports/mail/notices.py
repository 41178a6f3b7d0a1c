"""The mails about the service itself: a job that fails, a sign-in that ended, a month that could not be audited."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from connector.reports.mail.letter import Facts, Heading, Letter, Part, Points, Way, Words
from connector.reports.mail.news import Notice
from connector.reports.mail.writer import Writer
from connector.reports.wording import plain

_SHORT = 80
_RESULTS = ("reconciled", "differences", "not_audited")


def notice_letter(writer: Writer, notice: Notice) -> Letter:
    """A notice that does not wait for the digest."""
    if notice.kind == "mail_not_delivered":
        say = writer.language.say
        return writer.letter(say("subject.mail_not_delivered"), sentence(writer, notice), ())
    filled = _filled(writer, notice)
    say = writer.language.say
    parts: list[Part | None] = [_facts(writer, notice)]
    if notice.texts:
        texts = tuple(_reason(writer, notice, text) for text in notice.texts)
        parts += [Heading(say("because") if notice.kind == "not_audited" else say("reason")), Points(texts)]
    parts += [Heading(say("what_to_do")), Words(say(f"{notice.kind}.do")), _way(writer, notice)]
    return writer.letter(say(f"subject.{notice.kind}", **filled), say(f"lead.{notice.kind}", **filled), parts)


def sentence(writer: Writer, notice: Notice) -> str:
    """A notice as one sentence of a digest."""
    say, filled = writer.language.say, _filled(writer, notice)
    if notice.kind == "mail_not_delivered":
        return say("mail_unsure" if notice.facts.get("how") == "unsure" else "mail_refused", **filled)
    if notice.facts.get("how") == "again":
        return say("still_failing", **filled)
    if notice.facts.get("how") == "well":
        return say("works_again", **filled)
    return say(f"subject.{notice.kind}", **filled)


def _filled(writer: Writer, notice: Notice) -> dict[str, str]:
    """What sentences may name; all of them, so that none lacks a word."""
    facts, language = notice.facts, writer.language
    reason = facts.get("reason") or (_reason(writer, notice, notice.texts[0]) if notice.texts else "")
    documents = facts.get("documents", "")
    return {
        "job": plain(facts.get("job")),
        "since": _moment(writer, facts.get("since", "")),
        "reason": _shortened(plain(reason)),
        "month": language.month(facts.get("scope", "")),
        "documents": language.some("documents", int(documents)) if documents.isdigit() else documents,
        "subject": _shortened(plain(facts.get("subject"))),
        "to": plain(facts.get("to")),
    }


def _reason(writer: Writer, notice: Notice, text: str) -> str:
    """A reason in the reader's language; what failed technically stays as the log and the commands say it."""
    return writer.language.reason(text) if notice.kind in ("not_audited", "plan_held") else text


def _facts(writer: Writer, notice: Notice) -> Facts | None:
    facts, say = notice.facts, writer.language.say
    rows = (
        (say("job"), plain(facts.get("job"))),
        (say("since"), _moment(writer, facts.get("since", ""))),
        (say("plan"), plain(facts.get("plan"))),
        (say("ledger"), plain(facts.get("ledger"))),
        (say("reason"), plain(facts.get("reason")) if not notice.texts else ""),
        *_closed(writer, notice),
        (say("run"), plain(facts.get("run"))),
    )
    return Facts(rows) if any(value for _, value in rows) else None


def _closed(writer: Writer, notice: Notice) -> Iterator[tuple[str, str]]:
    """What a month that was closed comes to; amounts are written down as `USD 12.00;EUR 3.00`."""
    facts, say = notice.facts, writer.language.say
    if notice.kind != "month_closed":
        return
    result = facts.get("result", "")
    yield say("closed.result"), say(result) if result in _RESULTS else ""
    yield say("closed.by"), plain(facts.get("by"))
    yield say("closed.findings"), facts.get("findings", "")
    for name in ("lost", "recovered", "outstanding"):
        pairs = (one.partition(" ") for one in facts.get(name, "").split(";") if one)
        yield (
            say(f"closed.{name}"),
            ", ".join(writer.language.money(Decimal(amount), unit) for unit, _, amount in pairs),
        )
    yield say("closed.seats"), facts.get("seats", "")


def _way(writer: Writer, notice: Notice) -> Way | None:
    """The link that a notice brings itself, or to the pages."""
    say, own = writer.language.say, notice.facts.get("link", "")
    if own:
        return Way(say("open_plan" if notice.kind == "plan_held" else "open_report"), own)
    has_page = notice.kind in ("not_audited", "month_closed")
    link = writer.link(scope=notice.facts.get("scope", "")) if has_page else ""
    return Way(say("open_report"), link) if link else None


def _moment(writer: Writer, text: str) -> str:
    return writer.moment(datetime.fromisoformat(text)) if text else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1].rstrip() + "…"
