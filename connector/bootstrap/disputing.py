"""Joins disputes with Microsoft: the findings of what was over-charged, the lines behind them, and how they stand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.bootstrap.storing import open_store
from connector.bootstrap.watching import as_known
from connector.domain.dispute import Dispute, DisputedLine
from connector.domain.dispute import Standing as State
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.standing import Standing
    from connector.ports import Clock

DISPUTABLE = ("vendor_price_differs", "vendor_bill_differs", "incomplete_vendor_file")
"""Kinds of finding in which Microsoft may have charged too much."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something that can be put to Microsoft: the finding, its money, the dispute about it, and the lines."""

    finding: "Standing"
    told: Mapping[str, Any]
    amount: Decimal
    dispute: Dispute | None
    lines: tuple[DisputedLine, ...] = ()

    @property
    def state(self) -> State:
        """How it stands."""
        return self.dispute.state if self.dispute else State.OPEN


def cases(settings: "Settings", *, with_lines: bool, clock: "Clock | None" = None) -> tuple[Case, ...]:
    """Everything Microsoft charged too much, and every dispute there was, the most money first."""
    from connector.adapters.clock import SystemClock
    from connector.jobs.disputing import disputed_lines

    with open_store(settings, clock or SystemClock()) as store, store.look() as unit:
        disputes = unit.disputes.all()
        found = [one for kind in DISPUTABLE for one in unit.findings.all(kind=kind)]
    made = [_case(one, disputes.get(one.fingerprint)) for one in found]
    some = [one for one in made if one.amount > 0 or one.dispute is not None]
    if with_lines:
        with as_known(settings, None) as (tables, _):
            some = [
                Case(one.finding, one.told, one.amount, one.dispute, tuple(disputed_lines(tables, subscription)))
                if (subscription := one.told.get("subscription_id")) and one.finding.kind == DISPUTABLE[0]
                else one
                for one in some
            ]
    return tuple(sorted(some, key=lambda one: (-one.amount, one.finding.fingerprint)))


def _case(finding: "Standing", dispute: Dispute | None) -> Case:
    texts = [json.loads(one.text) for one in finding.told.values()]
    amount = finding.impact if finding.told else dispute.claimed if dispute else Decimal(0)
    return Case(finding, texts[-1] if texts else {}, amount, dispute)


def set_dispute(
    settings: "Settings",
    fingerprint: str,
    state: State,
    by: str,
    *,
    amount: Decimal | None = None,
    case: str = "",
    note: str = "",
    clock: "Clock | None" = None,
) -> Dispute:
    """Write down a step of a dispute. Raises ConnectorError for a finding that is not there or no over-charge.

    `amount` is what is claimed when it is raised, what came back when it is credited; without it the finding's money,
    or what was claimed.
    """
    from connector.adapters.clock import SystemClock

    with open_store(settings, clock or SystemClock()) as store, store.work() as unit:
        finding = unit.findings.get(fingerprint)
        if finding is None:
            raise ConnectorError(
                f"There is no finding {fingerprint}; `connector dispute list` shows what can be disputed."
            )
        if finding.kind not in DISPUTABLE:
            raise ConnectorError(f"{finding.kind} is no over-charge of Microsoft's; there is nothing to dispute.")
        before = unit.disputes.all().get(finding.fingerprint)
        claimed = before.claimed if before else max(finding.impact, Decimal(0))
        recovered = before.recovered if before else Decimal(0)
        if state is State.RAISED and amount is not None:
            claimed = amount
        if state is State.CREDITED:
            recovered = claimed if amount is None else amount
        made = unit.disputes.set(
            finding.fingerprint, state, claimed=claimed, recovered=recovered, currency=finding.currency,
            case=case or (before.case if before else ""), note=note, by=by,
        )  # fmt: skip
        detail = {"state": state.value, "claimed": f"{claimed:f}", "recovered": f"{recovered:f}", "case": made.case}
        unit.audit.add(by, "dispute", "finding", finding.fingerprint, reason=note, detail=detail)
    return made
