"""Whatever people and programs do in a company, its balances and links agree with each other."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.sandbox.quickbooks import Bookkeeper, Refused
from connector.sandbox.quickbooks.bookkeeper import Entry
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, fine, money
from connector.sandbox.quickbooks.numbering import next_number
from connector.sandbox.quickbooks.query import parse
from tests.unit.sandbox.quickbooks.caller import shop

ACTS = ("invoice", "memo", "pay", "set off", "edit", "discount", "void", "delete", "drop memo", "drop payment")
Act = tuple[str, int, Decimal]
acts = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.decimals("0.01", "500", places=2, allow_nan=False)),
    min_size=5,
    max_size=25,
)


def act(finance: Bookkeeper, what: str, at: int, amount: Decimal) -> None:
    company = finance.company
    entry = Entry("1", "x", amount)
    invoices, memos = company.every("Invoice"), company.every("CreditMemo")
    key = invoices[at % len(invoices)]["Id"] if invoices else ""
    memo = memos[at % len(memos)]["Id"] if memos else ""
    if what == "invoice":
        finance.invoice("1", [entry, Entry("1", "y", Decimal("0.50"))])
    elif what == "memo":
        finance.credit_memo("1", [entry])
    elif what == "drop payment" and company.every("Payment"):
        finance.delete(company.every("Payment")[0]["Id"], entity="Payment")
    elif what == "drop memo" and memo:
        finance.void(memo, entity="CreditMemo")
    elif not key:
        return
    elif what == "pay":
        finance.pay(key, amount)
    elif what == "set off" and memo:
        finance.pay(key, amount, credit=memo)
    elif what == "edit":
        finance.edit_line(key, 1, amount=amount)
    elif what == "discount":
        finance.discount(key, amount=amount)
    elif what == "void":
        finance.void(key)
    elif what == "delete":
        finance.delete(key)


def settled(company: Company, entity: str, key: str) -> Decimal:
    """What the payments say they settle of a document."""
    return sum(
        (
            line["Amount"]
            for payment in company.every("Payment")
            for line in payment["Line"]
            if line["LinkedTxn"][0] == {"TxnId": key, "TxnType": entity}
        ),
        ZERO,
    )


def lines_of(document: Thing) -> Decimal:
    signs = {"SalesItemLineDetail": 1, "DiscountLineDetail": -1}
    return sum((signs.get(line["DetailType"], 0) * line.get("Amount", ZERO) for line in document["Line"]), ZERO)


@settings(max_examples=60, deadline=None)
@given(acts)
def test_balances_links_and_totals_agree(steps: list[Act]) -> None:
    company = shop()
    finance = Bookkeeper(company)
    for what, at, amount in steps:
        before = {entity: company.every(entity) for entity in ("Invoice", "CreditMemo", "Payment")}
        try:
            act(finance, what, at, amount)
        except Refused:
            assert {entity: company.every(entity) for entity in before} == before
    owed = ZERO
    for entity, sign in (("Invoice", 1), ("CreditMemo", -1)):
        for document in company.every(entity):
            assert document["TotalAmt"] == money(lines_of(document)) >= 0
            assert document["Balance"] == money(document["TotalAmt"] - settled(company, entity, document["Id"])) >= 0
            linked = {one["TxnId"] for one in document["LinkedTxn"]}
            assert linked <= set(company.tables["Payment"])
            owed += sign * document["Balance"]
    for payment in company.every("Payment"):
        used = sum(
            (1 if line["LinkedTxn"][0]["TxnType"] == "Invoice" else -1) * line["Amount"] for line in payment["Line"]
        )
        assert payment["UnappliedAmt"] == money(payment["TotalAmt"] - used)
        owed -= payment["UnappliedAmt"]
    assert company.owed.get("1", ZERO) == money(owed)
    assert sorted(key for keys in company.numbers.values() for _, key in keys) == sorted(
        one["Id"] for entity in ("Invoice", "CreditMemo") for one in company.every(entity)
    )


@given(st.text(max_size=30))
def test_any_name_can_be_asked_for(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"SELECT * FROM Customer WHERE DisplayName = '{escaped}'").conditions[0].values == (name,)


@given(st.decimals("-99999999", "99999999", places=9, allow_nan=False))
def test_numbers_keep_their_value(number: Decimal) -> None:
    assert abs(fine(number) - number) < Decimal("0.0000001")
    assert abs(money(number) - number) <= Decimal("0.005")


@given(st.from_regex(r"\A[A-Z]{0,4}-?[0-9]{1,8}\Z"))
def test_the_next_number_counts_up_and_keeps_its_form(number: str) -> None:
    following = next_number(number)
    assert following != number
    assert len(following) in (len(number), len(number) + 1)
    assert following.rstrip("0123456789") == number.rstrip("0123456789")
