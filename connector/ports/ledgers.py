"""The accounting systems: to read, to post into, and what of them is kept."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from connector.domain.document import Document
from connector.domain.ledger import LedgerChanges, LedgerCompany, LedgerEntry, LedgerRecord, RemoteDocument
from connector.domain.period import Period
from connector.domain.posting import Sent, Stamp


class LedgerShelf(Protocol):
    """Where what ledgers hold is kept: each version of a document and record for ever, the lines as they stand."""

    def newest(self, table: str, ledger: str) -> Iterator[dict[str, Any]]:
        """The last known state of each thing of a ledger (ledger_documents, ledger_records, ledger_entries)."""

    def headers(self) -> Iterator[dict[str, Any]]:
        """The headers of the vendor's invoices."""

    def keep(
        self, ledger: str, observed_at: str, rows: Mapping[str, Iterable[Mapping[str, Any]]],
        replaced: frozenset[str] | None = frozenset(),
    ) -> Mapping[str, int]:  # fmt: skip
        """Keep rows by table, all or nothing; how many were written.

        Lines come in place of those of the documents `replaced` (ids), None: of all that the ledger has.
        """


class LedgerSource(Protocol):
    """A ledger to read. Each call raises SignInNeeded, Unavailable or ConnectorError in words for people."""

    name: str

    def company(self) -> LedgerCompany:
        """The company and the settings that posting depends on."""

    def records(self, kind: str) -> Iterator[LedgerRecord]:
        """All records of a kind (customer, item, term, tax_code, account, vendor), inactive ones too."""

    def changes(self, cursor: str | None) -> LedgerChanges:
        """Documents (invoices, credit memos, bills, payments, templates) that changed since a cursor; None: all."""

    def entries(self, accounts: Collection[str], days: Period) -> Iterator[LedgerEntry]:
        """All entries of the general ledger on these accounts (ids of records) that are dated on these days."""


class PostingLedger(Protocol):
    """A ledger to post into, one step at a time; nothing in it tries twice by itself."""

    name: str
    steps: tuple[str, ...]

    def obstacles(self) -> tuple[str, ...]:
        """Settings of the ledger that make exactly-once impossible, each with what to change; empty: none."""

    def payload(self, document: Document, stamp: Stamp) -> str:
        """The exact words that create the document, the same for the same input; nothing is sent."""

    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        """All documents that bear our number or our marker, read afresh."""

    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        """All invoices and credit memos dated on or after a day whose number begins so, read afresh."""

    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        """Take one step. Raises NeverSent, Throttled, OutcomeUnknown, NumberTaken, Rejected or SignInNeeded."""

    def read(self, kind: str, remote_id: str) -> RemoteDocument | None:
        """The document as it stands now; None where it is gone."""

    def attached(self, kind: str, remote_id: str) -> frozenset[str]:
        """Names of the files attached to a document."""

    def attach(self, kind: str, remote_id: str, name: str, content: bytes, *, request_id: str) -> None:
        """Attach a file; look with `attached` before. Raises as `send` does."""

    def deliver(self, kind: str, remote_id: str, *, request_id: str) -> None:
        """Have the ledger e-mail the document to its customer; `RemoteDocument.emailed` says whether it was."""


class StandingSignIn(Protocol):
    """A person's sign-in at a ledger, which dies of disuse."""

    def keep_alive(self) -> object:
        """Sign in anew where nobody did for long."""
        ...

    def warning(self) -> str | None:
        """What people should know of it; None: nothing."""
        ...


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """A ledger, ready to be read and posted into; nothing was sent yet.

    Each ledger adapter makes it in its module `opening`, by `opened(settings, network=…, tokens=…, clock=…)`. `at_once`
    says how many documents may be on their way at the same time.
    """

    name: str
    source: LedgerSource
    posting: PostingLedger
    sign_in: StandingSignIn | None = None
    at_once: int = 4
