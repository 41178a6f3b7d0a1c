"""An explanation for machines: JSON whose amounts are exact texts and whose formulas can be done again."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.credit import CreditChain
from connector.domain.derivation import Comparison, Derivation, Explanation
from connector.domain.line_rows import LineRow
from connector.reports.result_json import finding_document
from connector.reports.wording import exact

SCHEMA = "connector.explanation/1"


def to_json(explanation: Explanation) -> str:
    """Write the explanation as one JSON document, indented, ending with a newline."""
    text = json.dumps(to_document(explanation), ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def to_document(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as plain dicts, lists and texts."""
    return {
        "schema": SCHEMA,
        "reference": explanation.reference,
        "meant": explanation.meant,
        "comparisons": [_comparison(each) for each in explanation.comparisons],
    }


def _comparison(each: Comparison) -> dict[str, Any]:
    return {
        "currency": each.currency or None,
        "expected": _amount(each.expected, each.currency),
        "actual": _amount(each.actual, each.currency),
        "slices": [_derivation(one) for one in each.derivations],
        "slices_left_out": each.left_out,
        "ledger_lines": [_line(row) for row in each.ledger_lines],
        "credits": [_credit(one) for one in each.credits],
        "findings": [finding_document(finding) for finding in each.findings],
    }


def _credit(one: CreditChain) -> dict[str, Any]:
    return {
        "invoice": one.original,
        "notes": list(one.notes),
        "rebills": list(one.rebills),
        "since": one.since.isoformat(),
        "vendor": exact(one.vendor, one.vendor_currency),
        "vendor_currency": one.vendor_currency,
        "due": exact(one.due, one.currency),
        "given": exact(one.given, one.currency),
        "given_by": list(one.documents),
        "outstanding": exact(one.outstanding, one.currency),
        "currency": one.currency,
    }


def _derivation(one: Derivation) -> dict[str, Any]:
    return {
        "customer": {
            "tenant_id": one.tenant_id or None,
            "name": one.customer or None,
            "ledger": one.ledger or None,
            "ledger_customer": one.ledger_customer or None,
        },
        "subscription_id": one.subscription_id or None,
        "product": {"name": one.product or None, "item": one.item or None},
        "status": one.status,
        "rate": one.rate or None,
        "rules": [
            {
                "about": rule.about,
                "answer": rule.answer,
                "place": rule.place or None,
                "otherwise": rule.otherwise or None,
                "otherwise_place": rule.otherwise_place or None,
            }
            for rule in one.decisions
        ],
        "readings": [
            {
                "charge_type": read.charge_type,
                "start": _day(read.first),
                "end": _day(read.last),
                "quantity": _amount(read.quantity),
                "billed_quantity": _amount(read.billed_quantity),
                "list_price": _amount(read.list_price, read.currency),
                "net_price": _amount(read.net_price, read.currency),
                "cycle_months": read.months or None,
                "days": exact(read.days),
                "of_days": exact(read.of_days),
                "share_by": read.share_by,
                "base": _amount(read.base, read.currency),
                "cost": exact(read.cost, read.currency),
                "currency": read.currency,
            }
            for read in one.readings
        ],
        "sums": [
            {
                "name": each.name,
                "formula": each.formula,
                "result": exact(each.result, each.currency),
                "currency": each.currency,
            }
            for each in one.sums
        ],
        "amount": _amount(one.amount, one.currency),
        "currency": one.currency,
        "cost": exact(one.cost, one.cost_currency),
        "cost_currency": one.cost_currency,
        "charges": [_line(row) for row in one.charges],
        "verdicts": [_verdict(name, amount, one.cost_currency) for name, amount in one.verdicts],
    }


def _line(row: LineRow) -> dict[str, Any]:
    return {
        "document": row.document,
        "line": row.line or None,
        "source": row.source,
        "source_line": row.source_line,
        "start": _day(row.first),
        "end": _day(row.last),
        "description": row.description or None,
        "item": row.item or None,
        "quantity": _amount(row.quantity),
        "unit_price": _amount(row.unit_price, row.currency),
        "amount": exact(row.amount, row.currency),
        "currency": row.currency,
        "verdicts": [_verdict(name, amount, row.currency) for name, amount in row.verdicts],
        "findings": list(row.findings),
    }


def _verdict(name: str, amount: Decimal, currency: str) -> dict[str, str]:
    return {"verdict": name, "amount": exact(amount, currency)}


def _amount(amount: Decimal | None, currency: str = "") -> str | None:
    return None if amount is None else exact(amount, currency)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
