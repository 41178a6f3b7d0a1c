"""Microsoft's credit notes, voids and rebills are linked to their invoice and to what the customer got, once."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.reports.mail.language import Language
from connector.reports.mail.reasons_de import left_in_english
from tests.builders import MAPPING, SUBSCRIPTION, as_csv, ledger_line, vendor_line

OTHER = """- {name: Office 365 E3, product_id: CFQ7TTC0LF8R, item: "32"}
- {name: Azure, category: azure, item: "40"}
prices:"""
CONFIG = "company: {name: Northwind Cloud Partners}\n"
Say = Callable[..., Any]
SEPTEMBER: dict[str, Any] = {"ChargeStartDate": "9/1/2026", "ChargeEndDate": "9/30/2026"}


def seats(invoice: str, count: int, sign: int = 1, **changes: Any) -> dict[str, str]:
    """Seats at 20.00 for October, charged or (sign −1) given back."""
    amount, price = f"{sign * count * 20}.00", f"{'-' if sign < 0 else ''}20.00"
    return vendor_line(
        InvoiceNumber=invoice, Quantity=str(count), BillableQuantity=str(count), Subtotal=amount, Total=amount,
        EffectiveUnitPrice=price, **changes,
    )  # fmt: skip


def header(number: str, total: int, kind: str = "invoice", amends: str = "", month: str = "10") -> dict[str, Any]:
    last = {"09": "30", "10": "31"}[month]
    return {
        "id": number, "totalCharges": total, "currencyCode": "USD", "documentType": kind, "amendsOf": amends or None,
        "invoiceDate": f"2026-{month}-{last}T00:00:00Z", "billingPeriodStartDate": f"2026-{month}-01T00:00:00Z",
        "billingPeriodEndDate": f"2026-{month}-{last}T00:00:00Z", "invoiceType": "OneTime",
    }  # fmt: skip


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "m.yaml").write_text(MAPPING.replace("prices:", OTHER), encoding="utf-8")

    def command(*words: str) -> Any:
        run([*words, "--format", "json"])
        printed = capsys.readouterr()
        assert printed.out.startswith("{"), printed.err
        return json.loads(printed.out)

    return command


def take_in(say: Say, lines: Iterable[dict[str, str]], headers: Iterable[dict[str, Any]], ledger: list[Any]) -> None:
    Path("vendor.csv").write_text(as_csv(list(lines)), encoding="utf-8")
    Path("headers.json").write_text(json.dumps({"items": list(headers)}), encoding="utf-8")
    Path("ledger.csv").write_text(as_csv(ledger), encoding="utf-8")
    say("import", "vendor.csv", "headers.json")


LEDGER = ("--ledger", "ledger.csv")
MEMO = {"document_number": "CM-7", "document_type": "credit_memo", "quantity": "1.25", "amount": "-30.00"}


AZURE = vendor_line(
    InvoiceNumber="G1", ProductId="DZH318Z0BPS6", SkuId="002C", ProductName="Azure plan", UnitPrice="0.10",
    Quantity="1000", BillableQuantity="1000", Subtotal="85.00", Total="85.00", EffectiveUnitPrice="0.085",
    PriceAdjustmentDescription='["15.0% Partner earned credit for services managed"]', TermAndBillingCycle="",
    BillingFrequency="", SubscriptionId=SUBSCRIPTION[:-2] + "bb", SubscriptionStartDate="", SubscriptionEndDate="",
)  # fmt: skip
USED = {
    "item_id": "40", "quantity": "1", "unit_price": "102.00", "amount": "102.00",
    "reference": SUBSCRIPTION[:-2] + "bb",
}  # fmt: skip


def chain(report: Any) -> list[tuple[str, ...]]:
    names = ("invoice", "taken_back_by", "charged_anew_by", "given_back", "due", "given", "given_by", "outstanding")
    return [tuple(row[name] for name in names) for row in report["credit_chain"]]


def test_a_void_and_its_rebill_are_netted_to_one_with_the_memo_the_customer_got(say: Say) -> None:
    """200 charged, 200 taken back, 160 charged anew: 40 at cost, 48.00 for the customer, who got 30.00 of it."""
    lines = [seats("G1", 10), seats("G2", 10, -1), seats("G3", 8), AZURE]
    heads = [header("G1", 285), header("G2", 200, "void_note", "G1"), header("G3", 160)]
    take_in(say, lines, heads, [ledger_line(), ledger_line(**MEMO), ledger_line(**USED)])
    report = say("report", "month", *LEDGER)
    assert chain(report) == [("G1", "G2", "G3", "40.00", "48.00", "30.00", "CM-7", "18.00")]
    (open_,) = report["credits_outstanding"]
    assert (open_["since"], open_["days"], open_["amount"]) == ("2026-10-31", 0, "18.00")
    assert sum(one["count"] for one in report["findings"]) == 1
    (comparison,) = say("explain", "G2", "--ledger", "ledger.csv")["comparisons"]
    assert [(one["invoice"], one["given_by"]) for one in comparison["credits"]] == [("G1", ["CM-7"])]
    # Azure at 100.00 less 15 % earned credit is sold for 102.00: a margin of 17.00, of 2.00 without the credit.
    (earned,) = report["partner_earned_credit"]
    assert (earned["credit"], earned["margin_with_it"], earned["margin_without_it"]) == ("15.00", "17.00", "2.00")


def test_a_void_without_lines_takes_back_the_lines_of_its_invoice(say: Say) -> None:
    """The note's lines are the invoice's, taken back: ten seats are billed once, and the header is reached."""
    heads = [header("G1", 200), header("G2", 200, "void_note", "G1"), header("G3", 200)]
    take_in(say, [seats("G1", 10), seats("G3", 10)], heads, [ledger_line()])
    result = say("reconcile", *LEDGER)
    assert (result["result"], result["scope"]["vendor_invoices"]) == ("reconciled", ["G1", "G2", "G3"])
    vendor = {one["verdict"]: one["amount"] for one in result["verdicts"] if one["side"] == "vendor"}
    assert (vendor, result["conservation"][0]["vendor_lines"]) == ({"billed": "200.00"}, "200.00")


def test_credits_count_where_their_lines_are_and_grow_older_until_they_are_passed_on(say: Say) -> None:
    """October's note takes back two seats (40.00) of September; September itself gave back one seat of another (20.00).

    Nobody passed either on: 48.00 since October's note, 24.00 since September, 31 days before.
    """
    other = {"SubscriptionId": SUBSCRIPTION[:-2] + "aa", "ProductId": "CFQ7TTC0LF8R", "SkuId": "0001"}
    lines = [
        seats("G09", 10, **SEPTEMBER), seats("G1", 10), seats("CN", 2, -1, **SEPTEMBER, ChargeType="customerCredit"),
        seats("G09", 5, **SEPTEMBER, **other),
        seats("G09", 1, -1, **SEPTEMBER, **other, ChargeType="customerCredit"),
    ]  # fmt: skip
    heads = [header("G09", 280, month="09"), header("G1", 200), header("CN", 40, "credit_note", "G09")]
    september = {
        "document_number": "INV-9", "document_date": "2026-10-02", "service_start": "2026-09-01",
        "service_end": "2026-09-30",
    }  # fmt: skip
    five = {"quantity": "5", "amount": "120.00", "item_id": "32", "reference": other["SubscriptionId"]}
    take_in(say, lines, heads, [ledger_line(), ledger_line(**september), ledger_line(**september, **five)])
    before = say("reconcile", *LEDGER, "--scope", "2026-09")
    assert (before["result"], before["conservation"][0]["vendor_header"]) == ("differences", "280.00")
    report = say("report", "month", *LEDGER)
    assert report["proof"][0]["header"] == "160.00"
    assert chain(report) == [
        ("G09", "", "", "20.00", "24.00", "0.00", "", "24.00"),
        ("G09", "CN", "", "40.00", "48.00", "0.00", "", "48.00"),
    ]
    assert [(one["days"], one["amount"]) for one in report["credits_outstanding"]] == [(31, "24.00"), (0, "48.00")]
    (finding,) = say("reconcile", *LEDGER)["findings"]
    assert finding["kind"] == "credit_not_passed_on"
    assert "credit note CN of 2026-10-31 on invoice G09" in finding["causes"][0]["text"]


def test_a_note_without_lines_on_a_part_of_an_invoice_is_told_with_its_money(say: Say) -> None:
    """Microsoft takes 40.00 back, and nobody knows from whom: until somebody says so, the month is not audited."""
    heads = [header("G1", 200), header("CN1", 40, "credit_note", "G1")]
    take_in(say, [seats("G1", 10)], heads, [ledger_line()])
    result = say("reconcile", *LEDGER)
    assert result["result"] == "not_audited"
    (finding,) = result["findings"]
    assert (finding["kind"], finding["impact"]) == ("incomplete_vendor_file", "-40.00")
    assert [(one["cause"], one["amount"]) for one in finding["causes"]] == [
        ("incomplete", "0.00"), ("credit_note", "-40.00"),
    ]  # fmt: skip
    said = "credit note CN1 of 2026-10-31 on invoice G1 takes back 40.00 USD with tax, and no line says whose it is"
    assert any(said in reason for reason in result["not_audited_because"])
    german = Language("de").reason(finding["causes"][1]["text"])
    assert "Gutschrift CN1 vom 31.10.2026 zur Rechnung G1 nimmt 40,00 USD" in german
    assert left_in_english(finding["causes"][1]["text"]) == ()

    # A total that a person gives may count the note or not: it is told all the same.
    files = ("--vendor", "vendor.csv", "--vendor", "headers.json", *LEDGER, "--mappings", "mappings")
    given = say("reconcile", *files, "--vendor-total", "USD=200.00")
    assert (given["result"], [one["impact"] for one in given["findings"]]) == ("not_audited", ["-40.00"])

    rules = Path("mappings/m.yaml")
    declared = 'adjustments: [{invoice: CN1, amount: -40.00, currency: USD, reason: "goodwill, ours", by: jane}]\n'
    rules.write_text(rules.read_text(encoding="utf-8") + declared, encoding="utf-8")
    assert say("reconcile", *LEDGER)["result"] == "reconciled"
