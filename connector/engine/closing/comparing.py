"""The numbers of a month by name, and how those of two reports differ: as known then, as known now, as frozen."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from connector.domain.month import MonthReport, Shift
from connector.domain.result import Reconciliation

Facts = Mapping[tuple[str, ...], str]
_PROOF = (
    "vendor_header", "vendor_lines", "vendor_tax", "adjustments", "verdicts", "ledger_lines", "ledger_verdicts",
)  # fmt: skip


def facts_of(report: MonthReport) -> Facts:
    """Every number that a later look may find otherwise; what comes from the store's history is not among them."""
    found: dict[tuple[str, ...], str] = dict(_of_result(report.result))
    for margin in report.margins:
        found["margin", margin.customer, margin.category, margin.currency] = _text(margin.margin)
    for one in report.adjusting:
        key = ("adjusting", one.kind, one.customer, one.category, one.currency)
        found[key] = _text(one.amount)
    for chain in report.chains:
        name = ("credit", chain.original, chain.customer, chain.product, *chain.key)
        found[(*name, "given")], found[(*name, "outstanding")] = _text(chain.given), _text(chain.outstanding)
    for account in report.accounts:
        found["account", account.ledger, account.account, account.currency] = _text(account.amount)
    for tie in report.ties:
        found["tie-out", tie.side, tie.name, tie.account, tie.currency] = _text(tie.difference)
    if report.seats is not None:
        found["seats", "held"], found["seats", "differing"] = _text(report.seats.held), _text(report.seats.differing)
    return found


def _of_result(result: Reconciliation) -> Iterable[tuple[tuple[str, ...], str]]:
    yield ("result",), result.result
    yield ("vendor invoices",), ", ".join(sorted(result.invoices))
    for proof in result.conservation:
        for column in _PROOF:
            amount = getattr(proof, column)
            if amount is not None:
                yield ("proof", column, proof.currency), _text(amount)
    for verdict in result.verdicts:
        yield ("verdict", verdict.side, verdict.verdict, verdict.currency), _text(verdict.amount)
    for finding in result.findings:
        who = finding.subject.customer_name or finding.subject.tenant_id or ""
        yield ("finding", finding.kind, finding.fingerprint, who, finding.currency), _text(finding.impact)


def shifts(before: Facts, after: Facts) -> tuple[Shift, ...]:
    """What is in one and not in the other, or another number, in order."""
    names = sorted({*before, *after})
    found = (Shift(name, before.get(name), after.get(name)) for name in names)
    return tuple(one for one in found if one.before != one.after)


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
