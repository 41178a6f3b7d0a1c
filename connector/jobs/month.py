"""Makes the report of a month: reconciles it and the one before, and reads what is to be accrued and deferred."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from connector.domain import rules
from connector.domain.credit import CreditChain
from connector.domain.finding import Finding
from connector.domain.kinds import DIFFERENCE, ON_THEIR_OWN
from connector.domain.money import ZERO, exponent, from_minor, round_half_up, trimmed
from connector.domain.month import (
    ACCRUED_REVENUE,
    Adjusting,
    Credit,
    EarnedCredit,
    MarginChange,
    MonthReport,
    SeatVariance,
)
from connector.domain.period import ONE_DAY, Period, add_months
from connector.domain.result import Margin, Reconciliation
from connector.engine.closing.comparing import facts_of
from connector.engine.closing.sharing import Dated, cost, revenue, summed
from connector.engine.expecting.normalising import normalise
from connector.engine.mapping import Book
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.naming import Directory
from connector.engine.watching.reading import sightings_of
from connector.jobs.crediting import credit_chains
from connector.jobs.reconcile import audit, reconcile
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.jobs.tying_out import Bills, tie_out
from connector.ports import LineTables

_SEAT_KINDS = ("quantity_under_billed", "quantity_over_billed", "partial_period_unbilled")


def month_report(
    tables: LineTables, mapping: rules.Mapping, request: Request, bills: Bills = MappingProxyType({})
) -> MonthReport:
    """Report a month; `bills` are Microsoft's vendor id and the account of its bills by ledger.

    What the store knows (what was recovered) is added by who has one.
    """
    audited = audit(tables, mapping, request)
    result = audited.result
    if result.start is None or result.last is None:
        first = request.month.start if request.month else date.min
        return MonthReport(first, result, mapping_digest=mapping.digest)
    month = Period(result.last.replace(day=1), result.last + ONE_DAY)
    previous = Period(add_months(month.start, -1), month.start)
    before = reconcile(tables, mapping, replace(request, month=previous, newest=False, totals={}, taxes={}))
    chains = credit_chains(tables, mapping, request, month, audited.trail.every_credit if audited.trail else None)
    sums = SideSums(tables, replace(request, month=month, newest=False))
    directory = Directory(Book(mapping), sums.ledger(), request.ledgers)
    tied = tie_out(tables, directory, month, result, bills, mapping.adjustments)
    report = MonthReport(
        month=month.start,
        result=result,
        margins=tuple(_margins(result.margins, before.margins)),
        earned=tuple(_earned(tables, result, mapping)),
        seats=_seats(tables, result, month),
        credits=tuple(_credits(chains)),
        chains=chains,
        adjusting=summed(
            [
                *revenue(_ledger_lines(tables, directory), month.end),
                *cost(_charges(tables, result, mapping, month), month.end),
                *_unbilled(result.findings),
            ]
        ),
        accounts=tied.accounts,
        ties=tied.ties,
        mapping_digest=mapping.digest,
        notes=(
            *(
                ()
                if before.start
                else (f"no vendor invoice of {previous.start:%Y-%m} is there to compare margins with",)
            ),
            *tied.notes,
        ),
    )
    return replace(report, facts=facts_of(report))


def _margins(now: Iterable[Margin], before: Iterable[Margin]) -> Iterator[MarginChange]:
    """Margins with those of the month before; who had one then and has none now is told with 0."""
    was = {(one.customer, one.category, one.currency): one for one in before}
    for one in now:
        old = was.pop((one.customer, one.category, one.currency), None)
        yield MarginChange(
            one.customer, one.category, one.currency, one.revenue, one.cost, one.margin, one.margin_percent,
            old.margin if old else None,
        )  # fmt: skip
    for (customer, category, currency), old in sorted(was.items()):
        yield MarginChange(customer, category, currency, ZERO, ZERO, ZERO, None, old.margin)


def _earned(tables: LineTables, result: Reconciliation, mapping: rules.Mapping) -> Iterator[EarnedCredit]:
    """What Microsoft's Azure lines of the month cost less than their list, where it says that it is earned credit."""
    charges = tables.table("charges")
    lines = normalise(charges.filter(charges.invoice.isin(sorted(result.invoices)) & (charges.category == "azure")))
    earned = (lines.list_micro - lines.net_micro).sum()
    grouped = lines.group_by(["customer_id", "currency"]).aggregate(micro=earned, name=lines.customer_name.min())
    margins = {(one.customer, one.currency): one.margin for one in result.margins if one.category == "azure"}
    names = {rule.tenant_id: rule.name for rule in mapping.customers}
    for row in tables.rows(grouped.filter(grouped.micro != 0)):
        currency = row["currency"] or ""
        places = exponent(currency or "XXX")
        credit = from_minor(0, currency or "XXX") + round_half_up(Decimal(int(row["micro"])).scaleb(-6), places)
        known = [name for name in (row["name"], names.get(row["customer_id"] or "")) if name]
        margin = next((margins[name, currency] for name in known if (name, currency) in margins), None)
        if credit:
            yield EarnedCredit(known[-1] if known else row["customer_id"] or "", currency, credit, margin)


def _seats(tables: LineTables, result: Reconciliation, month: Period) -> SeatVariance:
    rows = tables.rows(tables.table("subscriptions"))
    last = [states[-1] for states in sightings_of(rows, (), month.last).values()]
    held = sum((one.quantity for one in last if one.is_running and not one.by_usage and not one.is_trial), ZERO)
    differing = sum(
        (
            abs(one.expected.quantity - one.actual.quantity)
            for one in result.findings
            if one.kind in _SEAT_KINDS and one.expected.quantity is not None and one.actual.quantity is not None
        ),
        ZERO,
    )
    return SeatVariance(held, differing)


def _credits(chains: Iterable[CreditChain]) -> Iterator[Credit]:
    for one in chains:
        if one.outstanding:
            finding = one.findings[0] if one.findings else ""
            yield Credit(one.since, one.customer, one.product, one.currency, one.outstanding, one.age, finding)


def _unbilled(findings: Iterable[Finding]) -> Iterator[Adjusting]:
    """What should be billed for the month and is on no document at all."""
    for one in findings:
        if one.measures == DIFFERENCE and one.kind not in ON_THEIR_OWN and one.impact > 0:
            who = one.subject.customer_name or one.subject.ledger_customer or one.subject.tenant_id or ""
            yield Adjusting(ACCRUED_REVENUE, one.currency, who, "unbilled", one.impact)


def _ledger_lines(tables: LineTables, directory: Directory) -> Iterator[Dated]:
    """The ledger's lines for cloud items, summed up by customer, document day and days of service."""
    lines = tables.table("ledger_lines")
    lines = lines.filter(lines.status.fill_null("").lower().strip().notin(VOID))
    keys = ["ledger", "customer_id", "item_id", "currency", "document_date", "service_start", "service_end"]
    grouped = lines.group_by(keys).aggregate(amount=lines.amount.sum(), name=lines.customer_name.min())
    for row in tables.rows(grouped):
        ledger, customer, day = row["ledger"] or "", row["customer_id"] or "", row["document_date"]
        if day is None or not row["amount"] or not directory.is_cloud(ledger, row["item_id"] or ""):
            continue
        first, last = row["service_start"], row["service_end"]
        if first is not None or last is not None:
            service = Period.inclusive(min(first or last, last or first), max(first or last, last or first))
        else:
            start = day.replace(day=1)
            start = start if directory.bills(ledger, customer) == "advance" else add_months(start, -1)
            service = Period(start, add_months(start, 1))
        who = directory.customer_name(ledger, customer) or row["name"] or customer
        yield Dated(who, "billed", row["currency"] or "", trimmed(row["amount"]), service, day)


def _charges(tables: LineTables, result: Reconciliation, mapping: rules.Mapping, month: Period) -> Iterator[Dated]:
    """Microsoft's charges for days around the end of the month; an invoice of the month is issued after its end."""
    issued = {row["invoice"]: row["invoice_date"] for row in tables.rows(tables.table("headers"))}
    charges = tables.table("charges")
    near = charges.filter((charges.charge_end >= month.start) & charges.charge_start.notnull())
    keys = ["invoice", "customer_id", "category", "currency", "charge_start", "charge_end"]
    grouped = near.group_by(keys).aggregate(amount=near.subtotal.sum(), name=near.customer_name.min())
    names = {rule.tenant_id: rule.name for rule in mapping.customers}
    of_month = set(result.invoices)
    for row in tables.rows(grouped):
        first, last, invoice = row["charge_start"], row["charge_end"], row["invoice"]
        if not row["amount"] or last < first:
            continue
        day = issued.get(invoice)
        if invoice in of_month and (day is None or day < month.end):
            # Whatever its date says, it is for this month and was made out when the month was over.
            day = month.end
        elif invoice and day is None:
            day = first
        if day is not None and day > add_months(month.end, 1):
            continue
        who = names.get(row["customer_id"] or "") or row["name"] or row["customer_id"] or ""
        service = Period.inclusive(first, last)
        yield Dated(who, row["category"] or "license", row["currency"] or "", trimmed(row["amount"]), service, day)


def with_inputs(report: MonthReport, inputs: Iterable[Mapping[str, Any] | str]) -> MonthReport:
    """The report with the hashes of what it was made of."""
    return replace(report, inputs=tuple(sorted(str(one) for one in inputs)))
