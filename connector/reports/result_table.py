"""The result of a reconciliation on a terminal: first whether it can be trusted, then the money, then what to do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.kinds import DIFFERENCE, EXPOSURE
from connector.domain.result import Reconciliation
from connector.reports import proof
from connector.reports.sums import KindSum, Stake, by_kind, causes, in_sum, measured, on_their_own, stakes
from connector.reports.terminal import WIDTH, both_ends, wrapped
from connector.reports.wording import (
    counted,
    customer_name,
    figures,
    grouped,
    impact,
    kind_of,
    money,
    period,
    plain,
    product_name,
    stake,
)

SHOWN_PER_KIND = 5
SHOWN_CAUSES = 5

HEADINGS = {
    DIFFERENCE: ("DIFFERENCES", "what should be billed is not what is billed"),
    EXPOSURE: ("EXPOSURES", "money at risk that no difference shows; never added to the differences"),
}


def to_table(result: Reconciliation, where: Sequence[str] = (), shown: int = SHOWN_PER_KIND) -> str:
    """Write the result as plain text at most 100 columns wide, with so many findings of each kind.

    `where` says, line by line, where the details lie.
    """
    return _text(_lines(result, where, shown))


def to_summary(result: Reconciliation, where: Sequence[str] = ()) -> str:
    """Write the result in a few lines: the proof, the money at stake, and one line for each kind of finding."""
    return _text(_summary(result, where))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(result: Reconciliation, where: Sequence[str], shown: int) -> Iterator[str]:
    yield from _summary(result)
    for measures in HEADINGS:
        yield from _kinds(result, measures, shown)
    yield from _fates(result)
    yield from _suppressed(result)
    for note in result.notes:
        yield from wrapped(f"Note: {plain(note)}", hang="      ")
    yield from where or ("All findings with their evidence: add --format json, csv, html or xlsx and --output PATH.",)


def _summary(result: Reconciliation, where: Sequence[str] = ()) -> Iterator[str]:
    title, meaning = proof.RESULTS[result.result]
    yield from wrapped(f"{title}   {proof.scope_words(result)}", hang="    ")
    yield from wrapped(meaning)
    for reason in result.because:
        yield from wrapped(f"  - {plain(reason)}", hang="    ")
    yield ""
    for each in sorted(result.conservation, key=lambda each: each.currency):
        yield from wrapped(proof.vendor_proof(each))
        yield from wrapped(proof.ledger_proof(each))
        yield ""
    for measures in HEADINGS:
        yield from _at_stake(result, measures)
    yield from where


def _at_stake(result: Reconciliation, measures: str) -> Iterator[str]:
    title, meaning = HEADINGS[measures]
    found = measured(result, measures)
    if not found:
        seen = " in what could be seen" if result.result == "not_audited" else ""
        yield from (f"{title}: none{seen}", "")
        return
    yield from wrapped(f"{title} ({meaning}): {counted(len(found), 'finding')}", hang="  ")
    for each in stakes(in_sum(found)):
        named = causes(in_sum(found), each.currency) if measures == DIFFERENCE else ()
        yield from _stake_lines(measures, each, named)
    for kind_sum in on_their_own(found):
        text = ", ".join(text for each in kind_sum.stakes for text in _stake_texts(kind_sum, each))
        yield from wrapped(f"  summed on its own: {kind_sum.kind.title}: {text or 'no amount'}", hang="    ")
    yield ""
    for kind_sum in by_kind(found):
        texts = [text for each in kind_sum.stakes for text in _stake_texts(kind_sum, each)] or ["no amount"]
        for line, text in enumerate(texts):
            name = f"  {len(kind_sum.findings):>4,} × {kind_sum.kind.title}" if not line else ""
            yield from both_ends(name, text)
    yield ""


def _stake_texts(kind_sum: KindSum, each: Stake) -> Iterator[str]:
    """Say what some findings of one kind and currency sum to, losses and over-charges apart."""
    valued_at = kind_sum.findings[0].valued_at
    for amount in (each.lost, -each.over):
        if amount:
            yield stake(kind_sum.kind.measures, amount, each.currency, valued_at)


def _stake_lines(measures: str, each: Stake, named: Sequence[tuple[str, Decimal]]) -> Iterator[str]:
    losing, charging = (
        ("you lose", "customers are over-charged") if measures == DIFFERENCE else ("at risk", "in your favour")
    )
    currency = each.currency
    if each.lost:
        back = f"; {grouped(each.recurring, currency)} comes back every period" if each.recurring else ""
        yield _amount_row(losing, money(each.lost, currency), f"{counted(each.losing, 'finding')}{back}")
        yield from _cause_line([(name, amount) for name, amount in named if amount > 0], currency)
    if each.over:
        yield _amount_row(charging, money(each.over, currency), counted(each.charging, "finding"))
        yield from _cause_line([(name, -amount) for name, amount in named if amount < 0], currency)
    without = each.without
    if without:
        yield _amount_row("no amount", currency, counted(without, "finding"))


def _cause_line(named: Sequence[tuple[str, Decimal]], currency: str) -> list[str]:
    parts = [f"{plain(name).replace('_', ' ')} {grouped(amount, currency)}" for name, amount in named[:SHOWN_CAUSES]]
    return wrapped(f"because of {', '.join(parts)}", indent="    ", hang="      ") if parts else []


def _amount_row(label: str, amount: str, rest: str) -> str:
    return f"  {label:<32}{amount:>22}   {rest}"


def _kinds(result: Reconciliation, measures: str, shown: int) -> Iterator[str]:
    found = measured(result, measures)
    if not found:
        return
    heading = f"{HEADINGS[measures][0]}, KIND BY KIND"
    yield heading
    yield "=" * len(heading)
    for each in by_kind(found):
        yield from _kind(each, shown)
        yield ""


def _kind(each: KindSum, shown: int) -> Iterator[str]:
    kind = each.kind
    yield from both_ends(kind.title, f"{kind.name} · {each.findings[0].severity}")
    yield from wrapped(kind.meaning, indent="  ")
    for finding in each.findings[:shown]:
        yield from _finding(finding, kind.advice)
    rest = replace(each, findings=each.findings[shown:], stakes=stakes(each.findings[shown:]))
    if rest.findings:
        sums = ", ".join(text for part in rest.stakes for text in _stake_texts(rest, part)) or "no amount"
        yield from wrapped(f"    … and {len(rest.findings):,} more: {sums}", hang="      ")
    yield from wrapped(f"  What to do: {kind.advice}", hang="    ")


def _finding(finding: Finding, usual_advice: str) -> Iterator[str]:
    subject = finding.subject
    ledger_id = subject.ledger_customer
    who = customer_name(finding) + (f" ({plain(ledger_id)})" if ledger_id and subject.customer_name else "")
    yield from both_ends(
        f"  • {who}", impact(finding) + (", every period" if finding.recurring and finding.impact else "")
    )
    about = [product_name(finding), period(finding.first, finding.last), f"finding {finding.fingerprint}"]
    yield from wrapped(" · ".join(part for part in about if part), indent="    ")
    if finding.expected.amount is not None or finding.actual.amount is not None:
        yield from wrapped(
            f"    expected {figures(finding.expected, finding.currency)};"
            f" billed {figures(finding.actual, finding.currency)}",
            hang="      ",
        )
    for cause in finding.causes:
        if cause.text == kind_of(finding).meaning:
            continue
        amount = f"{grouped(cause.amount, finding.currency)}: " if len(finding.causes) > 1 else ""
        yield from wrapped(f"    because {amount}{plain(cause.text) or plain(cause.cause)}", hang="      ")
    if finding.advice and finding.advice != usual_advice:
        yield from wrapped(f"    {plain(finding.advice)}", hang="    ")


def _fates(result: Reconciliation) -> Iterator[str]:
    for currency in sorted({each.currency for each in result.verdicts}):
        for side, title in (("vendor", "Where Microsoft's charges went"), ("ledger", "What stands behind your lines")):
            rows = proof.fates(result, side, currency)
            if rows:
                yield f"{title}, {currency} (a slice is a line or a part of one)"
                for each, meaning in rows:
                    slices = counted(each.slices, "slice")
                    yield f"  {each.verdict:<14}{grouped(each.amount, currency):>20}{slices:>18}   {meaning}"[:WIDTH]
                yield ""


def _suppressed(result: Reconciliation) -> Iterator[str]:
    if result.suppressed:
        yield "Kept silent by your tolerances"
        for each in sorted(result.suppressed):
            yield f"  {each.kind:<32}{money(each.amount, each.currency):>22}   {counted(each.count, 'difference')}"
        yield ""
