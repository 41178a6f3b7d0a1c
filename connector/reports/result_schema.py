"""The JSON Schema of a reconciliation's result, for those who read it with their own programs."""

from typing import Any

from connector.domain.kinds import KINDS, SEVERITIES
from connector.reports.result_json import SCHEMA

AMOUNT = {
    "type": "string",
    "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
    "description": "An exact decimal number as text; never read it into a float.",
}
DAY = {"type": ["string", "null"], "format": "date", "description": "A day, inclusive; null where unknown."}
CURRENCY = {"type": "string", "description": "ISO 4217 code."}
TEXT = {"type": "string"}
KNOWN = {"type": ["string", "null"], "description": "Null where unknown."}
KNOWN_AMOUNT = {**AMOUNT, "type": ["string", "null"]}

VENDOR_VERDICTS = (
    "billed",
    "planned",
    "timing",
    "absorbed",
    "unbilled",
    "unmapped",
    "unpriced",
    "unassigned",
    "disputed",
    "not_judged",
)
LEDGER_VERDICTS = ("matched", "timing", "absorbed", "over_billed", "orphan", "not_judged", "out_of_scope")


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12). Keys may be added in later versions, so unknown keys are allowed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Result of a reconciliation",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "run_id": TEXT,
                "scope": _object({"start": DAY, "end": DAY, "vendor_invoices": _list(TEXT)}),
                "result": {"enum": ["reconciled", "differences", "not_audited"]},
                "not_audited_because": _list(TEXT),
                "conservation": _list(_conservation()),
                "verdicts": _list(_verdict()),
                "findings": _list(_finding()),
                "suppressed": _list(_object({"kind": TEXT, "count": _count(), "amount": AMOUNT, "currency": CURRENCY})),
                "margins": _list(_margin()),
                "notes": _list(TEXT),
            }
        ),
    }


def _conservation() -> dict[str, Any]:
    return _object(
        {
            "currency": CURRENCY,
            "vendor_header": {
                **KNOWN_AMOUNT,
                "description": "The invoice's total, tax included; null where not given.",
            },
            "vendor_lines": {**AMOUNT, "description": "Sum of the lines' Subtotal, net of tax."},
            "vendor_tax": AMOUNT,
            "adjustments": AMOUNT,
            "verdicts": {**AMOUNT, "description": "Sum of the vendor side's verdicts; equals vendor_lines."},
            "ledger_lines": {**AMOUNT, "description": "Net total of the ledger lines in scope."},
            "ledger_verdicts": {**AMOUNT, "description": "Sum of the ledger side's verdicts; equals ledger_lines."},
        }
    )


def _verdict() -> dict[str, Any]:
    verdicts = sorted({*VENDOR_VERDICTS, *LEDGER_VERDICTS})
    return _object(
        {
            "side": {"enum": ["vendor", "ledger"]},
            "verdict": {"enum": verdicts},
            "currency": CURRENCY,
            "slices": _count(),
            "amount": {**AMOUNT, "description": "Vendor: cost. Ledger: net amount."},
        }
    )


def _finding() -> dict[str, Any]:
    figures = _object({"quantity": KNOWN_AMOUNT, "unit_price": KNOWN_AMOUNT, "amount": KNOWN_AMOUNT})
    return _object(
        {
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "kind": {"type": "string", "examples": list(KINDS)},
            "measures": {"enum": ["difference", "exposure"]},
            "severity": {"enum": list(SEVERITIES)},
            "impact": {**AMOUNT, "description": "Positive: the partner loses. Negative: the customer is over-charged."},
            "currency": CURRENCY,
            "valued_at": {"enum": ["sell", "cost"]},
            "recurring": {"type": "boolean"},
            "customer": _object({"tenant_id": KNOWN, "name": KNOWN, "ledger": KNOWN, "ledger_customer": KNOWN}),
            "subscription_id": KNOWN,
            "product": _object({"product_id": KNOWN, "sku_id": KNOWN, "name": KNOWN, "item": KNOWN}),
            "period": _object({"start": DAY, "end": DAY}),
            "expected": figures,
            "actual": figures,
            "causes": _list(_object({"cause": TEXT, "amount": AMOUNT, "text": TEXT})),
            "evidence": _list(
                _object(
                    {
                        "source": {"enum": ["vendor", "ledger", "subscription", "price_sheet", "mapping"]},
                        "ref": TEXT,
                        "line": {"type": ["integer", "null"], "minimum": 1},
                        "row_hash": KNOWN,
                    }
                )
            ),
            "advice": TEXT,
        }
    )


def _margin() -> dict[str, Any]:
    return _object(
        {
            "customer": TEXT,
            "category": TEXT,
            "currency": CURRENCY,
            "revenue": AMOUNT,
            "cost": AMOUNT,
            "margin": AMOUNT,
            "margin_percent": {**KNOWN_AMOUNT, "description": "Margin in percent of revenue; null without revenue."},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _count() -> dict[str, Any]:
    return {"type": "integer", "minimum": 0}
