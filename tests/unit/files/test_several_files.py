"""Files given together: folders, manifests with their blobs, and the same lines given twice."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_any, read_ledger, read_prices, read_subscriptions, read_vendor
from connector.domain.errors import UnreadableInput
from tests.unit.files.vendor_files import (
    LEDGER_HEADER,
    as_csv,
    as_json_lines,
    as_line_items,
    line,
    lines,
    rows_of,
    write,
)

INVOICE = {
    "id": "G012345678", "invoiceDate": "2026-11-08T01:22:47.603895Z", "billingPeriodStartDate": "2026-10-01T00:00:00Z",
    "billingPeriodEndDate": "2026-10-31T00:00:00Z", "totalCharges": 744.10, "paidAmount": 0, "currencyCode": "USD",
    "documentType": "invoice", "invoiceType": "OneTime", "links": {"self": {"uri": "/invoices/OneTime-G012345678"}},
}  # fmt: skip


def manifest(folder: Path, names: list[str], **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    content = {
        "id": "6fe687d7", "schemaVersion": "1", "dataFormat": "compressedJSON", "eTag": "WYj", "blobCount": len(names),
        "blobs": [{"name": name, "partitionValue": "default"} for name in names],
    }  # fmt: skip
    write(folder / "manifest.json", json.dumps(content | changes, indent=2))
    return folder


def test_a_manifest_brings_its_blobs(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "export", ["part-0.json.gz", "part-1.json.gz"])
    write(folder / "part-0.json.gz", as_json_lines(lines(2)), packed=True)
    write(folder / "part-1.json.gz", as_json_lines(lines(2)), packed=True)
    write(folder / "part-2.json", as_json_lines([line(OrderId="stray")]))
    write(folder / "invoice.json", json.dumps(INVOICE))
    write(folder / "readme.txt", "hello, world\n")
    reading = read_vendor([folder])
    rows = rows_of(reading)
    assert len(rows["charges"]) == 2, "part-1 has the same bytes as part-0"
    assert rows["headers"][0]["total"] == Decimal("744.1")
    assert any("part-1.json.gz: the same content as" in note for note in reading.notes)
    assert any("not named by the manifest" in note for note in reading.notes)
    assert any("readme.txt: not recognised" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"schemaVersion": "2"}, "schema version '2'"),
        ({"blobCount": 2}, "speaks of 2 blobs and names 1"),
        ({"blobCount": 1, "blobs": [{"name": "part-9.json.gz"}]}, "1 of 1 blobs are missing .part-9.json.gz"),
        ({"blobs": [{"name": "../part-0.json.gz"}]}, "names a blob outside its folder"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    folder = manifest(tmp_path / "export", ["part-0.json.gz"], **changes)
    write(folder / "part-0.json.gz", as_json_lines(lines(2)), packed=True)
    with pytest.raises(UnreadableInput, match=sentence):
        rows_of(read_vendor([folder]))


def test_blobs_of_one_manifest_may_hold_equal_lines(tmp_path: Path) -> None:
    folder = manifest(tmp_path / "export", ["part-0.json", "part-1.json"])
    write(folder / "part-0.json", as_json_lines(lines(2)))
    write(folder / "part-1.json", as_json_lines([*lines(2), line(OrderId="more")]))
    assert len(rows_of(read_vendor([folder]))["charges"]) == 5


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.csv", as_csv(lines(2))), write(tmp_path / "b.csv", as_csv(lines(2)))
    for paths in ([one, one], [one, two]):
        reading = read_vendor(paths)
        assert len(rows_of(reading)["charges"]) == 2
        assert "counted once" in reading.notes[0]


@pytest.mark.parametrize("swapped", [False, True])
def test_an_invoice_in_two_formats_counts_once(tmp_path: Path, swapped: bool) -> None:
    records = lines(40)
    paths = [
        write(tmp_path / "a.csv", as_csv(records)),
        write(tmp_path / "b.json", as_line_items(list(reversed(records)))),
        write(tmp_path / "c.json.gz", as_json_lines(records), packed=True),
    ]
    reading = read_vendor(paths[::-1] if swapped else paths)
    assert len(rows_of(reading)["charges"]) == 40
    assert len([note for note in reading.notes if "has the same lines; counted once" in note]) == 2


def test_files_that_share_some_lines_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", as_csv(lines(30)))
    two = write(tmp_path / "b.csv", as_csv([line(OrderId="other"), *lines(30)]))
    with pytest.raises(UnreadableInput, match=r"b\.csv: 30 of its 31 lines .* are also in .*a\.csv"):
        rows_of(read_vendor([one, two]))


def test_a_part_of_a_file_read_before_counts_once(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", as_csv(lines(30)))
    two = write(tmp_path / "b.csv", as_csv(lines(20)))
    assert len(rows_of(read_vendor([one, two]))["charges"]) == 30
    with pytest.raises(UnreadableInput, match="are also in"):
        rows_of(read_vendor([two, one]))


def test_an_invoice_with_other_lines_but_equal_sums_is_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", as_csv(lines(3)))
    two = write(tmp_path / "b.csv", as_csv(lines(3, ChargeType="renew")))
    with pytest.raises(UnreadableInput, match=r"invoice G012345678 is also in .*a\.csv"):
        rows_of(read_vendor([one, two]))


def test_two_months_without_an_invoice_may_cost_the_same(tmp_path: Path) -> None:
    november = {"ChargeStartDate": "11/1/2026", "ChargeEndDate": "11/30/2026"}
    one = write(tmp_path / "last.csv", as_csv(lines(3, InvoiceNumber="")))
    two = write(tmp_path / "current.csv", as_csv(lines(3, InvoiceNumber="", **november)))
    assert len(rows_of(read_vendor([one, two]))["charges"]) == 6


def test_parts_of_an_invoice_are_put_together(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", as_csv(lines(30)))
    two = write(tmp_path / "b.csv", as_csv([line(OrderId=f"more-{number}") for number in range(20)]))
    reading = read_vendor([one, two])
    assert len(rows_of(reading)["charges"]) == 50
    assert [(source.rows, source.set_aside) for source in reading.sources] == [(30, 0), (20, 0)]


def test_a_ledger_document_exported_twice_counts_once(tmp_path: Path) -> None:
    row = "INV-1,2026-11-02,invoice,58,,1,31,,10,46.50,465.00,,USD,,,,\n"
    one = write(tmp_path / "a.csv", f"{LEDGER_HEADER}\n{row}{row}")
    two = write(tmp_path / "b.csv", f"{LEDGER_HEADER}\n{row}")
    assert len(rows_of(read_ledger("books", [one, two]))["ledger_lines"]) == 2, "equal lines of one file both count"


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="the folder is empty"):
        read_vendor([tmp_path])


def test_a_folder_without_vendor_files_says_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "ledger.csv", LEDGER_HEADER + "\n")
    with pytest.raises(UnreadableInput, match=r"are not there.*holds ledger lines"):
        read_vendor([tmp_path])


def test_price_sheets_are_read_from_zip_and_csv(tmp_path: Path) -> None:
    import zipfile

    sheet = (
        '"ProductTitle","ProductId","SkuId","TermDuration","BillingPlan","Market","Currency","UnitPrice",'
        '"PricingTierRangeMin","PricingTierRangeMax","EffectiveStartDate","EffectiveEndDate","ERP Price","Segment"\n'
        '"Premium","CFQ7TTC0LCHC","2","P1Y","Monthly","US","USD","372.00","1","9223372036854780000",'
        '"3/1/2026 12:00:00 AM","11/30/9999 11:59:59 PM","558","Commercial"\n'
    )
    with zipfile.ZipFile(tmp_path / "sheet.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("sheets.csv", sheet)
    plain = write(tmp_path / "sheet.csv", sheet)
    (one,) = rows_of(read_prices([plain]))["prices"]
    (two,) = rows_of(read_prices([tmp_path / "sheet.zip"]))["prices"]
    assert one | {"source": ""} == two | {"source": ""}
    assert (one["sku_id"], one["term"], one["billing_plan"], one["unit_price"]) == ("0002", "P1Y", "monthly", 372)
    assert (one["erp_price"], one["tier_min"], one["tier_max"], one["effective_end"]) == (558, 1, None, None)


def test_subscriptions_know_their_customer_and_moment(tmp_path: Path) -> None:
    subscription: dict[str, Any] = {
        "id": "9D7D1F3D-C8DE-461C-DB6D-91DEBD5129F0", "offerId": "CFQ7TTC0LCHC:0002:CFQ7TTC0K5J2", "quantity": 10,
        "customerId": "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "observedAt": "2026-11-01T04:00:00.1234567+02:00",
        "status": "active", "termDuration": "P1Y", "billingCycle": "Monthly", "isTrial": False,
        "creationDate": "2026-03-01T09:12:44.1234567Z", "effectiveStartDate": "2026-03-01T00:00:00Z",
        "commitmentEndDate": "2027-02-28T00:00:00Z", "productType": {"id": "OnlineServicesNCE"},
        "scheduledNextTermInstructions": {"product": {"productId": "CFQ7TTC0LH16", "skuId": "1"}, "quantity": 12},
    }  # fmt: skip
    unseen = {name: value for name, value in subscription.items() if name != "observedAt"}
    content = "".join(json.dumps(record) + "\n" for record in (subscription, unseen))
    rows = rows_of(read_subscriptions([write(tmp_path / "subscriptions.jsonl", content)]))
    (row,) = rows["subscriptions"]
    assert row["subscription_id"] == "9d7d1f3d-c8de-461c-db6d-91debd5129f0"
    assert row["observed_at"] == "2026-11-01T02:00:00.123456Z"
    assert (row["product_id"], row["sku_id"], row["quantity"]) == ("CFQ7TTC0LCHC", "0002", 10)
    assert (row["is_trial"], row["auto_renew"], row["product_type"]) == (False, None, "OnlineServicesNCE")
    assert (row["scheduled_product_id"], row["scheduled_sku_id"]) == ("CFQ7TTC0LH16", "0001")
    assert "observedAt is missing" in rows["set_aside"][0]["reason"]


def test_anything_of_microsofts_can_be_read_together(tmp_path: Path) -> None:
    write(tmp_path / "lines.csv", as_csv(lines(2)))
    write(tmp_path / "invoices.json", json.dumps({"items": [INVOICE]}))
    assert rows_of(read_any([tmp_path])).keys() == {"charges", "headers"}
