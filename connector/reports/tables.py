"""The result of a reconciliation as tables of typed cells, which the CSV files and the workbook both write."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.line_rows import LEDGER, VENDOR, LineRow, of_side
from connector.domain.money import Money
from connector.domain.result import Conservation, Reconciliation
from connector.reports.sums import in_order
from connector.reports.wording import grouped, kind_of

Cell = str | bool | int | Decimal | Money | date | None
"""Text, yes or no, a count, a number, an amount of money, a day, or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """A named table; every row has as many cells as there are columns. `rows` can be walked through once."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


FINDING_COLUMNS = (
    "fingerprint", "kind", "title", "measures", "severity", "impact", "currency", "valued_at", "recurring",
    "tenant_id", "customer", "ledger", "ledger_customer", "subscription_id", "product_id", "sku_id", "product", "item",
    "first_day", "last_day", "expected_quantity", "expected_unit_price", "expected_amount", "actual_quantity",
    "actual_unit_price", "actual_amount", "causes", "advice",
)  # fmt: skip
LINE_COLUMNS = (
    "document", "line", "customer", "product", "item", "subscription_id", "description", "first_day", "last_day",
    "quantity", "unit_price", "amount", "currency", "verdict", "verdicts", "findings", "source", "source_line",
)  # fmt: skip
PROOF_COLUMNS = (
    "currency", "vendor_header", "vendor_lines", "vendor_tax", "adjustments", "verdicts", "ledger_lines",
    "ledger_verdicts",
)  # fmt: skip


def tables(result: Reconciliation, lines: Collection[LineRow] = ()) -> Iterator[Table]:
    """Yield all tables of a result, findings first; those of the lines only where lines are given."""
    findings = in_order(result.findings)
    yield Table("findings", FINDING_COLUMNS, (_finding(finding) for finding in findings))
    yield Table(
        "causes",
        ("fingerprint", "kind", "cause", "amount", "currency", "text"),
        (
            (each.fingerprint, each.kind, cause.cause, Money(cause.amount, each.currency), each.currency, cause.text)
            for each in findings
            for cause in each.causes
        ),
    )
    yield Table(
        "evidence",
        ("fingerprint", "source", "ref", "line", "row_hash"),
        (
            (finding.fingerprint, each.source, each.ref, each.line or None, each.row_hash)
            for finding in findings
            for each in sorted(finding.evidence)
        ),
    )
    yield Table("conservation", PROOF_COLUMNS, (_proof(each) for each in result.conservation))
    yield Table(
        "verdicts",
        ("side", "verdict", "currency", "slices", "amount"),
        (
            (each.side, each.verdict, each.currency, each.slices, Money(each.amount, each.currency))
            for each in sorted(result.verdicts, key=lambda v: (v.side != VENDOR, v.currency, v.verdict))
        ),
    )
    yield Table(
        "suppressed",
        ("kind", "count", "amount", "currency"),
        (
            (each.kind, each.count, Money(each.amount, each.currency), each.currency)
            for each in sorted(result.suppressed)
        ),
    )
    yield Table(
        "margins",
        ("customer", "category", "currency", "revenue", "cost", "margin", "margin_percent"),
        (
            (
                each.customer,
                each.category,
                each.currency,
                Money(each.revenue, each.currency),
                Money(each.cost, each.currency),
                Money(each.margin, each.currency),
                each.margin_percent,
            )
            for each in sorted(result.margins, key=lambda m: (m.customer, m.category, m.currency))
        ),
    )
    if lines:
        yield line_table(lines, VENDOR)
        yield line_table(lines, LEDGER)


def line_table(lines: Iterable[LineRow], side: str) -> Table:
    """Return the lines of one side as a table, in the order they came."""
    return Table(f"{side}_lines", LINE_COLUMNS, (_line(row) for row in of_side(lines, side)))


def all_lines(lines: Iterable[LineRow]) -> Table:
    """Return the lines of both sides as one table."""
    return Table("lines", ("side", *LINE_COLUMNS), ((row.side, *_line(row)) for row in lines))


def _finding(finding: Finding) -> tuple[Cell, ...]:
    subject, currency = finding.subject, finding.currency
    return (
        finding.fingerprint,
        finding.kind,
        kind_of(finding).title,
        finding.measures,
        finding.severity,
        Money(finding.impact, currency),
        currency,
        finding.valued_at,
        finding.recurring,
        subject.tenant_id,
        subject.customer_name,
        subject.ledger,
        subject.ledger_customer,
        subject.subscription_id,
        subject.product_id,
        subject.sku_id,
        subject.product_name,
        subject.item,
        finding.first,
        finding.last,
        finding.expected.quantity,
        finding.expected.unit_price,
        _money(finding.expected.amount, currency),
        finding.actual.quantity,
        finding.actual.unit_price,
        _money(finding.actual.amount, currency),
        "; ".join(f"{cause.cause} {grouped(cause.amount, currency)}: {cause.text}" for cause in finding.causes),
        finding.advice or kind_of(finding).advice,
    )


def _line(row: LineRow) -> tuple[Cell, ...]:
    verdicts = sorted(row.verdicts, key=lambda each: (-abs(each[1]), each[0]))
    return (
        row.document,
        row.line or None,
        row.customer,
        row.product,
        row.item,
        row.subscription_id,
        row.description,
        row.first,
        row.last,
        row.quantity,
        row.unit_price,
        Money(row.amount, row.currency),
        row.currency,
        verdicts[0][0] if verdicts else "",
        "; ".join(f"{verdict} {grouped(amount, row.currency)}" for verdict, amount in verdicts),
        " ".join(row.findings),
        row.source,
        row.source_line or None,
    )


def _proof(each: Conservation) -> tuple[Cell, ...]:
    amounts = (
        each.vendor_header,
        each.vendor_lines,
        each.vendor_tax,
        each.adjustments,
        each.verdicts,
        each.ledger_lines,
        each.ledger_verdicts,
    )
    return (each.currency, *(_money(amount, each.currency) for amount in amounts))


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
