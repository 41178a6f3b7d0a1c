"""Gathers what a month's plan is made of: what is due for its vendor invoices, and what earlier ones left to bill."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir

from connector.domain import rules
from connector.domain.period import Period, add_months
from connector.engine.billing_spans import SPANS, span_of
from connector.engine.expecting.expecting import Rates
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.cutting import NEXT, Cut, cut
from connector.engine.planning.projecting import Reach, project
from connector.engine.reconciliation.shapes import Scope, Slice
from connector.jobs.expect import Expectation
from connector.jobs.overlay import Overlay
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables

# The longest that Microsoft charges ahead for is three years.
_LONGEST = 36
# Lines of Microsoft's that are priced at a time: the query engine's lists of charges do not spill to the disk.
_AT_A_TIME = 80_000


@dataclass
class Gathering:
    """What is due: `cuts` of slices with their `rates`, of the vendor invoices in `scope` and of earlier ones."""

    tables: LineTables
    mapping: rules.Mapping
    request: Request
    sums: SideSums
    scope: Scope
    month: Period
    cuts: list[Cut] = field(default_factory=list)
    _rates: Rates | None = None

    def __post_init__(self) -> None:
        slices: list[Slice] = []
        for tables in self._parts():
            self.expectation = self._expect(tables, self.scope)
            slices += self.expectation.charged()
        slices += self.expectation.without_charge(slices, reached=True)
        self.accounts = Accounts(self.expectation.book, self.expectation.directory.ledger)
        self.cuts += self._cut(slices)
        self._add_earlier()
        self._add_ahead()

    @property
    def rates(self) -> Rates:
        """The rates of all slices."""
        return self.expectation.rates

    def _expect(self, tables: LineTables, scope: Scope) -> Expectation:
        made = Expectation(tables, self.mapping, self.request, self.sums, scope, rates=self._rates)
        self._rates = made.rates
        return made

    def _parts(self) -> Iterator[LineTables]:
        """The lines in parts of whole customers, so that a large month needs no more room than a small one."""
        if self.sums.charges(self.scope) <= _AT_A_TIME:
            yield self.tables
            return
        charges = self.tables.table("charges")
        counted = charges.group_by("customer_id").aggregate(lines=charges.count())
        rows = sorted(self.tables.rows(counted), key=lambda row: row["customer_id"] or "")
        part: list[str] = []
        filled = 0
        for row in rows:
            if row["customer_id"] is None:
                # What names no customer comes first, by itself.
                yield Overlay(self.tables, {"charges": charges.filter(charges.customer_id.isnull())})
                continue
            if part and filled + int(row["lines"]) > _AT_A_TIME:
                yield self._of_tenants(part)
                part, filled = [], 0
            part.append(row["customer_id"])
            filled += int(row["lines"])
        yield self._of_tenants(part)

    def _of_tenants(self, tenants: Iterable[str]) -> LineTables:
        charges = self.tables.table("charges")
        there = self.tables.take("planned_tenants", ({"tenant": name} for name in tenants), {"tenant": "string"})
        return Overlay(self.tables, {"charges": charges.semi_join(there, [charges.customer_id == there.tenant])})

    @property
    def invoices(self) -> frozenset[str]:
        """Every vendor invoice that something due is charged on."""
        return frozenset(charge.invoice for one in self.cuts for charge in one.of.charges) | {*self.scope.invoices}

    def spread(self, piece: Slice) -> Period | None:
        """The span that a slice's customer is billed for at a time; None for who is billed as the vendor charges."""
        rule = self._rule(piece, min(piece.period.start, self.month.start))
        return span_of(rule, self.month) if rule is not None and rule.frequency in SPANS else None

    def _rule(self, piece: Slice, day: date) -> rules.CustomerRule | None:
        if not piece.ledger_customer:
            return None
        return self.accounts.rule(piece.ledger or "", piece.ledger_customer, piece.customer_id, day)

    def _cut(self, slices: Iterable[Slice]) -> Iterator[Cut]:
        for piece in slices:
            yield from cut(piece, self._rule(piece, self.month.start), self.month, None)

    def _add_earlier(self) -> None:
        """Add what earlier invoices charged, for customers who are billed less or more often than Microsoft charges."""
        tenants = sorted({rule.tenant_id for rule in self.mapping.customers if rule.frequency in SPANS})
        if not tenants:
            return
        months: dict[str, Period] = {}
        for back in range(1, _LONGEST + 1):
            start = add_months(self.month.start, -back)
            month = Period(start, add_months(start, 1))
            found = self.sums.scope_of(month)
            months |= dict.fromkeys(found.invoices if found else (), month)
        months = {name: month for name, month in months.items() if name not in self.scope.invoices}
        if not months:
            return
        charges = self.tables.table("charges")
        tables = Overlay(self.tables, {"charges": charges.filter(charges.customer_id.isin(tenants))})
        scope = Scope(tuple(sorted(set(months.values()))), self.scope.loaded, tuple(sorted(months)))
        by_month: dict[Period, list[Slice]] = {month: [] for month in scope.audited}
        for piece in self._expect(tables, scope).charged():
            charged = months[max(charge.invoice for charge in piece.charges)]
            # The rule that held then says when it is due, also where another has taken its place since.
            self.cuts += cut(piece, self._rule(piece, charged.start), self.month, charged)
            by_month[charged].append(piece)
        for month, charges in by_month.items():
            # A minimum is one of each month, whenever it is billed.
            for top_up in self.expectation.top_ups(charges, Scope((month,), self.scope.loaded, ()), reached=True):
                self.cuts += cut(top_up, self._rule(top_up, month.start), self.month, month)

    def _add_ahead(self) -> None:
        """Add the next cycles of customers who are billed in advance, projected from what is on file."""
        advance = (rule for rule in self.mapping.customers if rule.bills == "advance")
        reaches = {rule.tenant_id: self._reach(rule) for rule in advance if self.month.end in rule.validity}
        if not reaches:
            return
        charges = self.tables.table("charges")
        states = self.tables.table("subscriptions")
        tenants = sorted(reaches)
        columns = {name: str(kind) for name, kind in charges.schema().items()}
        rows = project(
            self.tables.rows(charges.filter(charges.customer_id.isin(tenants))),
            self.tables.rows(states.filter(states.customer_id.isin(tenants))),
            reaches,
        )
        projected = self.tables.take("projected_charges", list(rows), columns)
        for whole, span in sorted({(own.begun is None, own.span) for own in reaches.values()}):
            there = {tenant for tenant, own in reaches.items() if (own.begun is None, own.span) == (whole, span)}
            self._add_span(span, projected, there, whole=whole)

    def _reach(self, rule: rules.CustomerRule) -> Reach:
        """What is billed with this month: the next span, or till the running one ends what has just begun."""
        longest = SPANS.get(rule.frequency, _LONGEST)
        span = span_of(rule, self.month)
        if span.end > self.month.end:
            return Reach(Period(self.month.end, span.end), longest, self.month)
        return Reach(span_of(rule, Period(self.month.end, add_months(self.month.end, 1))), longest)

    def _add_span(self, span: Period, projected: ir.Table, tenants: set[str], *, whole: bool) -> None:
        own = projected.filter(projected.customer_id.isin(sorted(tenants)))
        tables = Overlay(self.tables, {"charges": own})
        scope = Scope(_months(span), self.scope.loaded, ("",))
        ahead = self._expect(tables, scope)
        slices = ahead.charged()
        items = (piece for piece in ahead.own_items(slices) if piece.customer_id in tenants)
        # What has just begun is billed till its span ends; a minimum is settled when its month is over.
        begun = None if whole else self._begun()
        items = (piece for piece in items if begun is None or (piece.source, piece.line) in begun)
        self.cuts += (Cut(piece, NEXT, counts=False) for piece in (*slices, *items))

    def _begun(self) -> set[tuple[str, int]]:
        """Where the rules of own items stand that begin in the month."""
        starts = ((rule.place, rule.validity.start) for rule in self.mapping.own_items)
        return {(place.file, place.line) for place, start in starts if start is not None and start in self.month}


def _months(span: Period) -> tuple[Period, ...]:
    found = []
    day = span.start
    while day < span.end:
        found.append(Period(day, add_months(day, 1)))
        day = add_months(day, 1)
    return tuple(found)


def widened(scope: Scope, span: Period) -> Scope:
    """A scope that takes in the months of a span so far, for customers who are billed for it at a time."""
    so_far = [month for month in _months(span) if month.start < scope.end]
    return Scope(tuple(sorted({*scope.audited, *so_far})), scope.loaded, scope.invoices)
