"""Which subscriptions are billed where, and since when, for people and for machines."""

import json
from collections.abc import Iterable
from typing import Any

from connector.domain.binding import Binding
from connector.domain.period import ONE_DAY
from connector.reports.wording import plain

SCHEMA = "connector.bindings/1"


def bindings_lines(found: Iterable[Binding]) -> list[str]:
    """One line for each tie: subscription, where it is billed, its days, and what else is known."""
    lines = []
    for one in found:
        first, last = _days(one)
        days = f"from {first or 'the beginning'} to {last or 'now'}"
        where = f"customer {one.ledger_customer}, item {one.item}"
        ledger = f"{one.ledger}: " if one.ledger else ""
        what = f", {one.product_id}:{one.sku_id}" if one.product_id else ""
        document = f", document {one.document_id} line {one.line}" if one.document_id else ""
        over = f", replaced on {one.superseded_at:%Y-%m-%d}" if one.superseded_at else ""
        lines.append(plain(f"{one.subscription_id}  {ledger}{where}, {days}{what}{document}{over}"))
    return lines or ["no subscription is tied to a ledger yet; `connector watch` ties them"]


def bindings_json(found: Iterable[Binding]) -> str:
    """The same as one JSON document."""
    document = {"schema": SCHEMA, "bindings": [_told(one) for one in found]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _told(one: Binding) -> dict[str, Any]:
    first, last = _days(one)
    return {
        "subscription_id": one.subscription_id, "ledger": one.ledger, "ledger_customer": one.ledger_customer,
        "item": one.item, "start": first, "end": last, "origin": one.origin.value, "product_id": one.product_id or None,
        "sku_id": one.sku_id or None, "tenant_id": one.tenant_id or None, "document": one.document_id or None,
        "line": one.line or None, "superseded": one.superseded_at is not None,
    }  # fmt: skip


def _days(one: Binding) -> tuple[str | None, str | None]:
    """First and last day, None where it has none."""
    start, end = one.valid.start, one.valid.end
    return (start.isoformat() if start else None), ((end - ONE_DAY).isoformat() if end else None)
