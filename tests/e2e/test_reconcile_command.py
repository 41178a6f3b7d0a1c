"""The real command line: what it prints, what it writes, and the number it ends with."""

import csv
import gzip
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from tests.builders import MAPPING, ROOT, Month, answer, as_csv, connector, ledger_line, vendor_line


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """Ten seats of October, charged and billed alike."""
    return Month(tmp_path).write()


def polite(done: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    """The right number, a sentence that names the trouble, and no traceback."""
    said = f"exit {done.returncode}\nstdout: {done.stdout[:500]}\nstderr: {done.stderr}"
    assert done.returncode == exit_code, said
    assert "Traceback" not in done.stderr, said
    assert "fault of its own" not in done.stderr, said
    for word in words:
        assert word in done.stderr, said


def test_both_sides_agree(month: Month) -> None:
    done = connector(month.words(), month.folder)
    polite(done, 0)
    assert "200.00" in done.stdout
    assert done.stderr == ""


def test_a_difference_is_named_with_its_money(month: Month) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(quantity="8", amount="192.00")]), encoding="utf-8")
    done = answer(month.words(), month.folder)
    polite(done, 1)
    assert "48.00" in done.stdout
    assert "Alpine Ski House" in done.stdout


def test_json_is_machine_readable_and_nothing_else_is_printed(month: Month) -> None:
    done = connector(month.words("--format", "json"), month.folder)
    polite(done, 0)
    written = json.loads(done.stdout)
    assert (written["schema"], written["result"]) == ("connector.reconciliation/1", "reconciled")
    assert all(isinstance(verdict["amount"], str) for verdict in written["verdicts"])


def test_csv_stands_in_several_files(month: Month) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(amount="230.00")]), encoding="utf-8")
    out = month.folder / "out"
    done = answer(month.words("--format", "csv", "--output", str(out / "findings.csv")), month.folder)
    polite(done, 1)
    (row,) = csv.DictReader(io.StringIO((out / "findings.csv").read_text(encoding="utf-8-sig")))
    assert (row["kind"], row["impact"]) == ("price_differs", "10.00")
    (charge,) = csv.DictReader(io.StringIO((out / "findings-vendor_lines.csv").read_text(encoding="utf-8")))
    assert (charge["amount"], charge["verdict"], charge["item"]) == ("200.00", "billed", "31")
    (line,) = csv.DictReader(io.StringIO((out / "findings-ledger_lines.csv").read_text(encoding="utf-8")))
    assert (line["amount"], line["verdict"], line["findings"]) == ("230.00", "matched", row["fingerprint"])


@pytest.mark.parametrize("form", ["html", "xlsx"])
def test_the_page_and_the_workbook_hold_every_line(month: Month, form: str) -> None:
    output = month.folder / f"october.{form}"
    polite(answer(month.words("--format", form, "--output", str(output)), month.folder), 0)
    if form == "html":
        page = output.read_text(encoding="utf-8")
        assert "All 2 lines of both sides." in page
        assert "INV-1001" in page
    else:
        book = openpyxl.load_workbook(output)
        titles = [sheet.title for sheet in book]
        assert titles[0] == "Summary"
        assert {"Findings", "Microsoft's lines", "Ledger lines", "Margins"} <= set(titles)
        heads, cells = book["Microsoft's lines"].iter_rows(values_only=True)
        line = dict(zip(heads, cells, strict=True))
        assert isinstance(line["First day"], datetime)
        assert (line["Amount"], line["First day"].date(), line["Verdict"]) == (200, date(2026, 10, 1), "billed")
    assert not (month.folder / "october-lines.csv").exists()


def test_the_json_is_written_even_when_nothing_could_be_audited(month: Month) -> None:
    month.totals = {"USD": "300.00"}
    output = month.folder / "result.json"
    done = answer(month.words("--format", "json", "--output", str(output)), month.folder)
    polite(done, 2, "not audited", "100.00")
    assert json.loads(output.read_text(encoding="utf-8"))["result"] == "not_audited"


def test_what_should_have_been_billed_reconciles(month: Month) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(quantity="8", amount="192.00")]), encoding="utf-8")
    done = answer(month.words("--expected"), month.folder)
    polite(done, 0)
    (line,) = csv.DictReader(io.StringIO(done.stdout))
    assert (line["customer_id"], line["item_id"], line["quantity"], line["amount"]) == ("58", "31", "10", "240.00")
    written = month.folder / "out" / "expected.csv"
    polite(answer(month.words("--expected", "--output", str(written)), month.folder), 0)
    assert written.read_text(encoding="utf-8") == done.stdout
    polite(answer(month.words(ledger=[written]), month.folder), 0)


def test_what_has_no_rule_is_told_beside_the_expected_lines(month: Month) -> None:
    month.mapping = month.mapping.replace("CFQ7TTC0LCHC", "CFQ7TTC0ZZZZ")
    month.write()
    done = answer(month.words("--expected"), month.folder)
    polite(done, 0, "1 charge", "200.00 USD", "unmapped")
    assert len(done.stdout.splitlines()) == 1
    polite(answer(month.words("--expected", "--format", "html"), month.folder), 2, "csv")
    polite(answer(month.words("--expected", "--scope", "2026-07"), month.folder), 2, "2026-07")


def test_a_line_is_explained_from_its_rules_to_the_ledger(month: Month) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(quantity="8", amount="192.00")]), encoding="utf-8")
    words = ["explain", "vendor.csv:2", *month.words()[1:]]
    done = answer(words, month.folder)
    polite(done, 0)
    for said in (
        "mapping.yaml:6:3",
        "Unit price = round(20.00 × (100 + 20) / 100, 2) = 24.00 USD",
        "Amount = round(24.00 × 10, 2) = 240.00 USD",
        "INV-1001",
        "you lose 48.00 USD",
    ):
        assert said in done.stdout
    polite(answer([*words, "--format", "json", "--output", "why.json"], month.folder), 0)
    told = json.loads((month.folder / "why.json").read_text(encoding="utf-8"))
    (compared,) = told["comparisons"]
    assert (told["schema"], compared["expected"], compared["actual"]) == ("connector.explanation/1", "240.00", "192.00")
    assert compared["slices"][0]["sums"][-1]["formula"] == "round(24.00 × 10, 2)"
    assert [finding["kind"] for finding in compared["findings"]] == ["quantity_under_billed"]


@pytest.mark.parametrize(
    ("reference", "nearest"), [("INV-101", "INV-1001"), ("vendor.csv:3", "vendor.csv:2"), ("?", "")]
)
def test_what_is_not_there_is_not_explained(month: Month, reference: str, nearest: str) -> None:
    polite(answer(["explain", reference, *month.words()[1:]], month.folder), 2, reference, nearest, "FILE:LINE")


def test_a_file_that_is_read_is_never_written_over(month: Month) -> None:
    before = month.ledger_file.read_bytes()
    for words in (("--output", str(month.ledger_file)), (f"--output={month.ledger_file}", "--format", "csv")):
        polite(connector(month.words(*words), month.folder), 2, "this file is read; name another one for the result")
    assert month.ledger_file.read_bytes() == before


def test_several_ledgers_get_a_file_each(month: Month) -> None:
    month.mapping = month.mapping.replace('ledger_customer: "58"', 'ledger: books-us, ledger_customer: "58"')
    month.write()
    two = ["--ledger", f"books-us={month.ledger_file}", "--ledger", f"books-eu={month.ledger_file}"]
    words = [word for word in month.words("--expected") if word not in ("--ledger", str(month.ledger_file))] + two
    polite(answer(words, month.folder), 2, "--output")
    polite(answer([*words, "--output", "due.csv"], month.folder), 0, "due-books-us.csv")
    assert len((month.folder / "due-books-us.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert len((month.folder / "due-books-eu.csv").read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(("scope", "exit_code"), [("2026-10", 0), ("2026-09", 2), ("October", 2), ("2026-13", 2)])
def test_scope_is_a_month_that_was_read(month: Month, scope: str, exit_code: int) -> None:
    done = answer(month.words("--scope", scope), month.folder)
    polite(done, exit_code, *(["2026-"] if exit_code else []))


@pytest.mark.parametrize("total", ["USD", "=12", "USD=", "USD=1,5", "USD=NaN", "DOLLAR=5", "USD=1=2", "200.00"])
def test_a_total_is_written_as_currency_and_amount(month: Month, total: str) -> None:
    month.totals = {}
    polite(answer(month.words("--vendor-total", total), month.folder), 2, "--vendor-total")


@pytest.mark.parametrize(("total", "said"), [("250.00", "50.00 is missing"), ("150.00", "50.00 is too much")])
def test_a_total_that_is_missed_is_told_either_way(month: Month, total: str, said: str) -> None:
    month.totals = {"USD": total}
    polite(answer(month.words(), month.folder), 2, f"but the header says {total} USD: {said}")


def test_a_currency_has_one_total(month: Month) -> None:
    polite(answer(month.words("--vendor-total", "USD=200.00"), month.folder), 2, "USD", "twice")


def test_wrong_usage_says_what_is_wrong(month: Month) -> None:
    polite(answer(["reconcile", "--no-such-option"], month.folder), 2, "--no-such-option")


Damage = Callable[[Month], None]


def gone(month: Month) -> None:
    month.vendor_file.unlink()


def not_a_vendor_file(month: Month) -> None:
    month.vendor_file.write_text("name,phone\nAnn,1\n", encoding="utf-8")


def renamed_column(month: Month) -> None:
    month.vendor_file.write_text(as_csv(month.vendor).replace("Subtotal", "SubTotl"), encoding="utf-8")


def renamed_ledger_column(month: Month) -> None:
    month.ledger_file.write_text(as_csv(month.ledger).replace("item_id", "item_ids"), encoding="utf-8")


def corrupt_gzip(month: Month) -> None:
    packed = bytearray(gzip.compress(as_csv(month.vendor * 50).encode()))
    packed[len(packed) // 2] ^= 255
    month.vendor_file.write_bytes(bytes(packed))


def cut_gzip(month: Month) -> None:
    month.vendor_file.write_bytes(gzip.compress(as_csv(month.vendor * 50).encode())[:-20])


def empty(month: Month) -> None:
    month.vendor_file.write_text("", encoding="utf-8")


def binary(month: Month) -> None:
    month.vendor_file.write_bytes(bytes(range(256)) * 40)


def zip_bomb(month: Month) -> None:
    with zipfile.ZipFile(month.vendor_file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as out:
        out.write(as_csv(month.vendor).encode())
        for _ in range(1200):
            out.write(b"0" * (1 << 20))


def overlapping(month: Month) -> None:
    rows = [vendor_line(OrderId=f"order-{number}") for number in range(6)]
    month.vendor_file.unlink()
    month.vendor_file.mkdir()
    (month.vendor_file / "one.csv").write_text(as_csv(rows[:4]), encoding="utf-8")
    (month.vendor_file / "two.csv").write_text(as_csv(rows[2:]), encoding="utf-8")


def manifest(month: Month, *, version: str = "1", blobs: tuple[str, ...] = ("part-0.json",)) -> None:
    month.vendor_file.unlink()
    month.vendor_file.mkdir()
    described = {
        "schemaVersion": version, "dataFormat": "compressedJSON", "blobCount": len(blobs),
        "blobs": [{"name": name, "partitionValue": "default"} for name in blobs],
    }  # fmt: skip
    (month.vendor_file / "manifest.json").write_text(json.dumps(described), encoding="utf-8")
    (month.vendor_file / "part-0.json").write_text(json.dumps(month.vendor[0]) + "\n", encoding="utf-8")


def missing_blob(month: Month) -> None:
    manifest(month, blobs=("part-0.json", "part-1.json"))


def unknown_version(month: Month) -> None:
    manifest(month, version="7")


REFUSED: dict[str, tuple[Damage, str]] = {
    "no file": (gone, "vendor.csv"),
    "not a vendor file": (not_a_vendor_file, "vendor.csv"),
    "renamed column": (renamed_column, "SubTotl"),
    "renamed ledger column": (renamed_ledger_column, "item_ids"),
    "corrupt gzip": (corrupt_gzip, "vendor.csv"),
    "cut gzip": (cut_gzip, "vendor.csv"),
    "empty file": (empty, "vendor.csv"),
    "binary": (binary, "vendor.csv"),
    "ZIP bomb": (zip_bomb, "vendor.csv"),
    "overlapping files": (overlapping, "two.csv"),
    "missing blob": (missing_blob, "part-1.json"),
    "unknown schemaVersion": (unknown_version, "7"),
}


@pytest.mark.parametrize(("damage", "word"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(month: Month, damage: Damage, word: str) -> None:
    damage(month)
    done = answer(month.words(), month.folder)
    polite(done, 2, word)
    assert len(done.stderr.splitlines()) <= 3, done.stderr


@pytest.mark.parametrize("cell", ["1.234,50", "NaN", "ten", "1e400"])
def test_an_amount_that_is_none_is_set_aside_with_its_place(month: Month, cell: str) -> None:
    rows = [vendor_line(), vendor_line(Subtotal=cell, OrderId="other", CustomerName="Bellows College")]
    month.vendor_file.write_text(as_csv(rows), encoding="utf-8")
    done = answer(month.words("--format", "json"), month.folder)
    assert "Traceback" not in done.stderr
    assert done.returncode in (2, 5), done.stderr
    if done.returncode == 5:
        kinds = {finding["kind"]: finding for finding in json.loads(done.stdout)["findings"]}
        assert kinds["record_set_aside"]["evidence"][0]["line"] == 3
        assert "vendor.csv:3: 1 record: Subtotal" in done.stderr
    else:
        assert "vendor.csv" in done.stderr


def test_where_no_line_can_be_used_the_first_are_named(month: Month) -> None:
    month.vendor_file.write_text(as_csv([vendor_line(Subtotal="ten")]), encoding="utf-8")
    polite(answer(month.words(), month.folder), 2, "vendor.csv:2: Subtotal is not a number")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"customer_id": "1.23457E+15"}, "customer_id is damaged"),
        ({"item_id": "3.1E+04"}, "item_id is damaged"),
        ({"currency": "DOLLARS"}, "currency is not a currency code; write it like USD"),
        ({"amount": "NaN"}, "amount is not a finite number"),
    ],
)
def test_a_ledger_line_that_cannot_be_used_is_told_with_its_place(
    month: Month, cells: dict[str, str], sentence: str
) -> None:
    month.ledger_file.write_text(as_csv([ledger_line(**cells)]), encoding="utf-8")
    done = answer(month.words("--format", "json"), month.folder)
    polite(done, 5, f"ledger.csv:2: 1 record: {sentence}")
    told = next(finding for finding in json.loads(done.stdout)["findings"] if finding["kind"] == "record_set_aside")
    assert told["evidence"][0]["source"] == "ledger"


def twice(month: Month) -> None:
    other = month.folder / "copy.csv"
    other.write_bytes(month.vendor_file.read_bytes())


def test_the_same_file_twice_counts_once_and_is_told(month: Month) -> None:
    twice(month)
    done = answer(month.words(vendor=[month.vendor_file, month.folder / "copy.csv"]), month.folder)
    polite(done, 0, "counted once")


ODD: dict[str, Callable[[str], bytes]] = {
    "UTF-16": lambda text: text.encode("utf-16"),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "other line ends": lambda text: text.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("spell", ODD.values(), ids=ODD)
def test_odd_spellings_of_a_file_are_read_all_the_same(month: Month, spell: Callable[[str], bytes]) -> None:
    month.vendor_file.write_bytes(spell(as_csv(month.vendor)))
    polite(answer(month.words(), month.folder), 0)


def test_a_charge_without_a_customer_is_a_finding(month: Month) -> None:
    lines = [{**vendor_line(), "CustomerId": None, "CustomerName": None}]
    month.vendor_file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = answer(month.words("--format", "json"), month.folder)
    polite(done, 1)
    assert "charge_without_customer" in {finding["kind"] for finding in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1+2", "-5", "@SUM(A1)"])
def test_a_name_never_becomes_a_formula(month: Month, name: str) -> None:
    month.vendor_file.write_text(as_csv([vendor_line(CustomerName=name)]), encoding="utf-8")
    month.ledger_file.write_text(as_csv([ledger_line(amount="230.00", customer_name=name)]), encoding="utf-8")
    mapping = month.folder / "mappings" / "mapping.yaml"
    mapping.write_text(MAPPING.replace("name: Alpine Ski House", f"name: {json.dumps(name)}"), encoding="utf-8")
    out = month.folder / "out" / "findings.csv"
    polite(answer(month.words("--format", "csv", "--output", str(out)), month.folder), 1)
    for path in out.parent.iterdir():
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t")), (path.name, cell)
                assert not cell.startswith("-") or (cell[1:].replace(".", "").isdigit() and cell != "-5"), (
                    path.name,
                    cell,
                )


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)
MAPPINGS: dict[str, str] = {
    "YAML bomb": BOMB,
    "unknown tag": MAPPING + "internal: !!python/object/apply:os.system [ls]\n",
    "another unknown tag": MAPPING + "internal: !secret x\n",
    "unknown key": MAPPING + "costumers: []\n",
    "no YAML": "customers: [\n",
    "a number where text is meant": MAPPING.replace('"31"', "31").replace("CFQ7TTC0LCHC", "CFQ7TTC0LCHC, sku_id: 0002"),
}


@pytest.mark.parametrize("text", MAPPINGS.values(), ids=MAPPINGS)
def test_a_mapping_with_mistakes_is_refused_with_file_line_and_column(month: Month, text: str) -> None:
    (month.folder / "mappings" / "mapping.yaml").write_text(text, encoding="utf-8")
    polite(answer(month.words(), month.folder), 3, "mapping.yaml:")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_an_output_that_is_closed_is_no_fault(month: Month, closed: str) -> None:
    words = shlex.join([sys.executable, "-m", "connector", *month.words("--output", "result.txt")])
    told = {"env": dict(os.environ) | {"PYTHONPATH": str(ROOT)}, "cwd": month.folder, "capture_output": True}
    done = subprocess.run(["/bin/sh", "-c", f"{words} {closed}"], text=True, check=False, **told)  # type: ignore[call-overload]
    polite(done, 0)
    assert "200.00" in (month.folder / "result.txt").read_text(encoding="utf-8")


def test_ctrl_c_ends_with_130(month: Month) -> None:
    rows = [vendor_line(OrderId=f"order-{number}") for number in range(60_000)]
    month.vendor_file.write_text(as_csv(rows), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "connector", *month.words()],
        cwd=month.folder, env={"PYTHONPATH": str(ROOT), "HOME": str(month.folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background may have had them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no threads here
    )  # fmt: skip
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == "connector: Interrupted."


def test_five_hundred_lines_from_the_command_line(month: Month, capsys: pytest.CaptureFixture[str]) -> None:
    rows, bills = [], []
    for number in range(500):
        name = f"{number:08x}-c8de-461c-db6d-91debd5129f0"
        rows.append(vendor_line(SubscriptionId=name, OrderId=f"order-{number}"))
        bills.append(ledger_line(document_number=f"INV-{number}", reference=name))
    month.vendor_file.write_text(as_csv(rows), encoding="utf-8")
    month.ledger_file.write_text(as_csv(bills), encoding="utf-8")
    month.totals = {"USD": "100000.00"}
    began = time.monotonic()
    done = connector(month.words(), month.folder)
    took = time.monotonic() - began
    polite(done, 0)
    with capsys.disabled():
        print(f"\n500 lines from the command line to the result: {took:.2f} s")
