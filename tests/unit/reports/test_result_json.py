"""The result as JSON: valid, exact, and the same whatever the order things were found in."""

import json
from dataclasses import replace
from decimal import Decimal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.result import Reconciliation
from connector.reports.result_json import to_document, to_json
from connector.reports.result_schema import LEDGER_VERDICTS, VENDOR_VERDICTS, schema
from connector.reports.wording import exact
from tests.unit.reports import samples


@pytest.mark.parametrize("result", [samples.month(), samples.hostile(), samples.nothing()])
def test_every_result_keeps_to_the_schema(result: Reconciliation) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    assert list(validator.iter_errors(json.loads(to_json(result, "run-1")))) == []


@pytest.mark.parametrize("wrong", [{"result": "clean"}, {"findings": [{}]}, {"scope": None}, {"run_id": 7}])
def test_the_schema_refuses_what_is_not_a_result(wrong: dict[str, object]) -> None:
    document = to_document(samples.month(), "run-1") | wrong
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)


def test_an_amount_that_is_a_number_is_refused() -> None:
    document = to_document(samples.month(), "run-1")
    document["findings"][0]["impact"] = 44.0
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)


def test_it_says_what_the_contract_says() -> None:
    document = json.loads(to_json(samples.month(), "run-1"))
    assert document["schema"] == "connector.reconciliation/1"
    assert document["scope"] == {"start": "2026-10-01", "end": "2026-10-31", "vendor_invoices": ["G012345678"]}
    assert document["conservation"][0]["vendor_header"] == "128412.77"
    first = document["findings"][0]
    assert first["kind"] == "unbilled_charge"
    assert first["impact"] == "3112.40"
    assert first["expected"] == {"quantity": "10", "unit_price": "22.00", "amount": "220.00"}
    assert first["actual"] == {"quantity": None, "unit_price": None, "amount": None}
    assert first["evidence"][0] == {"source": "ledger", "ref": "ledger.csv", "line": 4, "row_hash": "cd34"}
    assert [each["side"] for each in document["verdicts"]] == ["vendor"] * 3 + ["ledger"] * 2
    assert document["margins"][1]["margin_percent"] is None


def test_a_header_that_is_not_known_is_null() -> None:
    month = samples.month()
    unknown = replace(month, conservation=(replace(month.conservation[0], vendor_header=None),))
    assert to_document(unknown, "r")["conservation"][0]["vendor_header"] is None


@given(st.permutations(range(5)))
def test_the_order_of_findings_does_not_matter(order: list[int]) -> None:
    month = samples.month()
    shuffled = replace(
        month,
        findings=tuple(month.findings[i] for i in order),
        verdicts=tuple(month.verdicts[i] for i in order),
        margins=tuple(reversed(month.margins)),
    )
    assert to_json(shuffled, "r") == to_json(month, "r")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15), max_value=10**15))
def test_no_digit_is_lost(amount: Decimal) -> None:
    assert Decimal(exact(amount, "USD")) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1", "USD", "1.00"),
        ("1.230000", "USD", "1.23"),
        ("0.0132", "USD", "0.0132"),
        ("-0.00", "USD", "0.00"),
        ("1E+3", "USD", "1000.00"),
        ("12", "JPY", "12"),
        ("1.5", "KWD", "1.500"),
        ("10.50", "", "10.5"),
    ],
)
def test_amounts_have_their_currencys_decimals(amount: str, currency: str, text: str) -> None:
    assert exact(Decimal(amount), currency) == text


def test_the_schema_knows_every_verdict_of_the_design() -> None:
    assert len(VENDOR_VERDICTS) == 10
    assert len(LEDGER_VERDICTS) == 7
