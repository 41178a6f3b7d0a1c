"""Works out what should be billed: gives every charge in scope its rate, and adds own items and minimums."""

from collections.abc import Callable, Iterable
from typing import Any

import ibis.expr.types as ir

from connector.domain import rules
from connector.domain.period import ONE_DAY
from connector.engine.exchange import EXCHANGE_RATE, LedgerRates
from connector.engine.expecting import expecting, extras, usage_parts
from connector.engine.expecting.keys import FORM_SCHEMA, RATE_SCHEMA
from connector.engine.expecting.normalising import normalise
from connector.engine.mapping import Book
from connector.engine.pricing import Pricer
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.shapes import SLICE_COLUMNS, Scope, Slice, slice_of
from connector.engine.reconciliation.standing import CUSTOMER, ITEM, Stale, known_records, stale
from connector.jobs.merging import survivors_of
from connector.jobs.request import Request
from connector.jobs.settling import CHECKED, Apart, Settled, Settling
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables


class Expectation:
    """What should be billed for the vendor invoices in scope, as tables, and the rules that said so.

    `expected` are the expected slices, `checked` the charges with their rates; `settled` is what agrees already, in
    a large month; `survivors` are the ledger customers that others were merged into, by those; `because` says what
    keeps a run from being sure. With `rates` of another, these go on.
    """

    def __init__(
        self,
        tables: LineTables,
        mapping: rules.Mapping,
        request: Request,
        sums: SideSums,
        scope: Scope,
        *,
        rates: expecting.Rates | None = None,
    ) -> None:
        self._tables, self._mapping, self._scope = tables, mapping, scope
        self.because: list[str] = []
        self.book = Book(mapping)
        self.directory = Directory(self.book, sums.ledger(), request.ledgers)
        self.settled: Settled | None = None
        self.survivors: dict[tuple[str, str], str] = {}
        self.stale = self._stale()
        self.directory.merge(self.survivors)
        self._rates_so_far = rates
        self._expect(large=sums.charges(scope) >= request.settle_from)

    def slices(self, *, reached: bool = False) -> list[Slice]:
        """Every expected slice, with those that have no charge; `reached` minimums have one of 0."""
        slices = self.charged()
        return slices + self.without_charge(slices, reached=reached)

    def charged(self) -> list[Slice]:
        """The expected slices that have a charge."""
        rows = self._tables.rows(self.expected.select(*SLICE_COLUMNS))
        return [self.directory.settle(slice_of(row)) for row in rows]

    def without_charge(self, slices: list[Slice], *, reached: bool = False) -> list[Slice]:
        """Own items and top-ups to minimums; of the slices those of customers with a minimum count."""
        return [*self.own_items(slices), *self.top_ups(slices, self._scope, reached=reached)]

    def own_items(self, slices: Iterable[Slice]) -> list[Slice]:
        """What the partner bills for its own services; `slices` tell the customers' currencies."""
        own = extras.own_items(self.book, self._scope, self._currencies(slices))
        return [self.directory.settle(piece) for piece in own]

    def top_ups(self, slices: Iterable[Slice], scope: Scope, *, reached: bool = False) -> list[Slice]:
        """Top-ups to minimums of the months of a scope, of which `slices` are the charges."""
        slices = list(slices)
        items = self.directory.items_by_category()
        own = extras.minimums(self.book, slices, scope, items, self._currencies(slices), reached=reached)
        return [self.directory.settle(piece) for piece in own]

    def keyed(self, normalised: ir.Table) -> ir.Table:
        """Add to normalised charges what their rates depend on."""
        return expecting.keyed_lines(normalised, self.book, self._sheet_starts)

    def _currencies(self, slices: Iterable[Slice]) -> Callable[[rules.CustomerRule], str]:
        charged = {piece.customer_id: piece.currency for piece in slices if piece.customer_id}

        def currency_of(customer: rules.CustomerRule) -> str:
            known = customer.currency or charged.get(customer.tenant_id) or self.directory.currency(customer.ledger)
            said = f"{customer.place}: the currency of {customer.name} is not known; write `currency:` in its rule"
            if known is None and said not in self.because:
                self.because.append(said)
            return known or "XXX"

        return currency_of

    def bundle_of(self, rate_id: int) -> str | None:
        """The bundle that a rate belongs to, if any."""
        rate = self.rates[rate_id]
        return rate.bundle if rate else None

    def has_prices(self) -> bool:
        """Whether there is a price sheet."""
        return any(True for _ in self._tables.rows(self._tables.table("prices").limit(1)))

    def _expect(self, *, large: bool) -> None:
        charges = self._tables.placed("charges") if large else self._tables.table("charges")
        charges = charges.filter(charges.invoice.fill_null("").isin(self._scope.invoices))
        prices = self._tables.table("prices")
        wants_retail = any(rule.of == "retail" for rule in self._mapping.prices)
        sheet = list(self._tables.rows(prices.semi_join(charges, "product_id"))) if wants_retail else []
        self._sheet_starts = starts = sorted({row["effective_start"] for row in sheet if row["effective_start"]})
        self.pricer = Pricer(self.book, self.directory.currency, expecting.retail_prices(sheet), self._ledger_rates())
        so_far = self._rates_so_far
        self.rates = (
            expecting.Rates(self.pricer, self.directory.ledger) if so_far is None else so_far.priced_by(self.pricer)
        )
        charges = usage_parts.split(self._tables, charges, self._mapping.subscriptions)
        if large:
            apart = Apart(frozenset(self._own_items()), frozenset(self._with_minimum()) | self._on_stale_records())
            self.settled = Settling(
                self._tables,
                charges,
                self.book,
                self.directory,
                self.rates,
                apart,
                self._scope,
                starts,
                self.has_prices(),
            ).settle()
            charges = self._tables.keep("rest_charges", self.settled.rest)
        normalised = normalise(charges)
        lines = self._tables.keep("keyed_lines", self.keyed(normalised))
        # A large month has many keys: they come one by one, in an order that does not depend on the lines'.
        keys = self._tables.keep("rate_keys", expecting.distinct_keys(lines))
        made = self.rates.make(self._tables.rows(keys.order_by("key")))
        rates = self._tables.take("rates", made, RATE_SCHEMA)
        forms = self._tables.take("rate_forms", self.rates.forms(), FORM_SCHEMA)
        priced = self._tables.keep("priced_lines", expecting.price_lines(lines, keys, rates, forms))
        self.checked = priced
        if self.settled is not None and self.settled.checked is not None:
            self.checked = priced.select(*CHECKED).union(self.settled.checked)
        self.expected: Any = self._tables.keep("expected", expecting.expect(priced))

    def _ledger_rates(self) -> LedgerRates:
        """The ledgers' own exchange rates on the last day in scope, where some rule asks for them."""
        if not any(rule.source == "ledger" for rule in self._mapping.fx):
            return LedgerRates()
        records = self._tables.table("ledger_records")
        rows = self._tables.rows(records.filter(records.kind == EXCHANGE_RATE))
        return LedgerRates.of_records(rows, self._scope.end - ONE_DAY)

    def _stale(self) -> tuple[Stale, ...]:
        """Mapped records of the ledgers that should not be billed on."""
        records = self._tables.table("ledger_records")
        known = known_records(self._tables.rows(records.filter(records.kind.isin((CUSTOMER, ITEM)))))
        self.survivors = survivors_of(self._tables, known) if known else {}
        return stale(self._mapping, known, self.directory.ledger, self.directory.ledgers) if known else ()

    def _on_stale_records(self) -> set[tuple[str, str]]:
        """Ledger customers that are stale, or billed on a stale item: what they are due is at risk, and is summed."""
        customers = {(one.ledger, one.record_id) for one in self.stale if one.kind == CUSTOMER}
        customers |= {
            (ledger, now) for (ledger, former), now in self.survivors.items() if (ledger, former) in customers
        }
        for one in self.stale:
            if one.kind == ITEM:
                lines = self._tables.table("ledger_lines")
                billed = lines.filter((lines.ledger == one.ledger) & (lines.item_id == one.record_id))
                rows = self._tables.rows(billed.select("customer_id").distinct())
                customers |= {(one.ledger, row["customer_id"]) for row in rows}
        return customers

    def _own_items(self) -> set[tuple[str, str, str]]:
        """Where own items are billed: ledger, customer, item."""
        return {
            (self.directory.ledger(customer.ledger), customer.ledger_customer, rule.item)
            for rule in self._mapping.own_items
            for customer in self._mapping.customers
        }

    def _with_minimum(self) -> set[tuple[str, str]]:
        """Ledger customers with an agreed minimum: it is compared with all that they are due."""
        return {
            (self.directory.ledger(customer.ledger), customer.ledger_customer)
            for rule in self._mapping.minimums
            for customer in self._mapping.customers
            if extras.selected(rule.selector, customer)
        }
