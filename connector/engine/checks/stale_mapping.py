"""Mapped ledger customers and items that are inactive, deleted, merged or renamed, so that billing on them fails."""

from collections.abc import Iterable
from decimal import Decimal

from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.money import from_minor
from connector.engine.checks import GroupView
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.standing import CUSTOMER, Stale

KIND = "stale_mapping"


def look(view: GroupView) -> Iterable[Finding]:
    """One finding per record and currency: what is expected to be billed on it."""
    if not view.stale:
        return
    at_risk: dict[tuple[Stale, str], list[Slice]] = {}
    customers = {(one.ledger, one.record_id): one for one in view.stale if one.kind == CUSTOMER}
    items = {(one.ledger, one.record_id): one for one in view.stale if one.kind != CUSTOMER}
    for judgement in view.groups:
        for piece in judgement.group.slices:
            ledger, customer = piece.ledger or "", piece.ledger_customer or ""
            for found in (
                customers.get((ledger, view.former.get((ledger, customer, piece.customer_id or ""), customer))),
                items.get((ledger, piece.item or "")),
            ):
                if found is not None:
                    at_risk.setdefault((found, piece.currency), []).append(piece)
    for (record, currency), slices in at_risk.items():
        yield _finding(record, currency, slices)


def _finding(record: Stale, currency: str, slices: list[Slice]) -> Finding:
    kind = KINDS[KIND]
    impact = from_minor(sum(piece.worth for piece in slices), currency)
    is_customer = record.kind == CUSTOMER
    return Finding(
        kind=KIND,
        measures=kind.measures,
        severity=kind.severity,
        impact=max(impact, from_minor(0, currency)),
        currency=currency,
        subject=Subject(
            tenant_id=_only({piece.customer_id for piece in slices}),
            customer_name=_only({piece.customer_name for piece in slices}),
            ledger=record.ledger or None,
            ledger_customer=record.record_id if is_customer else _only({piece.ledger_customer for piece in slices}),
            product_id=_only({piece.product_id for piece in slices}),
            sku_id=_only({piece.sku_id for piece in slices}),
            product_name=_only({piece.product_name for piece in slices}),
            item=_only({piece.item for piece in slices}) if is_customer else record.record_id,
        ),
        key=(record.ledger, record.kind, record.record_id, currency),
        valued_at=kind.valued_at,
        recurring=True,
        first=min(piece.period.start for piece in slices),
        last=max(piece.period.last for piece in slices),
        expected=Figures(amount=impact),
        causes=(Cause(KIND, max(impact, Decimal(0)), record.text),),
        evidence=(Evidence("mapping", record.place.file, record.place.line),),
        advice=kind.advice,
    )


def _only(values: set[str | None]) -> str | None:
    """The value where there is one only."""
    return next(iter(values)) if len(values) == 1 else None
