"""Says which lines should stand in the ledger for Microsoft's charges, without looking at those that do."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.domain import rules
from connector.domain.due_line import DueLine
from connector.engine.expecting.due_lines import due_line
from connector.engine.reconciliation import summing
from connector.engine.reconciliation.judging import Verdict
from connector.jobs.reconcile import Request, Run
from connector.ports import LineTables

ZERO = Decimal(0)


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
        self._run = Run(tables, mapping, replace(request, settle_from=sys.maxsize))
        self._blocked: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
        self.scope = self._run.scope()

    def lines(self) -> Iterator[DueLine]:
        """Every line, in the order of the charges behind it."""
        for piece, rate in self._run.due(self.scope):
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
        return self._run.because()

    def blocked(self) -> tuple[Blocked, ...]:
        """What no line stands for, because no rule can bill it."""
        return tuple(
            Blocked(name, currency, sum(len(one.charges) for one in found), sum((one.amount for one in found), ZERO))
            for (name, currency), found in sorted(self._blocked.items())
        )
