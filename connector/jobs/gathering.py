"""Gathers what a month's plan is made of: what is due for its vendor invoices, and what earlier ones left to bill."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import ibis.expr.types as ir

from connector.domain import rules
from connector.domain.period import Period, add_months
from connector.engine.expecting.expecting import Rates
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.cutting import NEXT, SPANS, Cut, cut, span_of
from connector.engine.planning.projecting import project
from connector.engine.reconciliation.shapes import Scope, Slice
from connector.jobs.expect import Expectation
from connector.jobs.overlay import Overlay
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables

# The longest that Microsoft charges ahead for is three years.
_LONGEST = 36


@dataclass
class Gathering:
    """What is due: `cuts` of slices with their `rates`, of the vendor invoices in `scope` and of `earlier` ones."""

    tables: LineTables
    mapping: rules.Mapping
    request: Request
    sums: SideSums
    scope: Scope
    month: Period
    cuts: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.expectation = Expectation(self.tables, self.mapping, self.request, self.sums, self.scope)
        self.accounts = Accounts(self.expectation.book, self.expectation.directory.ledger)
        self.rates: Rates = self.expectation.rates
        slices = self.expectation.slices(reached=True)
        self._let_go()
        self.cuts += self._cut(slices)
        self._add_earlier()
        self._add_ahead()

    def _let_go(self) -> None:
        """Empty the tables that the slices were made of: a large month needs the room for its documents."""
        for name in ("keyed_lines", "priced_lines", "expected"):
            self.tables.take(name, (), {"gone": "int64"})

    @property
    def invoices(self) -> frozenset[str]:
        """Every vendor invoice that something due is charged on."""
        return frozenset(charge.invoice for one in self.cuts for charge in one.of.charges) | {*self.scope.invoices}

    def spread(self, piece: Slice) -> Period | None:
        """The span that a slice's customer is billed for at a time; None for who is billed as the vendor charges."""
        rule = self._rule(piece)
        return span_of(rule, self.month) if rule is not None and rule.frequency in SPANS else None

    def _rule(self, piece: Slice) -> rules.CustomerRule | None:
        if not piece.ledger_customer:
            return None
        return self.accounts.rule(piece.ledger or "", piece.ledger_customer, piece.customer_id, self.month.start)

    def _cut(self, slices: Iterable[Slice]) -> Iterator[Cut]:
        for piece in slices:
            yield from cut(piece, self._rule(piece), self.month, None)

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
        earlier = Expectation(tables, self.mapping, self.request, self.sums, scope)
        offset = len(self.rates.all())
        self.rates = self.rates.joined(earlier.rates)
        for piece in earlier.charged():
            numbered = replace(piece, rate_id=piece.rate_id + offset)
            charged = months[max(charge.invoice for charge in piece.charges)]
            self.cuts += cut(numbered, self._rule(numbered), self.month, charged)

    def _add_ahead(self) -> None:
        """Add the next cycles of customers who are billed in advance, projected from what is on file."""
        following = Period(self.month.end, add_months(self.month.end, 1))
        spans = {
            rule.tenant_id: span_of(rule, following)
            for rule in self.mapping.customers
            if rule.bills == "advance" and span_of(rule, self.month).end == self.month.end
        }
        if not spans:
            return
        charges = self.tables.table("charges")
        states = self.tables.table("subscriptions")
        tenants = sorted(spans)
        columns = {name: str(kind) for name, kind in charges.schema().items()}
        rows = project(
            self.tables.rows(charges.filter(charges.customer_id.isin(tenants))),
            self.tables.rows(states.filter(states.customer_id.isin(tenants))),
            spans,
        )
        projected = self.tables.take("projected_charges", list(rows), columns)
        for span in sorted(set(spans.values())):
            self._add_span(span, projected, {tenant for tenant, own in spans.items() if own == span})

    def _add_span(self, span: Period, projected: ir.Table, tenants: set[str]) -> None:
        own = projected.filter(projected.customer_id.isin(sorted(tenants)))
        tables = Overlay(self.tables, {"charges": own})
        scope = Scope(_months(span), self.scope.loaded, ("",))
        ahead = Expectation(tables, self.mapping, self.request, self.sums, scope)
        offset = len(self.rates.all())
        self.rates = self.rates.joined(ahead.rates)
        slices = ahead.charged()
        items = [piece for piece in ahead.without_charge(slices) if piece.customer_id in tenants and is_item(piece)]
        for piece in (*slices, *items):
            numbered = replace(piece, rate_id=piece.rate_id + offset) if piece.charges else piece
            self.cuts.append(Cut(numbered, NEXT, counts=False))


def is_item(piece: Slice) -> bool:
    """Whether a slice is one of the partner's own items; a minimum is settled when its month is over."""
    return piece.kind == "own" and piece.method == "seats"


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
