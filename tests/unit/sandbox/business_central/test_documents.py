"""Drafts in the simulated Business Central: customers, lines, prices, taxes, discounts, dimensions, refusals."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.business_central import Price, Setup, add_exchange_rate
from tests.unit.sandbox.business_central.caller import Caller, line, open_caller

NO_ID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def bc() -> Caller:
    return open_caller()


def lines_of(bc: Caller, key: str) -> list[dict[str, Any]]:
    return bc.get(f"salesInvoices({key})/salesInvoiceLines").value


def test_a_draft_takes_over_the_customer_and_is_worked_out_by_the_server(bc: Caller) -> None:
    made = bc.invoice(line("2", "100"), line("3", "10.005"), externalDocumentNumber=" csp-202610-a ")
    assert made["status"] == "Draft"
    assert made["number"] == "S-INV102001"
    assert made["externalDocumentNumber"] == "CSP-202610-A", "a code is trimmed and in capitals"
    assert (made["customerName"], made["billToName"], made["email"]) == (
        "Alpine Ski House",
        "Alpine Ski House",
        "ap@alpine.example",
    )
    assert made["totalAmountExcludingTax"] == Decimal("230.02")
    assert made["totalTaxAmount"] == Decimal("43.7")
    assert made["totalAmountIncludingTax"] == Decimal("273.72")
    assert (made["promisedPayDate"], made["orderId"], made["shipToContact"]) == ("0001-01-01", NO_ID, "")
    assert "salesInvoiceLines" not in made, "nested rows are shown only when they are expanded"
    first, second = lines_of(bc, made["id"])
    assert (first["sequence"], second["sequence"]) == (10000, 20000)
    assert first["description"] == "Microsoft 365 Business Premium"
    assert (first["unitOfMeasureCode"], first["taxCode"], first["taxPercent"]) == ("PCS", "VAT19", 19)
    assert second["amountExcludingTax"] == Decimal("30.02"), "3 × 10.005, half away from zero"


def test_the_tax_of_a_document_is_the_tax_of_its_total(bc: Caller) -> None:
    made = bc.invoice(*(line("1", "0.03") for _ in range(10)))
    taxes = [one["totalTaxAmount"] for one in lines_of(bc, made["id"])]
    assert sum(taxes) == made["totalTaxAmount"] == Decimal("0.06"), "0.30 × 19 %"
    assert set(taxes) == {Decimal("0.01"), 0}


@pytest.mark.parametrize(
    ("order", "given", "price"),
    [
        ("payload", ("quantity", "unitPrice"), "7.5"),
        ("payload", ("unitPrice", "quantity"), "19.9"),
        ("page", ("unitPrice", "quantity"), "7.5"),
    ],
)
def test_the_quantity_overwrites_a_price_written_before_it(
    bc: Caller, order: str, given: tuple[str, ...], price: str
) -> None:
    bc.company.behaviour.field_order = order
    values = {"quantity": Decimal(4), "unitPrice": Decimal("7.5")}
    made = bc.invoice({"lineType": "Item", "lineObjectNumber": "M365-BP", **{name: values[name] for name in given}})
    assert lines_of(bc, made["id"])[0]["unitPrice"] == Decimal(price)


def test_on_credit_memo_lines_the_page_has_the_price_first(bc: Caller) -> None:
    bc.company.behaviour.field_order = "page"
    made = bc.post("salesCreditMemos", {"customerNumber": "C10", "salesCreditMemoLines": [line("2", "5")]})
    key = made.body["id"]
    one = bc.get(f"salesCreditMemos({key})/salesCreditMemoLines").value[0]
    assert one["unitPrice"] == Decimal("19.9"), "the price of the list, whatever was sent"
    bc.patch(f"salesCreditMemos({key})/salesCreditMemoLines({one['id']})", {"unitPrice": 5})
    assert bc.get(f"salesCreditMemos({key})").body["totalAmountExcludingTax"] == 10


def test_price_lists_know_customers_quantities_and_days(bc: Caller) -> None:
    bc.company.prices = [
        Price("M365-BP", Decimal(18)),
        Price("M365-BP", Decimal(17), customer="C10", at_least=Decimal(50)),
        Price("M365-BP", Decimal(1), since=date(2027, 1, 1)),
        Price("M365-BP", Decimal(2), currency="USD"),
    ]
    made = bc.invoice(*({"lineType": "Item", "lineObjectNumber": "M365-BP", "quantity": n} for n in (1, 50)))
    assert [one["unitPrice"] for one in lines_of(bc, made["id"])] == [18, 17]


def test_discounts_of_lines_and_of_the_document(bc: Caller) -> None:
    made = bc.invoice(
        line("3", "10", discountPercent=Decimal("33.333")), line("1", "10", discountAmount=1), discountAmount=3
    )
    first, second = lines_of(bc, made["id"])
    assert (first["discountAmount"], first["amountExcludingTax"]) == (10, 20)
    assert (second["discountPercent"], second["amountExcludingTax"]) == (10, 9)
    assert (first["invoiceDiscountAllocation"], second["invoiceDiscountAllocation"]) == (
        Decimal("2.07"),
        Decimal("0.93"),
    )
    assert made["totalAmountExcludingTax"] == 26


def test_comment_and_account_lines(bc: Caller) -> None:
    made = bc.invoice(
        {"lineType": "Comment", "description": "Services in October"},
        {"lineType": "Account", "lineObjectNumber": "8500", "unitPrice": 50, "quantity": 2},
    )
    comment, account = lines_of(bc, made["id"])
    assert (comment["amountExcludingTax"], comment["itemId"]) == (0, NO_ID)
    assert account["amountExcludingTax"] == 100, "an account has no price of its own that could overwrite"
    no = bc.post(f"salesInvoices({made['id']})/salesInvoiceLines", {"lineType": "Account", "lineObjectNumber": "1400"})
    assert no.code == "Application_FieldValidationException"


def test_lines_are_changed_and_deleted_one_by_one(bc: Caller) -> None:
    made = bc.invoice(line("2", "100"))
    path = f"salesInvoices({made['id']})/salesInvoiceLines"
    added = bc.post(path, line("1", "50", description="By hand"))
    assert (added.status, added.body["sequence"], added.body["amountExcludingTax"]) == (201, 20000, 50)
    changed = bc.patch(f"{path}({added.body['id']})", {"quantity": 2, "unitPrice": 30})
    assert (changed.status, changed.body["amountExcludingTax"]) == (200, 60)
    assert bc.get(f"salesInvoices({made['id']})").body["totalAmountExcludingTax"] == 260
    assert bc.delete(f"{path}({added.body['id']})").status == 204
    assert bc.get(f"salesInvoices({made['id']})").body["totalAmountExcludingTax"] == 200
    fixed = bc.patch(f"{path}({lines_of(bc, made['id'])[0]['id']})", {"lineObjectNumber": "OTHER"})
    assert fixed.code == "Application_DialogException"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({}, "Application_DialogException", "A customerNumber or a customerID must be provided"),
        ({"customerNumber": "NOBODY"}, "Application_DialogException", "The customer cannot be found"),
        ({"customerNumber": "C10", "number": "X1"}, "BadRequest_InvalidOperation", "Control 'number' is read-only"),
        ({"customerNumber": "C10", "customerName": "A"}, "BadRequest_InvalidOperation", "read-only"),
        ({"customerNumber": "C10", "totalTaxAmount": 1}, "BadRequest_InvalidOperation", "read-only"),
        ({"customerNumber": "C10", "colour": "red"}, "BadRequest", "property 'colour' does not exist"),
        ({"customerNumber": "C10", "externalDocumentNumber": "X" * 36}, "Application_StringExceededLength", "36"),
        ({"customerNumber": "C10", "dueDate": "31.12.2026"}, "BadRequest", "Unable to convert value"),
        ({"customerNumber": "C10", "discountAmount": "5"}, "BadRequest", "Unable to convert value"),
        ({"customerNumber": "C10", "dueDate": None}, "BadRequest_RequiredParamNotProvided", "dueDate"),
        ({"customerNumber": "C10", "currencyCode": "XYZ"}, "Application_DialogException", "currency cannot be found"),
        ({"customerNumber": "C10", "currencyCode": "USD"}, "Internal_DataNotFoundFilter", "Exchange Rate"),
        (
            {"customerNumber": "C10", "salesInvoiceLines": [{"lineType": "item"}]},
            "Unknown",
            "'item' is not an option. The existing options are: Comment,Account,Item",
        ),
        (
            {"customerNumber": "C10", "salesInvoiceLines": [{"lineType": "Item", "lineObjectNumber": "NONE"}]},
            "Internal_InvalidTableRelation",
            "NONE",
        ),
        ({"customerNumber": "C10", "salesInvoiceLines": [line(taxCode="VAT20")]}, "Internal_InvalidTableRelation", ""),
        ({"customerNumber": "C10", "salesInvoiceLines": [line(netAmount=5)]}, "BadRequest_InvalidOperation", ""),
        ({"customerNumber": "C10", "salesInvoiceLines": {}}, "BadRequest", "must be a list"),
    ],
)
def test_what_a_draft_refuses_leaves_nothing_behind(bc: Caller, body: Any, code: str, text: str) -> None:
    refused = bc.post("salesInvoices", body)
    assert (refused.status, refused.code) == (400, code), refused.body
    assert text in refused.message
    assert "CorrelationId:" in refused.message
    assert bc.company.rows("salesInvoices") == []
    assert bc.company.rows("salesInvoiceLines") == []
    assert bc.invoice()["number"] == "S-INV102001", "not even a number is used up"


def test_customers_named_twice_must_be_the_same(bc: Caller) -> None:
    other = bc.post("customers", {"number": "c20", "displayName": "Blue Yonder"}).body
    assert other["number"] == "C20"
    both = bc.post("salesInvoices", {"customerId": other["id"], "customerNumber": "C10"})
    assert "do not match" in both.message
    assert bc.post("salesInvoices", {"customerId": other["id"], "customerNumber": "C20"}).status == 201


def test_due_days_follow_the_terms_unless_they_are_given(bc: Caller) -> None:
    terms = {one["code"]: one["id"] for one in bc.get("paymentTerms").value}
    by_terms = bc.invoice(postingDate="2026-10-31", paymentTermsId=terms["30D"])
    assert (by_terms["invoiceDate"], by_terms["dueDate"]) == ("2026-10-31", "2026-11-30")
    month_end = bc.invoice(invoiceDate="2026-10-03", paymentTermsId=terms["CM"])
    assert (month_end["postingDate"], month_end["dueDate"]) == ("2026-11-03", "2026-10-31")
    assert bc.invoice(dueDate="2026-12-24", paymentTermsId=terms["30D"])["dueDate"] == "2026-12-24"


def test_other_currencies_have_their_own_precision(bc: Caller) -> None:
    for code, rate in (("USD", "0.9"), ("JPY", "0.006")):
        add_exchange_rate(bc.company, code, Decimal(rate), date(2026, 1, 1))
    yen = bc.invoice(line("3", "1000.5"), currencyCode="JPY")
    assert (yen["currencyCode"], yen["totalAmountExcludingTax"]) == ("JPY", 3002)
    plain = bc.invoice({"lineType": "Item", "lineObjectNumber": "M365-BP", "quantity": 1}, currencyCode="USD")
    assert lines_of(bc, plain["id"])[0]["unitPrice"] == Decimal("22.11111"), "19.90 EUR in dollars"
    own = bc.invoice(currencyCode="EUR")
    assert (own["currencyId"], own["currencyCode"]) == (NO_ID, "EUR"), "the own currency is the blank one"


def test_sales_tax_goes_by_area_and_group() -> None:
    bc = open_caller(country="US", currency="USD", name="Northwind US")
    areas = {one["code"]: one for one in bc.get("taxAreas").value}
    assert areas["SEATTLE, WA"]["taxType"] == "Sales_x0020_Tax"
    bc.post(
        "customers",
        {"number": "C30", "displayName": "City Power", "taxAreaId": areas["SEATTLE, WA"]["id"], "taxLiable": True},
    )
    made = bc.invoice(line("1", "100"), line("1", "100", taxCode="NONTAXABLE"), customerNumber="C30")
    assert made["totalTaxAmount"] == Decimal("10.1")
    bc.post("customers", {"number": "C40", "displayName": "School", "taxLiable": False})
    assert bc.invoice(line("1", "100"), customerNumber="C40")["totalTaxAmount"] == 0


def test_dimensions_go_from_customer_to_document_to_line(bc: Caller) -> None:
    dimension = bc.get("dimensions?$expand=dimensionValues").value[0]
    customer = bc.company.one("customers", number="C10")
    assert customer is not None
    default = {"dimensionId": dimension["id"], "dimensionValueId": dimension["dimensionValues"][1]["id"]}
    assert bc.post(f"customers({customer['id']})/defaultDimensions", default).status == 201
    made = bc.invoice(line(dimensionSetLines=[{"code": "PROJECT", "valueCode": "support"}]))
    assert made["shortcutDimension1Code"] == "CLOUD"
    expanded = bc.get(f"salesInvoices({made['id']})?$expand=salesInvoiceLines($expand=dimensionSetLines)").body
    on_line = expanded["salesInvoiceLines"][0]["dimensionSetLines"]
    assert [(one["code"], one["valueCode"]) for one in on_line] == [("DEPARTMENT", "CLOUD"), ("PROJECT", "SUPPORT")]
    assert on_line[0]["parentType"] == "Sales_x0020_Invoice_x0020_Line"
    place = f"salesInvoices({made['id']})/dimensionSetLines"
    assert bc.patch(f"{place}({dimension['id']})", {"valueCode": "ADM"}).status == 200
    assert bc.get(f"salesInvoices({made['id']})").body["shortcutDimension1Code"] == "ADM"
    assert bc.post(place, {"code": "DEPARTMENT", "valueCode": "ADM"}).code == "Internal_EntityWithSameKeyExists"
    assert bc.post(place, {"code": "REGION", "valueCode": "WEST"}).code == "Internal_InvalidTableRelation"
    assert bc.delete(f"{place}({dimension['id']})").status == 204
    assert bc.get(f"salesInvoices({made['id']})").body["shortcutDimension1Code"] == ""
    assert bc.invoice(shortcutDimension2Code="migration")["shortcutDimension2Code"] == "MIGRATION"


def test_blocked_customers_and_items(bc: Caller) -> None:
    item, customer = bc.company.one("items", number="M365-BP"), bc.company.one("customers", number="C10")
    assert item is not None
    assert customer is not None
    bc.patch(f"items({item['id']})", {"blocked": True})
    refused = bc.post("salesInvoices", {"customerNumber": "C10", "salesInvoiceLines": [line()]})
    assert "Blocked must be equal to 'No' in Item: No.=M365-BP" in refused.message
    bc.patch(f"customers({customer['id']})", {"blocked": "Invoice"})
    refused = bc.post("salesInvoices", {"customerNumber": "C10"})
    assert "Customer C10 is blocked with type Invoice" in refused.message
    assert bc.post("salesCreditMemos", {"customerNumber": "C10"}).status == 201


def test_cards_need_a_name_and_have_a_number_of_their_own(bc: Caller) -> None:
    assert 'A "displayName" must be provided' in bc.post("customers", {"number": "C50"}).message
    assert bc.post("customers", {"displayName": "Contoso"}).body["number"] == "C00001"
    taken = bc.post("customers", {"number": "c10", "displayName": "Other"})
    assert (taken.status, taken.code) == (400, "Internal_EntityWithSameKeyExists")
    bc.company.setup = Setup(manual_numbers=False, accounts=bc.company.setup.accounts)
    assert "You may not enter numbers manually" in bc.post("customers", {"number": "C60", "displayName": "A"}).message
    wrong = bc.post("items", {"displayName": "A", "type": "Non-Inventory"})
    assert wrong.code == "Unknown"
    assert bc.post("items", {"displayName": "A", "type": "Non_x002D_Inventory"}).body["type"] == "Non_x002D_Inventory"


def test_a_renamed_customer_keeps_its_id_and_its_documents(bc: Caller) -> None:
    made = bc.invoice(line())
    bc.clock.advance(60)
    assert bc.patch(f"customers({made['customerId']})", {"number": "C11", "displayName": "Alpine"}).status == 200
    now = bc.get(f"salesInvoices({made['id']})").body
    assert (now["customerNumber"], now["customerName"]) == ("C11", "Alpine Ski House")
    assert now["lastModifiedDateTime"] == made["lastModifiedDateTime"]
    assert bc.delete(f"customers({made['customerId']})").code == "Application_DialogException"
