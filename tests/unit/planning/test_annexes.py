"""The annex of a document: every charge and day of usage behind each line, summing to it; cost only where wanted."""

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from connector.domain.document import CREDIT_MEMO, Document
from connector.domain.rules import Mapping, Template
from connector.domain.tables import CHARGES, USAGE
from connector.engine.planning.itemising import Sources, itemise
from connector.reports.annex import annex_name, to_annex
from tests.builders import SUBSCRIPTION
from tests.desk import HERE, Desk, charge, customer, piece, usage, used

AZURE = {
    "invoice": "G1", "row_hash": "u1", "subscription_id": SUBSCRIPTION, "product_id": "DZH318Z0BPS6",
    "sku_id": "000F", "category": "azure", "charge_type": "new", "product_name": "B2ms", "quantity": Decimal(100),
    "unit_price": Decimal("0.1176"), "price_adjustment": '["15.0% Partner earned credit for services managed"]',
    "currency": "USD", "pricing_currency": "USD",
}  # fmt: skip
LICENCE = {
    "invoice": "G1", "row_hash": "r1", "subscription_id": SUBSCRIPTION, "category": "license",
    "charge_type": "cycleCharge", "product_name": "Business Premium", "quantity": Decimal(10), "currency": "USD",
}  # fmt: skip


def row(columns: dict[str, str], **known: Any) -> dict[str, Any]:
    return {**dict.fromkeys(columns), **known}


def day_of_usage(day: int, group: str, amount: str) -> dict[str, Any]:
    from datetime import date

    shared = {name: AZURE[name] for name in ("invoice", "subscription_id", "product_id", "sku_id")}
    return row(
        USAGE, **shared, usage_date=date(2026, 10, day), resource_group=group, meter_name="B2ms", unit="1 Hour",
        meter_category="Virtual Machines", resource_uri=f"/subscriptions/s/vm-{day}", amount=Decimal(amount),
        quantity=Decimal("2.5"),
    )  # fmt: skip


DAYS = [
    day_of_usage(1, "rg-a", "3.3333333333"),
    day_of_usage(2, "RG-B", "3.3333333333"),
    day_of_usage(3, "rg-b", "3.3333333334"),
]
SOURCES = Sources([row(CHARGES, **AZURE), row(CHARGES, **LICENCE)], DAYS)


def made(template: Template) -> Document:
    """October's invoice: ten seats, and usage of 10.00 sold at 11.01."""
    at = Desk(customers=(customer(template="mine"),), templates=(template,))
    at.usage = (used("3.3333333333", "rg-a"), used("6.6666666667", "rg-b"))
    (document,) = at.plan([piece(), usage(charge("10.00", "u1"), worth="11.01")]).documents
    return document


def test_each_line_is_itemised_to_the_cent() -> None:
    template = Template("mine", HERE)
    document = made(template)
    annex = itemise(document, SOURCES, template, Mapping())
    for line in document.lines:
        assert sum(one.amount for one in annex.charges if one.line == line.number) == line.amount
        if line.category == "azure":
            assert sum(one.amount for one in annex.usage if one.line == line.number) == line.amount
    by_group = {one.resource_group.lower(): [] for one in annex.usage}  # type: ignore[var-annotated]
    for one in annex.usage:
        by_group[one.resource_group.lower()].append((one.day.day if one.day else 0, one.amount, one.cost))
    assert by_group == {
        "rg-a": [(1, Decimal("3.67"), Decimal("3.33"))],
        "rg-b": [(2, Decimal("3.67"), Decimal("3.33")), (3, Decimal("3.67"), Decimal("3.34"))],
    }
    assert [one.charge_type for one in annex.charges] == ["cycle", "new", "new"]


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@pytest.mark.parametrize("wanted", ["itemised", "with_cost"])
def test_the_workbook_shows_cost_only_where_the_template_wants_it(wanted: str) -> None:
    template = Template("mine", HERE, usage="one_line", annex=wanted)
    document = made(template)
    content = to_annex(document, itemise(document, SOURCES, template, Mapping()))
    assert content is not None
    sheets = cells(content)
    assert list(sheets) == ["Lines", "Charges", "Usage"]
    heads = {head for rows in sheets.values() for head in rows[0]}
    assert heads.isdisjoint({"Cost", "Margin", "Before earned credit", "Microsoft invoice"}) == (wanted == "itemised")
    assert sheets["Lines"][-1][6] == 251.01
    if wanted == "with_cost":
        assert sheets["Charges"][2][-5:] == ("G1", 10, "USD", 11.76, 1.01)


def test_a_credit_memos_workbook_is_positive_for_what_is_given_back() -> None:
    template = Template("mine", HERE, usage="one_line", annex="with_cost")
    at = Desk(customers=(customer(template="mine"),), templates=(template,))
    back = usage(charge("-10.00", "u1"), worth="-11.01")
    (memo,) = at.plan([piece(charge("-200.00", "r1"), worth="-240.00", seats=-10_000), back]).documents
    assert memo.kind == CREDIT_MEMO
    days = [{**day, "amount": -day["amount"], "quantity": -day["quantity"]} for day in DAYS]
    content = to_annex(memo, itemise(memo, Sources(SOURCES.charges.values(), days), template, Mapping()))
    assert content is not None
    sheets = cells(content)
    head, seats, azure = sheets["Charges"]
    assert [dict(zip(head, one, strict=True))["Quantity"] for one in (seats, azure)] == [10, 100]
    assert [(one[7], one[-4], one[-2], one[-1]) for one in (seats, azure)] == [
        (240, 200, None, 40), (11.01, 10, 11.76, 1.01),
    ]  # fmt: skip
    assert sheets["Lines"][1][1] == "Business Premium, 10 × 24.00, 2026-10-01 to 2026-10-31"
    assert [(one[8], one[10], one[-1]) for one in sheets["Usage"][1:]] == [(2.5, 3.67, 3.33)] * 2 + [(2.5, 3.67, 3.34)]


def test_equal_documents_give_equal_bytes() -> None:
    template = Template("mine", HERE)
    document = made(template)
    annex = itemise(document, SOURCES, template, Mapping())
    reordered = Sources([row(CHARGES, **LICENCE), row(CHARGES, **AZURE)], list(reversed(DAYS)))
    again = itemise(document, reordered, template, Mapping())
    assert annex == again
    assert to_annex(document, annex) == to_annex(document, again)


def test_a_template_may_want_none() -> None:
    document = replace(made(Template("mine", HERE)), annex="none")
    assert to_annex(document, itemise(document, SOURCES, Template("mine", HERE), Mapping())) is None


def test_the_name_is_always_the_same() -> None:
    assert annex_name("CSP-00001") == "CSP-00001-details.xlsx"
