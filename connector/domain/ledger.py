"""A ledger as it is read: its company, its records, and its documents with their lines as they stand there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

SALE = "sale"
DISCOUNT = "discount"
TEXT = "text"


@dataclass(frozen=True, slots=True)
class LedgerCompany:
    """The company behind a ledger and the settings that posting depends on.

    `own_numbers` says whether our document numbers are kept; `closed_until` is the last day of the closed books;
    `tax_mode` is excluded, inclusive, automated or none.
    """

    name: str
    country: str
    home_currency: str
    multicurrency: bool
    own_numbers: bool
    closed_until: date | None = None
    tax_mode: str = "none"
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """A customer, item, term, tax code, account, vendor, class, department or exchange rate of a ledger.

    `kind` is one of these words (tax_code in one); `parent` the id of the record above it; `merged_into` that of the
    one it became.
    """

    kind: str
    record_id: str
    name: str
    active: bool
    currency: str | None = None
    parent: str | None = None
    email: str | None = None
    merged_into: str | None = None
    number: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A line as it stands in the ledger: net, signed (credit memos negative); group lines are flattened.

    `kind` is sale, discount (on the whole document, with the opposite sign) or text (whose amount counts for nothing).
    `tax` is the line's own, where the ledger says it line by line.
    """

    number: str
    item: str | None
    description: str
    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_code: str | None = None
    first: date | None = None
    last: date | None = None
    kind: str = SALE
    tax: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RemoteDocument:
    """A document as it stands in the ledger.

    `kind` is invoice, credit_memo, bill, payment or template (a recurring one: `next_day` says when it bills);
    `status` is draft, open, paid, void or deleted. `net`, `tax`, `total`, `balance` are in `currency`. `marker` is what
    we wrote into it (our posting's), `party` the customer or vendor. `linked` are the ids of documents it is tied to
    (payments, credits), `made_by` the recurring template that made it; `emailed` is None where the ledger does not say.
    """

    remote_id: str
    version: str
    kind: str
    number: str
    party: str
    day: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    status: str
    lines: tuple[RemoteLine, ...] = ()
    party_name: str = ""
    balance: Decimal | None = None
    due: date | None = None
    exchange_rate: Decimal | None = None
    marker: str = ""
    note: str = ""
    updated_at: datetime | None = None
    made_by: str = ""
    next_day: date | None = None
    emailed: bool | None = False
    linked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry on one account of the general ledger, in the company's own currency; positive credits the account.

    `kind` is the ledger's own word for what made it (Invoice, Journal Entry), `number` its number, `document_id` the id
    of the document behind it, where there is one: the same as RemoteDocument.remote_id, else what the ledger knows it
    by. `account` is the id that records of the kind account have.
    """

    account: str
    day: date
    kind: str
    document_id: str
    number: str
    party: str
    text: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerChanges:
    """What a ledger holds that is new since a cursor (all, where there was none).

    `whole` says that `documents` are all there are, so that what is missing was deleted; `whole_kinds` says it of some
    kinds only; `there`, where it is known, are the ids of all documents there are. `cursor` is for the next call;
    `gone` are ids that were deleted; `notes` tell of what could not be read.
    """

    documents: tuple[RemoteDocument, ...]
    gone: tuple[str, ...]
    cursor: str
    whole: bool
    whole_kinds: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    there: frozenset[str] | None = None
