"""Damaged, foreign and hostile files end with one sentence that names the place, or with a record set aside."""

import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.files import read_ledger, read_vendor
from connector.domain.errors import UnreadableInput
from tests.unit.files.vendor_files import LEDGER_HEADER, as_csv, as_json_lines, line, lines, rows_of, write

CSV = as_csv(lines(2))
JSON = as_json_lines(lines(2))
PACKED = gzip.compress(as_json_lines(lines(2000)).encode())
HEADER = CSV.splitlines()[0]


def with_cell(name: str, value: str) -> str:
    """Return the CSV, the second line's cell of this name replaced."""
    head, *rows = CSV.splitlines()
    cells = rows[0].split(",")
    cells[head.split(",").index(name)] = value
    return "\r\n".join([head, ",".join(cells), *rows[1:]]) + "\r\n"


def with_field(name: str, value: str) -> str:
    """Return the JSON Lines, the first record's number of this name replaced by other JSON."""
    first, second = JSON.splitlines()
    before, rest = first.split(f'"{name}": ', 1)
    return f'{before}"{name}": {value},{rest.split(",", 1)[1]}\n{second}\n'


def archive(name: str, content: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return out.getvalue()


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "the file is empty"),
    "only blank lines": ("\n\n", "the file is empty"),
    "header only": (HEADER + "\n", "no records in it"),
    "gzip cut off": (PACKED[:-20], "cut off before its end"),
    "gzip cut in the middle": (PACKED[: len(PACKED) // 2], "cut off before its end"),
    "gzip damaged": (PACKED[:500] + b"XXXXXXXX" + PACKED[508:], "the compressed file is damaged"),
    "gzip with a wrong checksum": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "the compressed file is damaged"),
    "zip damaged": (archive("lines.csv", CSV)[:-40], "the ZIP archive is damaged"),
    "zip bomb": (archive("bomb.csv", "0" * (160 << 20)), "more than 500 times its size"),
    "gzip bomb": (gzip.compress((HEADER + "\n").encode() + b"0" * (40 << 20)), "a line of more than 16 MB"),
    "gzip of rubbish": (gzip.compress(f"{HEADER}\n{'a,b' * 9}\n".encode() + b"a,b\n" * 5000), "most lines are like it"),
    "packed twice": (gzip.compress(PACKED), "an archive inside an archive; unpack it once"),
    "archive inside an archive": (archive("inner.zip", archive("lines.csv", CSV)), "an archive inside an archive"),
    "gzip inside an archive": (archive("lines.json.gz", PACKED), "an archive inside an archive"),
    "UTF-16 cut inside a character": (CSV.encode("utf-16")[:-1], ":3: the text is not UTF-16 throughout"),
    "UTF-16 with half a surrogate": (
        f"{HEADER}\n".encode("utf-16") + b"\x00\xd8\x41\x00", ":2: the text is not UTF-16 throughout"
    ),
    "line ends of the old Macintosh": (CSV.replace("\r\n", "\n").replace("\n", "\r"), "carriage returns alone"),
    "web page": ("\n <!DOCTYPE html><html><body>Sign in</body></html>", "this is a web page"),
    "web page of a table": ("<html><table><tr><td>Subtotal</td></tr></table>", "this is a web page"),
    "UTF-16 without a mark": (CSV.encode("utf-16-le"), "save it as UTF-8"),
    "Latin text": (with_cell("CustomerName", "Älpine").encode("cp1252"), ":2: the text is not UTF-8"),
    "zip whose member is damaged at its head": (
        archive("lines.csv", CSV).replace(b"PK\x03\x04", b"PK\x03\x05", 1).replace(b"PK\x03\x05", b"PK\x05\x06", 1),
        "the ZIP archive is damaged|the compressed file is damaged",
    ),
    "zip whose member bears another name": (
        archive("lines.csv", CSV).replace(b"lines.csv", b"lines.cs_", 1), "the compressed file is damaged",
    ),
    "zip of a method nobody knows": (
        archive("lines.csv", CSV).replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x20\0", 1),
        "the compressed file is damaged",
    ),
    "zip that says it is from the future": (
        archive("lines.csv", CSV).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xe0", 1),
        "the ZIP archive is damaged",
    ),
    "workbook that says it is from the future": (
        archive("[Content_Types].xml", "<x/>").replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xe0", 1),
        "the ZIP archive is damaged",
    ),
    "PDF": (b"%PDF-1.7 rubbish", "this is a PDF"),
    "workbook": (archive("[Content_Types].xml", "<x/>"), "Excel workbook"),
    "column missing": (
        CSV.replace("Subtotal", "SubTotals"),
        r":1: .* column Subtotal is missing \(the file's SubTotals is nearest to Subtotal\)",
    ),
    "price missing": (
        CSV.replace("EffectiveUnitPrice", "EffectivePrice"),
        r"column EffectiveUnitPrice is missing \(the file's EffectivePrice is nearest to EffectiveUnitPrice\)",
    ),
    "two columns missing": (
        CSV.replace("ChargeStartDate", "Start").replace(",Currency,", ",Curency,"),
        r"columns ChargeStartDate.*, Currency are missing \(the file's Curency is nearest to Currency\)",
    ),
    "field missing": (
        JSON.replace("Subtotal", "SubtotalNet"),
        r"field Subtotal is missing \(the file's SubtotalNet is nearest to Subtotal\)",
    ),
    "column twice": (CSV.replace("PublisherId", "MPNID"), ":1:25: the column MPNID is there twice"),
    "decimal comma": (with_cell("Subtotal", '"310,00"'), r":2:19: Subtotal '310,00' has a comma"),
    "thousands": (with_cell("Subtotal", '"1,310.00"'), r":2:19: Subtotal '1,310.00' has a comma"),
    "semicolons": (CSV.replace(",", ";"), "separated by semicolons"),
    "day first": (with_cell("ChargeEndDate", "31/10/2026"), r":2:29: ChargeEndDate '31/10/2026' is written day first"),
    "never closed quote": (HEADER + '\n"' + "x" * (17 << 20), "a quotation mark was never closed"),
    "broken JSON": ('{"items": [', "fields begin with none|looks like JSON but is not"),
    "another file": ("ProvisioningId,MinLicenses\nA,1\n", "not recognised; its fields begin with ProvisioningId"),
    "ledger": (LEDGER_HEADER + "\n", "holds ledger lines, not Microsoft's invoice lines"),
    "legacy": (
        "DurableOfferId,SyndicationPartnerSubscriptionNumber,BillingCycleType,OfferName\n1,2,3,4\n",
        "legacy .licence-based, D…. invoice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    path = write(tmp_path / "vendor", content)
    with pytest.raises(UnreadableInput, match=sentence) as refusal:
        rows_of(read_vendor([path]))
    assert str(refusal.value).startswith(str(path))
    assert "\n" not in str(refusal.value)


ASIDE: dict[str, tuple[str, str, int, str | None]] = {
    "no number": (with_cell("Subtotal", "abc"), "Subtotal is not a number", 2, None),
    "NaN in CSV": (with_cell("Subtotal", "NaN"), "Subtotal is not a finite number", 2, None),
    "NaN in JSON": (with_field("Subtotal", "NaN"), "Subtotal is not a finite number", 1, None),
    "infinity": (with_field("Subtotal", '"-Infinity"'), "Subtotal is not a finite number", 1, None),
    "null amount": (with_field("Subtotal", "null"), "Subtotal is missing", 1, None),
    "blank amount": (with_field("Subtotal", '""'), "Subtotal is missing", 1, None),
    "too large": (with_field("Subtotal", "123456789012345678901234567"), "Subtotal is larger than 1e+16", 1, None),
    "far too large": (with_field("Subtotal", "12345e999999"), "Subtotal is larger than 1e+16", 1, None),
    "too fine": (with_field("TaxTotal", "0.12345678901234567890123"), "more than 22 digits", 1, "310"),
    "no quantity": (
        as_csv([line(Quantity=None, BillableQuantity=None), line()]), "BillableQuantity is missing", 2, "310",
    ),
    "no day": (with_cell("ChargeEndDate", "10/45/2026"), "ChargeEndDate is not a day of the calendar", 2, "310"),
    "cut GUID": (with_cell("SubscriptionId", "9d7d1f3d-c8de-461c"), "SubscriptionId is damaged", 2, "310"),
    "id as a number": (with_cell("SkuId", "1.23457E+15"), "SkuId is damaged", 2, "310"),
    "short row": (CSV + "a,b,c\r\n", "the line has 3 columns where the header has 47", 4, None),
    "row of one cell": (CSV + "a\r\n", "the line has 1 column where the header has 47", 4, None),
    "long row": (CSV.rstrip() + ",x\r\n", "the line has 48 columns where the header has 47", 3, None),
    "cut JSON line": (JSON[:-60], "the line is not a whole JSON record", 2, None),
    "no object": (JSON + "[1]\n", "the line is not a JSON object", 3, None),
    "deep JSON": (JSON + '{"a":' + "[" * 100_000 + "\n", "nested too deeply", 3, None),
    "name twice": (with_field("Subtotal", '310, "Subtotal": 311'), "'Subtotal' is there twice", 1, None),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason", "number", "amount"), ASIDE.values(), ids=ASIDE)
def test_a_bad_record_is_set_aside_and_the_rest_goes_on(
    tmp_path: Path, content: str, reason: str, number: int, amount: str | None
) -> None:
    rows = rows_of(read_vendor([write(tmp_path / "vendor", content)]))
    (aside,) = rows["set_aside"]
    assert reason in aside["reason"]
    assert aside["line"] == number
    assert aside["table"] == "charges" or aside["reason"].startswith("the line")
    assert (aside["amount"] is None) if amount is None else (aside["amount"] == int(amount))
    assert len(rows["charges"]) == (2 if number in (3, 4) and "48" not in reason else 1)


READ: dict[str, str | bytes] = {
    "byte order mark before CSV": "\ufeff" + CSV,
    "byte order mark before JSON": "\ufeff" + JSON,
    "UTF-16 CSV": CSV.encode("utf-16"),
    "UTF-32 CSV": CSV.encode("utf-32"),
    "UTF-16 JSON": JSON.encode("utf-16"),
    "gzip of two members": b"".join(gzip.compress(row.encode() + b"\n") for row in JSON.splitlines()),
    "zip": archive("lines.csv", CSV),
    "blank lines": JSON.replace("\n", "\n\n"),
    "other line ends": JSON.replace("\n", "\r\n"),
    "no line end at the end": JSON.rstrip(),
    "no customer": JSON.replace('"5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"', "null"),
    "a formula for a name": CSV.replace("Alpine Ski House", '"=HYPERLINK(""x"")"'),
    "sku without its zeros": with_cell("SkuId", "2"),
    "separator line of Excel": "sep=,\r\n" + CSV,
    "unknown columns": CSV.replace("CustomerCountry", "NewColumn"),
    "other case and spelling": CSV.replace("MpnId", "MPNID").replace("ReferenceId", "referenceID"),
    "reseller as a number": JSON.replace('"Tier2MpnId": "0"', '"Tier2MpnId": 0'),
    "half a surrogate": JSON.replace("Alpine Ski House", "\\ud800"),
    "other case in one record": JSON.splitlines()[0] + "\n" + JSON.splitlines()[1].replace('"Subtotal"', '"subtotal"')
    .replace('"Currency"', '"currency"') + "\n",
}  # fmt: skip


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_an_odd_file_is_read_all_the_same(tmp_path: Path, content: str | bytes) -> None:
    reading = read_vendor([write(tmp_path / "vendor", content)])
    rows = rows_of(reading)
    assert rows.keys() == {"charges"}
    assert [row["subtotal"] for row in rows["charges"]] == [310, 310]
    assert {row["sku_id"] for row in rows["charges"]} == {"0002"}
    assert reading.notes == []


def test_endless_line_ends_are_no_file(tmp_path: Path) -> None:
    path = write(tmp_path / "vendor", HEADER.encode() + b"\n" * (140 << 20), packed=True)
    with pytest.raises(UnreadableInput, match="more than 500 times its size"):
        rows_of(read_vendor([path]))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="there is no such file or folder"):
        read_vendor([tmp_path / "none.csv"])


def test_a_pipe_or_a_device_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UnreadableInput, match=f"{path}: this is a pipe or a device"):
            read_vendor([path])


def test_a_link_that_leads_nowhere_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("gone.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    for name in ("link.csv", "loop.csv"):
        with pytest.raises(UnreadableInput, match="the link leads to no file"):
            read_vendor([tmp_path / name])


def ledger(**cells: str) -> str:
    row = dict.fromkeys(LEDGER_HEADER.split(","), "") | {
        "document_number": "INV-1", "document_date": "2026-11-02", "document_type": "invoice", "customer_id": "58",
        "item_id": "31", "quantity": "10", "unit_price": "46.50", "amount": "465.00", "currency": "USD",
    } | cells  # fmt: skip
    return f"{LEDGER_HEADER}\n{','.join(row.values())}\n"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"amount": "465.0o"}, "amount is not a number"),
        ({"document_type": "bill"}, "document_type is neither invoice nor credit_memo"),
        ({"customer_id": ""}, "customer_id is missing"),
        ({"document_date": "soon"}, "document_date is not a date"),
        ({"service_start": "2026-10-31", "service_end": "2026-10-01"}, "service_end is before service_start"),
    ],
)
def test_a_bad_ledger_line_is_set_aside(tmp_path: Path, cells: dict[str, str], reason: str) -> None:
    rows = rows_of(read_ledger("books", [write(tmp_path / "ledger.csv", ledger(**cells))]))
    assert rows.keys() == {"set_aside"}
    assert reason in rows["set_aside"][0]["reason"]
    assert rows["set_aside"][0]["line"] == 2


@pytest.mark.parametrize("around", ["\u200b", "\ufeff", "\u2060 ", "\u00a0"])
def test_invisible_letters_around_a_cell_are_taken_off(tmp_path: Path, around: str) -> None:
    names = ("customer_id", "item_id", "document_number", "amount", "document_date", "currency", "reference")
    plain = dict.fromkeys(names, "") | {
        "customer_id": "58", "item_id": "31", "document_number": "INV-1", "amount": "465.00",
        "document_date": "2026-11-02", "currency": "USD", "reference": "9d7d1f3d-c8de-461c-db6d-91debd5129f0",
    }  # fmt: skip
    odd = {name: f"{around}{cell}{around}" for name, cell in plain.items()}
    (read,) = rows_of(read_ledger("books", [write(tmp_path / "odd.csv", ledger(**odd))]))["ledger_lines"]
    (wanted,) = rows_of(read_ledger("books", [write(tmp_path / "plain.csv", ledger(**plain))]))["ledger_lines"]
    assert {name: read[name] for name in names} == {name: wanted[name] for name in names}


def test_invisible_letters_around_the_vendors_ids_are_taken_off(tmp_path: Path) -> None:
    odd = CSV
    for cell in ("CFQ7TTC0LCHC", "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "310.00"):
        odd = odd.replace(f",{cell},", f",\u200b{cell}\ufeff,")
    assert odd != CSV
    read = rows_of(read_vendor([write(tmp_path / "odd.csv", odd)]))["charges"]
    wanted = rows_of(read_vendor([write(tmp_path / "plain.csv", CSV)]))["charges"]
    for name in ("product_id", "customer_id", "subtotal"):
        assert [row[name] for row in read] == [row[name] for row in wanted]


@pytest.mark.parametrize("amount", ["100.00", "-100.00"])
def test_credit_memos_are_negative_however_they_are_written(tmp_path: Path, amount: str) -> None:
    path = write(tmp_path / "ledger.csv", ledger(document_type="Credit Memo", amount=amount, tax=amount[-6:-3]))
    (row,) = rows_of(read_ledger("books", [path]))["ledger_lines"]
    assert (row["ledger"], row["document_type"], row["amount"]) == ("books", "credit_memo", -100)


def test_a_ledger_without_lines_is_an_answer(tmp_path: Path) -> None:
    reading = read_ledger("books", [write(tmp_path / "ledger.csv", LEDGER_HEADER + "\n")])
    assert rows_of(reading) == {}
    assert reading.notes == [f"{tmp_path / 'ledger.csv'}: has no records."]


def test_json_documents_are_read_pretty_or_not(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [json.loads(text) for text in JSON.splitlines()]
    for content in (json.dumps(records), json.dumps({"items": records}, indent=2), json.dumps(records[0], indent=1)):
        charges = rows_of(read_vendor([write(tmp_path / "vendor", content)]))["charges"]
        assert {row["subtotal"] for row in charges} == {310}
