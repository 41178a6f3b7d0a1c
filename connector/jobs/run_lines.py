"""Shows every line of both sides with what became of it, read from the tables one after the other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.domain.finding import Finding
from connector.domain.line_rows import LEDGER, VENDOR, LineRow, LineRows
from connector.domain.money import exponent, trimmed
from connector.engine.expecting.expecting import Rates
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.alone import Unanswered
from connector.engine.reconciliation.apportioning import Parts, Place, apportion
from connector.engine.reconciliation.concerns import Concerns
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.shapes import Lifetime, Scope, Slice, line_of
from connector.engine.reconciliation.verdicts import Verdict
from connector.jobs.settling import Settled
from connector.ports import LineTables

ZERO = Decimal(0)
_ORIGIN = ["source", "line"]
_VENDOR_ORDER = (
    "customer_name", "customer_id", "subscription_id", "product_id", "sku_id", "charge_start", "invoice", "subtotal",
    "row_hash", "source", "line",
)  # fmt: skip
_LEDGER_ORDER = (
    "ledger", "customer_name", "customer_id", "document_date", "document_number", "line_number", "row_hash", "source",
    "line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run knows of the lines it judged piece by piece, who is who, and what it found."""

    directory: Directory
    rates: Rates
    verdicts: tuple[Verdict, ...]
    slices: Iterable[Slice]
    lives: Iterable[Lifetime]
    findings: Iterable[Finding]
    groups: Iterable[Judgement]
    unanswered: Iterable[Unanswered]


@dataclass(frozen=True, slots=True)
class _Billed:
    """Where the slices of a charge are billed."""

    customer: str
    ledger: str
    ledger_customer: str
    item: str


class RunLines(LineRows):
    """The lines of a run. What was settled inside the query engine is told there, the rest from its verdicts."""

    def __init__(self, tables: LineTables, scope: Scope, facts: Facts, settled: Settled | None) -> None:
        self._tables, self._scope, self._facts, self._settled = tables, scope, facts, settled
        self._judged: dict[Place, Parts] = {}
        self._concerns: Concerns | None = None
        self._billed: dict[tuple[str, int], _Billed] = {}
        self._statuses: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._counts: dict[str, int] = {}

    def of_side(self, side: str) -> Iterator[LineRow]:
        """The lines of one side, in an order that does not vary."""
        concerns = self._prepared()
        if side == VENDOR:
            lines = self._with_settled_charges(self._charges())
            return (self._charge(row, concerns) for row in self._tables.rows(_ordered(lines, _VENDOR_ORDER)))
        lines = self._with_settled_lines(self._ledger_lines())
        known = self._known()
        return (self._ledger_line(row, known, concerns) for row in self._tables.rows(_ordered(lines, _LEDGER_ORDER)))

    def count(self, side: str) -> int:
        """How many lines a side has."""
        if side not in self._counts:
            table = self._charges() if side == VENDOR else self._ledger_lines()
            (row,) = self._tables.rows(table.aggregate(lines=table.count()))
            self._counts[side] = int(row["lines"])
        return self._counts[side]

    def _prepared(self) -> Concerns:
        """Share out the verdicts and index the findings, once, and only where lines are asked for."""
        if self._concerns is not None:
            return self._concerns
        self._concerns = Concerns(self._facts.findings, self._facts.groups, self._facts.unanswered)
        self._judged = apportion(self._facts.verdicts)
        largest: dict[tuple[str, int], Decimal] = {}
        for piece in self._facts.slices:
            for charge in piece.charges:
                place = charge.source, charge.line
                self._statuses[place].add(piece.status)
                # Of a charge whose parts are billed apart, the place of the largest is shown.
                if abs(charge.amount) >= largest.get(place, ZERO):
                    largest[place] = abs(charge.amount)
                    rate = self._facts.rates[piece.rate_id]
                    name = (rate.customer_name if rate else None) or piece.customer_name or ""
                    self._billed[place] = _Billed(
                        name, piece.ledger or "", piece.ledger_customer or "", piece.item or ""
                    )
        return self._concerns

    def _charges(self) -> ir.Table:
        charges = self._tables.table("charges")
        return charges.filter(charges.invoice.fill_null("").isin(self._scope.invoices))

    def _ledger_lines(self) -> ir.Table:
        lines = self._tables.table("ledger_lines")
        return lines.filter(lines.status.fill_null("").lower().strip().notin(VOID))

    def _with_settled_charges(self, charges: ir.Table) -> ir.Table:
        """Add where the charges that agree are billed; of the others these columns are empty."""
        names = ("customer_id", "subscription_id", "ledger", "ledger_customer", "item")
        if self._settled is None:
            return charges.mutate(**{f"s_{name}": ibis.null("string") for name in names})
        there = self._settled.positions.rename({f"s_{name}": name for name in names})
        return charges.left_join(
            there,
            [
                charges.customer_id.identical_to(there.s_customer_id),
                charges.subscription_id.identical_to(there.s_subscription_id),
            ],
        )

    def _with_settled_lines(self, lines: ir.Table) -> ir.Table:
        """Mark the lines that agree."""
        if self._settled is None:
            return lines.mutate(is_settled=ibis.literal(False))
        left = self._settled.open_lines.distinct().rename({f"s_{name}": name for name in _ORIGIN})
        joined = lines.left_join(left, [lines.source == left.s_source, lines.line == left.s_line])
        return joined.mutate(is_settled=joined.s_source.isnull())

    def _known(self) -> frozenset[str]:
        """Every subscription that is charged or on file, so that a ledger line's reference can be told to name it."""
        charges = self._charges()
        rows = self._tables.rows(charges.filter(charges.subscription_id.notnull()).select("subscription_id").distinct())
        return frozenset(row["subscription_id"] for row in rows) | {life.subscription_id for life in self._facts.lives}

    def _charge(self, row: Mapping[str, Any], concerns: Concerns) -> LineRow:
        place = row["source"], row["line"]
        currency = row["currency"] or ""
        amount = trimmed(row["subtotal"] or ZERO, exponent(currency))
        verdicts = self._judged.get((VENDOR, *place), ())
        billed = self._billed.get(place)
        if row["s_item"] is not None:
            ledger, customer = row["s_ledger"] or "", row["s_ledger_customer"] or ""
            name = self._facts.directory.customer_name(ledger, customer) or row["customer_name"] or ""
            verdicts, billed = (("billed", amount),), _Billed(name, ledger, customer, row["s_item"])
        price = row["effective_unit_price"] if row["effective_unit_price"] is not None else row["unit_price"]
        first = row["charge_start"] or row["subscription_start"]
        return LineRow(
            side=VENDOR,
            document=row["invoice"] or "",
            line=row["line"],
            customer=billed.customer if billed else row["customer_name"] or "",
            product=row["product_name"] or row["sku_name"] or row["product_id"] or "",
            item=billed.item if billed else "",
            first=first,
            last=row["charge_end"] or first,
            quantity=None if row["quantity"] is None else trimmed(row["quantity"], 0),
            amount=amount,
            currency=currency,
            ledger=billed.ledger if billed else "",
            ledger_customer=billed.ledger_customer if billed else "",
            tenant_id=row["customer_id"] or "",
            subscription_id=row["subscription_id"] or "",
            description=row["charge_type"] or "",
            unit_price=None if price is None else trimmed(price, exponent(currency)),
            verdicts=verdicts,
            findings=concerns.of_charge(row, self._statuses.get(place, ())),
            source=row["source"] or "",
            source_line=row["line"] or 0,
        )

    def _ledger_line(self, row: Mapping[str, Any], known: frozenset[str], concerns: Concerns) -> LineRow:
        directory = self._facts.directory
        line = line_of(row, directory.bills(row["ledger"], row["customer_id"]), known)
        verdicts = self._judged.get((LEDGER, line.source, line.line), ())
        if row["is_settled"]:
            verdicts = (("matched", line.amount),)
        number = (row["line_number"] or "").strip()
        product = directory.product_name(line.ledger, line.item)
        return LineRow(
            side=LEDGER,
            document=line.document,
            line=int(number) if number.isascii() and number.isdecimal() else 0,
            customer=directory.customer_name(line.ledger, line.customer) or line.customer_name or "",
            product=product or "",
            item=line.item,
            first=line.period.start if line.dated else None,
            last=line.period.last if line.dated else None,
            quantity=None if row["quantity"] is None else trimmed(row["quantity"], 0),
            amount=line.amount,
            currency=line.currency,
            ledger=line.ledger,
            ledger_customer=line.customer,
            tenant_id=directory.tenant(line.ledger, line.customer) or "",
            subscription_id=line.subscription_id or "",
            description=line.description or "",
            unit_price=None if row["unit_price"] is None else trimmed(row["unit_price"], exponent(line.currency)),
            verdicts=verdicts,
            findings=concerns.of_ledger_line(line.source, line.line),
            source=line.source,
            source_line=line.line,
        )


def _ordered(table: ir.Table, names: Iterable[str]) -> ir.Table:
    return table.order_by([table[name] for name in names])
