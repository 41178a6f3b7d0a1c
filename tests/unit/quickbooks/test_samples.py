"""Intuit's own samples and recordings are translated digit for digit; without them there is nothing to compare."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.quickbooks import records, translate
from connector.adapters.quickbooks.advice import KNOWN_CODES, advice
from connector.adapters.quickbooks.faults import read_faults
from connector.adapters.quickbooks.values import Unreadable

SAMPLES = next(
    (place for above in Path(__file__).resolve().parents if (place := above / "shared/samples/quickbooks").is_dir()),
    Path("samples are not here"),
)
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="Intuit's samples are not part of the repository")
RECORDS = {entity: kind for kind, entity in records.ENTITIES.items()}


def sample(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"), parse_float=Decimal)


def entities(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in a sample that is an entity, wherever it lies; recurring templates as they are."""
    if isinstance(value, list):
        for one in value:
            yield from entities(one)
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name == "RecurringTransaction":
            for one in inner if isinstance(inner, list) else [inner]:
                yield name, one
        elif name in translate.KINDS or name in RECORDS:
            for one in inner if isinstance(inner, list) else [inner]:
                if isinstance(one, dict):
                    yield name, one
        else:
            yield from entities(inner)


def plain(body: dict[str, Any]) -> list[Decimal]:
    """The amounts of a document's lines, read another way: without subtotals, discounts negative, groups opened."""
    found = []
    for line in body.get("Line") or ():
        kind = line.get("DetailType")
        if kind == "GroupLineDetail":
            found += plain(line["GroupLineDetail"])
        elif kind == "DiscountLineDetail":
            found.append(-Decimal(line["Amount"]))
        elif kind == "DescriptionOnly":
            found += [Decimal(line.get("Amount", 0))] if line.get("Description") else []
        elif kind not in {"SubTotalLineDetail", None}:
            found.append(Decimal(line.get("Amount", 0)))
    return found


def responses() -> list[Path]:
    return [
        path for path in sorted(SAMPLES.glob("*.json")) if ".request" not in path.name and "webhook" not in path.name
    ]


def test_documents_keep_every_digit() -> None:
    seen = dict.fromkeys(translate.KINDS, 0)
    for path in responses():
        for name, body in entities(sample(path)):
            if name in translate.KINDS and "TotalAmt" in body:
                sign = -1 if name in {"CreditMemo", "VendorCredit"} else 1
                found = translate.document(name, body, "USD")
                tax = Decimal((body.get("TxnTaxDetail") or {}).get("TotalTax") or 0)
                assert found.total == sign * Decimal(body["TotalAmt"]), path.name
                assert found.tax == sign * tax, path.name
                assert found.net + found.tax == found.total, path.name
                if name != "Payment":
                    assert [line.amount for line in found.lines] == [sign * one for one in plain(body)], path.name
                    assert found.party == body["VendorRef" if "VendorRef" in body else "CustomerRef"]["value"]
                seen[name] += 1
            elif name in translate.KINDS and not translate.is_gone(body):
                with pytest.raises(Unreadable):
                    translate.document(name, body, "USD")
    assert min(seen.values()) > 0, seen


def test_lines_of_invoices_add_up_to_their_net() -> None:
    for path in responses():
        for name, body in entities(sample(path)):
            if name in {"Invoice", "CreditMemo"} and body.get("Line") and "TotalAmt" in body:
                found = translate.document(name, body, "USD")
                if not body.get("GlobalTaxCalculation"):
                    assert sum(line.amount for line in found.lines) == found.net, path.name


def test_recurring_templates_say_what_they_bill_next() -> None:
    found = {
        template.note: template
        for path in responses()
        for name, body in entities(sample(path))
        if name == "RecurringTransaction"
        if (template := translate.template(body, "USD")) is not None
    }
    assert len(found) >= 4
    assert all(one.next_day is not None and one.made_by and one.lines for one in found.values())
    assert "bill Telephone Bill (automated, every 1 monthly)" in found


def test_records_keep_their_ids_and_names() -> None:
    seen: dict[str, int] = {}
    for path in responses():
        for name, body in entities(sample(path)):
            if name in RECORDS and len(body) > 3:
                found = records.record(RECORDS[name], body)
                assert found.record_id == str(body["Id"])
                assert found.active is body.get("Active", True)
                assert "(deleted)" not in found.name
                seen[name] = seen.get(name, 0) + 1
    assert {"Customer", "Item", "Term", "TaxCode", "Account", "Vendor", "Class", "Department"} == set(seen)


def test_the_company_is_read() -> None:
    about = sample(SAMPLES / "companyinfo.read.json")["CompanyInfo"]
    found = records.company(about, {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}})
    assert (found.name, found.country, found.home_currency) == ("Larry's Bakery", "US", "USD")
    assert found.facts["offering_sku"] == "QuickBooks Online Plus"


def test_every_fault_is_understood_and_has_advice() -> None:
    codes = set()
    for path in [*SAMPLES.glob("fault.*.json"), *SAMPLES.glob("rec.fault.*.json")]:
        body = sample(path)
        found = read_faults({"Fault": {"Error": body}} if isinstance(body, list) else body)
        assert found, path.name
        assert all(fault.code.isdigit() and fault.message for fault in found), path.name
        assert advice(found[0], "books-us").strip(), path.name
        codes |= {fault.code for fault in found}
    assert codes <= KNOWN_CODES | {"500", "4000", "3001"}
    taken = read_faults(sample(SAMPLES / "fault.6140.duplicate_docnumber.json"))[0].taken_by
    assert taken == ("Invoice", "6575")
    refused = read_faults(sample(SAMPLES / "rec.upload.response.json"))
    assert refused == ()
