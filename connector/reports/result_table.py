"""The result of a reconciliation on a terminal: first whether it can be trusted, then the money, then what to do."""

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.kinds import DIFFERENCE, EXPOSURE
from connector.domain.result import Reconciliation
from connector.reports import proof
from connector.reports.sums import KindSum, Stake, by_kind, causes, measured, stakes
from connector.reports.wording import (
    columns,
    counted,
    customer_name,
    figures,
    grouped,
    impact,
    money,
    period,
    plain,
    product_name,
    stake,
)

WIDTH = 100
SHOWN_PER_KIND = 5
SHOWN_CAUSES = 5

HEADINGS = {
    DIFFERENCE: ("DIFFERENCES", "what should be billed is not what is billed"),
    EXPOSURE: ("EXPOSURES", "money at risk that no difference shows; never added to the differences"),
}


def to_table(result: Reconciliation, where: Sequence[str] = (), shown: int = SHOWN_PER_KIND) -> str:
    """Write the result as plain text at most 100 columns wide, so many findings of each kind.

    `where` says, line by line, where the details lie.
    """
    return "\n".join(line.rstrip() for line in _lines(result, where, shown)) + "\n"


def _lines(result: Reconciliation, where: Sequence[str], shown: int) -> Iterator[str]:
    title, meaning = proof.RESULTS[result.result]
    yield from _wrapped(f"{title}   {proof.scope_words(result)}", hang="    ")
    yield from _wrapped(meaning)
    for reason in result.because:
        yield from _wrapped(f"  - {plain(reason)}", hang="    ")
    yield ""
    for each in sorted(result.conservation, key=lambda each: each.currency):
        yield from _wrapped(proof.vendor_proof(each))
        yield from _wrapped(proof.ledger_proof(each))
        yield ""
    yield from _at_stake(result)
    for measures in HEADINGS:
        yield from _kinds(result, measures, shown)
    yield from _fates(result)
    yield from _suppressed(result)
    for note in result.notes:
        yield from _wrapped(f"Note: {plain(note)}", hang="      ")
    yield from where or ("All findings with their evidence: add --format json, csv, html or xlsx and --output PATH.",)


def _at_stake(result: Reconciliation) -> Iterator[str]:
    for measures, (title, meaning) in HEADINGS.items():
        found = measured(result, measures)
        if not found:
            yield f"{title}: none"
            continue
        yield from _wrapped(f"{title} ({meaning}): {counted(len(found), 'finding')}", hang="  ")
        for each in stakes(found):
            named = causes(found, each.currency) if measures == DIFFERENCE else ()
            yield from _stake_lines(measures, each, named)
    yield ""


def _stake_lines(measures: str, each: Stake, named: Sequence[tuple[str, Decimal]]) -> Iterator[str]:
    losing, charging = (
        ("you lose", "customers are over-charged")
        if measures == DIFFERENCE
        else ("at risk", "in your favour, but unassigned")
    )
    currency = each.currency
    if each.lost:
        back = f"; {grouped(each.recurring, currency)} comes back every period" if each.recurring else ""
        yield _amount_row(losing, money(each.lost, currency), f"{counted(each.losing, 'finding')}{back}")
        yield from _cause_line([(name, amount) for name, amount in named if amount > 0], currency)
    if each.over:
        yield _amount_row(charging, money(each.over, currency), counted(each.charging, "finding"))
        yield from _cause_line([(name, -amount) for name, amount in named if amount < 0], currency)
    without = each.count - each.losing - each.charging
    if without:
        yield _amount_row("no amount", currency, counted(without, "finding"))


def _cause_line(named: Sequence[tuple[str, Decimal]], currency: str) -> list[str]:
    parts = [f"{plain(name).replace('_', ' ')} {grouped(amount, currency)}" for name, amount in named[:SHOWN_CAUSES]]
    return _wrapped(f"because of {', '.join(parts)}", indent="    ", hang="      ") if parts else []


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
    yield from _both_ends(kind.title, f"{kind.name} · {each.findings[0].severity}")
    yield from _wrapped(kind.meaning, indent="  ")
    for finding in each.findings[:shown]:
        yield from _finding(finding, kind.advice)
    left = each.findings[shown:]
    if left:
        sums = ", ".join(
            " and ".join(
                [stake(kind.measures, part.lost, part.currency, left[0].valued_at)] * bool(part.lost)
                + [stake(kind.measures, -part.over, part.currency, left[0].valued_at)] * bool(part.over)
            )
            or "no amount"
            for part in stakes(left)
        )
        yield from _wrapped(f"    … and {len(left):,} more: {sums}", hang="      ")
    yield from _wrapped(f"  What to do: {kind.advice}", hang="    ")


def _finding(finding: Finding, usual_advice: str) -> Iterator[str]:
    subject = finding.subject
    ledger_id = subject.ledger_customer
    who = customer_name(finding) + (f" ({plain(ledger_id)})" if ledger_id and subject.customer_name else "")
    yield from _both_ends(f"  • {who}", impact(finding) + (", every period" if finding.recurring else ""))
    about = [product_name(finding), period(finding.first, finding.last), f"finding {finding.fingerprint}"]
    yield from _wrapped(" · ".join(part for part in about if part), indent="    ")
    if finding.expected.amount is not None or finding.actual.amount is not None:
        yield from _wrapped(
            f"    expected {figures(finding.expected, finding.currency)};"
            f" billed {figures(finding.actual, finding.currency)}",
            hang="      ",
        )
    for cause in finding.causes:
        amount = f"{grouped(cause.amount, finding.currency)}: " if len(finding.causes) > 1 else ""
        yield from _wrapped(f"    because {amount}{plain(cause.text) or plain(cause.cause)}", hang="      ")
    if finding.advice and finding.advice != usual_advice:
        yield from _wrapped(f"    {plain(finding.advice)}", hang="    ")


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


def _both_ends(left: str, right: str) -> Iterator[str]:
    """Put two texts at the two ends of a line, or on two lines where they do not fit."""
    space = WIDTH - columns(left) - columns(right)
    if space >= 2:
        yield left + " " * space + right
    else:
        yield from _wrapped(left, hang="    ")
        yield " " * max(0, WIDTH - columns(right)) + right


def _wrapped(text: str, indent: str = "", hang: str | None = None) -> list[str]:
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False,
    )
    return lines if all(columns(line) <= WIDTH for line in lines) else _wrapped_wide(text, indent, hang)


def _wrapped_wide(text: str, indent: str, hang: str | None) -> list[str]:
    """Wrap a text whose letters take two columns, which textwrap counts as one."""
    lines, line, rest = [], indent, indent if hang is None else hang
    for letter in text:
        if columns(line + letter) > WIDTH:
            lines.append(line)
            line = rest
        line += letter
    return [*lines, line]
