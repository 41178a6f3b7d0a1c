"""Partner Center's records as they come, written down and read back: documented shapes, and Microsoft's own samples."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_any
from connector.adapters.partner_center import translate
from connector.adapters.partner_center.exports import read_manifest
from connector.domain.extraction import Record
from connector.jobs.journal import write_records
from tests.architecture.house import ROOT

SEEN = "2026-11-09T08:00:00Z"
SAMPLES = ROOT.parent / "shared" / "samples" / "partner_center"
with_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="Microsoft's samples are not part of the repository")


def read(folder: Path, records: Iterable[Record], table: str) -> list[dict[str, Any]]:
    """Write records as the sync does, and read them as a comparison does."""
    path = folder / f"{table}.jsonl.gz"
    assert write_records(str(path), records)
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, batch in read_any([path]):
        rows.setdefault(name, []).extend(batch.to_pylist())
    assert rows.keys() == {table}, rows.get("set_aside")
    return rows[table]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"), parse_float=Decimal)


CUSTOMER = {
    "id": "B44BB1FB-C595-45B0-9E09-D657365580BF",
    "companyProfile": {"tenantId": "x", "domain": "alpine.example", "companyName": " Alpine Ski House "},
    "relationshipToPartner": "reseller",
    "attributes": {"objectType": "Customer"},
}


def test_a_customer(tmp_path: Path) -> None:
    (row,) = read(tmp_path, [translate.customer(CUSTOMER, SEEN)], "customers")
    assert (row["customer_id"], row["name"]) == ("b44bb1fb-c595-45b0-9e09-d657365580bf", "Alpine Ski House")
    assert (row["domain"], row["status"], row["observed_at"]) == ("alpine.example", "active", SEEN)
    (gone,) = read(tmp_path, [translate.left_customer(row, "2026-12-01T00:00:00Z")], "customers")
    assert (gone["customer_id"], gone["name"], gone["status"]) == (row["customer_id"], "Alpine Ski House", "left")


SUBSCRIPTION = {
    "id": "83EF9D05-4169-4EF9-9657-0E86B1EAB1DE",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "friendlyName": "Microsoft 365 Business Basic",
    "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
    "quantity": 7,
    "unitType": "Licenses",
    "creationDate": "2026-03-05T06: 41: 12Z",
    "effectiveStartDate": "2026-03-05T00:00:00.0000000Z",
    "commitmentEndDate": "2027-03-04T00:00:00Z",
    "status": "active",
    "autoRenewEnabled": True,
    "isTrial": False,
    "billingType": "license",
    "billingCycle": "monthly",
    "termDuration": "P1Y",
    "renewalTermDuration": "P1M",
    "cancellationAllowedUntilDate": "2026-03-12T06:41:12.1234567Z",
    "refundableQuantity": {"totalQuantity": 2, "details": [{"quantity": 2, "allowedUntilDateTime": "2026-11-12"}]},
    "scheduledNextTermInstructions": {
        "product": {"productId": "CFQ7TTC0LCHC", "skuId": "0002", "billingCycle": "annual", "termDuration": "P1Y"},
        "quantity": 9,
        "customTermEndDate": "2027-12-31T00:00:00Z",
    },
    "nextChargeInstructions": {"product": {"billingCycle": "annual"}, "quantity": 9},
    "billingCycleEndDate": "2026-12-04T00:00:00Z",
    "suspensionReasons": ["CustomerCancellation"],
    "partnerId": "4391507",
    "attentionNeeded": False,
    "contractType": "subscription",
    "publisherName": "Microsoft Corporation",
    "orderId": "7c3b0e1d9f42",
    "promotionId": "39NFJQT1PJQB:0001:39NFJQT1Q5KN",
    "lineItems": [{"id": "1", "purchaseCommitment": {"amount": 2.5}}],
    "links": {"self": {"uri": "/subscriptions"}},
}


def test_a_subscription_with_all_its_fields(tmp_path: Path) -> None:
    (row,) = read(tmp_path, [translate.subscription(SUBSCRIPTION, "c" * 8, SEEN)], "subscriptions")
    told = {
        "subscription_id": "83ef9d05-4169-4ef9-9657-0e86b1eab1de", "product_id": "CFQ7TTC0LH18", "sku_id": "0001",
        "quantity": 7, "term": "P1Y", "billing_plan": "monthly", "created": date(2026, 3, 5),
        "commitment_end": date(2027, 3, 4), "renewal_term": "P1M", "cycle_end": date(2026, 12, 4),
        "cancellation_until": "2026-03-12T06:41:12.123456Z", "scheduled_product_id": "CFQ7TTC0LCHC",
        "scheduled_quantity": 9, "scheduled_billing_plan": "annual", "custom_term_end": date(2027, 12, 31),
        "next_billing_plan": "annual", "partner_id": "4391507", "auto_renew": True, "attention_needed": False,
        "order_id": "7c3b0e1d9f42", "promotion_id": "39NFJQT1PJQB:0001:39NFJQT1Q5KN", "unit_type": "Licenses",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert json.loads(row["refundable"])[0]["quantity"] == "2"
    assert json.loads(row["suspension_reasons"]) == ["CustomerCancellation"]
    assert json.loads(row["commitments"])[0]["purchaseCommitment"]["amount"] == "2.5"


def test_a_subscription_that_is_not_listed_any_more(tmp_path: Path) -> None:
    (row,) = read(tmp_path, [translate.subscription(SUBSCRIPTION, "c" * 8, SEEN)], "subscriptions")
    (gone,) = read(tmp_path, [translate.vanished(row, "2026-12-01T00:00:00Z")], "subscriptions")
    same = ("subscription_id", "customer_id", "product_id", "sku_id", "quantity", "term", "billing_plan", "order_id")
    assert {name: gone[name] for name in same} == {name: row[name] for name in same}
    assert (gone["status"], gone["observed_at"]) == ("vanished", "2026-12-01T00:00:00Z")


def test_a_transition_in_microsofts_spelling(tmp_path: Path) -> None:
    one = {
        "operationId": "1caf", "FromCatalogItemId": "CFQ7TTC0LDPB:0001:X", "ToCatalogItemId": "CFQ7TTC0LF8S:0001:Y",
        "quantity": 1, "transitionType": "transition_only",
        "Events": [
            {"name": "Conversion", "status": "Completed", "timestamp": "2026-01-08T18:37:41Z"},
            {"name": "Conversion", "status": "Started ", "timestamp": "2026-01-08T18:01:14Z"},
        ],
    }  # fmt: skip
    for name in ("transition", "items"):
        (row,) = read(tmp_path, translate.transitions({name: [one]}, "c", "s", SEEN), "transitions")
        assert (row["from_product_id"], row["to_product_id"], row["to_sku_id"]) == (
            "CFQ7TTC0LDPB",
            "CFQ7TTC0LF8S",
            "0001",
        )
        assert (row["status"], row["kind"], row["quantity"]) == ("completed", "transition_only", 1)
    assert translate.transitions([], "c", "s", SEEN) == []


def test_an_audit_record_of_the_older_kind_gets_an_id() -> None:
    old = {"operationType": "create_order", "operationDate": "2026-06-15T22:56:05.0589308Z"}
    first, again = translate.audit_record(old), translate.audit_record(dict(old))
    assert first["id"] == again["id"] != translate.audit_record({**old, "operationType": "x"})["id"]
    assert translate.audit_record({"id": "1"}) == {"id": "1"}


def test_credit_notes_inside_an_invoice_come_after_it() -> None:
    note = {"id": "G2", "totalCharges": 5, "documentType": "adjustment_note"}
    found = list(translate.invoices([{"id": "G1", "pdfDownloadLink": "/x", "amendments": [note]}]))
    assert found == [{"id": "G1"}, {**note, "amendsOf": "G1"}]


@with_samples
def test_microsofts_samples_are_read(tmp_path: Path) -> None:
    customers = [translate.customer(one, SEEN) for one in sample("customers_list_01_response.json")["items"]]
    assert len(read(tmp_path, customers, "customers")) == 2
    audit = [translate.audit_record(one) for one in sample("audit_records_01_response.json")["items"]]
    rows = read(tmp_path, audit, "audit_records")
    assert [row["operation"] for row in rows] == ["create_order", "update_customer_user_licenses"]
    assert json.loads(rows[0]["new_value"])["BillingCycle"] == "none"
    moved = translate.transitions(sample("subscription_transitions_01_response.json"), "c", "s", SEEN)
    assert [row["status"] for row in read(tmp_path, moved, "transitions")] == ["completed"]
    for name in ("subscription_by_id_01", "subscription_by_id_02", "subscription_addons_01", "subscriptions_list_01"):
        body = sample(f"{name}_response.json")
        records = [translate.subscription(one, "c", SEEN) for one in body.get("items", [body])]
        assert len(read(tmp_path, records, "subscriptions")) == len(records)
    headers = read(tmp_path, translate.invoices(sample("invoices_list_01_response.json")["items"]), "headers")
    assert {row["invoice"]: row["amends"] for row in headers}["G000024131"] == "G000024130"
    manifest = read_manifest("sample", sample("graph_v1_manifest.json"), "")
    assert (manifest.etag, len(manifest.blobs)) == ("WYjLro78HdMg6vUWR", 1)
    assert manifest.ends_at() is not None


@with_samples
@pytest.mark.parametrize(("name", "lines"), [("invoice_lineitems_01", 2), ("invoice_lineitems_02", 2)])
def test_legacy_lines_are_charges_once_they_name_their_invoice(tmp_path: Path, name: str, lines: int) -> None:
    records = [translate.line(one, "D0500001") for one in sample(f"{name}_response.json")["items"]]
    rows = read(tmp_path, records, "charges")
    assert len(rows) == lines
    assert all(row["invoice"] and row["currency"] and row["subtotal"] is not None for row in rows)


def test_exchange_rates_are_of_the_month_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text('"CurrencyCode","USDPerUnit","Month"\n"AED","0.27224589249009701","2019"\n', encoding="utf-8")
    ((table, batch),) = list(read_any([path], month="2026-10"))
    assert table == "exchange_rates"
    assert batch.select(["month", "currency", "usd_per_unit"]).to_pylist() == [
        {
            "month": "2026-10",
            "currency": "AED",
            "usd_per_unit": Decimal("0.27224589249009701").quantize(Decimal("1e-22")),
        }
    ]
    ((table, _),) = list(read_any([path]))
    assert table == "set_aside"


def test_a_field_that_only_later_records_have_is_read(tmp_path: Path) -> None:
    """What Microsoft leaves out where it is empty must not be lost where it is not."""
    line = {
        "InvoiceNumber": "G1", "CustomerId": "c", "SubscriptionId": "s", "OrderId": "o", "ProductId": "P", "SkuId": "1",
        "ChargeType": "new", "UnitPrice": 1, "EffectiveUnitPrice": 1, "BillableQuantity": 1, "Subtotal": 1,
        "TaxTotal": 0, "Currency": "USD", "ChargeStartDate": "2026-10-01", "ChargeEndDate": "2026-10-31",
        "TermAndBillingCycle": "",
    }  # fmt: skip
    rows = read(tmp_path, [line] * 150 + [{**line, "PromotionId": "X:1:Y"}], "charges")
    assert [row["promotion_id"] for row in rows[-2:]] == [None, "X:1:Y"]
