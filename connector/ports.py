"""What the work needs from the outside, in our own words."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol

import ibis.expr.types as ir

from connector.domain.alert import Alert, Draft, Mail
from connector.domain.audit_entry import AuditEntry
from connector.domain.binding import Binding
from connector.domain.document import Document, DocumentLine, SliceRef
from connector.domain.extraction import Drawn, LineSet, Listing, Record, Sheet, Taken
from connector.domain.ledger import LedgerChanges, LedgerCompany, LedgerRecord, RemoteDocument
from connector.domain.posting import Approval, Frozen, Move, Posting, Sent, Stamp, State
from connector.domain.run import Lease, Outcome, Run
from connector.domain.standing import FindingEvent, Life, Standing, Step, Telling


class LineTables(Protocol):
    """The line-level tables and the engine that runs expressions over them; amounts come back as exact Decimals."""

    def table(self, name: str) -> ir.Table:
        """One of domain.tables, as an expression; empty where nothing was read."""
        ...

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression once and keep its rows under a name for the expressions that follow."""
        ...

    def store(self, name: str, expression: ir.Table) -> ir.Table:
        """Like keep, but beside the lines it was made of: the same expression over the same lines runs only once."""
        ...

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> ir.Table:
        """Bring rows made in Python into the engine; `columns` gives names and types in order."""
        ...

    def rows(self, expression: ir.Table) -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""
        ...


class DatedTables(LineTables, Protocol):
    """Line-level tables that also tell in which snapshot a row came."""

    def dated(self, name: str) -> ir.Table:
        """A table of which all snapshots count, with edition_market, edition_view, edition_month and edition_seen_at.

        The first three are those of a price sheet that was fetched, null where nobody said.
        """
        ...


class VendorSource(Protocol):
    """A vendor to read. Calls raise SignInNeeded, Unavailable or ConnectorError in words for people.

    Records come as the vendor gave them. Folders are named by their path; what is fetched is written there.
    """

    name: str

    def customers(self) -> Iterator[Record]:
        """Every customer, once."""

    def subscriptions(self, customers: Iterable[str]) -> Iterator[Listing]:
        """The subscriptions of each of these customers, in their order; a customer's trouble is in its listing."""

    def add_ons(self, customer: str, subscription: str) -> list[Record]:
        """The add-ons of a subscription that has such."""

    def transitions(self, customer: str, subscription: str) -> list[Record]:
        """How a subscription went over to another product."""

    def vanished(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """The record that says that a subscription, last known as this row, is not listed any more."""

    def left(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """The record that says that a customer, last known as this row, has ended the relationship."""

    def invoices(self) -> Iterator[Record]:
        """Every invoice and credit note, once."""

    def audit_records(self, since: date) -> Iterator[Record]:
        """What was done since a day, each record once."""

    def lines(self, wanted: LineSet, known: str | None, folder: str) -> Drawn:
        """Fetch lines into an empty folder, unless the mark of the last time still holds."""

    def sheet(self, wanted: Sheet, known: str | None, folder: str) -> Drawn:
        """Fetch a price sheet into an empty folder, unless the mark of the last time still holds."""

    def exchange_rates(self, month: str, known: str | None, folder: str) -> Drawn:
        """Fetch the exchange rates of a month (YYYY-MM) into an empty folder, unless the mark still holds."""


class Intake(Protocol):
    """Where what was fetched is kept for ever and becomes rows; what tells nothing new leaves no trace.

    `observed_at` is ISO 8601 in UTC, `origin` says in a snapshot's manifest what a payload was.
    """

    def room(self) -> AbstractContextManager[str]:
        """An empty folder to fetch into, gone at the end."""

    def take_whole(
        self, paths: Sequence[str], observed_at: str, origin: Mapping[str, object], *, month: str | None = None
    ) -> Taken:
        """Take in payloads as one: files, or folders with a manifest. Raises UnreadableInput."""

    def take_news(self, path: str, table: str, observed_at: str, origin: Mapping[str, object]) -> Taken:
        """Take in those records of a JSON Lines file (gzip) that tell something new."""

    def no_more_unbilled(self, table: str, observed_at: str) -> bool:
        """Take note that the vendor has no unbilled lines any more; whether that is news."""

    def holds(self, table: str, invoice: str) -> bool:
        """Whether lines of an invoice are there."""

    def charged(self, invoice: str, category: str) -> Mapping[str, Decimal]:
        """The sum of an invoice's charges of a category, credits left out, by currency."""

    def newest(self, table: str) -> Iterator[dict[str, Any]]:
        """The last known state of each thing in a table."""


class LedgerShelf(Protocol):
    """Where what ledgers hold is kept: each version of a document and record for ever, the lines as they stand."""

    def newest(self, table: str, ledger: str) -> Iterator[dict[str, Any]]:
        """The last known state of each thing of a ledger (ledger_documents, ledger_records, ledger_templates)."""
        ...

    def headers(self) -> Iterator[dict[str, Any]]:
        """The headers of the vendor's invoices."""
        ...

    def keep(
        self, ledger: str, observed_at: str, rows: Mapping[str, Iterable[Mapping[str, Any]]],
        replaced: frozenset[str] | None = frozenset(),
    ) -> Mapping[str, int]:  # fmt: skip
        """Keep rows by table, all or nothing; how many were written.

        Lines come in place of those of the documents `replaced` (ids), None: of all that the ledger has.
        """
        ...


class LedgerSource(Protocol):
    """A ledger to read. Each call raises SignInNeeded, Unavailable or ConnectorError in words for people."""

    name: str

    def company(self) -> LedgerCompany:
        """The company and the settings that posting depends on."""
        ...

    def records(self, kind: str) -> Iterator[LedgerRecord]:
        """All records of a kind (customer, item, term, tax_code, account, vendor), inactive ones too."""
        ...

    def changes(self, cursor: str | None) -> LedgerChanges:
        """Documents (invoices, credit memos, bills, payments, templates) that changed since a cursor; None: all."""
        ...


class PostingLedger(Protocol):
    """A ledger to post into, one step at a time; nothing in it tries twice by itself."""

    name: str
    steps: tuple[str, ...]

    def obstacles(self) -> tuple[str, ...]:
        """Settings of the ledger that make exactly-once impossible, each with what to change; empty: none."""
        ...

    def payload(self, document: Document, stamp: Stamp) -> str:
        """The exact words that create the document, the same for the same input; nothing is sent."""
        ...

    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        """All documents that bear our number or our marker, read afresh."""
        ...

    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        """All invoices and credit memos dated on or after a day whose number begins so, read afresh."""
        ...

    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        """Take one step. Raises NeverSent, Throttled, OutcomeUnknown, NumberTaken, Rejected or SignInNeeded."""
        ...

    def read(self, kind: str, remote_id: str) -> RemoteDocument | None:
        """The document as it stands now; None where it is gone."""
        ...

    def attached(self, kind: str, remote_id: str) -> frozenset[str]:
        """Names of the files attached to a document."""
        ...

    def attach(self, kind: str, remote_id: str, name: str, content: bytes, *, request_id: str) -> None:
        """Attach a file; look with `attached` before. Raises as `send` does."""
        ...

    def deliver(self, kind: str, remote_id: str) -> None:
        """Have the ledger e-mail the document to its customer; `RemoteDocument.emailed` says whether it was."""
        ...


class Clock(Protocol):
    """The only source of time for everything that waits, dates or expires."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises Unavailable when the program is asked to stop meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that opens an account: what it is, when it ends, and whether a person has to sign in again.

    `owner` names the account and what the token is for, and has one token; `kind` is the sort of secret, such as
    refresh or cache. `hard_expires_at` is the moment no rotation reaches beyond, `previous` the value before the
    last rotation. Secrets stay out of the repr.
    """

    owner: str
    kind: str
    value: str = field(repr=False)
    expires_at: datetime | None = None
    hard_expires_at: datetime | None = None
    previous: str | None = field(default=None, repr=False)
    state: Literal["ok", "sign_in_needed"] = "ok"
    updated_at: datetime | None = None


class Tokens(Protocol):
    """Keeps tokens encrypted, and lets one writer at a time at each of them, across all processes."""

    def load(self, owner: str) -> Token | None:
        """The owner's token as last saved; None where there is none."""
        ...

    def save(self, owner: str, token: Token) -> None:
        """Keep the owner's token in place of the one before; it is durable when this returns."""
        ...

    def holding(self, owner: str) -> AbstractContextManager[None]:
        """While it lasts nobody else holds this owner; waits for whoever does, raises Locked after too long.

        Not to be entered twice by one thread. Loading and saving work inside and outside of it.
        """
        ...


class Runs(Protocol):
    """Runs of jobs, in one unit of work."""

    def start(self, job: str, *, config_digest: str = "", run_id: str | None = None) -> Run:
        """Write down that a job begins."""

    def beat(self, run_id: str) -> None:
        """Say that a run still works, at least every five minutes."""

    def finish(
        self, run_id: str, outcome: Outcome, *, exit_code: int = 0, read: Mapping[str, int] | None = None,
        written: Mapping[str, int] | None = None, skipped: Mapping[str, int] | None = None,
        reasons: tuple[str, ...] = (),
    ) -> Run:  # fmt: skip
        """Write down how a run ended."""

    def mark_interrupted(self) -> tuple[Run, ...]:
        """Mark the runs whose process is gone, and return them."""

    def get(self, run_id: str) -> Run | None:
        """One run."""

    def latest(self, job: str | None = None, *, outcome: Outcome | None = None, limit: int = 20) -> tuple[Run, ...]:
        """The last runs, newest first."""


class Watermarks(Protocol):
    """How far each source has been read, set in the unit of work that keeps what was read."""

    def get(self, source: str, name: str) -> str | None:
        """How far a source was read; None: never."""

    def set(self, source: str, name: str, value: str) -> None:
        """Move a watermark."""

    def of(self, source: str) -> Mapping[str, tuple[str, datetime]]:
        """All watermarks of a source by name, each with when it was set."""


class Leases(Protocol):
    """The right to work alone under a name for some seconds; each claim raises the epoch."""

    def claim(self, name: str, holder: str, seconds: int) -> Lease | None:
        """Take a lease that is free, over or one's own; None where another holds it."""

    def renew(self, lease: Lease, seconds: int) -> Lease | None:
        """Hold a lease longer; None where it is no longer one's own."""

    def still_mine(self, lease: Lease) -> bool:
        """Whether nobody claimed it since and it is not over."""

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        ...

    def held(self, name: str) -> Lease | None:
        """The lease under a name as it stands, over or not."""


class Bindings(Protocol):
    """Which subscription is billed on which ledger lines, with history."""

    def bind(self, bindings: Iterable[Binding]) -> int:
        """Keep ties that were seen now; how many are new."""

    def of_subscription(self, subscription_id: str, *, on: date | None = None) -> tuple[Binding, ...]:
        """All ties of a subscription (that hold on a day)."""

    def of_line(self, ledger: str, document_id: str, line: str | None = None) -> tuple[Binding, ...]:
        """What a ledger document, or one line of it, bills."""

    def standing(self, *, on: date | None = None) -> Iterator[Binding]:
        """The ties to customers' items (that hold on a day)."""


class Findings(Protocol):
    """Findings with their life."""

    def record(
        self, scope: str, tellings: Iterable[Telling], *, run_id: str = "",
        judged: Callable[[Standing], bool] = lambda _: True,
    ) -> tuple[Step, ...]:  # fmt: skip
        """Keep what a run found in a scope (a month), and say what that changed; `judged`: the run could see it."""

    def get(self, fingerprint: str) -> Standing | None:
        """A finding by its fingerprint or the first digits of it."""

    def all(self, *, life: Life | None = None, kind: str | None = None) -> tuple[Standing, ...]:
        """All findings (of a life, of a kind)."""

    def accept(self, fingerprint: str, *, reason: str, by: str, until: date | None = None) -> Standing:
        """Let a finding stay as large as it is."""

    def events(self, *, after: int = 0, fingerprint: str | None = None) -> Iterator[FindingEvent]:
        """The changes behind a number (of one finding), oldest first."""

    def reopen(self, fingerprint: str, *, reason: str, by: str) -> Standing:
        """Take an acceptance back."""


class Alerts(Protocol):
    """What must be told, and the mails that tell it."""

    def intend(self, key: str, *, kind: str, severity: str, text: str, urgent: bool = False) -> bool:
        """Write down that something must be told; False where this occasion was written down before."""

    def untold(self, *, urgent: bool | None = None) -> tuple[Alert, ...]:
        """The alerts that no mail has taken up."""

    def compose(self, draft: Draft, alerts: Iterable[Alert] = ()) -> Mail:
        """Write a mail that takes up alerts and is ready to be sent."""

    def claim(self) -> Mail | None:
        """The next mail to be sent now, marked as being sent; commit before it leaves."""

    def sent(self, mail_id: int) -> None:
        """The mail server took it."""

    def failed(self, mail_id: int, error: str, *, again_at: datetime | None) -> None:
        """The mail server did not take it; None: refused for good."""


class Audit(Protocol):
    """Who did what, when and why; it only grows."""

    def add(
        self, who: str, action: str, subject_kind: str, subject: str, *, reason: str = "", run_id: str = "",
        config_digest: str = "", detail: Mapping[str, str] | None = None,
    ) -> AuditEntry:  # fmt: skip
        """Write an entry; `who` is a person or `job:NAME`, `detail` never holds secrets."""

    def entries(self, *, after: int = 0, subject: str | None = None) -> Iterator[AuditEntry]:
        """The entries behind a number (on a subject), oldest first."""


class Work(Protocol):
    """A unit of work: all that is written in it is kept together, or nothing."""

    @property
    def runs(self) -> Runs: ...  # noqa: D102
    @property
    def watermarks(self) -> Watermarks: ...  # noqa: D102
    @property
    def leases(self) -> Leases: ...  # noqa: D102
    @property
    def bindings(self) -> Bindings: ...  # noqa: D102
    @property
    def findings(self) -> Findings: ...  # noqa: D102
    @property
    def alerts(self) -> Alerts: ...  # noqa: D102
    @property
    def audit(self) -> Audit: ...  # noqa: D102
    @property
    def postings(self) -> "Postings": ...  # noqa: D102


class Memory(Protocol):
    """What the connector remembers; nothing outside is asked or told while a unit of work is open."""

    @property
    def tokens(self) -> Tokens: ...  # noqa: D102

    def work(self) -> AbstractContextManager[Work]:
        """A unit of work; others that write wait until it ends."""

    def look(self) -> AbstractContextManager[Work]:
        """A unit that only reads, all as of one moment."""


class Postings(Protocol):
    """How far each posting got, in one unit of work; time is the store's."""

    def now(self) -> datetime:
        """The moment by which claims and waits are judged."""
        ...

    def due(self, ledger: str, most: int = 1000) -> tuple[str, ...]:
        """Keys of the postings that can be gone on with now."""
        ...

    def waiting(self, ledger: str) -> tuple[int, datetime | None]:
        """How many are still on their way, and when the first is to be looked at."""
        ...

    def claim(self, key: str, lease: timedelta) -> Posting | None:
        """Become the only one who may change a posting; None where it is not due any more."""
        ...

    def move(self, posting: Posting, move: Move, by: str, lease: timedelta) -> Posting | None:
        """Take one step under a claim; None where the claim is over."""
        ...

    def get(self, key: str) -> Posting | None:
        """One posting."""
        ...

    def all(
        self, *, ledger: str | None = None, plan_id: str | None = None, states: Iterable[State] = (),
        keys: Iterable[str] | None = None,
    ) -> tuple[Posting, ...]:  # fmt: skip
        """Postings, by key."""
        ...

    def annex(self, key: str) -> bytes:
        """The frozen bytes of an annex."""
        ...

    def lines_of(self, marker: str) -> tuple[DocumentLine, ...]:
        """The lines of the document that bears our mark."""
        ...


class Approvals(Protocol):
    """What was approved and frozen, in one unit of work."""

    def next_number(self, ledger: str, prefix: str) -> int:
        """The next number of a series."""
        ...

    def advance(self, ledger: str, prefix: str, expected: int, following: int) -> bool:
        """Move a series on; False where another took numbers of it meanwhile."""
        ...

    def billed(self, slices: Iterable[SliceRef]) -> Mapping[SliceRef, str]:
        """Which of these parts of charges are in a document already, and in which."""
        ...

    def freeze(self, approval: Approval, frozen: Sequence[Frozen]) -> None:
        """Write down an approval and all it lets go."""
        ...

    def renumber(self, posting: Posting, stamp: Stamp, payload: str, by: str, text: str) -> bool:
        """Give a posting that was never sent another number; False where the claim is over."""
        ...

    def settle(
        self, posting: Posting, to: State, by: str, text: str, *, remote_id: str | None = None, settled: bool = False
    ) -> bool:
        """Let a person end what the connector cannot; False where it changed meanwhile."""
        ...


class PostingUnit(Protocol):
    """A unit of work of the store, with the shelves that posting needs."""

    @property
    def postings(self) -> Postings:
        """How far each posting got."""
        ...

    @property
    def approvals(self) -> Approvals:
        """What was approved and frozen."""
        ...

    @property
    def audit(self) -> Audit:
        """Who did what."""
        ...


class PostingStore(Protocol):
    """Gives out units of work; each is kept whole or not at all."""

    def work(self) -> AbstractContextManager[PostingUnit]:
        """One that writes."""
        ...

    def look(self) -> AbstractContextManager[PostingUnit]:
        """One that only reads."""
        ...
