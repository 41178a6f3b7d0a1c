"""Reads the entries on accounts out of Business Central's general ledger, each with the document behind it.

An entry names its document by type and number alone, and no number stays when a draft is posted: the id that the
document keeps is looked up among those that were posted on these days.
"""

from collections.abc import Collection, Iterator, Mapping

from connector.adapters.business_central.client import Client, Question
from connector.adapters.business_central.language import from_day, one_of, to_day
from connector.adapters.business_central.posted import ENTRIES
from connector.adapters.business_central.translate import PAGES, status_of
from connector.adapters.business_central.values import Body, Unreadable, amount_or_zero, day, key, option, text
from connector.domain.ledger import LedgerEntry
from connector.domain.period import Period

_AT_ONCE = 20
"""So many accounts stand in one question, whose length is limited."""
_FIELDS = (
    "entryNumber", "postingDate", "documentNumber", "documentType", "accountNumber", "description", "debitAmount",
    "creditAmount",
)  # fmt: skip


def entries(client: Client, accounts: Collection[str], days: Period, currency: str) -> Iterator[LedgerEntry]:
    """All entries on these accounts (their numbers) of these days, in the company's own currency.

    Raises Unreadable for an entry without its day or number.
    """
    if not accounts:
        return
    within = from_day("postingDate", days.start), to_day("postingDate", days.last)
    documents = _documents(client, within)
    wanted = sorted(accounts)
    for begin in range(0, len(wanted), _AT_ONCE):
        where = (*within, one_of("accountNumber", *wanted[begin : begin + _AT_ONCE]))
        for body in client.ask(Question(ENTRIES, where, _FIELDS, posted=True)):
            yield _entry(body, documents, currency)


def _documents(client: Client, within: tuple[str, ...]) -> Mapping[tuple[str, bool, str], tuple[str, str]]:
    """The ids and parties of the posted documents of these days.

    Sales and purchases have series of numbers of their own, which may meet: both are kept apart.
    """
    found = {}
    for page in PAGES.values():
        name = f"{page.party}Name"
        for body in client.ask(Question(page.name, within, ("id", "number", "status", name))):
            if status_of(body) != "draft":
                document = page.entry, page.party == "vendor", text(body.get("number"))
                found[document] = key(body.get("id")), text(body.get(name))
    return found


def _entry(body: Body, documents: Mapping[tuple[str, bool, str], tuple[str, str]], currency: str) -> LedgerEntry:
    number, kind = text(body.get("documentNumber")), option(body.get("documentType"))
    where = f"{ENTRIES} {text(body.get('entryNumber')) or '?'}"
    dated, account = day(body.get("postingDate")), text(body.get("accountNumber"))
    if dated is None or not account:
        raise Unreadable(f"{where}: Business Central gives no {'account' if dated else 'posting date'}.")
    value = amount_or_zero(body.get("creditAmount"), where) - amount_or_zero(body.get("debitAmount"), where)
    sold, bought = documents.get((kind, False, number)), documents.get((kind, True, number))
    # Where a sale and a purchase bear the same number, nobody knows whose entry it is.
    document_id, party = (sold or bought or ("", "")) if not (sold and bought) else ("", "")
    return LedgerEntry(
        account, dated, kind or "Journal", document_id or f"{kind or 'Journal'} {number}", number, party,
        text(body.get("description")), value, currency,
    )  # fmt: skip
