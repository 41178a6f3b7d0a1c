"""Posting in the simulated Business Central: what changes, what stays, what stops it, and how it is taken back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.business_central import Bookkeeper, Entry
from tests.unit.sandbox.business_central.caller import Caller, line, open_caller


@pytest.fixture
def bc() -> Caller:
    return open_caller()


def act(bc: Caller, key: str, action: str, page: str = "salesInvoices", twist: str = "", **headers: str) -> Any:
    return bc.post(f"{page}({key})/Microsoft.NAV.{action}", twist=twist, **headers)


def test_the_id_survives_and_the_number_does_not(bc: Caller) -> None:
    draft = bc.invoice(line("2", "100"), externalDocumentNumber="CSP-1", dueDate="2026-12-01")
    before = bc.get(f"salesInvoices({draft['id']})/salesInvoiceLines").value[0]
    done = act(bc, draft["id"], "post")
    assert (done.status, done.body) == (204, {})
    posted = bc.get(f"salesInvoices({draft['id']})").body
    assert (draft["number"], posted["number"]) == ("S-INV102001", "PS-INV103001")
    assert (posted["status"], posted["remainingAmount"], posted["dueDate"]) == ("Open", 238, "2026-12-01")
    assert posted["externalDocumentNumber"] == "CSP-1"
    after = bc.get(f"salesInvoices({draft['id']})/salesInvoiceLines").value[0]
    assert after["id"] != before["id"]
    assert (after["sequence"], after["netAmount"]) == (before["sequence"], before["netAmount"])
    again = act(bc, draft["id"], "post")
    assert (again.status, again.code) == (400, "Application_DialogException")
    assert "draft invoice only" in again.message


def test_the_same_external_number_may_be_posted_again_and_again(bc: Caller) -> None:
    for _ in range(2):
        bc.posted(externalDocumentNumber="CSP-1")
    found = bc.get("salesInvoices?$filter=externalDocumentNumber eq 'csp-1' and customerNumber eq 'C10'").value
    assert [one["status"] for one in found] == ["Open", "Open"]


def test_the_books_get_entries_that_even_out(bc: Caller) -> None:
    posted = bc.posted(line("1", "100", dimensionSetLines=[{"code": "DEPARTMENT", "valueCode": "CLOUD"}]))
    path = f"generalLedgerEntries?$filter=documentNumber eq '{posted['number']}'&$expand=dimensionSetLines"
    entries = bc.get(path).value
    assert [(one["accountNumber"], one["debitAmount"], one["creditAmount"]) for one in entries] == [
        ("8400", 0, 100),
        ("1770", 0, 19),
        ("1400", 119, 0),
    ]
    assert entries[0]["dimensionSetLines"][0]["parentType"] == "General_x0020_Ledger_x0020_Entry"
    assert bc.get("customers?$filter=number eq 'C10'").value[0]["balanceDue"] == 119


def test_a_posted_document_hardly_changes_any_more(bc: Caller) -> None:
    posted = bc.posted()
    path = f"salesInvoices({posted['id']})"
    refused = bc.patch(path, {"externalDocumentNumber": "OTHER"})
    assert "has been posted and can no longer be modified" in refused.message
    assert bc.patch(path, {"dueDate": "2027-01-01", "promisedPayDate": "2027-01-02"}).body["dueDate"] == "2027-01-01"
    one = bc.get(f"{path}/salesInvoiceLines").value[0]
    assert "can no longer be modified" in bc.patch(f"{path}/salesInvoiceLines({one['id']})", {"quantity": 1}).message


def test_deleting_a_posted_document_works_and_is_on_record(bc: Caller) -> None:
    draft, posted = bc.invoice(line()), bc.posted()
    assert bc.delete(f"salesInvoices({draft['id']})").status == 204
    assert bc.delete(f"salesInvoices({posted['id']})").status == 204
    assert bc.get(f"salesInvoices({posted['id']})").status == 404
    assert [(one.id, one.was_posted, one.by) for one in bc.company.deletions] == [
        (draft["id"], False, "connector"),
        (posted["id"], True, "connector"),
    ]
    bc.company.behaviour.deletes_posted = False
    kept = bc.posted()
    assert "You cannot delete posted sales documents" in bc.delete(f"salesInvoices({kept['id']})").message


def set_up(bc: Caller, what: str) -> None:
    company, setup = bc.company, bc.company.setup
    finance = Bookkeeper(company)
    match what:
        case "closed":
            finance.close_books(date(2026, 12, 1))
        case "too early":
            finance.close_books(last=date(2026, 10, 31))
        case "blocked":
            finance.block("C10")
        case "item":
            finance.block("M365-BP", page="items")
        case "groups":
            setup.customer_template = False
            finance.customer("C99", "New")
        case "mandatory":
            setup.external_number_mandatory = True
        case "dimension":
            setup.mandatory_dimensions = ("DEPARTMENT",)
        case "rates":
            company.rates.clear()


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("closed", "Posting Date is not within your range of allowed posting dates in Sales Header: Document Type=In"),
        ("too early", "Posting Date is not within your range"),
        ("blocked", "You cannot post this type of document when Customer C10 is blocked with type All."),
        ("item", "Blocked must be equal to 'No' in Item: No.=M365-BP. Current value is 'Yes'."),
        ("mandatory", "External Document No. must have a value in Sales Header"),
        ("dimension", "Select a Dimension Value Code for the Dimension Code DEPARTMENT for Customer C10."),
        ("rates", "The VAT Posting Setup does not exist."),
    ],
)
def test_what_stops_a_posting_is_found_only_then(bc: Caller, what: str, text: str) -> None:
    draft = bc.invoice(line())
    set_up(bc, what)
    refused = act(bc, draft["id"], "post")
    assert refused.status == 400
    assert text in refused.message
    assert bc.get(f"salesInvoices({draft['id']})").body["status"] == "Draft"
    assert bc.company.rows("generalLedgerEntries") == []


def test_customers_without_posting_groups_cannot_be_billed(bc: Caller) -> None:
    set_up(bc, "groups")
    draft = bc.invoice(line(taxCode="VAT19"), customerNumber="C99")
    refused = act(bc, draft["id"], "post")
    assert (refused.status, refused.code) == (400, "Application_DialogException")
    assert "Gen. Bus. Posting Group must have a value in Customer: No.=C99. It cannot be zero or empty." in (
        refused.message
    )


def test_empty_and_negative_invoices_cannot_be_posted(bc: Caller) -> None:
    assert "nothing to post" in act(bc, bc.invoice()["id"], "post").message
    assert "must be 0 or greater" in act(bc, bc.invoice(line("1", "-5"))["id"], "post").message


def test_post_and_send_has_posted_when_the_mail_fails(bc: Caller) -> None:
    first, second, third = (bc.invoice(line())["id"] for _ in range(3))
    bc.company.setup.mail_account = False
    assert "email account must be configured" in act(bc, first, "postAndSend").message
    bc.company.setup.mail_account = True
    bc.patch(f"salesInvoices({second})", {"email": ""})
    customer = bc.company.one("customers", number="C10")
    assert customer is not None
    bc.patch(f"customers({customer['id']})", {"email": ""})
    assert "The send-to email is empty" in act(bc, second, "postAndSend").message
    assert act(bc, third, "postAndSend", twist="mail-fails").status == 400
    assert [bc.get(f"salesInvoices({key})").body["status"] for key in (first, second, third)] == ["Open"] * 3
    assert bc.company.mails == []
    assert act(bc, third, "send").status == 204
    assert [(mail.id, mail.to) for mail in bc.company.mails] == [(third, "ap@alpine.example")]


def test_posting_may_fail_after_it_was_committed(bc: Caller) -> None:
    draft = bc.invoice(line())
    assert act(bc, draft["id"], "post", twist="post-fails-late").status == 400
    assert bc.get(f"salesInvoices({draft['id']})").body["status"] == "Open"


def test_canceling_closes_the_invoice_by_a_credit_memo(bc: Caller) -> None:
    posted = bc.posted(line("1", "100"))
    assert act(bc, posted["id"], "cancel").status == 204
    now = bc.get(f"salesInvoices({posted['id']})").body
    assert (now["status"], now["remainingAmount"], now["number"]) == ("Canceled", 0, posted["number"])
    memo = bc.get(f"salesCreditMemos?$filter=invoiceNumber eq '{posted['number']}'").value[0]
    assert (memo["status"], memo["invoiceId"], memo["totalAmountIncludingTax"]) == ("Corrective", posted["id"], 119)
    assert "already been canceled" in act(bc, posted["id"], "cancel").message
    assert bc.get("customers?$filter=number eq 'C10'").value[0]["balanceDue"] == 0


@pytest.mark.parametrize(
    ("twist", "text", "memo", "invoice"),
    [
        ("cancel-fails-drafted", "A credit memo is created but not posted.", "Draft", "Open"),
        ("cancel-fails-posted", "A credit memo is posted.", "Corrective", "Canceled"),
    ],
)
def test_canceling_may_leave_something_behind_when_it_fails(
    bc: Caller, twist: str, text: str, memo: str, invoice: str
) -> None:
    posted = bc.posted()
    refused = act(bc, posted["id"], "cancel", twist=twist)
    assert refused.status == 400
    assert text in refused.message
    assert [one["status"] for one in bc.get("salesCreditMemos").value] == [memo]
    assert bc.get(f"salesInvoices({posted['id']})").body["status"] == invoice


def test_canceling_in_a_closed_period_leaves_a_draft_behind(bc: Caller) -> None:
    posted = bc.posted()
    Bookkeeper(bc.company).close_books(date(2026, 12, 1))
    assert "created but not posted" in act(bc, posted["id"], "cancel").message
    assert [one["status"] for one in bc.get("salesCreditMemos").value] == ["Draft"]


def test_a_corrective_credit_memo_is_a_draft_until_it_is_posted(bc: Caller) -> None:
    posted = bc.posted(line("2", "100"))
    assert act(bc, posted["id"], "makeCorrectiveCreditMemo").status == 204
    memo = bc.get(f"salesCreditMemos?$filter=invoiceNumber eq '{posted['number']}'").value[0]
    assert (memo["status"], memo["totalAmountExcludingTax"]) == ("Draft", 200)
    assert act(bc, memo["id"], "post", "salesCreditMemos").status == 204
    assert bc.get(f"salesInvoices({posted['id']})").body["status"] == "Paid"
    assert bc.get(f"salesCreditMemos({memo['id']})").body["status"] == "Paid"
    paid = bc.posted()
    Bookkeeper(bc.company).pay(paid["id"], Decimal(1))
    assert "partially paid" in act(bc, paid["id"], "makeCorrectiveCreditMemo").message
    assert "partially paid" in act(bc, paid["id"], "cancel").message


def test_part_payments_do_not_touch_the_invoice(bc: Caller) -> None:
    posted = bc.posted(line("1", "100"))
    bc.clock.advance(1800)
    finance = Bookkeeper(bc.company)
    finance.pay(posted["id"], Decimal(19))
    now = bc.get(f"salesInvoices({posted['id']})").body
    assert (now["remainingAmount"], now["status"]) == (100, "Open")
    assert now["lastModifiedDateTime"] == posted["lastModifiedDateTime"]
    assert now["@odata.etag"] == posted["@odata.etag"]
    finance.pay(posted["id"])
    now = bc.get(f"salesInvoices({posted['id']})").body
    assert (now["remainingAmount"], now["status"]) == (0, "Paid")
    assert now["lastModifiedDateTime"] == "2026-11-03T10:00:00Z"


def test_payments_go_through_their_journal(bc: Caller) -> None:
    posted = bc.posted(line("1", "100"))
    journal = bc.get("customerPaymentJournals").value[0]
    path = f"customerPaymentJournals({journal['id']})/customerPayments"
    payment = {"customerNumber": "C10", "amount": -50, "appliesToInvoiceId": posted["id"]}
    made = bc.post(path, payment)
    assert (made.status, made.body["appliesToInvoiceNumber"]) == (201, posted["number"])
    assert bc.get("journals").value[0]["code"] == "DEFAULT", "the list shows the general template only"
    assert bc.get(f"journals({journal['id']})/journalLines").value == []
    assert bc.post(f"journals({journal['id']})/Microsoft.NAV.post").status == 204
    assert bc.get(f"salesInvoices({posted['id']})").body["remainingAmount"] == 69
    assert bc.get(path).value == []
    assert "nothing to post" in bc.post(f"journals({journal['id']})/Microsoft.NAV.post").message


def test_a_vendors_number_is_unique_only_once_it_is_posted(bc: Caller) -> None:
    Bookkeeper(bc.company).vendor("V10", "Microsoft Ireland")
    lines = [{"lineType": "Account", "lineObjectNumber": "5400", "quantity": 1, "unitCost": Decimal("98765.43")}]
    bill = {"vendorNumber": "V10", "vendorInvoiceNumber": "g012345678", "purchaseInvoiceLines": lines}
    first, second, third = (bc.post("purchaseInvoices", bill).body for _ in range(3))
    assert first["vendorInvoiceNumber"] == "G012345678"
    assert act(bc, first["id"], "post", "purchaseInvoices").status == 204
    posted = bc.get(f"purchaseInvoices({first['id']})").body
    assert (posted["status"], posted["totalAmountExcludingTax"]) == ("Open", Decimal("98765.43"))
    refused = act(bc, second["id"], "post", "purchaseInvoices")
    assert refused.message.startswith("Purchase Invoice G012345678 already exists for this vendor.")
    bc.patch(f"purchaseInvoices({third['id']})", {"vendorInvoiceNumber": ""})
    assert "You need to enter the document number" in act(bc, third["id"], "post", "purchaseInvoices").message
    assert act(bc, second["id"], "cancel", "purchaseInvoices").status == 404


def test_released_drafts_look_open_and_held_ones_cannot_be_posted(bc: Caller) -> None:
    finance = Bookkeeper(bc.company)
    held, released = bc.invoice(line())["id"], bc.invoice(line())["id"]
    finance.hold_for_approval(held)
    assert bc.get(f"salesInvoices({held})").body["status"] == "In_x0020_Review"
    assert "approval process" in act(bc, held, "post").message
    finance.release(released)
    seen = bc.get(f"salesInvoices({released})").body
    assert (seen["status"], seen["number"][:5]) == ("Open", "S-INV")
    refused = bc.patch(f"salesInvoices({released})", {"externalDocumentNumber": "X"})
    assert refused.code == "Application_FieldValidationException"
    assert "Current value is 'Released'" in refused.message
    assert act(bc, released, "post").status == 204
    finance.reopen(held)
    assert act(bc, held, "post").status == 204
    bc.company.setup.approval_from = Decimal(100)
    assert "approval process" in act(bc, bc.invoice(line())["id"], "post").message


def test_invoice_rounding_adds_a_line_when_it_is_posted(bc: Caller) -> None:
    bc.company.setup.invoice_rounding = Decimal("0.05")
    posted = bc.posted(line("1", "10.01"))
    assert posted["totalAmountIncludingTax"] == Decimal("11.9")
    assert len(bc.get(f"salesInvoices({posted['id']})/salesInvoiceLines").value) == 2


def test_finance_works_by_hand(bc: Caller) -> None:
    finance = Bookkeeper(bc.company)
    key = finance.draft("C10", [Entry("M365-BP", Decimal(20), "By hand", Decimal(3))], date(2026, 10, 5))
    finance.add_line(key, Entry("8500", Decimal(5), line_type="Account"))
    finance.edit_line(key, 1, quantity=4, unitPrice=Decimal(21))
    finance.edit(key, externalDocumentNumber="PO 77")
    finance.remove_line(key, 2)
    finance.post(key)
    seen = bc.get(f"salesInvoices({key})").body
    assert (seen["totalAmountExcludingTax"], seen["postingDate"], seen["externalDocumentNumber"]) == (
        84,
        "2026-10-05",
        "PO 77",
    )
    finance.send(key)
    memo = finance.correct(key)
    finance.delete(memo, page="salesCreditMemos")
    finance.cancel(key)
    finance.rename("C10", "Alpine Ski Lodge", new_number="C77")
    assert bc.get(f"salesInvoices({key})").body["customerNumber"] == "C77"
    other = finance.posted("C77", [Entry("M365-BP", Decimal(1))])
    finance.delete(other)
    assert [one.by for one in bc.company.deletions if one.was_posted] == ["FINANCE"]
    finance.block("C77", "Ship")
    finance.unblock("C77")
    with pytest.raises(LookupError):
        finance.block("C10")
