"""Reads a finding back from the JSON it was told in, for mails and lists that come later."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.money import to_decimal
from connector.reports.result_json import finding_document


def to_text(finding: Finding) -> str:
    """One finding as JSON on one line, every amount exact."""
    text = json.dumps(finding_document(finding), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A lone half of a surrogate pair may stand in a name and has no UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def finding_of(document: Mapping[str, Any]) -> Finding:
    """The finding that `result_json.finding_document` wrote; its key is lost, its fingerprint is in the document."""
    customer, product = document["customer"], document["product"]
    return Finding(
        kind=document["kind"],
        measures=document["measures"],
        severity=document["severity"],
        impact=to_decimal(document["impact"]),
        currency=document["currency"],
        subject=Subject(
            tenant_id=customer["tenant_id"],
            customer_name=customer["name"],
            ledger=customer["ledger"],
            ledger_customer=customer["ledger_customer"],
            subscription_id=document["subscription_id"],
            product_id=product["product_id"],
            sku_id=product["sku_id"],
            product_name=product["name"],
            item=product["item"],
        ),
        key=(document["fingerprint"],),
        valued_at=document["valued_at"],
        recurring=document["recurring"],
        first=_day(document["period"]["start"]),
        last=_day(document["period"]["end"]),
        expected=_figures(document["expected"]),
        actual=_figures(document["actual"]),
        causes=tuple(Cause(one["cause"], to_decimal(one["amount"]), one["text"]) for one in document["causes"]),
        evidence=tuple(
            Evidence(one["source"], one["ref"], one["line"] or 0, one["row_hash"] or "") for one in document["evidence"]
        ),
        advice=document["advice"],
    )


def finding_from(text: str) -> Finding:
    """The finding that `to_text` wrote."""
    return finding_of(json.loads(text))


def _figures(side: Mapping[str, str | None]) -> Figures:
    return Figures(_amount(side["quantity"]), _amount(side["unit_price"]), _amount(side["amount"]))


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else to_decimal(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
