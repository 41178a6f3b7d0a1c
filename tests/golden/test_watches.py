"""Every folder under watches/ is a course of days worked out by hand; on each the watch must tell just what it says.

An exhibit holds mappings.yaml and steps.json: "why" shows the arithmetic, "settings" are lines for config.yaml, and
"days" lists what comes to be known on which day (subscriptions, a price sheet, charges), and, where "told" stands, what
`connector watch --on` that day then tells: for each finding its kind, change (new, worse or unchanged), impact and a
part of its sentence ("says"); "over" are the kinds that are over since the day before.

"ledger" is what the ledger holds: items (id, name, price), lines of recurring templates (template, customer, item,
quantity, price), invoice lines (number, day, customer, item, quantity, price, first and last day, subscription) and
documents (number, customer, kind, status, due day, balance). "audit" are changes of seats, "usage" rows of daily usage.
A subscription is written shortly: id, customer (both by a digit), seats, term start and end; product is
"CFQ7TTC0LCHC:0002" unless told. A sheet is rows of term, plan, price of the term and first day.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_any
from connector.warehouse import Warehouse
from connector.warehouse.shelf import Shelf
from tests.letters import left_in_english

EXHIBITS = Path(__file__).parent / "watches"
PRODUCT = "CFQ7TTC0LCHC:0002"
NAMES = {PRODUCT: "Microsoft 365 Business Premium"}
folders = pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXHIBITS.glob("*/steps.json")), ids=lambda folder: folder.name
)
SHEET = (
    '"ProductTitle","ProductId","SkuId","SkuTitle","TermDuration","BillingPlan","Market","Currency","UnitPrice",'
    '"PricingTierRangeMin","PricingTierRangeMax","EffectiveStartDate","EffectiveEndDate","Tags","ERP Price","Segment"'
)
CHARGES = (
    "CustomerId,CustomerName,InvoiceNumber,OrderId,OrderDate,ProductId,SkuId,AvailabilityId,SkuName,ProductName,"
    "ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,SubscriptionId,ChargeStartDate,ChargeEndDate,"
    "TermAndBillingCycle,EffectiveUnitPrice,BillableQuantity,BillingFrequency,PricingCurrency,PCToBCExchangeRate,"
    "SubscriptionStartDate,SubscriptionEndDate,ReferenceId,PromotionId,PublisherName,PriceAdjustmentDescription"
)
USAGE = (
    "PartnerId,PartnerName,CustomerId,CustomerName,InvoiceNumber,ProductId,SkuId,SkuName,ProductName,SubscriptionId,"
    "ChargeStartDate,ChargeEndDate,UsageDate,MeterId,MeterName,MeterCategory,Unit,ResourceGroup,ResourceURI,ChargeType,"
    "UnitPrice,Quantity,BillingPreTaxTotal,BillingCurrency,PricingPreTaxTotal,PricingCurrency,Tags,EffectiveUnitPrice,"
    "PCToBCExchangeRate,EntitlementId,EntitlementDescription,PartnerEarnedCreditPercentage,CreditPercentage"
)
CONFIG = "company: {name: Fabrikam Cloud}\nstate: state\nledgers:\n  books: {kind: quickbooks, realm_id: '9130357992222222', client_id: AB, client_secret: '${QUICKBOOKS_SECRET}'}\n"  # noqa: E501


def connector(arguments: list[str]) -> int:
    """Run the real command line in this process and return its exit code."""
    from connector.cli.main import run

    exit_code: int = run(arguments)
    return exit_code


def tenant(digit: object) -> str:
    """A tenant by its digit."""
    return f"5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb{int(str(digit)):02d}"


def subscription_id(digit: object) -> str:
    """A subscription by its digit."""
    return f"9d7d1f3d-c8de-461c-db6d-91debd5129{int(str(digit)):02d}"


def subscription(short: Mapping[str, Any], day: str) -> dict[str, Any]:
    """A subscription as Partner Center shows it, from its short form; further keys are taken as they are."""
    own = dict(short)
    product = own.pop("product", PRODUCT)
    customer, seats, start, end = own.pop("customer"), own.pop("seats"), own.pop("start"), own.pop("end")
    return {
        "customerId": tenant(customer), "observedAt": f"{day}T02:00:00Z", "id": subscription_id(own.pop("id")),
        "offerId": f"{product}:CFQ7TTC0K5J2", "friendlyName": NAMES.get(product, product), "quantity": seats,
        "unitType": "Licenses", "creationDate": f"{own.pop('created', start)}T09:12:44.1234567Z",
        "effectiveStartDate": f"{start}T00:00:00Z", "commitmentEndDate": f"{end}T00:00:00Z", "status": "active",
        "autoRenewEnabled": True, "billingType": "license", "billingCycle": "monthly", "termDuration": "P1Y",
        "isTrial": False, **own,
    }  # fmt: skip


def sheet_line(row: list[str]) -> str:
    """A row of a price sheet: term, plan, price, first day, and where given product and last day."""
    term, plan, price, start, *more = row
    product, _, sku = (more[0] if more else PRODUCT).partition(":")
    end = more[1] if len(more) > 1 else "9999-12-31"
    name = NAMES.get(f"{product}:{sku}", product)
    cells = (name, product, sku, name, term, plan, "US", "USD", price, "", "", start, end, "License", "", "Commercial")
    return ",".join(f'"{cell}"' for cell in cells)


def charge_line(row: Mapping[str, str]) -> str:
    """A line of Microsoft's invoice, from the cells that matter."""
    product, _, sku = row.get("product", PRODUCT).partition(":")
    cells = {
        "CustomerId": tenant(row["customer"]), "SubscriptionId": subscription_id(row["id"]), "ProductId": product,
        "SkuId": sku, "ProductName": NAMES.get(PRODUCT, product), "ChargeType": "cycleCharge", "TaxTotal": "0",
        "Currency": "USD", "PricingCurrency": "USD", "PCToBCExchangeRate": "1", "InvoiceNumber": "G012345678",
        "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing", "BillingFrequency": "Monthly",
        "PublisherName": "Microsoft Corporation", "Total": row.get("Subtotal", "0"),
        **{name: value for name, value in row.items() if name[0].isupper()},
    }  # fmt: skip
    return ",".join('"' + cells.get(name, "").replace('"', '""') + '"' for name in CHARGES.split(","))


def audit_record(short: list[Any]) -> dict[str, Any]:
    """A record of a change: moment, customer, subscription, seats before and after, who, and through what."""
    moment, customer, digit, before, after, user, application = short
    old, new = ({"Id": subscription_id(digit), "Quantity": seats, "Status": "active"} for seats in (before, after))
    return {
        "id": f"{customer}_{digit}_{moment}", "customerId": tenant(customer), "userPrincipalName": user,
        "applicationId": application, "resourceType": "subscription", "operationType": "update_subscription",
        "operationDate": moment, "operationStatus": "succeeded", "resourceOldValue": json.dumps(old),
        "resourceNewValue": json.dumps(new), "customizedData": [], "originalCorrelationId": "",
    }  # fmt: skip


def usage_line(short: list[str]) -> str:
    """A row of daily usage: day, customer, resource, amount and the percentage of credit earned."""
    day, customer, resource, amount, percent = short
    cells = {
        "CustomerId": tenant(customer), "UsageDate": day, "ChargeStartDate": f"{day[:7]}-01", "ResourceURI": resource,
        "ChargeEndDate": f"{day[:7]}-28", "BillingPreTaxTotal": amount, "PartnerEarnedCreditPercentage": percent,
        "InvoiceNumber": f"G0{day[:4]}{day[5:7]}", "ProductId": "DZH318Z0BPS6", "SkuId": "0001",
        "BillingCurrency": "USD", "SubscriptionId": subscription_id(90), "EntitlementId": subscription_id(91),
        "EntitlementDescription": "Web",
        "MeterId": "8e7c1a2b-6f5d-4f0e-9a0d-1f8a3c0a7e11", "Quantity": "1", "UnitPrice": amount,
        "EffectiveUnitPrice": amount, "PricingPreTaxTotal": amount, "PricingCurrency": "USD", "PCToBCExchangeRate": "1",
        "ChargeType": "new",
    }  # fmt: skip
    return ",".join(cells.get(name, "") for name in USAGE.split(","))


def take_in(state: Path, folder: Path, day: Mapping[str, Any]) -> None:
    """Bring what came to be known on a day into the warehouse."""
    on = day["on"]
    brought: list[tuple[str, str, dict[str, str]]] = []
    if "subscriptions" in day:
        lines = [json.dumps(subscription(one, on)) for one in day["subscriptions"]]
        brought.append((f"subscriptions-{on}.jsonl", "\n".join(lines), {}))
    if "audit" in day:
        brought.append((f"audit-{on}.jsonl", "\n".join(json.dumps(audit_record(one)) for one in day["audit"]), {}))
    if "usage" in day:
        brought.append((f"usage-{on}.csv", "\n".join([USAGE, *map(usage_line, day["usage"])]), {}))
    for nth, sheet in enumerate(day.get("sheets", [])):
        origin = {"market": "US", "view": "updatedlicensebased", "month": sheet["month"]}
        text = "\n".join([SHEET, *(sheet_line(row) for row in sheet["rows"])])
        brought.append((f"sheet-{on}-{nth}.csv", text, origin))
    if "charges" in day:
        brought.append((f"charges-{on}.csv", "\n".join([CHARGES, *map(charge_line, day["charges"])]), {}))
    for name, text, origin in brought:
        path = folder / name
        path.write_text(text + "\n", encoding="utf-8")
        reading = read_any([path])
        with Warehouse(state / "warehouse") as warehouse:
            sources = [{"name": name, "content_hash": f"{name}", **origin}]
            warehouse.take_in(iter(reading), observed_at=f"{on}T04:00:00+00:00", sources=lambda own=sources: own)  # type: ignore[misc]


def take_in_ledger(state: Path, on: str, ledger: Mapping[str, Any]) -> None:
    """Bring what the ledger was seen to hold on a day into the warehouse."""
    name, moment = "books", f"{on}T05:00:00Z"
    origin = {"source": "books", "line": 1, "observed_at": moment, "ledger": name}
    rows: dict[str, list[dict[str, Any]]] = {}
    for item, title, price in ledger.get("items", ()):
        facts = json.dumps({"unit_price": price})
        row = {"kind": "item", "record_id": item, "name": title, "active": True, "gone": False, "facts": facts}
        rows.setdefault("ledger_records", []).append({**origin, **row, "row_hash": f"{item}{price}"})
    for template, customer, item, quantity, price in ledger.get("templates", ()):
        row = {
            "template_id": template, "document_type": "invoice", "customer_id": customer, "line_number": "1",
            "item_id": item, "quantity": Decimal(quantity), "unit_price": Decimal(price), "currency": "USD",
            "amount": Decimal(quantity) * Decimal(price), "row_hash": f"{template}{price}",
        }  # fmt: skip
        rows.setdefault("ledger_templates", []).append({**origin, **row})
    for number, customer, kind, status, due, balance in ledger.get("documents", ()):
        row = {
            "document_id": number, "kind": kind, "status": status, "number": number, "party_id": customer,
            "day": date.fromisoformat(due), "due": date.fromisoformat(due), "balance": Decimal(balance),
            "currency": "USD", "row_hash": f"{number}{status}{balance}",
        }  # fmt: skip
        rows.setdefault("ledger_documents", []).append({**origin, **row})
    for number, day, customer, item, quantity, price, first, last, reference in ledger.get("lines", ()):
        row = {
            "document_number": number, "document_id": number, "document_type": "invoice", "status": "open",
            "document_date": date.fromisoformat(day), "customer_id": customer, "item_id": item, "line_number": "1",
            "quantity": Decimal(quantity), "unit_price": Decimal(price), "currency": "USD", "tax": Decimal(0),
            "amount": Decimal(quantity) * Decimal(price), "service_start": date.fromisoformat(first),
            "service_end": date.fromisoformat(last), "reference": reference and subscription_id(reference),
        }  # fmt: skip
        rows.setdefault("ledger_lines", []).append({**origin, **row, "row_hash": number})
    with Warehouse(state / "warehouse") as warehouse:
        Shelf(warehouse).keep(name, moment, rows, frozenset(row["document_id"] for row in rows.get("ledger_lines", ())))


def seen_on(day: Mapping[str, Any], workplace: Path) -> tuple[int, dict[str, Any]]:
    """Run the watch as of a day."""
    output = workplace / "watch.json"
    words = ["--config", str(workplace / "config.yaml"), "--format", "json", "--output", str(output)]
    exit_code = connector(["watch", "--on", day["on"], *words])
    return exit_code, json.loads(output.read_text(encoding="utf-8"))


@folders
def test_each_day_tells_what_was_worked_out_by_hand(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings, changes, impacts and sentences of each day, and the exit code, are the ones in steps.json."""
    monkeypatch.setenv("QUICKBOOKS_SECRET", "correct-horse")
    steps = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "all.yaml").write_text((folder / "mappings.yaml").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG + "\n".join(steps.get("settings", [])), encoding="utf-8")
    for day in steps["days"]:
        take_in(tmp_path / "state", tmp_path, day)
        if "ledger" in day:
            take_in_ledger(tmp_path / "state", day["on"], day["ledger"])
        if "told" not in day:
            continue
        exit_code, result = seen_on(day, tmp_path)
        told = [shown(one, day["told"]) for one in result["findings"]]
        assert told == [shown(one, day["told"]) for one in day["told"]], f"on {day['on']}: {steps['why']}"
        assert left_in_english(result["findings"]) == []
        texts = [one["causes"][0]["text"] for one in result["findings"]]
        for text, wanted in zip(texts, day["told"], strict=True):
            assert wanted.get("says", "") in text, f"on {day['on']}"
        assert sorted(one["kind"] for one in result["resolved"]) == sorted(day.get("over", [])), f"on {day['on']}"
        assert exit_code == (1 if day["told"] else 0)


def shown(finding: Mapping[str, Any], keys: list[Any]) -> dict[str, Any]:
    """What is compared of a finding."""
    names = {name for one in keys for name in one} - {"says"} or {"kind"}
    return {name: finding.get(name) for name in sorted(names)}
