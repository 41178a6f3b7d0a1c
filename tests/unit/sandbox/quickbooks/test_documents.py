"""Invoices and their like: what the server adds, what it refuses, what updates, voids and payments do."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.quickbooks import Behaviour, Bookkeeper, Company
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.documents import due_on
from connector.sandbox.quickbooks.money import product
from connector.sandbox.quickbooks.numbering import next_number
from tests.unit.sandbox.quickbooks.caller import Caller, caller, invoice, line, shop


@pytest.fixture
def qbo() -> Caller:
    return caller()


def refused(qbo: Caller, body: dict[str, Any], path: str = "invoice", **query: str) -> str:
    answer = qbo.post(path, body, **query)
    assert answer.status == 400
    return answer.code


def test_a_new_invoice_gets_what_the_server_adds(qbo: Caller) -> None:
    answer = qbo.post("invoice", invoice(PrivateNote="connector:1"))
    made = answer.body["Invoice"]
    assert (answer.status, made["SyncToken"], made["TotalAmt"], made["Balance"]) == (200, "0", 230, 230)
    assert made["CustomerRef"] == {"value": "1", "name": "Alpine Ski House"}
    assert made["DueDate"] == "2026-12-01"
    assert made["MetaData"]["CreateTime"] == "2026-11-03T09:30:00-08:00"
    assert [each["DetailType"] for each in made["Line"]] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    assert made["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"] == "Microsoft 365 E3"
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert made["CustomField"] == [{"DefinitionId": "1", "Name": "PO #", "Type": "StringType"}]
    assert qbo.get(f"invoice/{made['Id']}").body["Invoice"] == made
    assert qbo.get("customer/1").body["Customer"]["Balance"] == 230
    assert answer.headers["intuit_tid"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (invoice(Surprise=1), "2010"),
        (invoice("N", {**line(), "SubtotalLineDetail": {}}), "2010"),
        (invoice("N", line(Price=1)), "2010"),
        (invoice(TxnDate="2026-02-30"), "2070"),
        ({"DocNumber": "N", "Line": [line()]}, "2020"),
        ({"DocNumber": "N", "CustomerRef": {"value": "1"}}, "2020"),
        (
            invoice("N", {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}),
            "2020",
        ),
        (invoice("C26-10-00001-and-longer"), "2050"),
        (invoice(PrivateNote="x" * 4001), "2050"),
        (invoice(CustomerMemo={"value": "日本商事"}), "2040"),
        (invoice("N", line(item="99")), "2500"),
        (invoice(CustomerRef={"value": "77"}), "2500"),
        (invoice(SalesTermRef={"value": "99"}), "2500"),
        (invoice("N", line(TaxCodeRef={"value": "5"})), "6100"),
        (invoice("N", line("230.01", Qty=10, UnitPrice=23)), "6070"),
        (invoice("N", line("-1.00")), "6000"),
        (invoice(CurrencyRef={"value": "EUR"}), "6000"),
        (invoice(EmailStatus="NeedToSend"), "2020"),
        (invoice(EmailStatus="Sometimes"), "2010"),
        (invoice(CustomField=[{"DefinitionId": "3", "StringValue": "x"}]), "3000"),
        (invoice(ClassRef={"value": "1"}), "5030"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_code(qbo: Caller, body: dict[str, Any], code: str) -> None:
    assert refused(qbo, body) == code
    assert qbo.company.every("Invoice") == []


def test_several_mistakes_are_named_together(qbo: Caller) -> None:
    errors = qbo.post("invoice", {"DocNumber": "N"}).body["Fault"]["Error"]
    assert [error["element"] for error in errors] == ["CustomerRef", "Line"]


def test_amounts_may_be_text_and_keep_their_digits(qbo: Caller) -> None:
    body = invoice("N", line("1861.08", Qty="128.350", UnitPrice="14.50"), line(Decimal("0.05")))
    made = qbo.post("invoice", body).body["Invoice"]
    assert made["TotalAmt"] == Decimal("1861.13")
    assert made["Line"][0]["SalesItemLineDetail"]["Qty"] == Decimal("128.35")


def test_quantity_times_price_is_rounded_half_up(qbo: Caller) -> None:
    assert product(Decimal("128.350"), Decimal("14.50")) == Decimal("1861.08")
    assert refused(qbo, invoice("N", line("1861.07", Qty="128.350", UnitPrice="14.50"))) == "6070"
    assert qbo.post("invoice", invoice("N", line("100.00", Qty=0, UnitPrice=0))).status == 200


def test_a_company_may_recalculate_instead(qbo: Caller) -> None:
    qbo.company.behaviour.recalculates = True
    made = qbo.post("invoice", invoice("N", line("1861.07", Qty="128.350", UnitPrice="14.50"))).body["Invoice"]
    assert made["TotalAmt"] == Decimal("1861.08")


def test_a_number_in_use_is_refused_and_named(qbo: Caller) -> None:
    first = qbo.post("invoice", invoice()).body["Invoice"]
    answer = qbo.post("invoice", invoice("c26-10-00001"))
    assert answer.code == "6140"
    assert f"DocNumber=c26-10-00001 is assigned to TxnType=Invoice with TxnId={first['Id']}" in answer.detail
    assert refused(qbo, invoice(), "creditmemo") == "6140"
    assert qbo.post("invoice", invoice(), include="allowduplicatedocnum").status == 200
    qbo.company.behaviour.unique_numbers = False
    assert qbo.post("invoice", invoice()).status == 200


def test_without_custom_numbers_the_company_counts_by_itself(qbo: Caller) -> None:
    qbo.company.prefer("SalesFormsPrefs", CustomTxnNumbers=False)
    numbers = [qbo.post("invoice", invoice("")).body["Invoice"]["DocNumber"] for _ in range(2)]
    assert numbers == ["1001", "1002"]
    assert [qbo.post("invoice", invoice("A-9")).status for _ in range(2)] == [200, 200]
    assert qbo.post("invoice", invoice("")).body["Invoice"]["DocNumber"] == "A-10"


def test_with_custom_numbers_none_is_blank_and_the_screen_continues_ours(qbo: Caller) -> None:
    assert "DocNumber" not in qbo.post("invoice", invoice("")).body["Invoice"]
    qbo.post("invoice", invoice("C26-10-00042"))
    key = Bookkeeper(qbo.company).invoice("1", [Entry("1", "by hand", Decimal(5))])
    assert qbo.company.get("Invoice", key)["DocNumber"] == "C26-10-00043"
    assert [next_number(text) for text in ("App_0999", "A9", "INV", "1-x")] == ["App_1000", "A10", "INV1", "2-x"]


def test_a_sparse_update_keeps_what_it_does_not_name(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice(PrivateNote="ours")).body["Invoice"]
    head = {"Id": made["Id"], "SyncToken": "0"}
    changed = qbo.post("invoice", {**head, "sparse": True, "DueDate": "2026-12-24"}).body["Invoice"]
    assert (changed["PrivateNote"], changed["DueDate"], changed["SyncToken"]) == ("ours", "2026-12-24", "1")
    assert changed["Line"] == made["Line"]
    assert refused(qbo, {**head, "sparse": True, "DueDate": "2026-12-25"}) == "5010"
    assert refused(qbo, {"Id": made["Id"], "sparse": True}) == "2020"
    assert refused(qbo, {"Id": "999", "SyncToken": "0", "sparse": True}) == "610"


def test_a_full_update_empties_what_it_does_not_name(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice(PrivateNote="ours")).body["Invoice"]
    changed = qbo.post("invoice", {**invoice("C26-10-00001"), "Id": made["Id"], "SyncToken": "0"}).body["Invoice"]
    assert "PrivateNote" not in changed
    assert changed["Line"][0]["Id"] != made["Line"][0]["Id"]
    echoed = qbo.post("invoice", {**changed, "PrivateNote": "again"}).body["Invoice"]
    assert (echoed["PrivateNote"], echoed["SyncToken"]) == ("again", "2")
    assert echoed["Line"] == changed["Line"]


def test_void_and_delete(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice(PrivateNote="ours")).body["Invoice"]
    void = qbo.post("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void").body["Invoice"]
    assert (void["TotalAmt"], void["Balance"], void["SyncToken"]) == (0, 0, "1")
    assert void["PrivateNote"] == "Voided - ours"
    assert {each["Amount"] for each in void["Line"]} == {0}
    gone = qbo.post("invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="delete").body["Invoice"]
    assert gone == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    answer = qbo.get(f"invoice/{made['Id']}")
    assert (answer.status, answer.code) == (400, "610")


def test_closed_books_stay_closed(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice()).body["Invoice"]
    qbo.company.close_books(date(2026, 11, 1))
    assert refused(qbo, invoice("C26-10-00002")) == "6210"
    assert refused(qbo, {"Id": made["Id"], "SyncToken": "0", "sparse": True, "TxnDate": "2026-11-02"}) == "6210"
    assert refused(qbo, {"Id": made["Id"], "SyncToken": "0"}, operation="void") == "6210"
    assert qbo.post("invoice", invoice("C26-10-00002", TxnDate="2026-11-02")).status == 200


def test_what_is_inactive_cannot_be_billed(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    other = finance.item("Old", Decimal(1))
    finance.deactivate(other, entity="Item")
    assert refused(qbo, invoice("N", line(item=other))) == "610"
    finance.deactivate("1")
    assert refused(qbo, invoice()) == "610"


def test_categories_and_bundles_do_not_stand_on_plain_lines(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    category = qbo.post("item", {"Name": "Cloud", "Type": "Category"}).body["Item"]["Id"]
    assert refused(qbo, invoice("N", line(item=category))) == "2500"
    parts = {"ItemGroupLine": [{"ItemRef": {"value": "1"}, "Qty": 2}]}
    bundle = finance.item("Managed seat", Type="Group", ItemGroupDetail=parts)
    assert refused(qbo, invoice("N", line(item=bundle))) == "2500"
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": bundle}, "Quantity": 3}}
    made = qbo.post("invoice", invoice("N", group)).body["Invoice"]
    assert made["TotalAmt"] == 138
    outer = made["Line"][0]
    assert (outer["Amount"], outer["GroupLineDetail"]["Line"][0]["SalesItemLineDetail"]["Qty"]) == (138, 6)
    qbo.company.behaviour.outer_amount = "zero"
    assert qbo.post("invoice", invoice("M", group)).body["Invoice"]["Line"][0]["Amount"] == 0


def test_a_line_without_an_item_is_text(qbo: Caller) -> None:
    text = {"DetailType": "SalesItemLineDetail", "Amount": 50, "Description": "Thanks", "SalesItemLineDetail": {}}
    only = {"DetailType": "DescriptionOnly", "Description": "Bye", "DescriptionLineDetail": {}}
    made = qbo.post("invoice", invoice("N", line(), text, only)).body["Invoice"]
    assert made["TotalAmt"] == 230
    assert [each["DetailType"] for each in made["Line"][1:3]] == ["DescriptionOnly"] * 2


def test_discounts(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    key = finance.invoice("1", [Entry("1", "E3", Decimal(230))])
    assert finance.discount(key, percent=Decimal(10))["TotalAmt"] == 207
    assert qbo.company.get("Invoice", key)["Line"][-1]["DiscountLineDetail"]["DiscountAccountRef"]["value"] == "86"
    empty = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True}}
    assert refused(qbo, invoice("N", line(), empty)) == "6090"


def test_us_tax_is_one_rate_for_the_document(qbo: Caller) -> None:
    taxed = line("100.00", TaxCodeRef={"value": "TAX"})
    body = invoice("N", taxed, line("50.00"), TxnTaxDetail={"TxnTaxCodeRef": {"value": "3"}})
    made = qbo.post("invoice", body).body["Invoice"]
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (Decimal("157.25"), Decimal("7.25"))
    assert made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["NetAmountTaxable"] == 100
    by_hand = {"TxnTaxCodeRef": {"value": "3"}, "TaxLine": [{"Amount": 7, "DetailType": "TaxLineDetail"}]}
    assert qbo.post("invoice", invoice("M", taxed, TxnTaxDetail=by_hand)).body["Invoice"]["TotalAmt"] == 107
    assert qbo.post("invoice", invoice("O", taxed)).body["Invoice"]["TotalAmt"] == 100


def test_automated_tax_replaces_what_it_is_given(qbo: Caller) -> None:
    qbo.company.prefer("TaxPrefs", PartnerTaxEnabled=True)
    qbo.company.automated_tax = Decimal("9.5")
    taxed = line("100.00", TaxCodeRef={"value": "TAX"})
    made = qbo.post("invoice", invoice("N", taxed, TxnTaxDetail={"TxnTaxCodeRef": {"value": "3"}})).body["Invoice"]
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("9.5")


@pytest.fixture
def euro() -> Caller:
    return caller(shop(country="DE", currency="EUR", multicurrency=True))


def test_elsewhere_every_line_has_a_tax_code(euro: Caller) -> None:
    taxed = line("100.00", TaxCodeRef={"value": "2"})
    assert refused(euro, invoice("N", taxed)) == "2020"
    assert refused(euro, invoice("N", line(), GlobalTaxCalculation="TaxExcluded")) == "6000"
    made = euro.post("invoice", invoice("N", taxed, GlobalTaxCalculation="TaxExcluded")).body["Invoice"]
    assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (119, 19)
    inclusive = line("84.03", TaxCodeRef={"value": "2"}, TaxInclusiveAmt="100.00")
    made = euro.post("invoice", invoice("M", inclusive, GlobalTaxCalculation="TaxInclusive")).body["Invoice"]
    assert (made["TotalAmt"], made["Line"][0]["Amount"]) == (100, Decimal("84.03"))
    free = invoice("O", line(), GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": 1})
    assert refused(euro, free) == "6170"


def test_foreign_customers_are_billed_in_their_currency(euro: Caller) -> None:
    customer = euro.post("customer", {"DisplayName": "Fabrikam", "CurrencyRef": {"value": "USD"}}).body["Customer"][
        "Id"
    ]
    plain = invoice("N", GlobalTaxCalculation="NotApplicable", CustomerRef={"value": customer})
    assert refused(euro, plain) == "6000"
    foreign = {**plain, "CurrencyRef": {"value": "USD"}}
    assert refused(euro, {**foreign, "ExchangeRate": 0}) == "2110"
    made = euro.post("invoice", {**foreign, "ExchangeRate": "0.92"}).body["Invoice"]
    assert (made["ExchangeRate"], made["HomeTotalAmt"]) == (Decimal("0.92"), Decimal("211.6"))
    euro.post("exchangerate", {"SourceCurrencyCode": "USD", "Rate": "0.9", "AsOfDate": "2026-10-01"})
    assert euro.post("invoice", {**foreign, "DocNumber": "M"}).body["Invoice"]["ExchangeRate"] == Decimal("0.9")


def test_payments_settle_and_are_taken_back(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice()).body["Invoice"]
    link = {"LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 100, "Line": [{"Amount": 80, **link}]}
    payment = qbo.post("payment", body).body["Payment"]
    paid = qbo.get(f"invoice/{made['Id']}").body["Invoice"]
    assert (payment["UnappliedAmt"], paid["Balance"]) == (20, 150)
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert qbo.get("customer/1").body["Customer"]["Balance"] == 130
    assert refused(qbo, {**body, "TotalAmt": 999, "Line": [{"Amount": 151, **link}]}, "payment") == "6000"
    sparse = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    void = qbo.post("payment", sparse, operation="update", include="void").body["Payment"]
    assert (void["TotalAmt"], void["Line"]) == (0, [])
    assert qbo.get(f"invoice/{made['Id']}").body["Invoice"]["Balance"] == 230


def test_credits_are_set_off_by_a_payment_of_nothing(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    key = finance.invoice("1", [Entry("1", "E3", Decimal(230))])
    memo = finance.credit_memo("1", [Entry("1", "E3 back", Decimal(30))])
    finance.pay(key, Decimal(30), credit=memo)
    assert qbo.company.get("Invoice", key)["Balance"] == 200
    assert qbo.company.get("CreditMemo", memo)["RemainingCredit"] == 0
    finance.delete(key)
    assert qbo.company.get("CreditMemo", memo)["RemainingCredit"] == 30
    qbo.company.prefer("SalesFormsPrefs", AutoApplyCredit=True)
    assert qbo.post("invoice", invoice()).body["Invoice"]["Balance"] == 200


def test_bills_and_their_payments(qbo: Caller) -> None:
    finance = Bookkeeper(qbo.company)
    vendor = finance.vendor("Microsoft")
    key = finance.bill(vendor, Decimal("1000.50"), DocNumber="G012345678")
    assert qbo.get(f"vendor/{vendor}").body["Vendor"]["Balance"] == Decimal("1000.5")
    finance.pay_bill(key)
    bill = qbo.get(f"bill/{key}").body["Bill"]
    assert (bill["Balance"], bill["LinkedTxn"][0]["TxnType"]) == (0, "BillPaymentCheck")
    again = {"VendorRef": {"value": vendor}, "DocNumber": "G012345678", "Line": bill["Line"]}
    assert qbo.post("bill", again).status == 200
    warns = [{"Name": "WarnDuplicateBillNumber", "Value": "true"}]
    qbo.company.prefer("OtherPrefs", NameValue=warns)
    assert refused(qbo, again, "bill") == "6140"


def test_the_day_something_is_due() -> None:
    assert due_on({"Type": "STANDARD", "DueDays": 30}, date(2026, 11, 3)) == date(2026, 12, 3)
    assert due_on({"Type": "DATE_DRIVEN", "DayOfMonthDue": 31}, date(2026, 2, 3)) == date(2026, 2, 28)
    assert due_on({"Type": "DATE_DRIVEN", "DayOfMonthDue": 1}, date(2026, 12, 3)) == date(2027, 1, 1)


def test_the_mail_that_goes_out(qbo: Caller) -> None:
    made = qbo.post("invoice", invoice()).body["Invoice"]
    path = f"invoice/{made['Id']}/send"
    assert qbo.post(path, {}).code == "2020"
    sent = qbo.post(path, {}, sendTo="billing@alpine.example").body["Invoice"]
    assert (sent["EmailStatus"], sent["DeliveryInfo"]["DeliveryType"]) == ("EmailSent", "Email")
    assert [mail.to for mail in qbo.company.mails] == ["billing@alpine.example"]


def test_a_group_of_switches_is_per_company() -> None:
    company: Company = shop(behaviour=Behaviour(unique_numbers=False))
    qbo = caller(company)
    assert [qbo.post("invoice", invoice()).status for _ in range(2)] == [200, 200]
