"""Reconciles Microsoft's invoice lines with the ledger: reads both sides, judges every slice, proves the sums."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from connector.domain import rules
from connector.domain.errors import UnreadableInput
from connector.domain.finding import Finding
from connector.domain.line_rows import LineRow
from connector.domain.money import trimmed
from connector.domain.period import Period
from connector.domain.result import Conservation, Reconciliation
from connector.engine.checks import GroupView, Tables
from connector.engine.expecting import expecting, extras, usage_parts
from connector.engine.expecting.normalising import normalise
from connector.engine.mapping import Book
from connector.engine.rates import Pricer, Rate
from connector.engine.reconciliation import exposures, proof, summing
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.alone import judge_alone
from connector.engine.reconciliation.groups import Sides, judge_all
from connector.engine.reconciliation.judging import Judgement, Verdict, left_unjudged
from connector.engine.reconciliation.lives import lives_of
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.proof import VendorSum
from connector.engine.reconciliation.shapes import Line, Scope, Slice, line_of, slice_of
from connector.engine.reconciliation.telling import tell, tell_unanswered
from connector.jobs.run_lines import Facts, RunLines
from connector.jobs.settling import CHECKED, Apart, Settled, Settling
from connector.ports import LineTables

ZERO = Decimal(0)
# Below this the queries cost more than judging everything piece by piece.
SETTLE_FROM = 20_000
_ORDER = (
    "ledger", "ledger_customer", "subscription_id", "product_id", "sku_id", "first", "next_start", "item", "kind",
    "event", "alone", "expected", "cost", "source", "line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What to reconcile: the month (None: all vendor invoices read), header totals given by hand, ledgers by name.

    From `settle_from` charges on, what agrees to the cent is settled inside the query engine first; the result is
    the same (only the number of slices behind a verdict may differ, as lines are not cut). `newest` without a month
    means the last month that a vendor invoice's billing period ends in; unbilled lines do not count for it.
    """

    month: Period | None = None
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    taxes: Mapping[str, Decimal] = field(default_factory=dict)
    ledgers: tuple[str, ...] = ()
    settle_from: int = SETTLE_FROM
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Trail:
    """What a run judged piece by piece, by which rules, and the table of charges as they were read and priced."""

    book: Book
    rates: expecting.Rates
    slices: tuple[Slice, ...]
    groups: tuple[Judgement, ...]
    verdicts: tuple[Verdict, ...]
    priced: Any


@dataclass(frozen=True, slots=True)
class Audit:
    """A reconciliation's result and the lines behind it, which are read while the tables are open.

    `trail` leads back from both to what was judged piece by piece; there is none where nothing was in scope.
    """

    result: Reconciliation
    lines: Collection[LineRow]
    trail: Trail | None = None


def reconcile(tables: LineTables, mapping: rules.Mapping, request: Request) -> Reconciliation:
    """Run a reconciliation. Deterministic: the order of rows and files does not matter."""
    return audit(tables, mapping, request).result


def audit(tables: LineTables, mapping: rules.Mapping, request: Request) -> Audit:
    """Run a reconciliation that can show every line of both sides."""
    return Run(tables, mapping, request).audit()


class Run:
    """One reconciliation; each method is a step."""

    def __init__(self, tables: LineTables, mapping: rules.Mapping, request: Request) -> None:
        self._tables, self._request = tables, request
        self._book = Book(mapping)
        self._mapping = mapping
        self._headers = list(tables.rows(tables.table("headers")))
        self._sums = self._vendor_sums()
        month = proof.newest_month(self._sums, self._headers) if request.newest else request.month
        self._scope = proof.find_scope(self._sums, self._headers, month)
        self._because: list[str] = []

    def audit(self) -> Audit:
        """Go through all steps; without vendor lines in scope nothing can be audited."""
        if self._scope is None:
            return Audit(summing.nothing_to_audit(self._why_no_scope()), ())
        self._directory = Directory(self._book, self._ledger_sums(), self._request.ledgers)
        expected, priced, settled = self._expect(self._scope)
        ledger = self._tables.table("ledger_lines") if settled is None else settled.rest_ledger
        ledger_rows = list(self._tables.rows(ledger))
        slices = self._slices(expected, self._scope)
        lives, sightings = lives_of(self._tables.rows(self._tables.table("subscriptions")), self._scope)
        unread = self._directory.missing(slices)
        self._because += [
            f"charges are mapped to the ledger {name or 'without a name'}, of which nothing was read; give --ledger"
            for name in unread
        ]
        billable = [piece for piece in slices if summing.is_billable(piece)]
        unjudged = [piece for piece in billable if piece.ledger_customer and (piece.ledger or "") in unread]
        billable = [piece for piece in billable if not piece.ledger_customer or (piece.ledger or "") not in unread]
        lines, outside = self._lines(ledger_rows, slices, lives)
        sides = Sides(tuple(billable), tuple(lines), lives, self._directory.frequency, self._bundle_of)
        judged = judge_all(sides, self._scope)
        answered = [line for judgement in judged.groups for line in judgement.group.lines]
        if settled is not None:
            answered += self._lines(self._tables.rows(settled.answered), slices, lives)[0]
        unanswered, alone_verdicts, not_judged = judge_alone(
            judged.alone, answered, self._directory.tenancy(lives), self._scope
        )
        verdicts: list[Verdict] = [
            *outside,
            *alone_verdicts,
            *(verdict for judgement in judged.groups for verdict in judgement.verdicts),
            *(summing.verdict_of_unbillable(piece) for piece in slices if not summing.is_billable(piece)),
            *(left_unjudged(piece) for piece in unjudged),
            *(settled.verdicts if settled else ()),
        ]
        names = self._directory.names(self._rates)
        found: list[Finding] = [
            *(finding for judgement in judged.groups for finding in tell(judgement, names)),
            *(tell_unanswered(one, names) for one in unanswered),
            *exposures.from_checks(self._check_tables(expected, priced, bool(lives), self._scope), self._tables.rows),
            *exposures.from_groups(
                GroupView(
                    judged.groups, names, self._pricer, self._book, sightings, self._scope, self._directory.item_rules
                )
            ),
        ]
        summed = summing.sum_up(
            scope=self._scope,
            mapping=self._mapping,
            conservation=self._conserve(self._scope, verdicts),
            verdicts=verdicts,
            found=found,
            groups=judged.groups,
            settled_margins=settled.margins if settled else (),
            not_judged=not_judged,
            because=tuple(self._because),
            has_set_aside=any(True for _ in self._tables.rows(self._set_aside(self._scope).limit(1))),
        )
        facts = Facts(
            self._directory,
            self._rates,
            summed.verdicts,
            slices,
            lives,
            summed.result.findings,
            judged.groups,
            unanswered,
        )
        trail = Trail(self._book, self._rates, tuple(slices), judged.groups, summed.verdicts, priced)
        return Audit(summed.result, RunLines(self._tables, self._scope, facts, settled), trail)

    def scope(self) -> Scope:
        """The vendor invoices under audit. Raises UnreadableInput where there are none."""
        if self._scope is None:
            raise UnreadableInput(self._why_no_scope())
        return self._scope

    def because(self) -> tuple[str, ...]:
        """What keeps the run from being sure, so far."""
        return tuple(self._because)

    def due(self, scope: Scope) -> Iterator[tuple[Slice, Rate | None]]:
        """Every expected slice with its rate, without keeping them."""
        self._directory = Directory(self._book, self._ledger_sums(), self._request.ledgers)
        expected, _, _ = self._expect(scope)
        topped_up = {
            customer.tenant_id
            for rule in self._mapping.minimums
            for customer in self._mapping.customers
            if extras.selected(rule.selector, customer)
        }
        kept: list[Slice] = []
        latest: dict[str | None, Slice] = {}
        for row in self._tables.rows(expected.order_by([expected[name] for name in _ORDER])):
            piece = self._directory.settle(slice_of(row))
            latest[piece.customer_id] = replace(piece, charges=())
            if piece.customer_id in topped_up:
                kept.append(piece)
            yield piece, self._rates[piece.rate_id]
        # A customer without a minimum is only asked for its currency.
        others = [piece for tenant, piece in latest.items() if tenant not in topped_up]
        for piece in self._without_charge([*others, *kept], scope):
            yield piece, None

    def _set_aside(self, scope: Scope) -> Any:
        """What was set aside, but for the invoices of other months."""
        rows = self._tables.table("set_aside")
        others = sorted({one.invoice for one in self._sums if one.invoice} - set(scope.invoices))
        return rows.filter(rows.invoice.fill_null("").notin(others)) if others else rows

    def _why_no_scope(self) -> str:
        if not self._sums:
            return "no vendor lines were read, so there is nothing to audit"
        have = ", ".join(sorted({one.invoice or "(unbilled)" for one in self._sums}))
        return f"no vendor invoice has a billing period that ends in {self._request.month}; read were: {have}"

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

    def _ledger_sums(self) -> list[dict[str, Any]]:
        """What the ledgers' lines that count sum to, by ledger and currency."""
        lines = self._tables.table("ledger_lines")
        lines = lines.filter(lines.status.fill_null("").lower().strip().notin(VOID))
        grouped = lines.group_by(["ledger", "currency"]).aggregate(lines=lines.count(), amount=lines.amount.sum())
        return list(self._tables.rows(grouped))

    def _expect(self, scope: Scope) -> tuple[Any, Any, Settled | None]:
        charges = self._tables.table("charges")
        charges = charges.filter(charges.invoice.fill_null("").isin(scope.invoices))
        prices = self._tables.table("prices")
        wants_retail = any(rule.of == "retail" for rule in self._mapping.prices)
        sheet = list(self._tables.rows(prices.semi_join(charges, "product_id"))) if wants_retail else []
        starts = sorted({row["effective_start"] for row in sheet if row["effective_start"]})
        self._pricer = Pricer(self._book, self._directory.currency, expecting.retail_prices(sheet))
        self._rates = expecting.Rates(self._pricer, self._directory.ledger)
        charges = usage_parts.split(self._tables, charges, self._mapping.subscriptions)
        settled = None
        if sum(one.lines for one in self._sums if one.invoice in scope.invoices) >= self._request.settle_from:
            apart = Apart(frozenset(self._own_items()), frozenset(self._with_minimum()))
            settled = Settling(
                self._tables,
                charges,
                self._book,
                self._directory,
                self._rates,
                apart,
                scope,
                starts,
                self._has_prices(),
            ).settle()
            charges = self._tables.keep("rest_charges", settled.rest)
        normalised = normalise(charges)
        lines = self._tables.keep("keyed_lines", expecting.keyed_lines(normalised, self._book, starts))
        keys = sorted(self._tables.rows(expecting.distinct_keys(lines)), key=str)
        rates = self._tables.take("rates", self._rates.make(iter(keys)), self._rates.columns())
        priced = self._tables.keep("priced_lines", expecting.price_lines(lines, rates))
        checked = priced
        if settled is not None and settled.checked is not None:
            checked = priced.select(*CHECKED).union(settled.checked)
        return self._tables.keep("expected", expecting.expect(priced)), checked, settled

    def _own_items(self) -> set[tuple[str, str, str]]:
        """Where own items are billed: ledger, customer, item."""
        return {
            (self._directory.ledger(customer.ledger), customer.ledger_customer, rule.item)
            for rule in self._mapping.own_items
            for customer in self._mapping.customers
        }

    def _with_minimum(self) -> set[tuple[str, str]]:
        """Ledger customers with an agreed minimum: it is compared with all that they are due."""
        return {
            (self._directory.ledger(customer.ledger), customer.ledger_customer)
            for rule in self._mapping.minimums
            for customer in self._mapping.customers
            if extras.selected(rule.selector, customer)
        }

    def _slices(self, expected: Any, scope: Scope) -> list[Slice]:
        slices = [self._directory.settle(slice_of(row)) for row in self._tables.rows(expected)]
        return slices + self._without_charge(slices, scope)

    def _without_charge(self, slices: list[Slice], scope: Scope) -> list[Slice]:
        """Own items and top-ups to minimums; of the slices those of customers with a minimum count."""
        charged = {piece.customer_id: piece.currency for piece in slices if piece.customer_id}

        def currency_of(customer: rules.CustomerRule) -> str:
            known = customer.currency or charged.get(customer.tenant_id) or self._directory.currency(customer.ledger)
            if known is None:
                self._because.append(
                    f"{customer.place}: the currency of {customer.name} is not known; write `currency:` in its rule"
                )
            return known or "XXX"

        items = self._directory.items_by_category()
        own = [
            *extras.own_items(self._book, scope, currency_of),
            *extras.minimums(self._book, slices, scope, items, currency_of),
        ]
        return [self._directory.settle(piece) for piece in own]

    def _lines(
        self, rows: Iterable[Mapping[str, Any]], slices: list[Slice], lives: Iterable[Any]
    ) -> tuple[list[Line], list[Verdict]]:
        charged = {piece.subscription_id for piece in slices if piece.subscription_id}
        known = frozenset(charged | {life.subscription_id for life in lives})
        own = {(piece.ledger, piece.ledger_customer, piece.item) for piece in slices if piece.kind == "own"}
        lines: list[Line] = []
        outside: list[Verdict] = []
        for row in rows:
            if summing.is_void(row["status"]):
                continue
            line = line_of(row, self._directory.bills(row["ledger"], row["customer_id"]), known)
            if self._directory.is_cloud(line.ledger, line.item) or (line.ledger, line.customer, line.item) in own:
                lines.append(line)
            else:
                outside.append(Verdict("ledger", "out_of_scope", line.currency, line.amount, line.source, line.line))
        return lines, outside

    def _bundle_of(self, rate_id: int) -> str | None:
        rate = self._rates[rate_id]
        return rate.bundle if rate else None

    def _check_tables(self, expected: Any, priced: Any, has_subscriptions: bool, scope: Scope) -> Tables:
        prices = self._tables.table("prices")
        return Tables(
            expected=expected,
            lines=priced,
            prices=prices,
            subscriptions=self._tables.table("subscriptions"),
            ledger_lines=self._tables.table("ledger_lines"),
            set_aside=self._set_aside(scope),
            has_subscriptions=has_subscriptions,
            has_prices=self._has_prices(),
        )

    def _has_prices(self) -> bool:
        return any(True for _ in self._tables.rows(self._tables.table("prices").limit(1)))

    def _conserve(self, scope: Scope, verdicts: Iterable[Verdict]) -> tuple[Conservation, ...]:
        scoped = [one for one in self._sums if one.invoice in scope.invoices]
        headers = proof.find_headers(self._headers, scope, scoped, self._request.totals, self._request.taxes)
        by_side: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for verdict in verdicts:
            by_side[verdict.side, verdict.currency] += verdict.amount
        ledger: dict[str, Decimal] = defaultdict(Decimal)
        for row in self._ledger_sums():
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
                    adjustments=proof.adjusted(self._mapping.adjustments, scope, currency),
                    verdicts=by_side["vendor", currency],
                    ledger_lines=ledger[currency],
                    ledger_verdicts=by_side["ledger", currency],
                )
            )
        return tuple(result)
