"""A plan for machines: JSON whose amounts are exact texts, in an order that never varies."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.document import Blocked, Document, DocumentLine, Plan, SliceRef
from connector.domain.effect import Effect
from connector.domain.period import Period
from connector.reports.plan_sums import margin_of
from connector.reports.wording import exact

SCHEMA = "connector.plan/1"


def to_json(plan: Plan, effects: Sequence[Effect] | None = None) -> str:
    """Write a plan as one JSON document, indented, ending with a newline.

    Amounts are texts with at least their currency's decimals; days are ISO 8601, first and last. `effects` are what an
    edit of the mapping changes, where that was asked for.
    """
    text = json.dumps(to_document(plan, effects), ensure_ascii=False, indent=1)
    # A lone half of a surrogate pair may stand in a name and has no UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def to_document(plan: Plan, effects: Sequence[Effect] | None = None) -> dict[str, Any]:
    """Return a plan as plain dicts, lists and texts."""
    written = {
        "schema": SCHEMA,
        "plan_id": plan.plan_id,
        "period": _period(plan.period),
        "documents": [document_json(document) for document in plan.documents],
        "blocked": [_blocked(one) for one in plan.blocked],
        "held": [{"guard": one.guard, "text": one.text, "key": one.key or None} for one in plan.held],
        "unchanged": plan.unchanged,
        "settled": [
            {"fate": fate, "currency": currency, "amount": exact(amount, currency)}
            for fate, currency, amount in plan.settled
        ],
        "changes": [
            {
                "ledger": one.ledger,
                "customer": one.customer,
                "customer_name": one.customer_name,
                "currency": one.currency,
                "total": exact(one.total, one.currency),
                "before": _known(one.before, one.currency),
                "change": _known(None if one.before is None else one.total - one.before, one.currency),
                "percent": _known(one.percent),
            }
            for one in plan.changes
        ],
        "inputs": dict(plan.inputs),
        "notes": list(plan.notes),
    }
    if effects is not None:
        written["effects"] = [_effect(one) for one in effects]
    return written


def document_json(document: Document) -> dict[str, Any]:
    """Return a document as plain dicts, lists and texts; `plan_reading.document_of` reads it back."""
    currency = document.currency
    cost, margin = margin_of(document)
    return {
        "key": document.key,
        "fingerprint": document.fingerprint,
        "ledger": document.ledger,
        "customer": document.customer,
        "customer_name": document.customer_name,
        "period": _period(document.period),
        "currency": currency,
        "kind": document.kind,
        "split": document.split,
        "sequence": document.sequence,
        "day": str(document.day),
        "total": exact(document.total, currency),
        "cost": _known(cost, currency),
        "margin": _known(margin, currency),
        "tenants": list(document.tenants),
        "terms": document.terms,
        "purchase_order": document.purchase_order,
        "dimensions": dict(document.dimensions),
        "rate_note": document.rate_note,
        "corrects": list(document.corrects),
        "reverses": document.reverses or None,
        "annex": document.annex,
        "covers": _period(document.covers) if document.covers else None,
        "lines": [_line(line, currency) for line in document.lines],
    }


def _line(line: DocumentLine, currency: str) -> dict[str, Any]:
    return {
        "number": line.number,
        "item": line.item,
        "description": line.description,
        "quantity": _known(line.quantity),
        "unit_price": _known(line.unit_price, currency),
        "amount": exact(line.amount, currency),
        "first": _day(line.first),
        "last": _day(line.last),
        "reference": line.reference or None,
        "tax_code": line.tax_code,
        "tax_percent": _known(line.tax_percent),
        "cost": exact(line.cost, line.cost_currency),
        "cost_currency": line.cost_currency,
        "product": line.product,
        "category": line.category,
        "refunds": line.refunds or None,
        "formula": line.formula,
        "places": list(line.places),
        "slices": [_slice(ref, currency) for ref in line.slices],
    }


def _slice(ref: SliceRef, currency: str) -> dict[str, Any]:
    return {
        "invoice": ref.invoice,
        "row_hash": ref.row_hash,
        "part": ref.part,
        "nth": ref.nth,
        "cost": exact(ref.cost, ref.currency),
        "currency": ref.currency,
        "amount": exact(ref.amount, currency),
        "subscription_id": ref.subscription_id,
        "rule": ref.rule,
        "source": ref.source,
        "line": ref.line,
    }


def _blocked(one: Blocked) -> dict[str, Any]:
    return {
        "reason": one.reason,
        "text": one.text,
        "cost": exact(one.cost, one.currency),
        "currency": one.currency,
        "tenant_id": one.tenant_id,
        "customer_name": one.customer_name,
        "product_id": one.product_id,
        "product_name": one.product_name,
        "findings": list(one.findings),
        "slices": [_slice(ref, ref.currency) for ref in one.slices],
    }


def _effect(one: Effect) -> dict[str, Any]:
    return {
        "ledger": one.ledger,
        "customer": one.customer,
        "customer_name": one.customer_name,
        "currency": one.currency,
        "old": exact(one.old, one.currency),
        "new": exact(one.new, one.currency),
        "difference": exact(one.difference, one.currency),
        "old_blocked": exact(one.old_blocked, one.currency),
        "new_blocked": exact(one.new_blocked, one.currency),
    }


def _known(number: Decimal | None, currency: str = "") -> str | None:
    return None if number is None else exact(number, currency)


def _day(day: date | None) -> str | None:
    return None if day is None else str(day)


def _period(period: Period) -> dict[str, str]:
    return {"start": str(period.start), "end": str(period.last)}
