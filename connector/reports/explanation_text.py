"""An explanation for the terminal: who and what, by which rules, by which sums, beside what the ledger has."""

import textwrap
from collections.abc import Iterator

from connector.domain.credit import CreditChain
from connector.domain.derivation import Comparison, Decision, Derivation, Explanation, Reading
from connector.domain.finding import Finding
from connector.domain.line_rows import LineRow
from connector.reports.wording import counted, exact, impact, kind_of, money, number, period, plain

WIDTH = 110
_SHARES = {
    "cycle": "a full cycle",
    "dates": "by its dates",
    "price": "by Microsoft's prices, as its dates do not tell",
}


def to_text(explanation: Explanation) -> str:
    """Write the whole chain. Formulas are never broken, so that they can be copied."""
    lines = [f"{plain(explanation.meant)[:1].upper()}{plain(explanation.meant)[1:]}"]
    for comparison in explanation.comparisons:
        lines += ["", *_comparison(comparison)]
    if not explanation.comparisons:
        lines += ["", "Neither charges nor ledger lines stand behind it."]
    return "\n".join(lines) + "\n"


def _comparison(comparison: Comparison) -> Iterator[str]:
    if comparison.expected is not None and comparison.actual is not None:
        currency = comparison.currency
        gap = comparison.expected - comparison.actual
        yield (
            f"COMPARED  expected {money(comparison.expected, currency)}, the ledger has "
            f"{money(comparison.actual, currency)}, difference {money(gap, currency)}"
        )
    else:
        yield "NOT COMPARED  nothing stands on the other side"
    for derivation in comparison.derivations:
        yield from _derivation(derivation)
    if comparison.left_out:
        yield f"  … and {counted(comparison.left_out, 'more slice')}; ask for one of its lines"
    if comparison.ledger_lines:
        yield "  The ledger has"
        for row in comparison.ledger_lines:
            yield from _line(row)
    for credit in comparison.credits:
        yield from _credit(credit)
    for finding in comparison.findings:
        yield from _finding(finding)


def _derivation(derivation: Derivation) -> Iterator[str]:
    names = (
        derivation.customer or derivation.tenant_id or "no customer",
        derivation.product or "no product",
        derivation.subscription_id and f"subscription {derivation.subscription_id}",
    )
    yield f"  {', '.join(plain(name) for name in names if name)}"
    for row in derivation.charges:
        yield from _line(row)
    if derivation.decisions:
        yield "    Rules"
        for decision in derivation.decisions:
            yield from _decision(decision)
    elif derivation.status == "priced":
        yield f"    Rule  {plain(derivation.rate)}"
    for reading in derivation.readings:
        yield from _wrapped(_reading_words(reading), "    Read as  ")
    for one in derivation.sums:
        yield f"    {one.name.capitalize()} = {one.formula} = {exact(one.result, one.currency)} {one.currency}"
    if not derivation.sums:
        yield f"    No amount: {derivation.status.replace('_', ' ')}{_because(derivation)}"
    verdicts = ", ".join(f"{name} {money(amount, derivation.cost_currency)}" for name, amount in derivation.verdicts)
    if verdicts:
        yield f"    Of its cost of {money(derivation.cost, derivation.cost_currency)}: {verdicts}"


def _because(derivation: Derivation) -> str:
    return f" ({plain(derivation.rate)})" if derivation.rate else ""


def _decision(decision: Decision) -> Iterator[str]:
    place = f"  [{plain(decision.place)}]" if decision.place else ""
    yield from _wrapped(f"{plain(decision.answer)}{place}", f"      {decision.about:<14}")
    if decision.otherwise:
        other = f"  [{plain(decision.otherwise_place)}]" if decision.otherwise_place else ""
        yield from _wrapped(f"without it: {plain(decision.otherwise)}{other}", " " * 20)


def _reading_words(reading: Reading) -> str:
    parts = [plain(reading.charge_type) or "charge", period(reading.first, reading.last)]
    if reading.quantity is not None:
        seats = f"{number(reading.quantity)} seats"
        if reading.billed_quantity is not None and reading.billed_quantity != reading.quantity:
            seats += f", of which {number(reading.billed_quantity)} are billed"
        parts.append(seats)
    if reading.list_price is not None:
        parts.append(f"list price {number(reading.list_price, reading.currency)}")
    if reading.net_price is not None:
        parts.append(f"net price {number(reading.net_price, reading.currency)}")
    if reading.base is not None:
        parts.append(f"amount {number(reading.base, reading.currency)}")
    if reading.months and reading.quantity is not None:
        parts.append(f"cycle of {counted(reading.months, 'month')}")
    if reading.quantity is not None:
        whole = reading.days == reading.of_days
        parts.append(
            _SHARES["cycle"]
            if whole
            else f"{number(reading.days)} of {number(reading.of_days)}{_unit(reading)} {_SHARES[reading.share_by]}"
        )
    parts.append(f"cost {money(reading.cost, reading.currency)}")
    return ", ".join(part for part in parts if part)


def _unit(reading: Reading) -> str:
    return "" if reading.share_by == "price" else " days"


def _line(row: LineRow) -> Iterator[str]:
    where = f"{plain(row.source)}:{row.source_line}"
    number_of = f" line {row.line}" if row.line and row.line != row.source_line else ""
    times = ""
    if row.quantity is not None and row.unit_price is not None:
        times = f"{number(row.quantity)} × {number(row.unit_price, row.currency)}, "
    verdicts = ", ".join(f"{name.replace('_', ' ')} {money(amount, row.currency)}" for name, amount in row.verdicts)
    words = (
        f"{plain(row.document)}{number_of} ({where}): {period(row.first, row.last) or 'no dates'}, {times}"
        f"{money(row.amount, row.currency)}; {verdicts}"
    )
    yield from _wrapped(words, "    ")


def _credit(one: CreditChain) -> Iterator[str]:
    by = f" by {' and '.join(map(plain, one.notes))}" if one.notes else ""
    again = f", charged anew by {' and '.join(map(plain, one.rebills))}" if one.rebills else ""
    got = f" by {' and '.join(map(plain, one.documents))}" if one.documents else ""
    words = (
        f"of {plain(one.original)}, given back{by}{again}: {money(one.vendor, one.vendor_currency)} from Microsoft, "
        f"{money(one.due, one.currency)} due to the customer, {money(one.given, one.currency)} given{got}, "
        f"{money(one.outstanding, one.currency)} outstanding"
    )
    yield from _wrapped(words, "  Credit  ")


def _finding(finding: Finding) -> Iterator[str]:
    yield from _wrapped(f"{kind_of(finding).title}: {impact(finding)}  [{finding.fingerprint}]", "  Finding  ")
    for cause in finding.causes:
        amount = money(cause.amount, finding.currency)
        yield from _wrapped(f"{amount}, {plain(cause.cause).replace('_', ' ')}: {plain(cause.text)}", "    because  ")
    yield from _wrapped(plain(finding.advice) or kind_of(finding).advice, "    to do    ")


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
