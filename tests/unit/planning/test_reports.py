"""A plan as it is read: text, page, workbook and JSON, and JSON that is read back and proves that it is whole."""

import io
import json
from decimal import Decimal

import jsonschema
import openpyxl
import pytest

from connector.domain.effect import Effect
from connector.domain.errors import UnreadableInput
from connector.engine.planning.effects import effects
from connector.engine.planning.terms import Guards
from connector.reports.plan_json import to_json
from connector.reports.plan_page import to_html
from connector.reports.plan_reading import plan_of
from connector.reports.plan_schema import schema
from connector.reports.plan_table import to_table
from connector.reports.plan_tables import to_xlsx
from tests.desk import Desk, charge, customer, piece, usage

OTHER = "6e2f0c9e-8a55-4d5e-9a53-0c8a3a4ecb12"
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
PLAN = Desk(
    customers=(customer(name=HOSTILE, terms="Net 30", dimensions=(("department", "CLOUD"),)),),
    guards=Guards("review", change_percent=Decimal(10)),
    more={"before": {("", "58", "USD"): Decimal(200)}},
).plan(
    [
        piece(),
        usage(charge("10.00", "u1"), worth="12.00"),
        piece(charge("-20.00", "r2"), worth="-24.00", seats=-1_000, kind="cancelimmediate"),
        piece(charge("86.40", "r3"), customer_id=OTHER, customer_name="Łódź", status="unmapped_customer", item=None),
    ]
)
EFFECT = Effect("", "58", "Alpine Ski House", "USD", Decimal(240), Decimal(260), Decimal(0), Decimal(5))


def test_the_text_reads_like_a_diff() -> None:
    text = to_table(PLAN, [EFFECT])
    for words in (
        f"PLAN {PLAN.plan_id}   2026-10-01 to 2026-10-31",
        "1 document to create, 228.00 USD net of tax",
        "228.00 USD",
        "+28.00 USD (+14.0 %) against the month before",
        "Business Premium, 10 × 24.00, 2026-10-01 to 2026-10-31",
        "! review: posting.mode is review: a person approves the plan by its id [the whole plan]",
        "! change: ",
        "~ unmapped: Łódź, Business Premium",
        "no rule names the customer",
        "unmapped                   86.40 USD",
        "240.00 USD becomes 260.00 USD",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_the_json_fits_its_schema_and_is_read_back_whole() -> None:
    text = to_json(PLAN, [EFFECT])
    jsonschema.validate(json.loads(text), schema())
    assert plan_of(text) == PLAN
    assert plan_of(text).plan_id == PLAN.plan_id
    assert text == to_json(PLAN, [EFFECT])


def test_a_plan_that_was_changed_is_refused() -> None:
    text = to_json(PLAN).replace('"amount": "12.00"', '"amount": "11.00"')
    with pytest.raises(UnreadableInput, match="the plan was changed since it was made"):
        plan_of(text)
    with pytest.raises(UnreadableInput, match="not readable"):
        plan_of("{}")


def test_the_page_is_harmless() -> None:
    page = to_html(PLAN, [EFFECT])
    assert "<script" not in page
    assert "alert(1)&lt;/script&gt;" in page
    assert "default-src &#x27;none&#x27;" in page


def test_the_workbook_has_every_part_and_no_formula() -> None:
    content = to_xlsx(PLAN, [EFFECT])
    assert content == to_xlsx(PLAN, [EFFECT])
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "Plan", "Documents", "Lines", "Held", "Blocked", "Microsoft's money", "Edit of the mapping",
    ]  # fmt: skip
    documents = list(book["Documents"].iter_rows(min_row=2, values_only=True))
    assert documents[0][0] == HOSTILE
    assert {cell.data_type for row in book["Documents"].iter_rows() for cell in row} <= {"s", "n", "d"}


def test_an_edit_shows_what_it_changes() -> None:
    mapped = [piece(), piece(charge("50.00", "r2"), worth="60.00", customer_id=OTHER, ledger_customer="61")]
    new = Desk(customers=(customer(), customer(tenant_id=OTHER, ledger_customer="61", name="Bellows"))).plan(mapped)
    unmapped = [piece(worth="220.00"), piece(charge("50.00", "r2"), customer_id=OTHER, customer_name="Bellows",
                                             status="unmapped_customer", item=None, ledger_customer=None)]  # fmt: skip
    found = effects(Desk().plan(unmapped), new)
    assert [(one.customer, one.old, one.new, one.old_blocked, one.new_blocked) for one in found] == [
        ("58", Decimal("220.00"), Decimal("240.00"), Decimal(0), Decimal(0)),
        ("61", Decimal(0), Decimal("60.00"), Decimal("50.00"), Decimal(0)),
    ]
