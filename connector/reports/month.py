"""The report of a month as tables: the proof, findings, what was recovered, margins, seats, credits and the journal."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.kinds import KINDS
from connector.domain.money import Money, from_minor, round_half_up
from connector.domain.month import MonthReport, Shift
from connector.reports.sums import by_kind, measured
from connector.reports.tables import Cell, Table
from connector.reports.wording import exact

SCHEMA = "connector.month/1"
MOST_SHOWN = 60
"""Rows of a table on a terminal."""


def month_tables(report: MonthReport, shifts: Sequence[Shift] = ()) -> Iterator[Table]:
    """The tables in the order in which they are read; `shifts` are the differences against another state."""
    result = report.result
    if shifts:
        yield Table(
            "changed since", ("what", "before", "after"),
            tuple((" · ".join(one.what), one.before, one.after) for one in shifts),
        )  # fmt: skip
    yield Table(
        "proof",
        ("currency", "header", "lines", "tax", "adjustments", "verdicts", "ledger", "ledger verdicts"),
        tuple(
            (
                one.currency, None if one.vendor_header is None else Money(one.vendor_header, one.currency),
                *(
                    Money(amount, one.currency)
                    for amount in (
                        one.vendor_lines, one.vendor_tax, one.adjustments, one.verdicts, one.ledger_lines,
                        one.ledger_verdicts,
                    )
                ),
            )
            for one in sorted(result.conservation, key=lambda one: one.currency)
        ),
    )  # fmt: skip
    yield Table(
        "findings",
        ("kind", "measures", "count", "currency", "impact"),
        tuple(
            (KINDS[kind].title, measures, count, currency, Money(amount, currency))
            for kind, measures, count, currency, amount in _kinds(report)
        ),
    )
    yield Table(
        "found and recovered",
        ("side", "currency", "found", "recovered", "accepted", "open"),
        tuple(
            (
                one.side.replace("_", " "), one.currency,
                *(Money(amount, one.currency) for amount in (one.found, one.recovered, one.accepted, one.open)),
            )
            for one in report.leakage
        ),
    )  # fmt: skip
    yield Table(
        "margins",
        ("customer", "category", "currency", "revenue", "cost", "margin", "percent", "before", "change"),
        tuple(
            (
                one.customer, one.category, one.currency, Money(one.revenue, one.currency),
                Money(one.cost, one.currency), Money(one.margin, one.currency), one.percent,
                None if one.before is None else Money(one.before, one.currency),
                None if one.change is None else Money(one.change, one.currency),
            )
            for one in sorted(report.margins, key=lambda one: (one.currency, one.margin, one.customer, one.category))
        ),
    )  # fmt: skip
    yield Table(
        "margins by category",
        ("category", "currency", "revenue", "cost", "margin", "percent", "before", "change"),
        tuple(_families(report)),
    )
    yield Table(
        "partner earned credit",
        ("customer", "currency", "credit", "margin with it", "margin without it"),
        tuple(
            (
                one.customer, one.currency, Money(one.credit, one.currency),
                *(None if amount is None else Money(amount, one.currency) for amount in (one.margin, one.without)),
            )
            for one in sorted(report.earned, key=lambda one: (one.currency, -one.credit, one.customer))
        ),
    )  # fmt: skip
    if report.seats is not None:
        percent = report.seats.percent
        yield Table(
            "seats",
            ("held", "differing", "percent"),
            ((report.seats.held, report.seats.differing, None if percent is None else round_half_up(percent, 2)),),
        )
    yield Table(
        "credits outstanding",
        ("since", "days", "customer", "product", "currency", "amount", "finding"),
        tuple(
            (
                one.since,
                one.age,
                one.customer,
                one.product,
                one.currency,
                Money(one.amount, one.currency),
                one.fingerprint,
            )
            for one in sorted(report.credits)
        ),
    )
    yield Table(
        "credit chain",
        ("since", "days", "invoice", "taken back by", "charged anew by", "customer", "product", "given back",
         "currency", "due", "given", "given by", "outstanding"),
        tuple(
            (
                one.since, one.age, one.original, ", ".join(one.notes), ", ".join(one.rebills), one.customer,
                one.product, Money(one.vendor, one.vendor_currency), one.currency,
                *(Money(amount, one.currency) for amount in (one.due, one.given)), ", ".join(one.documents),
                Money(one.outstanding, one.currency),
            )
            for one in report.chains
        ),
    )  # fmt: skip
    yield Table(
        "accrued and deferred",
        ("what", "customer", "category", "currency", "amount"),
        tuple(
            (one.kind.replace("_", " "), one.customer, one.category, one.currency, Money(one.amount, one.currency))
            for one in report.adjusting
        ),
    )
    yield Table(
        "revenue by account",
        ("ledger", "account", "currency", "amount"),
        tuple((one.ledger, one.account, one.currency, Money(one.amount, one.currency)) for one in report.accounts),
    )
    yield Table(
        "accounts tied out",
        ("side", "ledger", "account", "held against", "currency", "on the account", "cloud", "difference"),
        tuple(
            (
                one.side, one.name, one.account, one.source, one.currency,
                *(Money(amount, one.currency) for amount in (one.ledger, one.counted, one.difference)),
            )
            for one in report.ties
        ),
    )  # fmt: skip
    yield Table(
        "differences of accounts",
        ("ledger", "account", "day", "kind", "number", "party", "text", "currency", "on the account", "cloud",
         "difference", "why"),
        tuple(
            (
                one.name, one.account, line.day, line.kind, line.number, line.party, line.text, one.currency,
                *(Money(amount, one.currency) for amount in (line.ledger, line.counted, line.difference)), line.why,
            )
            for one in report.ties
            for line in one.lines
        ),
    )  # fmt: skip


def _families(report: MonthReport) -> Iterator[tuple[Cell, ...]]:
    """The margins of all customers together; a customer without a month before counts as 0 there."""
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for one in report.margins:
        amounts = sums.setdefault((one.currency, one.category), [Decimal(0)] * 4)
        for at, amount in enumerate((one.revenue, one.cost, one.margin, one.before or Decimal(0))):
            amounts[at] += amount
    for (currency, category), (revenue, cost, margin, before) in sorted(sums.items()):
        percent = round_half_up(margin * 100 / revenue, 1) if revenue else None
        money = [Money(amount, currency) for amount in (revenue, cost, margin, before, margin - before)]
        yield category, currency, *money[:3], percent, *money[3:]


def _kinds(report: MonthReport) -> Iterator[tuple[str, str, int, str, Decimal]]:
    for measures in ("difference", "exposure"):
        for one in by_kind(measured(report.result, measures)):
            by_currency: dict[str, list[Decimal]] = {}
            for finding in one.findings:
                by_currency.setdefault(finding.currency, []).append(finding.impact)
            for currency, impacts in sorted(by_currency.items()):
                yield one.kind.name, measures, len(impacts), currency, sum(impacts, Decimal(0))


def month_json(report: MonthReport, run_id: str, shifts: Sequence[Shift] = (), **more: Any) -> str:
    """The report for machines; amounts are texts."""
    result = report.result
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "run_id": run_id,
        "month": f"{report.month:%Y-%m}",
        "result": result.result,
        "not_audited_because": list(result.because),
        "vendor_invoices": sorted(result.invoices),
        **more,
        "mapping_digest": report.mapping_digest,
        "inputs": list(report.inputs),
        "notes": list(report.notes),
        "facts": [[*name, value] for name, value in sorted(report.facts.items())],
        "changed_since": [{"what": list(one.what), "before": one.before, "after": one.after} for one in shifts],
    }
    for table in month_tables(report):
        document[table.name.replace(" ", "_")] = [
            dict(zip((name.replace(" ", "_") for name in table.columns), map(_plain, row), strict=True))
            for row in table.rows
        ]
    return json.dumps(document, ensure_ascii=False, indent=1)


def _plain(cell: object) -> object:
    if isinstance(cell, Money):
        return exact(cell.amount, cell.currency)
    if isinstance(cell, Decimal):
        return exact(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def month_lines(report: MonthReport, run_id: str, shifts: Sequence[Shift] = (), notes: Iterable[str] = ()) -> list[str]:
    """The report for people, table by table; empty tables are left out."""
    result = report.result
    lines = [f"{report.month:%B %Y}: {result.result.replace('_', ' ')}, vendor invoices {', '.join(result.invoices)}"]
    lines += [f"not audited because {reason}" for reason in result.because]
    lines += [*notes, *report.notes]
    for table in month_tables(report, shifts):
        rows = [[_shown(cell) for cell in row] for row in table.rows]
        if rows:
            lines += ["", titled(table.name), *_aligned([list(table.columns), *rows[:MOST_SHOWN]], _right(table))]
        if len(rows) > MOST_SHOWN:
            lines.append(f"… and {len(rows) - MOST_SHOWN:,} more; --format json, html or xlsx shows all")
    return [*lines, "", f"run {run_id}"]


def titled(name: str) -> str:
    """A table's name as a heading."""
    return name[:1].upper() + name[1:]


def _shown(cell: object) -> str:
    if isinstance(cell, Money):
        return f"{from_minor(0, cell.currency) + cell.amount:,f}"
    if isinstance(cell, Decimal):
        return f"{cell:,f}"
    return "" if cell is None else str(cell)


def _right(table: Table) -> list[bool]:
    kinds = (Money, Decimal, int)
    rows = list(table.rows)
    return [any(isinstance(row[at], kinds) for row in rows) for at in range(len(table.columns))]


def _aligned(rows: list[list[str]], right: list[bool]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(right))]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def closing_facts(report: MonthReport) -> dict[str, str]:
    """What a mail tells of a closed month, as short texts; amounts by currency are `USD 12.00;EUR 3.00`."""
    sums: dict[str, dict[str, Decimal]] = {"lost": {}, "recovered": {}, "outstanding": {}}
    for one in report.leakage:
        for name, amount in (("lost", one.found), ("recovered", one.recovered)):
            sums[name][one.currency] = sums[name].get(one.currency, Decimal(0)) + amount
    for credit in report.credits:
        known = sums["outstanding"].get(credit.currency, Decimal(0))
        sums["outstanding"][credit.currency] = known + credit.amount
    percent = report.seats.percent if report.seats else None
    told = {
        name: ";".join(f"{currency} {exact(amount, currency)}" for currency, amount in sorted(some.items()))
        for name, some in sums.items()
    }
    seats = f"{round_half_up(percent, 2)} %" if percent is not None else ""
    return {**told, "result": report.result.result, "findings": str(len(report.result.findings)), "seats": seats}
