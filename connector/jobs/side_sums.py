"""What both sides sum to before anything is compared, which vendor invoices are meant, and the proof of the sums."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.credit import Note
from connector.domain.money import trimmed
from connector.domain.period import Period
from connector.domain.result import Conservation
from connector.domain.rules import Adjustment
from connector.engine.reconciliation import crediting, proof
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.proof import VendorSum
from connector.engine.reconciliation.shapes import Scope
from connector.engine.reconciliation.verdicts import Verdict
from connector.jobs.request import Request
from connector.ports import LineTables

ZERO = Decimal(0)


class SideSums:
    """The sums of Microsoft's lines by invoice and of the ledger's by ledger, read once; `scope` is what they leave
    to audit, None where there is no vendor invoice of the month. `notes` are Microsoft's credit and void notes.
    """

    def __init__(self, tables: LineTables, request: Request) -> None:
        self._tables, self._request = tables, request
        headers = list(tables.rows(tables.table("headers")))
        self.notes = crediting.notes_of(headers)
        self._headers = headers
        self._vendor = self._vendor_sums()
        newest = proof.newest_month(self._vendor, self._headers) if request.newest else None
        self._month: Period | None = newest if request.newest else request.month
        self.scope = proof.find_scope(self._vendor, self._headers, self._month)

    def scope_of(self, month: Period) -> Scope | None:
        """The vendor invoices of another month, where any were read."""
        return proof.find_scope(self._vendor, self._headers, month)

    def why_no_scope(self) -> str:
        """Say why nothing can be audited."""
        if not self._vendor:
            unread = self._tables.table("set_aside")
            unread = unread.filter(unread["table"].isin(["charges", "usage"])).order_by(["source", "line", "reason"])
            why = [f"{row['source']}:{row['line']}: {row['reason']}" for row in self._tables.rows(unread.limit(3))]
            return "; ".join(["no vendor lines were read, so there is nothing to audit", *why])
        have = ", ".join(sorted({one.invoice or "(unbilled)" for one in self._vendor}))
        return f"no vendor invoice has a billing period that ends in {self._request.month}; read were: {have}"

    def months(self) -> dict[str, date]:
        """The first day of the month that the billing period of each vendor invoice ends in."""
        return {name: last.replace(day=1) for name, last in proof.last_days(self._vendor, self._headers).items()}

    def without_lines(self, scope: Scope) -> list[str]:
        """Invoices with a total whose billing period ends in the months under audit, and of which no line is there."""
        have = {proof.plain_invoice(one.invoice) for one in self._vendor}
        return [
            row["invoice"]
            for row in self._headers
            if row["total"] and row["period_end"] and row["amends"] is None
            and (row["document_type"] or "invoice") == "invoice"
            and any(period.start <= row["period_end"] < period.end for period in scope.audited)
            and proof.plain_invoice(row["invoice"]) not in have
        ]  # fmt: skip

    def charges(self, scope: Scope) -> int:
        """Count Microsoft's lines in scope."""
        return sum(one.lines for one in self._scoped(scope))

    def set_aside(self, scope: Scope) -> Any:
        """What was set aside, but for the invoices of other months."""
        rows = self._tables.table("set_aside")
        others = sorted({one.invoice for one in self._vendor if one.invoice} - set(scope.invoices))
        return rows.filter(rows.invoice.fill_null("").notin(others)) if others else rows

    def ledger(self) -> list[dict[str, Any]]:
        """What the ledgers' lines that count sum to, by ledger and currency."""
        lines = self._tables.table("ledger_lines")
        lines = lines.filter(lines.status.fill_null("").lower().strip().notin(VOID))
        grouped = lines.group_by(["ledger", "currency"]).aggregate(lines=lines.count(), amount=lines.amount.sum())
        return list(self._tables.rows(grouped))

    def conserve(
        self, scope: Scope, verdicts: Iterable[Verdict], adjustments: tuple[Adjustment, ...]
    ) -> tuple[Conservation, ...]:
        """Hold both sides' sums against the verdicts and the invoices' totals, by currency."""
        scoped = self._scoped(scope)
        headers = proof.find_headers(self._headers, scope, self._vendor, self._request.totals, self._request.taxes)
        by_side: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for verdict in verdicts:
            by_side[verdict.side, verdict.currency] += verdict.amount
        ledger: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.ledger():
            ledger[row["currency"]] += trimmed(row["amount"])
        currencies = {one.currency for one in scoped} | set(ledger) | set(headers.totals)
        result = []
        for currency in sorted(currencies):
            tax = sum((one.tax for one in scoped if one.currency == currency), start=ZERO)
            result.append(
                Conservation(
                    currency=currency,
                    vendor_header=headers.totals.get(currency),
                    vendor_lines=sum((one.subtotal for one in scoped if one.currency == currency), start=ZERO),
                    vendor_tax=tax or headers.taxes.get(currency, ZERO),
                    adjustments=proof.adjusted(adjustments, scope, currency, self.notes.values()),
                    verdicts=by_side["vendor", currency],
                    ledger_lines=ledger[currency],
                    ledger_verdicts=by_side["ledger", currency],
                )
            )
        return tuple(result)

    def unlined(self, scope: Scope, adjustments: tuple[Adjustment, ...]) -> tuple[Note, ...]:
        """Microsoft's notes on the invoices under audit that no line and no adjustment tells of."""
        return proof.unlined(self.notes.values(), scope, self._vendor, adjustments)

    def _scoped(self, scope: Scope) -> list[VendorSum]:
        return [one for one in self._vendor if one.invoice in scope.invoices]

    def _vendor_sums(self) -> list[VendorSum]:
        charges = self._tables.table("charges")
        grouped = charges.group_by(["invoice", "currency"]).aggregate(
            lines=charges.count(),
            subtotal=charges.subtotal.sum(),
            tax=charges.tax.sum(),
            latest_start=charges.charge_start.max(),
        )
        return [
            VendorSum(
                row["invoice"] or "", row["currency"] or "", row["lines"], trimmed(row["subtotal"] or ZERO),
                trimmed(row["tax"] or ZERO),
                row["latest_start"],
            )
            for row in self._tables.rows(grouped)
        ]  # fmt: skip
