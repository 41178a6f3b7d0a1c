"""The mails about findings: one at once, many at once, and the daily digest of what is new, worse or resolved."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from connector.domain.finding import Evidence, Finding
from connector.reports.mail.letter import Facts, Heading, Letter, Part, Points, Sums, Way, Words
from connector.reports.mail.news import News, Notice
from connector.reports.mail.notices import sentence
from connector.reports.mail.writer import Writer
from connector.reports.wording import plain

_CHANGES = ("new", "worse", "resolved")
_SUBJECTS = {"worse": "subject.worse", "came back": "subject.back"}
_SHOWN_PLACES = 5


def finding_letter(writer: Writer, news: News) -> Letter:
    """One finding: what happened, what it costs, why we think so, what to do."""
    language, say, finding = writer.language, writer.language.say, news.finding
    stake = writer.stake(news)
    subject = say(
        _SUBJECTS.get(news.why, _SUBJECTS.get(news.change, "subject.finding")),
        kind=f"{language.title(finding)} ({finding.kind})", customer=language.customer(finding), stake=stake,
    )  # fmt: skip
    return writer.letter(
        subject,
        f"{language.customer(finding)}: {language.title(finding)}",
        (
            Heading(say("what_happened")),
            Words(language.meaning(finding)),
            Words(say(f"change.{news.why}")) if news.why in _WHYS else None,
            _about(writer, news),
            Heading(say("what_it_costs")),
            Words(_sentence(say("every_period", stake=stake) if finding.recurring and finding.impact else stake)),
            Words(f"{say('before')}: {before}") if (before := _before(writer, news)) else None,
            Heading(say("why")),
            *_why(writer, finding),
            Heading(say("what_to_do")),
            Words(language.advice(finding)),
            Words(say("to_accept", fingerprint=news.fingerprint)),
            Way(say("open_page"), link) if (link := writer.link(news.fingerprint, news.scope)) else None,
        ),
    )


def flood_letter(writer: Writer, news: Sequence[News]) -> Letter:
    """Many findings that came up at once."""
    say, found = writer.language.say, [one.finding for one in news]
    findings = writer.language.some("findings", len(news))
    return writer.letter(
        say("subject.flood", findings=findings, stakes=writer.stakes(found)),
        say("lead.flood", findings=findings),
        (writer.by_kind(found), writer.items(news), _report(writer)),
    )


def digest_letter(
    writer: Writer, news: Sequence[News], notices: Sequence[Notice], open_now: Iterable[Finding]
) -> Letter:
    """What is new, worse or resolved since the last digest, and the money at stake in all that is open."""
    say = writer.language.say
    sorted_news = {change: [one for one in news if one.change == change] for change in _CHANGES}
    counts = [
        say(f"{change}.count", count=writer.language.number(Decimal(len(each))))
        for change, each in sorted_news.items()
        if each
    ]
    if notices:
        counts.append(writer.language.some("notes.count", len(notices)))
    changes = ", ".join(counts)
    rising = [one.finding for change in ("new", "worse") for one in sorted_news[change]]
    parts: list[Part | None] = []
    for change, each in sorted_news.items():
        if each:
            parts += [Heading(say(change)), writer.items(each)]
    if notices:
        parts += [Heading(say("notes")), Points(tuple(sentence(writer, one) for one in notices))]
    subject = (
        say("subject.digest", changes=changes, stakes=writer.stakes(rising))
        if rising
        else say("subject.digest.news", changes=changes)
    )
    stakes: Sums | Words = writer.at_stake(open_now) or Words(say("nothing_open"))
    return writer.letter(subject, say("lead.digest", changes=changes), (stakes, *parts, _report(writer)))


_WHYS = ("came back", "its acceptance ended", "grew beyond what was accepted", "grew", "became graver")


def _about(writer: Writer, news: News) -> Facts:
    language, say, finding = writer.language, writer.language.say, news.finding
    subject = finding.subject
    ledger_id = plain(subject.ledger_customer)
    customer = language.customer(finding)
    compared = finding.expected.amount is not None or finding.actual.amount is not None
    return Facts(
        (
            (say("customer"), f"{customer} ({ledger_id})" if ledger_id and subject.customer_name else customer),
            (say("product"), language.product(finding)),
            (say("subscription"), plain(subject.subscription_id)),
            (say("period"), language.period(finding.first, finding.last)),
            (say("expected"), language.figures(finding.expected, finding.currency) if compared else ""),
            (say("billed"), language.figures(finding.actual, finding.currency) if compared else ""),
            (say("kind"), finding.kind),
            (say("severity"), say(finding.severity)),
            (say("fingerprint"), news.fingerprint),
        )
    )


def _before(writer: Writer, news: News) -> str:
    if news.change != "worse":
        return ""
    finding = news.finding
    return writer.language.money_of(finding.measures, news.before, finding.currency, finding.valued_at)


def _why(writer: Writer, finding: Finding) -> list[Part]:
    language, several = writer.language, len(finding.causes) > 1
    texts = []
    for cause in finding.causes:
        reason = language.reason(cause.text) or cause.cause.replace("_", " ")
        texts.append(f"{language.money(cause.amount, finding.currency)}: {reason}" if several else reason)
    parts: list[Part] = [Points(tuple(texts))] if texts else []
    shown = [_place(writer, one) for one in finding.evidence[:_SHOWN_PLACES]]
    if shown:
        places, rest = ", ".join(shown), len(finding.evidence) - len(shown)
        if rest:
            places = language.say("evidence.more", places=places, count=f"{rest:d}")
        parts.append(Words(language.say("evidence", places=places)))
    return parts


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _place(writer: Writer, one: Evidence) -> str:
    return writer.language.say("place", ref=plain(one.ref), line=f"{one.line:d}") if one.line else plain(one.ref)


def _report(writer: Writer) -> Way | None:
    link = writer.link()
    return Way(writer.language.say("open_report"), link) if link else None
