"""Says which lines should stand in the ledger for Microsoft's charges, without looking at those that do."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.domain import rules
from connector.domain.due_line import DueLine
from connector.domain.errors import UnreadableInput
from connector.engine.expecting import extras
from connector.engine.expecting.due_lines import due_line
from connector.engine.rates import Rate
from connector.engine.reconciliation import summing
from connector.engine.reconciliation.shapes import Slice, slice_of
from connector.engine.reconciliation.verdicts import Verdict
from connector.jobs.expect import Expectation
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables

ZERO = Decimal(0)
_ORDER = (
    "ledger", "ledger_customer", "subscription_id", "product_id", "sku_id", "first", "next_start", "item", "kind",
    "event", "alone", "expected", "cost", "source", "line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blocked:
    """Charges that no line can bill: why (a verdict), how many, and their cost."""

    verdict: str
    currency: str
    charges: int
    amount: Decimal


class Due:
    """The ledger lines that should have been, one after the other; what no rule can bill is known afterwards."""

    def __init__(self, tables: LineTables, mapping: rules.Mapping, request: Request) -> None:
        self._tables, self._mapping = tables, mapping
        # What agrees already is due all the same, so nothing is settled first.
        self._request = replace(request, settle_from=sys.maxsize)
        self._sums = SideSums(tables, request)
        self._blocked: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
        self._because: tuple[str, ...] = ()
        if self._sums.scope is None:
            raise UnreadableInput(self._sums.why_no_scope())
        self.scope = self._sums.scope

    def lines(self) -> Iterator[DueLine]:
        """Every line, in the order of the charges behind it."""
        for piece, rate in self._slices():
            if summing.is_billable(piece):
                line = due_line(piece, rate)
                if line is not None:
                    yield line
            else:
                verdict = summing.verdict_of_unbillable(piece)
                if verdict.verdict != "absorbed":
                    self._blocked[verdict.verdict, verdict.currency].append(verdict)

    def notes(self) -> tuple[str, ...]:
        """What is not known but matters."""
        return self._because

    def blocked(self) -> tuple[Blocked, ...]:
        """What no line stands for, because no rule can bill it."""
        return tuple(
            Blocked(name, currency, sum(len(one.charges) for one in found), sum((one.amount for one in found), ZERO))
            for (name, currency), found in sorted(self._blocked.items())
        )

    def _slices(self) -> Iterator[tuple[Slice, Rate | None]]:
        """Every expected slice with its rate, without keeping them."""
        expectation = Expectation(self._tables, self._mapping, self._request, self._sums, self.scope)
        topped_up = {
            customer.tenant_id
            for rule in self._mapping.minimums
            for customer in self._mapping.customers
            if extras.selected(rule.selector, customer)
        }
        kept: list[Slice] = []
        latest: dict[str | None, Slice] = {}
        expected = expectation.expected
        for row in self._tables.rows(expected.order_by([expected[name] for name in _ORDER])):
            piece = expectation.directory.settle(slice_of(row))
            latest[piece.customer_id] = replace(piece, charges=())
            if piece.customer_id in topped_up:
                kept.append(piece)
            yield piece, expectation.rates[piece.rate_id]
        # A customer without a minimum is only asked for its currency.
        others = [piece for tenant, piece in latest.items() if tenant not in topped_up]
        without = expectation.without_charge([*others, *kept])
        self._because = tuple(expectation.because)
        for piece in without:
            yield piece, None
