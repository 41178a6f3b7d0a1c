"""The made-up worlds: repeatable, complete, and right about themselves."""

import csv
import gzip
import hashlib
import json
import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.scenario import KINDS, VARIANTS, generate
from connector.sandbox.scenario.lines import COLUMNS

ISSUE_KINDS = {
    "unbilled_charge",
    "orphan_billing",
    "unmapped_customer",
    "unmapped_product",
    "unpriced_charge",
    "charge_without_customer",
    "ambiguous_mapping",
    "quantity_under_billed",
    "quantity_over_billed",
    "partial_period_unbilled",
    "price_differs",
    "duplicate_billing",
    "cancelled_still_billed",
    "credit_not_passed_on",
    "bundle_drift",
    "margin_below_floor",
    "currency_mismatch",
    "fx_differs",
    "tax_differs",
    "vendor_price_differs",
    "cancelled_still_charged",
    "term_mismatch",
    "trial_converted",
    "renewal_unreviewed",
    "product_change_not_followed",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return content


def vendor_lines(folder: Path, pattern: str = "vendor/*.jsonl.gz") -> list[dict[str, Any]]:
    lines = []
    for path in sorted(folder.glob(pattern)):
        texts = gzip.decompress(path.read_bytes()).decode().splitlines()
        lines += [json.loads(text, parse_float=Decimal, parse_int=Decimal) for text in texts]
    return lines


def ledger_lines(folder: Path) -> list[dict[str, str]]:
    rows = []
    for path in sorted((folder / "ledger").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as source:
            rows += list(csv.DictReader(source))
    return rows


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    generate(40, 2, 5, folder)
    return folder


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        generate(40, 2, 11, tmp_path / name)
    generate(40, 2, 12, tmp_path / "other")
    first = digests(tmp_path / "first")
    assert first == digests(tmp_path / "second")
    assert first["truth.json"] != digests(tmp_path / "other")["truth.json"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_occurs_among_forty_customers(tmp_path: Path, seed: int) -> None:
    generate(40, 1, seed, tmp_path)
    findings = truth_of(tmp_path)["findings"]
    found = {finding["kind"] for finding in findings}
    assert found == ISSUE_KINDS


def test_the_kinds_offered_are_those_of_the_findings() -> None:
    assert set(KINDS) == ISSUE_KINDS


@pytest.mark.parametrize("seed", range(1, 6))
def test_lines_and_adjustments_reach_the_header(tmp_path: Path, seed: int) -> None:
    generate(40, 1, seed, tmp_path)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in vendor_lines(tmp_path):
        assert line["Subtotal"] + line["TaxTotal"] == line["Total"]
        sums[str(line["Currency"])] += line["Total"]
    sums["USD"] -= Decimal("12.50")
    assert {currency: str(total) for currency, total in sums.items()} == truth_of(tmp_path)["vendor_totals"]
    for path in (tmp_path / "invoices").iterdir():
        invoice = json.loads(path.read_text(), parse_float=str)
        assert invoice["totalCharges"] == str(sums[invoice["currencyCode"]])
    assert "-12.50" in (tmp_path / "mappings" / "prices.yaml").read_text()


def test_a_clean_world_has_no_findings(tmp_path: Path) -> None:
    scenario = generate(40, 3, 4, tmp_path, defects=False)
    truth = truth_of(tmp_path)
    assert truth["findings"] == []
    assert truth["result"] == "reconciled"
    assert scenario.findings == 0
    assert scenario.ledger_lines > 200


def test_only_the_named_kinds_are_dealt(tmp_path: Path) -> None:
    generate(40, 1, 4, tmp_path, defects={"price_differs", "tax_differs"})
    findings = truth_of(tmp_path)["findings"]
    assert {finding["kind"] for finding in findings} == {"price_differs", "tax_differs"}


def test_a_seat_change_wipes_what_was_there_and_recreates_all(world: Path) -> None:
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in vendor_lines(world):
        if line["ChargeType"] in {"addQuantity", "removeQuantity"}:
            events[str(line["ReferenceId"])].append(line)
    assert len(events) > 10
    for lines in events.values():
        wiped = [line for line in lines if line["Subtotal"] < 0]
        made = [line for line in lines if line["Subtotal"] > 0]
        assert len(wiped) == len(made) > 0
        assert {(line["ChargeStartDate"], line["ChargeEndDate"]) for line in lines} == {
            (lines[0]["ChargeStartDate"], lines[0]["ChargeEndDate"])
        }
        assert all(line["BillableQuantity"] > 0 for line in lines)
        unit = {abs(line["EffectiveUnitPrice"]) for line in wiped}
        assert unit == {line["EffectiveUnitPrice"] for line in made}


def test_quantities_wiped_are_those_charged_before(world: Path) -> None:
    by_cycle: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in vendor_lines(world):
        if line["TermAndBillingCycle"] and not line["ProductQualifiers"] and line["CustomerId"]:
            key = (str(line["SubscriptionId"]), str(line["ChargeEndDate"]), str(line["UnitPrice"]))
            by_cycle[key].append(line)
    checked = 0
    for lines in by_cycle.values():
        full = [line for line in lines if line["ChargeType"] in {"new", "renew", "cycleCharge"}]
        changes = [line for line in lines if line["ChargeType"] in {"addQuantity", "removeQuantity"}]
        if len(full) != 1 or not changes:
            continue
        seats = full[0]["Quantity"]
        for day in sorted({str(line["ChargeStartDate"]) for line in changes}):
            wipe, recreate = sorted(
                (line for line in changes if line["ChargeStartDate"] == day),
                key=lambda line: line["Subtotal"],
            )
            assert wipe["Quantity"] == seats
            seats = recreate["Quantity"]
            checked += 1
    assert checked > 5


def test_all_formats_hold_the_same_lines(world: Path) -> None:
    month = str(truth_of(world)["scope"])
    for path in sorted((world / "vendor-csv").glob("*.csv")):
        lines = vendor_lines(world, f"vendor/{path.stem}.jsonl.gz")
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
        items = json.loads((world / "vendor-v1" / f"{path.stem}.json").read_text())["items"]
        assert tuple(rows[0]) == COLUMNS
        assert len(lines) == len(rows) == len(items)
        for line, row, item in zip(lines, rows, items, strict=True):
            for name in ("Subtotal", "EffectiveUnitPrice", "BillableQuantity", "UnitPrice"):
                assert Decimal(row[name]) == line[name] == Decimal(item[name[0].lower() + name[1:]])
            assert row["SubscriptionId"] == line["SubscriptionId"] == item["subscriptionId"]
            year, number, day = str(line["ChargeStartDate"])[:10].split("-")
            assert row["ChargeStartDate"] == f"{int(number)}/{int(day)}/{year}"
    blobs = vendor_lines(world, "graph/*/*.json.gz")
    scoped = [line for line in vendor_lines(world) if str(line["ChargeStartDate"]).startswith(month)]
    assert {json.dumps(line, default=str) for line in scoped} <= {json.dumps(line, default=str) for line in blobs}
    for manifest in world.glob("graph/*/manifest.json"):
        content = json.loads(manifest.read_text())
        assert content["blobCount"] == len(content["blobs"]) == 3
        assert all((manifest.parent / blob["name"]).is_file() for blob in content["blobs"])


def test_usage_rows_add_up_to_the_metered_charges(world: Path) -> None:
    by_line: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path in (world / "usage").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                by_line[row["SubscriptionId"], row["SkuId"]] += Decimal(row["Quantity"])
    month = str(truth_of(world)["scope"])
    charged = {
        (str(line["SubscriptionId"]), str(line["SkuId"])): line["BillableQuantity"]
        for line in vendor_lines(world)
        if line["SubscriptionDescription"] == "Azure plan" and str(line["ChargeStartDate"]).startswith(month)
    }
    assert by_line == charged
    assert len(charged) > 10


def test_subscriptions_of_mapped_customers_are_on_file(world: Path) -> None:
    seen = {json.loads(text)["id"] for text in (world / "subscriptions.jsonl").read_text().splitlines()}
    without = {
        str(line["SubscriptionId"])
        for line in vendor_lines(world)
        if line["CustomerId"] and not line["ReservationOrderId"]
    }
    assert without <= seen


def test_the_arguments_of_the_truth_exist(world: Path) -> None:
    arguments = truth_of(world)["arguments"]
    paths = [
        *arguments["vendor"],
        *arguments["invoices"],
        *arguments["subscriptions"],
        *arguments["price_sheet"],
    ]
    paths += [arguments["mappings"], *(ledger.partition("=")[2] for ledger in arguments["ledger"])]
    assert [path for path in paths if not (world / path).exists()] == []


def test_names_are_awkward_and_spelled_differently(world: Path) -> None:
    names = {row["customer_name"] for row in ledger_lines(world)}
    vendor = {str(line["CustomerName"]) for line in vendor_lines(world)}
    assert any(name[0] in "=+-@" for name in names)
    assert any(not name.isascii() for name in names)
    assert names - vendor


def test_a_file_can_lack_a_line(tmp_path: Path) -> None:
    generate(40, 1, 6, tmp_path, defects=False, variants=["incomplete_vendor_file"])
    truth = truth_of(tmp_path)
    (finding,) = truth["findings"]
    total = sum((line["Total"] for line in vendor_lines(tmp_path) if line["Currency"] == "USD"), Decimal(0))
    eur = sum((line["Total"] for line in vendor_lines(tmp_path) if line["Currency"] == "EUR"), Decimal(0))
    totals = truth["vendor_totals"]
    reached = {"USD": total - Decimal("12.50"), "EUR": eur}
    short = {currency: Decimal(gross) - reached[currency] for currency, gross in totals.items()}
    assert truth["result"] == "not_audited"
    assert short.pop(finding["currency"]) == Decimal(finding["impact"]) > 0
    assert set(short.values()) == {0}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_dealt_beside_the_faults(tmp_path: Path, variant: str) -> None:
    generate(40, 1, 8, tmp_path, variants=[variant])
    findings = truth_of(tmp_path)["findings"]
    kinds = {finding["kind"] for finding in findings}
    assert kinds >= ISSUE_KINDS
    assert (variant in kinds) == (variant != "tax_on_header_only")


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown variant 'late'"):
        generate(40, 1, 1, tmp_path, variants=["late"])
    with pytest.raises(ValueError, match="unknown kind of defect 'typo'"):
        generate(40, 1, 1, tmp_path, defects=["typo"])
    with pytest.raises(ValueError, match="YYYY-MM"):
        generate(40, 1, 1, tmp_path, last_month="October")
    with pytest.raises(ValueError, match="at least one customer"):
        generate(0, 1, 1, tmp_path)


@pytest.mark.parametrize("last_month", ["2026-02", "2026-03", "2027-01", "2028-02"])
def test_any_month_can_be_the_last(tmp_path: Path, last_month: str) -> None:
    generate(40, 2, 3, tmp_path, last_month=last_month)
    findings = truth_of(tmp_path)["findings"]
    assert {finding["kind"] for finding in findings} == ISSUE_KINDS


def test_few_customers_make_a_small_world(tmp_path: Path) -> None:
    scenario = generate(3, 1, 1, tmp_path)
    assert scenario.vendor_lines > 0
    assert len(truth_of(tmp_path)["vendor_totals"]) >= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_impacts_of_line_mistakes_can_be_read_off_the_ledger(tmp_path: Path, seed: int) -> None:
    generate(40, 1, seed, tmp_path)
    ledger = ledger_lines(tmp_path)
    seats: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in vendor_lines(tmp_path):
        if line["CustomerId"] and line["EffectiveUnitPrice"] == line["UnitPrice"]:
            seats[line["CustomerId"], line["ProductId"]] += line["BillableQuantity"]
    rules = (tmp_path / "mappings" / "customers.yaml").read_text()
    pattern = r'tenant_id: "([^"]+)", ledger: "[^"]+", ledger_customer: "([^"]+)"'
    payers = dict(re.findall(pattern, rules))
    checked = set()
    for finding in truth_of(tmp_path)["findings"]:
        impact, payer = Decimal(finding["impact"]), payers.get(finding["tenant_id"])
        rows = [row for row in ledger if (row["customer_id"], row["item_id"]) == (payer, finding["item"])]
        if finding["kind"] in {"quantity_under_billed", "quantity_over_billed"} and len(rows) == 1:
            (row,) = rows
            charged = seats[finding["tenant_id"], finding["product_id"]]
            if charged == 0 or finding["product_id"] == "CFQ7TTC0LFLZ":
                continue
            assert (charged - Decimal(row["quantity"])) * Decimal(row["unit_price"]) == impact
        elif finding["kind"] == "duplicate_billing":
            first, second = rows
            same = ("quantity", "amount", "service_start", "service_end", "currency")
            assert [first[name] for name in same] == [second[name] for name in same]
            assert first["document_number"] != second["document_number"]
            assert impact == -Decimal(second["amount"])
        elif finding["kind"] == "tax_differs":
            (row,) = rows
            assert row["tax"] == "0.00"
            assert impact == (Decimal(row["amount"]) * Decimal("0.0725")).quantize(Decimal("0.01"), ROUND_HALF_UP)
        elif finding["kind"] == "orphan_billing" and payer:
            (row,) = rows
            assert impact == -Decimal(row["amount"])
        elif finding["kind"] == "currency_mismatch":
            (row,) = rows
            assert row["currency"] != finding["currency"]
            assert impact == Decimal(row["amount"])
        else:
            continue
        checked.add(finding["kind"])
    assert {"duplicate_billing", "tax_differs", "orphan_billing", "currency_mismatch"} <= checked
    assert checked & {"quantity_under_billed", "quantity_over_billed"}
