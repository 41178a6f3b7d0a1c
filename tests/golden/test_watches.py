"""Every folder under watches/ is a course of days worked out by hand; on each the watch must tell just what it says.

An exhibit holds mappings.yaml and steps.json: "why" shows the arithmetic, "settings" are lines for config.yaml, and
"days" lists what comes to be known on which day (subscriptions, a price sheet, charges), and, where "told" stands, what
`connector watch --on` that day then tells: for each finding its kind, change (new, worse or unchanged), impact and a
part of its sentence ("says"); "over" are the kinds that are over since the day before.

A subscription is written shortly: id, customer (both by a digit), seats, term start and end; product is
"CFQ7TTC0LCHC:0002" unless told. A sheet is rows of term, plan, price of the term and first day.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_any
from connector.warehouse import Warehouse

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


def take_in(state: Path, folder: Path, day: Mapping[str, Any]) -> None:
    """Bring what came to be known on a day into the warehouse."""
    on = day["on"]
    brought: list[tuple[str, str, dict[str, str]]] = []
    if "subscriptions" in day:
        lines = [json.dumps(subscription(one, on)) for one in day["subscriptions"]]
        brought.append((f"subscriptions-{on}.jsonl", "\n".join(lines), {}))
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
        if "told" not in day:
            continue
        exit_code, result = seen_on(day, tmp_path)
        told = [shown(one, day["told"]) for one in result["findings"]]
        assert told == [shown(one, day["told"]) for one in day["told"]], f"on {day['on']}: {steps['why']}"
        texts = [one["causes"][0]["text"] for one in result["findings"]]
        for text, wanted in zip(texts, day["told"], strict=True):
            assert wanted.get("says", "") in text, f"on {day['on']}"
        assert sorted(one["kind"] for one in result["resolved"]) == sorted(day.get("over", [])), f"on {day['on']}"
        assert exit_code == (1 if day["told"] else 0)


def shown(finding: Mapping[str, Any], keys: list[Any]) -> dict[str, Any]:
    """What is compared of a finding."""
    names = {name for one in keys for name in one} - {"says"} or {"kind"}
    return {name: finding.get(name) for name in sorted(names)}
