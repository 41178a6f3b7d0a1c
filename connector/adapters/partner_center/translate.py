"""Puts Partner Center's records into the form in which they are kept: as they came, with what only the call knew.

A subscription does not say whose it is and when it was seen, a transition not of what; an audit record of the older
kind has no id. Nothing is taken away and nothing renamed: that is done by the readers of files, in one place.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.domain.extraction import Record

VANISHED = "vanished"
LEFT = "left"


def customer(record: Record, observed_at: str) -> Record:
    """A customer as it was listed."""
    return {**record, "observedAt": observed_at}


def left_customer(known: Mapping[str, Any], observed_at: str) -> Record:
    """A customer, last `known` as a row of the table, whose relationship with the partner has ended."""
    return {
        "id": known["customer_id"],
        "companyProfile": {
            "tenantId": known["customer_id"],
            "domain": known.get("domain"),
            "companyName": known.get("name"),
        },
        "relationshipToPartner": "none",
        "status": LEFT,
        "observedAt": observed_at,
    }


def subscription(record: Record, customer_id: str, observed_at: str) -> Record:
    """A subscription as it was listed for a customer."""
    return {**record, "customerId": customer_id, "observedAt": observed_at}


def vanished(known: Mapping[str, Any], observed_at: str) -> Record:
    """A subscription, last `known` as a row of the table, that is not listed any more."""
    product, sku = known["product_id"], known["sku_id"]
    return {
        "id": known["subscription_id"],
        "customerId": known["customer_id"],
        "observedAt": observed_at,
        "status": VANISHED,
        "offerId": f"{product}:{sku}:" if product and sku else None,
        "friendlyName": known["name"],
        "quantity": known["quantity"],
        "isTrial": known["is_trial"],
        "autoRenewEnabled": False,
        "creationDate": _day(known["created"]),
        "effectiveStartDate": _day(known["term_start"]),
        "commitmentEndDate": _day(known["commitment_end"]),
        "termDuration": known["term"],
        "billingCycle": known["billing_plan"],
        "orderId": known["order_id"],
        "promotionId": known["promotion_id"],
        "productType": {"id": known["product_type"]},
        "entitlementId": known["entitlement_id"],
        "migratedFromSubscriptionId": known["migrated_from"],
    }


def transitions(body: Any, customer_id: str, subscription_id: str, observed_at: str) -> list[Record]:
    """The transitions of a subscription; Microsoft's collection of them is called `transition` or `items`."""
    known = {str(key).lower(): value for key, value in body.items()} if isinstance(body, Mapping) else {}
    listed = known.get("transition") or known.get("transitions") or known.get("items") or []
    return [
        {"customerId": customer_id, "subscriptionId": subscription_id, "observedAt": observed_at, **one}
        for one in listed
        if isinstance(one, Mapping)
    ]


def audit_record(record: Record) -> Record:
    """An audit record; one of the older kind gets an id made of what it says."""
    if record.get("id"):
        return record
    content = json.dumps(record, sort_keys=True, default=str).encode()
    return {**record, "id": f"sha256-{hashlib.sha256(content).hexdigest()[:32]}"}


def invoices(records: Iterable[Record]) -> Iterator[Record]:
    """Invoices, after each the credit notes that lie inside it, without the links to pages that soon end."""
    for record in records:
        yield {name: value for name, value in record.items() if name not in ("amendments", "pdfDownloadLink", "links")}
        inside = record.get("amendments")
        if isinstance(inside, list):
            for note in invoices(one for one in inside if isinstance(one, Mapping)):
                yield note if note.get("amendsOf") else {**note, "amendsOf": record.get("id")}


def line(record: Record, invoice: str) -> Record:
    """A line of an invoice; the legacy kind does not say of which invoice it is."""
    return record if record.get("invoiceNumber") else {**record, "invoiceNumber": invoice}


def _day(day: Any) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"
