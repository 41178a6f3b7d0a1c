"""The mails about whole months: one that was judged, with its proof; the first look at all; and that all is quiet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.result import Conservation
from connector.reports.mail.letter import Facts, Heading, Letter, Part, Points, Way, Words
from connector.reports.mail.news import MonthNews, News
from connector.reports.mail.writer import Writer
from connector.reports.sums import in_order, reached
from connector.reports.wording import plain, total

_LARGEST = 10


def month_letter(writer: Writer, month: MonthNews, found: Sequence[Finding]) -> Letter:
    """A month that was judged; `found` are its open findings."""
    say = writer.language.say
    name, result = writer.language.month(month.scope), say(month.result)
    subject = (
        say("subject.month", month=name, result=result, stakes=writer.stakes(found))
        if found
        else say("subject.month.plain", month=name, result=result)
    )
    parts = [Words(say(f"meaning.{month.result}")), *_proof(writer, month), writer.by_kind(found)]
    return writer.letter(subject, say("lead.month", month=name, result=result), (*parts, *_ends(writer, month)))


def baseline_letter(writer: Writer, month: MonthNews | None, found: Sequence[News]) -> Letter:
    """The first look: all that is open, summed up, and the largest findings one by one; None: no month yet."""
    say = writer.language.say
    name = writer.language.month(month.scope) if month else say("your_books")
    findings = writer.language.some("findings", len(found))
    all_ = [one.finding for one in found]
    stakes = {"stakes": writer.stakes(all_)} if found else {}
    subject = say(f"subject.baseline{'' if found else '.plain'}", month=name, findings=findings, **stakes)
    rank = {id(finding): at for at, finding in enumerate(in_order(all_))}
    largest = sorted(found, key=lambda one: rank[id(one.finding)])[:_LARGEST]
    parts: list[Part | None] = [Words(say(f"meaning.{month.result}")), *_proof(writer, month)] if month else []
    parts += [writer.at_stake(all_) or Words(say("nothing_open")), writer.by_kind(all_)]
    if largest:
        parts += [Heading(say("largest")), writer.items(largest)]
    return writer.letter(subject, say("lead.baseline"), (*parts, *(_ends(writer, month) if month else ())))


def quiet_letter(
    writer: Writer, since: datetime, good: Mapping[str, datetime | None], open_now: Iterable[Finding]
) -> Letter:
    """Nothing happened for a week: that the connector is at work, and what is still open."""
    say = writer.language.say
    day = writer.language.day(since.astimezone(writer.zone).date())
    runs = tuple((job, writer.moment(at) if at else say("never")) for job, at in sorted(good.items()))
    return writer.letter(
        say("subject.quiet", day=day),
        say("lead.quiet", day=day),
        (
            Heading(say("last_good")) if runs else None,
            Facts(runs) if runs else None,
            writer.at_stake(open_now) or Words(say("nothing_open")),
        ),
    )


def _proof(writer: Writer, month: MonthNews) -> list[Part]:
    say = writer.language.say
    parts: list[Part] = []
    if month.because:
        parts += [Heading(say("because")), Points(tuple(plain(writer.language.reason(text)) for text in month.because))]
    if month.proofs:
        sentences = [text for proof in month.proofs for text in (_vendor(writer, proof), _ledger(writer, proof))]
        parts += [Heading(say("proof")), Points(tuple(sentences))]
    if month.invoices:
        parts.append(Facts(((say("invoices"), ", ".join(plain(name) for name in month.invoices)),)))
    return parts


def _vendor(writer: Writer, proof: Conservation) -> str:
    """What Microsoft billed, and whether its lines and their verdicts add up to it."""
    say, currency = writer.language.say, proof.currency

    def money(amount: Decimal) -> str:
        return writer.language.money(amount, currency)

    lost = proof.vendor_lines - proof.verdicts
    if lost:
        return say(
            "proof.lost", sum=money(proof.vendor_lines), covered=money(proof.verdicts), missing=money(lost)
        )  # fmt: skip
    named = (("services", proof.vendor_lines), ("tax", proof.vendor_tax), ("adjustments", proof.adjustments))
    parts = ", ".join(
        say(f"proof.{name}", money=money(amount)) for name, amount in named if amount or name == "services"
    )
    missing = reached(proof)
    if missing is None or proof.vendor_header is None:
        return say("proof.open", sum=money(total((proof.vendor_lines, proof.vendor_tax))), parts=parts)
    if missing:
        header = proof.vendor_header
        return say(
            "proof.missing", header=money(header), sum=money(header - missing), parts=parts, missing=money(missing)
        )
    return say("proof.full", header=money(proof.vendor_header), parts=parts)


def _ledger(writer: Writer, proof: Conservation) -> str:
    """What the ledger bills in scope, and whether every cent of it has a verdict."""
    say, money = writer.language.say, writer.language.money
    lost = proof.ledger_lines - proof.ledger_verdicts
    if lost:
        return say(
            "proof.ledger.lost", sum=money(proof.ledger_lines, proof.currency),
            covered=money(proof.ledger_verdicts, proof.currency), missing=money(lost, proof.currency),
        )  # fmt: skip
    return say("proof.ledger", sum=money(proof.ledger_lines, proof.currency))


def _ends(writer: Writer, month: MonthNews) -> list[Part]:
    say = writer.language.say
    parts: list[Part] = []
    if month.workbook:
        name = month.workbook.replace("\\", "/").rpartition("/")[2]
        parts.append(Words(say("workbook" if month.whole else "workbook.short", name=name)))
    if link := writer.link(scope=month.scope):
        parts.append(Way(say("open_report"), link))
    return parts
