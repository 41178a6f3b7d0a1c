"""Laws of the simulated Business Central: sums, even books, refusals that leave no trace, pages that lose nothing."""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.sandbox.business_central import Bookkeeper, Company, Entry, Refused
from connector.sandbox.business_central.fields import decoded, shown_number
from tests.unit.sandbox.business_central.caller import Caller, line, open_caller

CENT = Decimal("0.01")
amounts = st.decimals(min_value=0, max_value=5000, places=4).map(str)
quantities = st.integers(1, 40).map(str)
codes = st.sampled_from(["VAT19", "VAT7", "ZERO"])


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(quantities, amounts, codes), min_size=1, max_size=8))
def test_a_document_is_the_sum_of_its_lines_and_its_tax_the_tax_of_the_sum(given_: list[tuple[str, str, str]]) -> None:
    bc = open_caller()
    made = bc.invoice(*(line(quantity, price, taxCode=code) for quantity, price, code in given_))
    lines = bc.get(f"salesInvoices({made['id']})/salesInvoiceLines").value
    for one, (quantity, price, _) in zip(lines, given_, strict=True):
        assert one["amountExcludingTax"] == cents(Decimal(quantity) * Decimal(price))
        assert one["netAmount"] + one["netTaxAmount"] == one["netAmountIncludingTax"]
    assert made["totalAmountExcludingTax"] == sum(one["netAmount"] for one in lines)
    assert made["totalTaxAmount"] == sum(one["netTaxAmount"] for one in lines)
    bases: Counter[Decimal] = Counter()
    for one in lines:
        bases[one["taxPercent"]] += one["netAmount"]
    assert made["totalTaxAmount"] == sum(cents(Decimal(base * percent) / 100) for percent, base in bases.items())


actions = st.lists(
    st.tuples(st.sampled_from(["post", "memo", "pay", "cancel", "correct", "delete"]), st.integers(0, 4)), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(actions)
def test_the_books_stay_even_whatever_people_do(steps: list[tuple[str, int]]) -> None:
    bc = open_caller()
    company, finance, refused = bc.company, Bookkeeper(bc.company), set[str]()
    for number, (step, which) in enumerate(steps):
        entries = [Entry("M365-BP", Decimal(number * 7 + 3), quantity=Decimal(which + 1))]
        invoices = [row["id"] for row in company.rows("salesInvoices")]
        key = invoices[which % len(invoices)] if invoices else ""
        try:
            match step:
                case "post":
                    finance.posted("C10", entries)
                case "memo":
                    finance.posted("C10", entries, page="salesCreditMemos", **({"invoiceId": key} if key else {}))
                case "pay" if key:
                    finance.pay(key, company.remaining[key] / 2)
                case "cancel" if key:
                    finance.cancel(key)
                case "correct" if key:
                    finance.post(finance.correct(key), page="salesCreditMemos")
                case "delete" if key:
                    finance.delete(finance.draft("C10", entries))
        except Refused as no:
            refused.add(no.code)
    assert refused <= {"Application_DialogException"}
    entries_ = company.rows("generalLedgerEntries")
    assert sum(one["debitAmount"] - one["creditAmount"] for one in entries_) == 0
    for row in company.rows("salesInvoices"):
        left = company.remaining[row["id"]]
        assert 0 <= left <= row["totalAmountIncludingTax"]
        if row["status"] in ("Open", "Paid"):
            assert (row["status"] == "Open") is (left > 0)
    owed = sum(company.remaining[row["id"]] for row in company.rows("salesInvoices"))
    credit = sum(company.remaining[row["id"]] for row in company.rows("salesCreditMemos") if row["_posted"])
    assert bc.get("customers").value[0]["balanceDue"] == shown_number(owed - credit)


def held(company: Company) -> Any:
    """Everything a company holds, with its indexes."""
    tables = {page: dict(rows) for page, rows in company.tables.items() if rows}
    indexes = {key: {value: dict(ids) for value, ids in index.items() if ids} for key, index in company.indexes.items()}
    series = {code: one.last for code, one in company.series.items()}
    filled = {key: index for key, index in indexes.items() if index}
    return tables, filled, series, dict(company.remaining), dict(company.files), list(company.deletions)


broken: list[dict[str, Any]] = [
    {"customerNumber": "C10", "salesInvoiceLines": [line(), line(item="NONE")]},
    {"customerNumber": "C10", "shortcutDimension1Code": "NOWHERE", "salesInvoiceLines": [line()]},
    {"customerNumber": "C10", "salesInvoiceLines": [line(dimensionSetLines=[{"code": "X", "valueCode": "Y"}])]},
    {"customerNumber": "C10", "salesInvoiceLines": [line(), line(sequence=10000)]},
    {"customerNumber": "C10", "salesInvoiceLines": [line(colour="red")]},
]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(broken), min_size=1, max_size=4))
def test_a_refused_request_leaves_no_trace(bodies: list[dict[str, Any]]) -> None:
    bc = open_caller()
    bc.posted(shortcutDimension1Code="CLOUD")
    before = held(bc.company)
    for body in bodies:
        assert bc.post("salesInvoices", body).status == 400
        assert held(bc.company) == before


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=25), st.integers(1, 7), st.sampled_from(["", "unitPrice", "unitPrice desc"])
)
def test_pages_of_any_size_give_every_row_once_and_in_order(prices: list[int], size: int, order: str) -> None:
    bc = open_caller()
    finance = Bookkeeper(bc.company)
    for number, price in enumerate(prices):
        finance.item(f"I{number:03}", f"Item {number}", Decimal(price))
    query = f"items?$select=number,unitPrice&$orderby={quote(order)}" if order else "items?$select=number,unitPrice"
    paged = bc.every(query, Prefer=f"odata.maxpagesize={size}")
    assert paged == bc.get(query).value
    assert len({row["number"] for row in paged}) == len(prices) + 1
    if order:
        sums = [row["unitPrice"] for row in paged]
        assert sums == sorted(sums, reverse="desc" in order)


@settings(max_examples=60, deadline=None)
@given(st.text("abÄ'% _/(),&+#?ß", min_size=1, max_size=20))
def test_a_name_is_found_by_a_filter_that_names_it(name: str) -> None:
    bc = open_caller()
    Bookkeeper(bc.company).customer("C20", name)
    doubled = name.replace("'", "''")
    wanted = quote(f"displayName eq '{doubled}'", safe="")
    found = {row["number"] for row in bc.get(f"customers?$filter={wanted}").value}
    assert found == {"C20"}
    part = quote(f"contains(displayName,'{doubled}') and number eq 'c20'", safe="")
    assert [row["displayName"] for row in bc.get(f"customers?$filter={part}").value] == [name]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9), max_value=10**9))
def test_numbers_are_shown_as_they_are(value: Decimal) -> None:
    assert Decimal(shown_number(value)) == value
    assert "E" not in str(shown_number(value))


def test_options_are_decoded() -> None:
    assert decoded("Purch_x002E__x0020_Return_x0020_Shipment") == "Purch. Return Shipment"


def test_what_a_silent_approval_leaves() -> None:
    bc: Caller = open_caller()
    bc.company.behaviour.silent_approval = True
    bc.company.setup.approval_from = Decimal(1)
    draft = bc.invoice(line())
    assert bc.post(f"salesInvoices({draft['id']})/Microsoft.NAV.post").code == "Internal_DataNotFoundFilter"
    bc.app.language = "de-DE"
    assert bc.post("salesInvoices", {"customerNumber": "NOBODY"}).message.startswith("Der Debitor")
    english = bc.post("salesInvoices", {"customerNumber": "NOBODY"}, Accept_Language="en-US")
    assert english.message.startswith("The customer")


def test_items_give_their_dimensions_to_lines() -> None:
    bc = open_caller()
    dimension = bc.get("dimensions?$expand=dimensionValues").value[1]
    item = bc.company.one("items", number="M365-BP")
    assert item is not None
    default = {"dimensionId": dimension["id"], "dimensionValueId": dimension["dimensionValues"][0]["id"]}
    assert bc.post(f"items({item['id']})/defaultDimensions", default).status == 201
    made = bc.invoice(line())
    one = bc.get(f"salesInvoices({made['id']})?$expand=salesInvoiceLines($expand=dimensionSetLines)").body
    assert [found["code"] for found in one["salesInvoiceLines"][0]["dimensionSetLines"]] == [dimension["code"]]
