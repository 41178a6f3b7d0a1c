"""Lines as the template asks for them: what makes a line, what it reads, and quantity × unit price to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector.domain.document import CREDIT_MEMO, INVOICE
from connector.domain.money import exponent, round_half_up
from connector.domain.period import Period
from connector.domain.rules import Selector, TaxRule, Template
from tests.desk import HERE, RATE, Desk, charge, customer, piece, post, usage, used

OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"
TWO_OF_ONE_PRODUCT = (
    piece(),
    piece(charge("100.00", "r2"), worth="120.00", subscription_id=OTHER, seats=5_000),
    piece(charge("50.00", "r3"), worth="60.00", subscription_id=OTHER, product_id="CFQ7TTC0LH18", sku_id="0001",
          product_name="Business Basic", seats=10_000, unit=60_000, item="32"),
)  # fmt: skip


def desk(**template: str) -> Desk:
    """A desk whose customer has a template."""
    return Desk(customers=(customer(template="mine"),), templates=(Template("mine", HERE, **template),))


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        ("per_charge", ["60.00", "120.00", "240.00"]),
        ("per_subscription", ["60.00", "120.00", "240.00"]),
        ("per_product", ["60.00", "360.00"]),
        ("per_category", ["360.00", "60.00"]),
    ],
)
def test_a_template_says_what_makes_a_line(lines: str, amounts: list[str]) -> None:
    (document,) = desk(lines=lines).plan(TWO_OF_ONE_PRODUCT).documents
    assert [f"{line.amount}" for line in document.lines] == amounts
    assert [line.number for line in document.lines] == list(range(1, len(amounts) + 1))
    assert document.total == Decimal("420.00")


def test_what_is_given_back_never_shares_a_line_with_what_is_charged() -> None:
    back = piece(charge("-40.00", "r2"), worth="-48.00", subscription_id=OTHER, seats=-2_000)
    (document,) = desk(lines="per_category").plan([piece(), back]).documents
    assert sorted(line.amount for line in document.lines) == [Decimal("-48.00"), Decimal("240.00")]


def test_seats_of_one_price_and_the_same_days_stand_on_one_line() -> None:
    added = piece(charge("20.00", "r2"), charge("-10.00", "r3"), worth="11.61", seats=1_000, unit=240_000, days=15,
                  of_days=31, period=Period(date(2026, 10, 17), date(2026, 11, 1)), kind="change")  # fmt: skip
    second = piece(charge("40.00", "r4"), worth="48.00", seats=2_000, kind="new")
    (document,) = Desk().plan([piece(), second, added]).documents
    assert [(line.quantity, line.unit_price, line.amount) for line in document.lines] == [
        (Decimal(12), Decimal("24.00"), Decimal("288.00")),
        (Decimal(1), Decimal("11.61"), Decimal("11.61")),
    ]


@pytest.mark.parametrize(("seats", "worth"), [(3_000, "10.00"), (7_000, "33.33"), (19_000, "1.01"), (350_000, "7.77")])
def test_a_price_of_few_digits_gives_the_amount(seats: int, worth: str) -> None:
    part = piece(worth=worth, seats=seats, days=10, of_days=31)
    (line,) = Desk().plan([part]).documents[0].lines
    assert line.quantity is not None
    assert line.unit_price is not None
    assert round_half_up(line.quantity * line.unit_price, exponent("USD")) == line.amount == Decimal(worth)


def test_what_no_short_price_gives_has_its_amount_only() -> None:
    (line,) = Desk().plan([piece(worth="12345.67", seats=99_999_000, days=1, of_days=31)]).documents[0].lines
    assert (line.quantity, line.unit_price, line.amount) == (None, None, Decimal("12345.67"))


def test_usage_has_its_amount_only() -> None:
    (line,) = Desk().plan([usage(charge("12.34", "u1"), worth="13.57")]).documents[0].lines
    assert (line.quantity, line.unit_price, line.description) == (
        None, None, "Azure usage, 2026-10-01 to 2026-10-31",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "names"),
    [
        ("by_resource_group", ["Azure usage, rg-a", "Azure usage, rg-b"]),
        ("by_meter", ["Azure usage, Disks", "Azure usage, Machines"]),
        ("by_subscription", ["Azure usage, sub-1", "Azure usage, sub-2"]),
        ("one_line", ["Azure usage"]),
    ],
)
def test_usage_is_summed_up_as_the_template_says(how: str, names: list[str]) -> None:
    rows = (
        used("4.00", "rg-a", azure="sub-1", meter="Machines"),
        used("2.00", "RG-B", azure="sub-2", meter="Machines"),
        used("4.0000001", "rg-b", azure="sub-2", meter="Disks"),
    )
    at = desk(usage=how)
    at.usage = rows
    (document,) = at.plan([usage(charge("10.00", "u1"), worth="11.01")]).documents
    assert [line.product for line in document.lines] == names
    assert document.total == Decimal("11.01")
    assert sum(ref.cost for line in document.lines for ref in line.slices) == Decimal("10.00")
    assert sum(ref.amount for line in document.lines for ref in line.slices) == Decimal("11.01")


@pytest.mark.parametrize(
    ("split_by", "documents"),
    [
        ("none", {"": "251.01"}),
        ("category", {"azure": "11.01", "license": "240.00"}),
        ("azure_subscription", {"": "240.00", "sub-1": "4.40", "sub-2": "6.61"}),
        ("tag:CostCentre", {"": "244.40", "sales": "6.61"}),
    ],
)
def test_documents_are_split(split_by: str, documents: dict[str, str]) -> None:
    at = desk(split_by=split_by, usage="one_line")
    at.usage = (used("4.00", azure="sub-1"), used("6.00", azure="sub-2", tags='{"costcentre": "sales"}'))
    plan = at.plan([piece(), usage(charge("10.00", "u1"), worth="11.01")])
    assert {document.split: f"{document.total}" for document in plan.documents} == documents
    assert len({document.key for document in plan.documents}) == len(documents)


def test_a_description_leaves_out_what_a_line_has_not() -> None:
    text = "{product}, {quantity} × {unit_price} {currency}, {period}, for {customer}, {subscription}"
    (document,) = desk(description=text).plan([piece(), usage(charge("1.00", "u1"), worth="1.10")]).documents
    assert [line.description for line in document.lines] == [
        "Business Premium, 10 × 24.00 USD, 2026-10-01 to 2026-10-31, for Alpine Ski House, "
        "9d7d1f3d-c8de-461c-db6d-91debd5129f0",
        "Azure usage, 2026-10-01 to 2026-10-31, for Alpine Ski House, 9d7d1f3d-c8de-461c-db6d-91debd5129f0",
    ]


def test_lines_of_nothing_are_hidden_unless_they_are_wanted() -> None:
    slices = [piece(), piece(charge("0.00", "r2"), worth="0.00", unit=0, subscription_id=OTHER)]
    (hidden,), (shown,) = desk().plan(slices).documents, desk(zero_lines="show").plan(slices).documents
    assert (len(hidden.lines), len(shown.lines)) == (1, 1)


def test_a_refund_is_a_negative_line_that_names_the_line_it_refunds() -> None:
    refund = piece(charge("-90.00", "r2"), worth="-108.00", seats=-10_000, kind="cancelimmediate", days=14, of_days=31,
                   period=Period(date(2026, 10, 18), date(2026, 11, 1)))  # fmt: skip
    (together,) = Desk().plan([piece(), refund]).documents
    assert [(line.amount, line.quantity) for line in together.lines] == [
        (Decimal("240.00"), Decimal(10)), (Decimal("-108.00"), Decimal(-10)),
    ]  # fmt: skip
    assert together.lines[1].refunds == "line 1"
    posted = post(Desk().plan([piece()]).documents)
    (memo,) = Desk().plan([piece(), refund], posted).documents
    assert (memo.kind, memo.total, memo.net) == (CREDIT_MEMO, Decimal("108.00"), Decimal("-108.00"))
    assert memo.lines[0].refunds == "CSP-00001 line 1"
    assert memo.lines[0].description.endswith("refund of CSP-00001 line 1")
    assert (memo.lines[0].quantity, memo.lines[0].unit_price) == (Decimal(10), Decimal("10.80"))


def test_a_description_reads_as_the_amounts_of_its_document_do() -> None:
    words = {"description": "{product}, {quantity} × {unit_price}, {amount} {currency}"}
    gone = piece(charge("-40.00", "r2"), worth="-48.00", subscription_id=OTHER, seats=-2_000)
    more = piece(charge("20.00", "r3"), worth="24.00", seats=1_000)
    (memo,) = desk(**words).plan([gone, more]).documents
    assert memo.kind == CREDIT_MEMO
    assert [(line.amount, line.quantity, line.description) for line in memo.lines] == [
        (Decimal("48.00"), Decimal(2), "Business Premium, 2 × 24.00, 48.00 USD"),
        (Decimal("-24.00"), Decimal(-1), "Business Premium, -1 × 24.00, -24.00 USD"),
    ]
    (invoice,) = desk(**words).plan([gone, piece()]).documents
    assert [(line.amount, line.description) for line in invoice.lines] == [
        (Decimal("-48.00"), "Business Premium, -2 × 24.00, -48.00 USD"),
        (Decimal("240.00"), "Business Premium, 10 × 24.00, 240.00 USD"),
    ]


def test_a_document_carries_what_the_customers_rule_says() -> None:
    rule = customer(terms="Net 30", purchase_order="PO-1123", dimensions=(("department", "CLOUD"),))
    (document,) = Desk(customers=(rule,)).plan([piece()]).documents
    assert (document.terms, document.purchase_order, document.dimensions) == (
        "Net 30", "PO-1123", (("department", "CLOUD"),),
    )  # fmt: skip
    assert (document.kind, document.customer_name, document.day) == (INVOICE, "Alpine Ski House", date(2026, 10, 31))


def test_another_ledger_customer_gets_nothing_of_the_tenants_terms() -> None:
    rule = customer(terms="Net 30", purchase_order="PO-1123")
    (document,) = Desk(customers=(rule,)).plan([piece(ledger_customer="77")]).documents
    assert (document.customer, document.terms, document.purchase_order) == ("77", None, None)


def test_the_exchange_rate_and_its_source_are_stated() -> None:
    rate = replace(RATE, currency="EUR", exchange="× 0.92 × (100 + 1.5) / 100")
    (document,) = Desk(rates=(rate,)).plan([piece(currency="EUR", worth="224.11")]).documents
    assert document.rate_note == "USD to EUR × 0.92 × (100 + 1.5) / 100"
    assert document.currency == "EUR"


def test_tax_codes_are_those_of_the_rules_also_for_own_items() -> None:
    own = piece(charges=(), cost=Decimal(0), worth="25.00", seats=1_000, unit=250_000, kind="own", category="own",
                rate_id=-1, product_name="Service desk", item="60", subscription_id=None, lines=0)  # fmt: skip
    at = Desk(rates=(replace(RATE, tax_code="TAX", tax_percent=Decimal("7.25")),))
    at.mapping = {"taxes": (TaxRule(Selector(), HERE, "TAX", Decimal("7.25")),)}
    (document,) = at.plan([piece(), own]).documents
    assert [(line.item, line.tax_code, line.tax_percent) for line in document.lines] == [
        ("31", "TAX", Decimal("7.25")), ("60", "TAX", Decimal("7.25")),
    ]  # fmt: skip
    assert document.lines[1].description == "Service desk, 1 × 25.00, 2026-10-01 to 2026-10-31"


def test_currencies_never_meet_on_a_document() -> None:
    euro = piece(charge("10.00", "r2"), worth="12.00", currency="EUR", seats=1_000, unit=120_000)
    plan = Desk().plan([piece(), euro])
    assert {document.currency: document.total for document in plan.documents} == {
        "EUR": Decimal("12.00"), "USD": Decimal("240.00"),
    }  # fmt: skip
