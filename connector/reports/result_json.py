"""The result of a reconciliation for machines: JSON whose amounts are exact texts, in an order that never varies."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.finding import Evidence, Figures, Finding
from connector.domain.result import Reconciliation
from connector.reports.sums import in_order
from connector.reports.wording import exact

SCHEMA = "connector.reconciliation/1"


def to_json(result: Reconciliation, run_id: str) -> str:
    """Write the result as one JSON document, indented, ending with a newline.

    Amounts are texts with at least their currency's decimals and all digits there are; dates are ISO 8601 and
    inclusive; what is not known is null.
    """
    text = json.dumps(to_document(result, run_id), ensure_ascii=False, indent=1)
    # A lone half of a surrogate pair may stand in a name and has no UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8") + "\n"


def to_document(result: Reconciliation, run_id: str) -> dict[str, Any]:
    """Return the result as plain dicts, lists and texts, as `to_json` writes them."""
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "scope": {
            "start": _day(result.start),
            "end": _day(result.last),
            "vendor_invoices": sorted(result.invoices),
        },
        "result": result.result,
        "not_audited_because": list(result.because),
        "conservation": [
            {
                "currency": proof.currency,
                "vendor_header": _amount(proof.vendor_header, proof.currency),
                "vendor_lines": exact(proof.vendor_lines, proof.currency),
                "vendor_tax": exact(proof.vendor_tax, proof.currency),
                "adjustments": exact(proof.adjustments, proof.currency),
                "verdicts": exact(proof.verdicts, proof.currency),
                "ledger_lines": exact(proof.ledger_lines, proof.currency),
                "ledger_verdicts": exact(proof.ledger_verdicts, proof.currency),
            }
            for proof in sorted(result.conservation, key=lambda proof: proof.currency)
        ],
        "verdicts": [
            {
                "side": each.side,
                "verdict": each.verdict,
                "currency": each.currency,
                "slices": each.slices,
                "amount": exact(each.amount, each.currency),
            }
            for each in sorted(result.verdicts, key=lambda v: (v.side != "vendor", v.currency, v.verdict))
        ],
        "findings": [finding_document(finding) for finding in in_order(result.findings)],
        "suppressed": [
            {
                "kind": each.kind,
                "count": each.count,
                "amount": exact(each.amount, each.currency),
                "currency": each.currency,
            }
            for each in sorted(result.suppressed)
        ],
        "margins": [
            {
                "customer": each.customer,
                "category": each.category,
                "currency": each.currency,
                "revenue": exact(each.revenue, each.currency),
                "cost": exact(each.cost, each.currency),
                "margin": exact(each.margin, each.currency),
                "margin_percent": None if each.margin_percent is None else exact(each.margin_percent),
            }
            for each in sorted(result.margins, key=lambda m: (m.customer, m.category, m.currency))
        ],
        "notes": list(result.notes),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain dicts, lists and texts."""
    subject = finding.subject
    return {
        "fingerprint": finding.fingerprint,
        "kind": finding.kind,
        "measures": finding.measures,
        "severity": finding.severity,
        "impact": exact(finding.impact, finding.currency),
        "currency": finding.currency,
        "valued_at": finding.valued_at,
        "recurring": finding.recurring,
        "customer": {
            "tenant_id": subject.tenant_id,
            "name": subject.customer_name,
            "ledger": subject.ledger,
            "ledger_customer": subject.ledger_customer,
        },
        "subscription_id": subject.subscription_id,
        "product": {
            "product_id": subject.product_id,
            "sku_id": subject.sku_id,
            "name": subject.product_name,
            "item": subject.item,
        },
        "period": {"start": _day(finding.first), "end": _day(finding.last)},
        "expected": _figures(finding.expected, finding.currency),
        "actual": _figures(finding.actual, finding.currency),
        "causes": [
            {"cause": cause.cause, "amount": exact(cause.amount, finding.currency), "text": cause.text}
            for cause in finding.causes
        ],
        "evidence": [_evidence(each) for each in sorted(finding.evidence, key=_by_content)],
        "advice": finding.advice,
    }


def _by_content(each: Evidence) -> tuple[str, str, str, int]:
    # Not by position first: the same lines in another order give the same list but for the positions.
    return (each.source, each.row_hash, each.ref, each.line)


def _figures(side: Figures, currency: str) -> dict[str, str | None]:
    return {
        "quantity": None if side.quantity is None else exact(side.quantity),
        "unit_price": _amount(side.unit_price, currency),
        "amount": _amount(side.amount, currency),
    }


def _evidence(each: Evidence) -> dict[str, Any]:
    return {
        "source": each.source,
        "ref": each.ref,
        "line": each.line or None,
        "row_hash": each.row_hash or None,
    }


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else exact(amount, currency)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
