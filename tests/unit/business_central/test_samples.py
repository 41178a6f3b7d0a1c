"""Microsoft's own samples and recordings are translated digit for digit; without them there is nothing to compare."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.business_central import records, translate
from connector.adapters.business_central.faults import Fault, Meaning, advice, fault, meaning, sentence
from connector.adapters.business_central.translate import PAGES

SAMPLES = next(
    (place for above in Path(__file__).resolve().parents if (place := above / "shared/samples/dynamics").is_dir()),
    Path("samples are not here"),
)
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's samples are not part of the repository")
WORDS = {
    "salesInvoice": "salesInvoices", "salesCreditMemo": "salesCreditMemos", "purchaseInvoice": "purchaseInvoices",
}  # fmt: skip
RECORDS = {
    "account": "account", "customer": "customer", "currency": "currency", "item": "item", "paymentTerm": "term",
    "taxArea": "tax_area", "taxGroup": "tax_code", "vendor": "vendor", "dimension": "dimension",
}  # fmt: skip
LISTS = {"items": "item", "vendors": "vendor"}


def sample(path: Path) -> Any:
    return json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)


def bodies(*names: str) -> Iterator[Any]:
    """What the service answered, of single records and of lists, by the word in a sample's name."""
    for name in names:
        for path in sorted(SAMPLES.glob(f"bc_{name}_*.response.json")):
            yield sample(path)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for word, page in WORDS.items():
        lines = list(bodies(f"{word}Line"))
        for body in bodies(word):
            its = [line for line in lines if line["documentId"] == body["id"]]
            yield page, {**body, PAGES[page].lines: its}
    for page in PAGES:
        for path in SAMPLES.glob(f"live_{page}_*.json"):
            for body in sample(path)["response"]["body"]["value"]:
                yield page, body


def test_every_document_is_translated_to_the_last_digit() -> None:
    found = list(documents())
    assert len(found) >= 4
    for page, body in found:
        sign = PAGES[page].sign
        read = translate.document(PAGES[page], body, "USD")
        assert read.remote_id == body["id"].lower()
        for ours, theirs in (
            ("net", "totalAmountExcludingTax"),
            ("tax", "totalTaxAmount"),
            ("total", "totalAmountIncludingTax"),
        ):
            assert f"{getattr(read, ours):f}" == f"{sign * Decimal(body[theirs]):f}"
        lines = body.get(PAGES[page].lines, [])
        assert [line.amount for line in read.lines] == [sign * Decimal(line["netAmount"]) for line in lines]
        pieces = [None if line["quantity"] == 1 else line for line in lines]
        assert [line.quantity for line in read.lines] == [one and Decimal(one["quantity"]) for one in pieces]
        assert [line.unit_price for line in read.lines] == [one and Decimal(one[PAGES[page].price]) for one in pieces]


def test_the_lines_alone_are_read_too() -> None:
    for word, page in WORDS.items():
        for line in bodies(f"{word}Line"):
            body = {"id": line["documentId"], "totalAmountExcludingTax": line["netAmount"],
                    "totalAmountIncludingTax": line["netAmountIncludingTax"], PAGES[page].lines: [line]}  # fmt: skip
            (read,) = translate.document(PAGES[page], body, "USD").lines
            assert abs(read.amount) == line["netAmount"]
            assert (read.item, read.tax_code, read.number) == (
                line["lineObjectNumber"], line["taxCode"], str(line["sequence"]),
            )  # fmt: skip


def test_every_record_is_translated() -> None:
    found = [(kind, body) for word, kind in RECORDS.items() for body in bodies(word)]
    for page, kind in LISTS.items():
        for path in SAMPLES.glob(f"live_{page}_*.json"):
            found += [(kind, body) for body in sample(path)["response"]["body"]["value"]]
    assert len(found) >= 10
    for kind, body in found:
        read = records.record(kind, body)
        assert read.record_id == (body.get("number") or body.get("code"))
        assert read.name == body["displayName"].strip()
    (company,) = bodies("company")
    read = records.company(company, {"country": "us"}, {"localCurrencyCode": "USD"}, 1, frozenset({"Sales Tax"}))
    assert (read.name, read.country, read.home_currency) == ("CRONUS USA, Inc.", "US", "USD")


def test_payments_are_translated() -> None:
    for body in bodies("customerPayment"):
        assert translate.payment(body, "USD").total == Decimal(1500)


def faults() -> Iterator[tuple[str, Fault]]:
    for path in sorted(SAMPLES.glob("bc_error*.json")):
        found = sample(path)
        said = found.get("body", found)["error"]
        yield path.name, fault(found.get("status", 400), said["code"], said["message"])
    answers = (SAMPLES / "bc_batch.2.response.txt").read_text("utf-8")
    start = answers.index('"error"')
    said = json.loads(answers[answers.index("{", start) : answers.index("}", start) + 1])
    yield "bc_batch", fault(400, said["code"], said["message"])


def test_every_refusal_is_told_with_what_to_do() -> None:
    other = advice(fault(400, "Nothing", "nothing we know"))
    told = {name: sentence(found, "books-eu", "POST salesInvoices") for name, found in faults()}
    assert len(told) >= 10
    for name, found in faults():
        assert advice(found) != other, name
        assert "CorrelationId" not in found.words
        assert told[name].count(";") >= 1
    meanings = {name.removeprefix("bc_error.").removesuffix(".json"): meaning(found) for name, found in faults()}
    assert meanings["Internal_EntityWithSameKeyExists"] is Meaning.TAKEN
    assert meanings["Application_DialogException.duplicateVendorInvoice"] is Meaning.TAKEN
    assert meanings["Application_DialogException"] is Meaning.REFUSED
