"""Reconciles Microsoft's invoice lines with the ledger: reads both sides, judges every slice, proves the sums."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.domain import rules
from connector.domain.credit import CreditChain
from connector.domain.errors import UnreadableInput
from connector.domain.finding import Finding
from connector.domain.line_rows import LineRow
from connector.domain.result import Reconciliation
from connector.engine.checks import GroupView, Tables
from connector.engine.expecting import expecting
from connector.engine.mapping import Book
from connector.engine.reconciliation import crediting, exposures, summing
from connector.engine.reconciliation.alone import judge_alone
from connector.engine.reconciliation.groups import Sides, judge_all
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.lives import lives_of
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope, Slice
from connector.engine.reconciliation.staleness import in_words, stale_findings, unread_for
from connector.engine.reconciliation.telling import tell, tell_unanswered
from connector.engine.reconciliation.verdicts import Verdict, left_unjudged
from connector.jobs.counting import counting_lines
from connector.jobs.expect import Expectation
from connector.jobs.reading_back import read_back
from connector.jobs.renewals import before_renewals
from connector.jobs.request import Request
from connector.jobs.run_lines import Facts, RunLines
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables


@dataclass(frozen=True, slots=True)
class Trail:
    """What a run judged piece by piece, by which rules, and the table of charges as they were read and priced.

    `credits` are those among what was judged piece by piece, `every_credit` all of them (None: some agreed and were
    settled by the query engine).
    """

    book: Book
    rates: expecting.Rates
    slices: tuple[Slice, ...]
    groups: tuple[Judgement, ...]
    verdicts: tuple[Verdict, ...]
    priced: Any
    credits: tuple[CreditChain, ...] = ()
    every_credit: tuple[CreditChain, ...] | None = None


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
        self._tables, self._mapping, self._request = tables, mapping, request
        self._sums = SideSums(tables, request)

    def audit(self) -> Audit:
        """Go through all steps; without vendor lines in scope nothing can be audited."""
        scope = self._sums.scope
        if scope is None:
            return Audit(summing.nothing_to_audit(self._sums.why_no_scope()), ())
        expectation = Expectation(self._tables, self._mapping, self._request, self._sums, scope)
        self._directory, rates, settled = expectation.directory, expectation.rates, expectation.settled
        ledger = self._tables.table("ledger_lines") if settled is None else settled.rest_ledger
        ledger_rows = list(self._tables.rows(ledger))
        slices = expectation.slices()
        lives, sightings = lives_of(self._tables.rows(self._tables.table("subscriptions")), scope)
        unread = self._directory.missing(slices)
        because = [
            f"charges are mapped to the ledger {name or 'without a name'}, of which nothing was read; give --ledger"
            for name in unread
        ]
        billable = [piece for piece in slices if summing.is_billable(piece)]
        unbillable = [piece for piece in slices if not summing.is_billable(piece)]
        unjudged = [piece for piece in billable if piece.ledger_customer and (piece.ledger or "") in unread]
        billable = [piece for piece in billable if not piece.ledger_customer or (piece.ledger or "") not in unread]
        lines, outside = self._lines(ledger_rows, slices, lives)
        sides = Sides(
            tuple(billable), tuple(lines), lives, self._directory.frequency, expectation.bundle_of,
            lambda piece: self._directory.is_early(piece, scope),
        )  # fmt: skip
        judged = judge_all(sides, scope)
        answered = [line for judgement in judged.groups for line in judgement.group.lines]
        if settled is not None:
            answered += self._lines(self._tables.rows(settled.answered), slices, lives)[0]
        unanswered, alone_verdicts, not_judged = judge_alone(
            judged.alone, answered, self._directory.tenancy(lives, unbillable), scope
        )
        verdicts: list[Verdict] = [
            *outside,
            *alone_verdicts,
            *(verdict for judgement in judged.groups for verdict in judgement.verdicts),
            *map(summing.verdict_of_unbillable, unbillable),
            *(left_unjudged(piece) for piece in unjudged),
            *(settled.verdicts if settled else ()),
        ]
        names = self._directory.names(rates)
        unseen = unread_for(self._request.freshness, scope, self._sums.without_lines(scope))
        found: list[Finding] = [
            *stale_findings(unseen),
            *crediting.named(
                (finding for judgement in judged.groups for finding in tell(judgement, names)),
                judged.groups,
                self._sums.notes,
            ),
            *(tell_unanswered(one, names) for one in unanswered),
            *exposures.from_checks(self._check_tables(expectation, bool(lives), scope), self._tables.rows, names.rate),
            *exposures.from_groups(
                GroupView(
                    judged.groups,
                    names,
                    expectation.pricer,
                    expectation.book,
                    lives,
                    sightings,
                    scope,
                    self._directory.item_rules,
                    expectation.stale,
                    before_renewals(self._tables, expectation, judged.groups, sightings),
                    _former(expectation, slices),
                )
            ),
            *read_back(self._tables, self._mapping, self._request, scope),
        ]
        summed = summing.sum_up(
            scope=scope,
            mapping=self._mapping,
            conservation=self._sums.conserve(scope, verdicts, self._mapping.adjustments),
            unlined=self._sums.unlined(scope, self._mapping.adjustments),
            given=self._request.totals,
            verdicts=verdicts,
            found=found,
            groups=judged.groups,
            settled_margins=settled.margins if settled else (),
            name_of=self._directory.customer_name,
            not_judged=not_judged,
            because=(*expectation.because, *because, *map(in_words, unseen)),
            has_set_aside=any(True for _ in self._tables.rows(self._sums.set_aside(scope).limit(1))),
        )
        facts = Facts(
            self._directory,
            rates,
            summed.verdicts,
            slices,
            lives,
            summed.result.findings,
            judged.groups,
            unanswered,
        )
        credits = tuple(crediting.chains(judged.groups, summed.result.findings, self._sums.notes, lines, scope))
        trail = Trail(
            expectation.book, rates, tuple(slices), judged.groups, summed.verdicts, expectation.checked, credits,
            credits if settled is None else None,
        )  # fmt: skip
        return Audit(summed.result, RunLines(self._tables, scope, facts, settled), trail)

    def scope(self) -> Scope:
        """The vendor invoices under audit. Raises UnreadableInput where there are none."""
        if self._sums.scope is None:
            raise UnreadableInput(self._sums.why_no_scope())
        return self._sums.scope

    def _lines(
        self, rows: Iterable[Mapping[str, Any]], slices: list[Slice], lives: Iterable[Lifetime]
    ) -> tuple[list[Line], list[Verdict]]:
        return counting_lines(rows, self._directory, slices, lives)

    def _check_tables(self, expectation: Expectation, has_subscriptions: bool, scope: Scope) -> Tables:
        return Tables(
            expected=expectation.expected,
            lines=expectation.checked,
            prices=self._tables.table("prices"),
            subscriptions=self._tables.table("subscriptions"),
            ledger_lines=self._tables.table("ledger_lines"),
            set_aside=self._sums.set_aside(scope),
            has_subscriptions=has_subscriptions,
            has_prices=expectation.has_prices(),
        )


def _former(expectation: Expectation, slices: Iterable[Slice]) -> dict[tuple[str, str, str], str]:
    """The customers that rules name, of slices that are billed on those which they were merged into."""
    found = {}
    for piece in slices if expectation.survivors else ():
        rate = expectation.rates[piece.rate_id]
        if rate is not None and rate.ledger_customer and rate.ledger_customer != piece.ledger_customer:
            found[piece.ledger or "", piece.ledger_customer or "", piece.customer_id or ""] = rate.ledger_customer
    return found
