"""Reads the entries on accounts out of QuickBooks' report GeneralLedger.

Source: Intuit's page on the report. Its answer has no pages: past 400,000 cells it ends with a row that says so, and
the days must be asked for in parts. Which columns of amounts there are depends on whether the company has several
currencies; others are left out without a word. An account's own heading can bear the id of another one below it, so
each row's own cell of the account counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from connector.adapters.quickbooks.client import Client
from connector.adapters.quickbooks.values import Body, Unreadable, amount_or_zero, day, part, parts, text
from connector.domain.errors import ConnectorError
from connector.domain.ledger import LedgerEntry
from connector.domain.period import Period

REPORT = "GeneralLedger"
_CUT = "Unable to display more data"
_COLUMNS = ("tx_date", "txn_type", "doc_num", "name", "memo", "account_name")
_AMOUNTS = ("debt_amt", "credit_amt"), ("debt_home_amt", "credit_home_amt")


def entries(client: Client, accounts: Iterable[str], days: Period, *, several: bool) -> Iterator[LedgerEntry]:
    """All entries on these accounts of these days; `several` says that the company has several currencies.

    Raises Unreadable for an answer that is not as Intuit describes it, ConnectorError where one day is too much.
    """
    debit, credit = _AMOUNTS[several]
    asked = {
        "start_date": days.start.isoformat(),
        "end_date": days.last.isoformat(),
        "accounting_method": "Accrual",
        "account": ",".join(sorted(accounts)),
        "columns": ",".join((*_COLUMNS, debit, credit)),
    }
    body = client.report(REPORT, asked).body
    rows = list(_rows(body))
    if any(_CUT in text(cell.get("value")) for row in rows for cell in row):
        length = (days.end - days.start).days
        if length < 2:
            raise ConnectorError(
                f"QuickBooks ({client.ledger}): the general ledger of {days.start} is larger than QuickBooks shows."
            )
        middle = days.start + timedelta(days=length // 2)
        for half in (Period(days.start, middle), Period(middle, days.end)):
            yield from entries(client, accounts, half, several=several)
        return
    columns = _columns(body, (*_COLUMNS, debit, credit)) if rows else {}
    currency = text(part(body, "Header", "Currency"))
    for row in rows:
        found = _entry(row, columns, debit, credit, currency)
        if found is not None:
            yield found


def _columns(body: Body, needed: tuple[str, ...]) -> Mapping[str, int]:
    """Where each column stands, by the key that is the same in every language."""
    found = {}
    for nth, column in enumerate(parts(part(body, "Columns") or {}, "Column")):
        keys = [text(one.get("Value")) for one in parts(column, "MetaData") if text(one.get("Name")) == "ColKey"]
        found[keys[0] if keys else text(column.get("ColType"))] = nth
    lacking = [name for name in needed if name not in found]
    if lacking:
        raise Unreadable(f"{REPORT}: QuickBooks gives no column {' and no '.join(lacking)}.")
    return found


def _rows(section: Body) -> Iterator[Sequence[Body]]:
    """The cells of all rows, whatever sections they lie in."""
    for row in parts(part(section, "Rows") or {}, "Row"):
        cells = parts(row, "ColData")
        if cells:
            yield cells
        yield from _rows(row)


def _entry(
    cells: Sequence[Body], columns: Mapping[str, int], debit: str, credit: str, currency: str
) -> LedgerEntry | None:  # fmt: skip
    """One entry; None for a balance that is brought forward."""

    def cell(name: str) -> Body:
        at = columns[name]
        return cells[at] if at < len(cells) else {}

    kind, document = text(cell("txn_type").get("value")), text(cell("txn_type").get("id"))
    where = f"{REPORT}, {kind or 'row'} {document}".rstrip()
    written = {name: text(cell(name).get("value")) for name in (debit, credit)}
    if not kind and not any(written.values()):
        return None
    dated, account = day(cell("tx_date").get("value")), text(cell("account_name").get("id"))
    if dated is None or not account:
        raise Unreadable(f"{where}: QuickBooks gives no {'account' if dated else 'date'}.")
    value: Decimal = amount_or_zero(written[credit], where) - amount_or_zero(written[debit], where)
    number = text(cell("doc_num").get("value"))
    return LedgerEntry(
        account, dated, kind, document or f"{kind} {number}".strip(), number, text(cell("name").get("value")),
        text(cell("memo").get("value")), value, currency,
    )  # fmt: skip
