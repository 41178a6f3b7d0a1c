"""Reads a plan, or a document of one, back from the JSON that it was written as."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.document import Blocked, Change, Document, DocumentLine, Held, Plan, SliceRef
from connector.domain.errors import UnreadableInput
from connector.domain.period import Period
from connector.reports.plan_json import SCHEMA


def plan_of(text: str) -> Plan:
    """Read a plan back from its JSON. Raises UnreadableInput where it is none, or was changed since it was made."""
    try:
        read: Mapping[str, Any] = json.loads(text, parse_float=Decimal)
        if read["schema"] != SCHEMA:
            raise UnreadableInput(f"this is no plan but {read['schema']}; expected {SCHEMA}")
        plan = Plan(
            period=_read_period(read["period"]),
            documents=tuple(document_of(one) for one in read["documents"]),
            blocked=tuple(_read_blocked(one) for one in read["blocked"]),
            held=tuple(Held(one["guard"], one["text"], one["key"] or "") for one in read["held"]),
            unchanged=read["unchanged"],
            settled=tuple((one["fate"], one["currency"], Decimal(one["amount"])) for one in read["settled"]),
            inputs=read["inputs"],
            changes=tuple(
                Change(
                    one["ledger"], one["customer"], one["customer_name"], one["currency"], Decimal(one["total"]),
                    _number(one["before"]),
                )
                for one in read["changes"]
            ),
            notes=tuple(read["notes"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, ArithmeticError) as wrong:
        raise UnreadableInput(f"the plan is not readable ({wrong}); make it again with `connector plan`") from wrong
    if plan.plan_id != read["plan_id"]:
        raise UnreadableInput(
            f"the plan was changed since it was made: its content is {plan.plan_id}, it says {read['plan_id']}; "
            "make it again with `connector plan`"
        )
    return plan


def document_of(read: Mapping[str, Any]) -> Document:
    """Read a document back from what `document_json` gives."""
    return Document(
        ledger=read["ledger"],
        customer=read["customer"],
        customer_name=read["customer_name"],
        period=_read_period(read["period"]),
        currency=read["currency"],
        kind=read["kind"],
        lines=tuple(_read_line(line) for line in read["lines"]),
        day=date.fromisoformat(read["day"]),
        split=read["split"],
        sequence=read["sequence"],
        tenants=tuple(read["tenants"]),
        terms=read["terms"],
        purchase_order=read["purchase_order"],
        dimensions=tuple(read["dimensions"].items()),
        rate_note=read["rate_note"],
        corrects=tuple(read["corrects"]),
        reverses=read["reverses"] or "",
        annex=read["annex"],
        covers=_read_period(read["covers"]) if read.get("covers") else None,
    )


def _read_line(read: Mapping[str, Any]) -> DocumentLine:
    return DocumentLine(
        number=read["number"],
        item=read["item"],
        description=read["description"],
        amount=Decimal(read["amount"]),
        quantity=_number(read["quantity"]),
        unit_price=_number(read["unit_price"]),
        first=_read_day(read["first"]),
        last=_read_day(read["last"]),
        reference=read["reference"] or "",
        tax_code=read["tax_code"],
        tax_percent=_number(read["tax_percent"]),
        cost=Decimal(read["cost"]),
        cost_currency=read["cost_currency"],
        slices=tuple(_read_slice(ref) for ref in read["slices"]),
        formula=read["formula"],
        places=tuple(read["places"]),
        product=read["product"],
        category=read["category"],
        refunds=read["refunds"] or "",
    )


def _read_slice(read: Mapping[str, Any]) -> SliceRef:
    return SliceRef(
        invoice=read["invoice"],
        row_hash=read["row_hash"],
        part=read["part"],
        nth=read["nth"],
        cost=Decimal(read["cost"]),
        currency=read["currency"],
        source=read["source"],
        line=read["line"],
        amount=Decimal(read["amount"]),
        subscription_id=read["subscription_id"],
        rule=read["rule"],
    )


def _read_blocked(read: Mapping[str, Any]) -> Blocked:
    return Blocked(
        reason=read["reason"],
        text=read["text"],
        cost=Decimal(read["cost"]),
        currency=read["currency"],
        tenant_id=read["tenant_id"],
        customer_name=read["customer_name"],
        product_id=read["product_id"],
        product_name=read["product_name"],
        slices=tuple(_read_slice(ref) for ref in read["slices"]),
        findings=tuple(read["findings"]),
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _read_period(read: Mapping[str, str]) -> Period:
    return Period.inclusive(date.fromisoformat(read["start"]), date.fromisoformat(read["end"]))
