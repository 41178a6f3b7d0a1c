"""Over-charges of Microsoft's as a list for people, as JSON, and line by line as the CSV that goes to Microsoft."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from connector.domain.dispute import Dispute, DisputedLine
from connector.domain.dispute import Standing as State
from connector.domain.kinds import KINDS
from connector.domain.standing import Standing
from connector.reports.wording import exact, money

SCHEMA = "connector.disputes/1"
COLUMNS = (
    "finding", "state", "case", "invoice", "line_id", "file", "line", "charge_type", "first_day", "last_day",
    "quantity", "charged_unit_price", "expected_unit_price", "charged", "expected", "difference", "currency", "rule",
    "sheet_file", "sheet_line",
)  # fmt: skip


class Case(Protocol):
    """What is shown of a case."""

    @property
    def finding(self) -> Standing: ...  # noqa: D102
    @property
    def told(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102
    @property
    def dispute(self) -> Dispute | None: ...  # noqa: D102
    @property
    def lines(self) -> tuple[DisputedLine, ...]: ...  # noqa: D102
    @property
    def state(self) -> State: ...  # noqa: D102


def case_lines(cases: Iterable[Case]) -> list[str]:
    """A line for each case, and what was recovered altogether."""
    lines, recovered = [], dict[str, Decimal]()
    for one in cases:
        finding, dispute = one.finding, one.dispute
        who = (one.told.get("customer") or {}).get("name") or ""
        product = (one.told.get("product") or {}).get("name") or ""
        case = f", case {dispute.case}" if dispute and dispute.case else ""
        back = f", {money(dispute.recovered, dispute.currency)} came back" if dispute and dispute.recovered else ""
        lines.append(
            f"{finding.fingerprint}  {one.state:<9}{money(one.amount, finding.currency):>16}  "
            f"{' · '.join(filter(None, (KINDS[finding.kind].title, who, product)))}{case}{back}"
        )
        if dispute:
            recovered[dispute.currency] = recovered.get(dispute.currency, Decimal(0)) + dispute.recovered
    if not lines:
        return ["Microsoft charged nothing too much, as far as is known"]
    sums = [money(amount, currency) for currency, amount in sorted(recovered.items()) if amount]
    return [*lines, *([f"recovered altogether: {', '.join(sums)}"] if sums else [])]


def cases_json(cases: Iterable[Case]) -> str:
    """All cases with their lines."""
    document = {
        "schema": SCHEMA,
        "disputes": [
            {
                "fingerprint": one.finding.fingerprint,
                "kind": one.finding.kind,
                "state": one.state.value,
                "amount": exact(one.amount, one.finding.currency),
                "currency": one.finding.currency,
                "claimed": exact(one.dispute.claimed, one.finding.currency) if one.dispute else None,
                "recovered": exact(one.dispute.recovered, one.finding.currency) if one.dispute else None,
                "case": one.dispute.case if one.dispute else None,
                "customer": one.told.get("customer"),
                "subscription_id": one.told.get("subscription_id"),
                "product": one.told.get("product"),
                "lines": [dict(zip(COLUMNS, row, strict=True)) for row in _rows(one)],
            }
            for one in cases
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def cases_csv(cases: Iterable[Case]) -> str:
    """The lines of all cases, one each."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for one in cases:
        rows.writerows(_rows(one))
    return out.getvalue()


def _rows(one: Case) -> Iterable[tuple[str, ...]]:
    case = one.dispute.case if one.dispute else ""
    for line in one.lines:
        amounts = (line.charged_unit, line.expected_unit, line.charged, line.expected, line.difference)
        yield (
            one.finding.fingerprint, one.state.value, case, line.invoice, line.row_hash, line.ref, str(line.line),
            line.charge_type, line.first.isoformat(), line.last.isoformat(), exact(line.quantity),
            *(exact(amount, line.currency) for amount in amounts), line.currency, line.rule, line.sheet,
            str(line.sheet_line),
        )  # fmt: skip
