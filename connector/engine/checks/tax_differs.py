"""Ledger lines whose tax is not the percentage the rules expect."""

from collections.abc import Iterable
from decimal import Decimal

from connector.domain.finding import Finding
from connector.domain.money import exponent, round_half_up
from connector.engine.checks import GroupView
from connector.engine.reconciliation.telling import about

KIND = "tax_differs"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per group: expected less actual tax, rounded line by line; not judged without a percentage."""
    for judgement in view.groups:
        group = judgement.group
        percents = {
            rate.tax_percent
            for piece in group.slices
            if (rate := view.names.rate(piece.rate_id)) and rate.tax_percent is not None
        }
        if len(percents) != 1:
            continue
        percent, due, borne = percents.pop(), Decimal(0), Decimal(0)
        for line in group.lines:
            if line.tax is not None and line.currency == group.currency:
                # A credit memo's tax may be written without its sign, as its amount may.
                tax = -abs(line.tax) if line.amount < 0 else line.tax
                due += round_half_up(line.amount * percent / 100, exponent(line.currency))
                borne += tax
        if due != borne:
            text = (
                f"the rules expect {percent:f} % tax on these lines: {due:,f} {group.currency}, "
                f"they bear {borne:,f} {group.currency}"
            )
            yield about(KIND, group, view.names, due - borne, text)
