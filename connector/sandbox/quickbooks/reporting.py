"""The GeneralLedger report: for each account the entries of some days, as Intuit documents and answers it.

Sources: Intuit's page on the report, a recorded answer (samples/quickbooks), and the Reports API's known limit: past so
many cells the answer ends, with status 200 and a row that says so. It shows the accounts that the company keeps; tax is
on none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.sandbox.messages import Request
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.money import ZERO, money
from connector.sandbox.quickbooks.refusals import query_invalid

TOO_MUCH = "Unable to display more data. Please reduce the date range."
_TYPES = {
    "Invoice": "Invoice",
    "CreditMemo": "Credit Memo",
    "Payment": "Payment",
    "Bill": "Bill",
    "VendorCredit": "Vendor Credit",
    "BillPayment": "Bill Payment (Check)",
    "JournalEntry": "Journal Entry",
}
_TITLES = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "name": ("Name", "String"),
    "memo": ("Memo/Description", "String"),
    "split_acc": ("Split", "String"),
    "account_name": ("Account", "String"),
    "debt_amt": ("Debit", "Money"),
    "credit_amt": ("Credit", "Money"),
    "debt_home_amt": ("Debit", "Money"),
    "credit_home_amt": ("Credit", "Money"),
    "subt_nat_amount": ("Amount", "Money"),
    "subt_nat_home_amount": ("Amount", "Money"),
    "rbal_nat_amount": ("Balance", "Money"),
    "rbal_nat_home_amount": ("Balance", "Money"),
}
_USUAL = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount")
# Which amounts there are depends on whether the company has several currencies; the others are dropped silently.
_ONE_CURRENCY = frozenset({"debt_amt", "credit_amt", "subt_nat_amount", "rbal_nat_amount"})
_SEVERAL = frozenset({"debt_home_amt", "credit_home_amt", "subt_nat_home_amount", "rbal_nat_home_amount"})
_RECEIVABLE, _PAYABLE, _UNDEPOSITED, _CHECKING, _GOODS = "84", "33", "4", "35", "80"
_CREDIT_SIDE = frozenset({"Revenue", "Liability", "Equity"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a transaction does to an account: positive debits it."""

    account: str
    amount: Decimal
    memo: str
    entity: str
    thing: Thing


def general_ledger(company: Company, request: Request) -> Thing:
    """Answer a request for the report."""
    today = company.today()
    first = _day(request.first("start_date"), today.replace(day=1))
    last = _day(request.first("end_date"), today)
    wanted = frozenset(request.first("account").split(",")) - {""}
    entries = [entry for entry in _entries(company) if not wanted or entry.account in wanted]
    columns = _columns(company, request.first("columns"))
    rows = _sections(company, entries, columns, first, last)
    header = {
        "Time": company.time(),
        "ReportName": "GeneralLedger",
        "ReportBasis": request.first("accounting_method") or company.prefers("ReportPrefs", "ReportBasis"),
        "StartPeriod": first.isoformat(),
        "EndPeriod": last.isoformat(),
        "Currency": company.currency,
        "Option": [{"Name": "NoReportData", "Value": "false" if rows else "true"}],
    }
    shown = [
        {
            "ColTitle": _TITLES[name][0], "ColType": _TITLES[name][1],
            "MetaData": [{"Name": "ColKey", "Value": name}],
        }
        for name in columns
    ]  # fmt: skip
    return {"Header": header, "Columns": {"Column": shown}, "Rows": {"Row": rows} if rows else {}}


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise query_invalid(f"Invalid date {text}") from None


def _columns(company: Company, asked: str) -> list[str]:
    """The columns that are shown: those asked for that there are, the date and the type always."""
    several = bool(company.prefers("CurrencyPrefs", "MultiCurrencyEnabled"))
    lacking = _ONE_CURRENCY if several else _SEVERAL
    names = [name for name in asked.split(",") if name] if asked else list(_USUAL)
    if several and not asked:
        names = [name.replace("nat_amount", "nat_home_amount") for name in names]
    kept = [name for name in dict.fromkeys(names) if name in _TITLES and name not in lacking]
    return [*(name for name in ("tx_date", "txn_type") if name not in kept), *kept]


def _sections(
    company: Company, entries: list[_Entry], columns: list[str], first: date, last: date
) -> list[Thing]:  # fmt: skip
    found, cells = [], 0
    for key, account in company.tables["Account"].items():
        own = sorted(
            (entry for entry in entries if entry.account == key), key=lambda entry: str(entry.thing["TxnDate"])
        )
        before = sum((one.amount for one in own if one.thing["TxnDate"] < first.isoformat()), ZERO)
        within = [one for one in own if first.isoformat() <= one.thing["TxnDate"] <= last.isoformat()]
        carries = account["Classification"] in ("Asset", "Liability", "Equity") and before
        if not within and not carries:
            continue
        sign = -1 if account["Classification"] in _CREDIT_SIDE else 1
        balance = sign * before if carries else ZERO
        rows = [_plain(columns, "Beginning Balance", balance)] if carries else []
        total = ZERO
        for entry in within:
            cells += len(columns)
            if cells > company.behaviour.report_cells:
                rows.append(_plain(columns, TOO_MUCH, None))
                break
            total += sign * entry.amount
            balance += sign * entry.amount
            cell = {name: _cell(company, entry, name, account, sign, balance) for name in columns}
            rows.append({"ColData": list(cell.values()), "type": "Data"})
        head = [{"value": account["Name"], "id": key}, *({"value": ""} for _ in columns[1:])]
        tail = [{"value": f"Total for {account['Name']}"}, *({"value": ""} for _ in columns[1:])]
        for nth, name in enumerate(columns):
            if name.startswith("subt_nat"):
                tail[nth] = {"value": _written(total)}
        section = {"Header": {"ColData": head}, "Rows": {"Row": rows}, "Summary": {"ColData": tail}}
        found.append({**section, "type": "Section"})
        if cells > company.behaviour.report_cells:
            break
    return found


def _plain(columns: list[str], text: str, balance: Decimal | None) -> Thing:
    cells = [{"value": text}, *({"value": ""} for _ in columns[1:])]
    for nth, name in enumerate(columns):
        if name.startswith("rbal_nat") and balance is not None:
            cells[nth] = {"value": _written(balance)}
    return {"ColData": cells, "type": "Data"}


def _cell(company: Company, entry: _Entry, name: str, account: Thing, sign: int, balance: Decimal) -> Thing:
    thing, amount = entry.thing, entry.amount
    match name:
        case "tx_date":
            return {"value": thing["TxnDate"]}
        case "txn_type":
            return {"value": _TYPES[entry.entity], "id": thing["Id"]}
        case "doc_num":
            return {"value": thing.get("DocNumber", "")}
        case "memo":
            return {"value": entry.memo}
        case "account_name":
            return {"value": account["FullyQualifiedName"], "id": account["Id"]}
        case "name":
            party = thing.get("CustomerRef") or thing.get("VendorRef") or {}
            return {"value": party.get("name", ""), "id": party.get("value", "")}
        case "debt_amt" | "debt_home_amt":
            return {"value": _written(amount) if amount > 0 else ""}
        case "credit_amt" | "credit_home_amt":
            return {"value": _written(-amount) if amount < 0 else ""}
        case "subt_nat_amount" | "subt_nat_home_amount":
            return {"value": _written(sign * amount)}
        case "rbal_nat_amount" | "rbal_nat_home_amount":
            return {"value": _written(balance)}
        case _:
            others = [other for other in _of(company, entry.entity, thing) if other.account != entry.account]
            if len({other.account for other in others}) != 1:
                return {"value": "-Split-", "id": ""}
            split = company.get("Account", others[0].account)
            return {"value": split["FullyQualifiedName"], "id": split["Id"]}


def _written(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _entries(company: Company) -> Iterator[_Entry]:
    for entity in _TYPES:
        for thing in company.tables[entity].values():
            yield from _of(company, entity, thing)


def _of(company: Company, entity: str, thing: Thing) -> Iterator[_Entry]:
    """What a transaction does to each account, in the company's currency."""
    rate = thing.get("ExchangeRate") or Decimal(1)
    for account, amount, memo in _booked(company, entity, thing):
        yield _Entry(account, money(amount * rate), memo, entity, thing)


def _booked(company: Company, entity: str, thing: Thing) -> Iterator[tuple[str, Decimal, str]]:
    note = thing.get("PrivateNote", "")
    total = thing.get("TotalAmt", ZERO)
    match entity:
        case "Invoice" | "CreditMemo":
            side = 1 if entity == "Invoice" else -1
            yield _RECEIVABLE, side * total, note
            for account, amount, memo in _sold(company, thing["Line"]):
                yield account, -side * amount, memo
        case "Bill" | "VendorCredit":
            side = 1 if entity == "Bill" else -1
            yield thing["APAccountRef"]["value"], -side * total, note
            for line in thing["Line"]:
                detail = line.get(line["DetailType"], {})
                if "AccountRef" in detail:
                    yield detail["AccountRef"]["value"], side * line["Amount"], line.get("Description", "")
                elif "ItemRef" in detail:
                    item = company.get("Item", detail["ItemRef"]["value"])
                    bought = item.get("ExpenseAccountRef", {}).get("value", _GOODS)
                    yield bought, side * line["Amount"], line.get("Description", "")
        case "Payment" if total:
            yield _RECEIVABLE, -total, note
            yield _UNDEPOSITED, total, note
        case "BillPayment" if total:
            yield _PAYABLE, total, note
            yield _CHECKING, -total, note
        case "JournalEntry":
            for line in thing["Line"]:
                detail = line["JournalEntryLineDetail"]
                side = 1 if detail["PostingType"] == "Debit" else -1
                yield detail["AccountRef"]["value"], side * line["Amount"], line.get("Description", note)


def _sold(company: Company, lines: list[Thing]) -> Iterator[tuple[str, Decimal, str]]:
    """Income by account; a discount lowers it on an account of its own."""
    for line in lines:
        detail = line.get(line["DetailType"], {})
        match line["DetailType"]:
            case "SalesItemLineDetail":
                item = company.get("Item", detail["ItemRef"]["value"])
                account = (detail.get("ItemAccountRef") or item["IncomeAccountRef"])["value"]
                yield account, line["Amount"], line.get("Description", "")
            case "GroupLineDetail":
                yield from _sold(company, detail["Line"])
            case "DiscountLineDetail":
                yield detail["DiscountAccountRef"]["value"], -line["Amount"], line.get("Description", "")
