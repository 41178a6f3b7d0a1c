"""The JSON Schema of a plan, for those who read it with their own programs."""

from typing import Any

from connector.reports.plan_json import SCHEMA
from connector.reports.plan_sums import FATES
from connector.reports.result_schema import AMOUNT, CURRENCY, DAY, KNOWN, KNOWN_AMOUNT, TEXT

_COUNT = {"type": "integer", "minimum": 0}
_STATED = {**DAY, "type": "string"}
_FATE = {"type": "string", "examples": list(FATES), "description": "What became of Microsoft's money."}
_PERIOD = {
    "type": "object", "properties": {"start": _STATED, "end": _STATED}, "required": ["start", "end"],
}  # fmt: skip
_KEY = {"type": "string", "description": "Which document: ledger|customer|first..last|currency|split|kind|sequence."}


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12). Keys may be added in later versions, so unknown keys are allowed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plan of the documents of a month",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "plan_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
                "period": _PERIOD,
                "documents": _list(_document()),
                "blocked": _list(_blocked()),
                "held": _list(_object({"guard": TEXT, "text": TEXT, "key": {**KNOWN, "description": "Null: all."}})),
                "unchanged": _COUNT,
                "settled": _list(_object({"fate": _FATE, "currency": CURRENCY, "amount": AMOUNT})),
                "changes": _list(_change()),
                "inputs": {"type": "object", "additionalProperties": TEXT},
                "notes": _list(TEXT),
            },
            {"effects": _list(_effect())},
        ),
    }


def _document() -> dict[str, Any]:
    return _object(
        {
            "key": _KEY,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "ledger": TEXT,
            "customer": TEXT,
            "customer_name": TEXT,
            "period": _PERIOD,
            "currency": CURRENCY,
            "kind": {"enum": ["invoice", "credit_memo"]},
            "split": TEXT,
            "sequence": {"type": "integer", "minimum": 1},
            "day": _STATED,
            "total": {**AMOUNT, "description": "Net of tax; of a credit memo what is given back, positive."},
            "cost": KNOWN_AMOUNT,
            "margin": KNOWN_AMOUNT,
            "tenants": _list(TEXT),
            "terms": KNOWN,
            "purchase_order": KNOWN,
            "dimensions": {"type": "object", "additionalProperties": TEXT},
            "rate_note": TEXT,
            "corrects": {**_list(TEXT), "description": "The keys of the documents that it takes the place of."},
            "reverses": {**KNOWN, "description": "The key of the document that it takes back whole."},
            "annex": {"enum": ["none", "itemised", "with_cost"]},
            "lines": _list(_line()),
        },
        {"covers": {**_PERIOD, "type": ["object", "null"], "description": "The quarter or year that it bills."}},
    )


def _line() -> dict[str, Any]:
    return _object(
        {
            "number": {"type": "integer", "minimum": 1},
            "item": KNOWN,
            "description": TEXT,
            "quantity": {**KNOWN_AMOUNT, "description": "Times the unit price, rounded half up, it is the amount."},
            "unit_price": KNOWN_AMOUNT,
            "amount": AMOUNT,
            "first": DAY,
            "last": DAY,
            "reference": {**KNOWN, "description": "The subscription, where the line bills only one."},
            "tax_code": KNOWN,
            "tax_percent": KNOWN_AMOUNT,
            "cost": AMOUNT,
            "cost_currency": TEXT,
            "product": TEXT,
            "category": TEXT,
            "refunds": {**KNOWN, "description": "The earlier line that something is given back of."},
            "formula": TEXT,
            "places": _list(TEXT),
            "slices": _list(_slice()),
        }
    )


def _slice() -> dict[str, Any]:
    return _object(
        {
            "invoice": TEXT,
            "row_hash": TEXT,
            "part": TEXT,
            "nth": {"type": "integer", "minimum": 1},
            "cost": AMOUNT,
            "currency": CURRENCY,
            "amount": {**AMOUNT, "description": "What the line bills for it; a line's slices sum to the line."},
            "subscription_id": TEXT,
            "rule": {**TEXT, "description": "The deal that it was priced by."},
            "source": TEXT,
            "line": _COUNT,
        }
    )


def _blocked() -> dict[str, Any]:
    return _object(
        {
            "reason": {"type": "string", "examples": [fate for fate in FATES if fate not in ("planned", "billed")]},
            "text": TEXT,
            "cost": AMOUNT,
            "currency": CURRENCY,
            "tenant_id": KNOWN,
            "customer_name": KNOWN,
            "product_id": KNOWN,
            "product_name": KNOWN,
            "findings": _list(TEXT),
            "slices": _list(_slice()),
        }
    )


def _change() -> dict[str, Any]:
    return _object(
        {
            "ledger": TEXT,
            "customer": TEXT,
            "customer_name": TEXT,
            "currency": CURRENCY,
            "total": AMOUNT,
            "before": KNOWN_AMOUNT,
            "change": KNOWN_AMOUNT,
            "percent": KNOWN_AMOUNT,
        }
    )


def _effect() -> dict[str, Any]:
    amounts = ("old", "new", "difference", "old_blocked", "new_blocked")
    named: dict[str, Any] = {"ledger": TEXT, "customer": TEXT, "customer_name": TEXT, "currency": CURRENCY}
    return _object({**named, **dict.fromkeys(amounts, AMOUNT)})


def _object(properties: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**properties, **(optional or {})}, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
