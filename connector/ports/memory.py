"""What the connector remembers: runs, watermarks, leases, bindings, findings, alerts and the audit trail."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from connector.domain.alert import Alert, Draft, Intent, Mail, MailState
from connector.domain.audit_entry import AuditEntry
from connector.domain.binding import Binding
from connector.domain.document import DocumentLine
from connector.domain.run import Lease, Outcome, Run
from connector.domain.standing import FindingEvent, Life, Standing, Step, Telling
from connector.ports.sign_ins import Tokens


class Runs(Protocol):
    """Runs of jobs, in one unit of work."""

    def start(self, job: str, *, config_digest: str = "", run_id: str | None = None) -> Run:
        """Write down that a job begins."""

    def beat(self, run_id: str) -> None:
        """Say that a run still works, at least every five minutes."""

    def finish(
        self, run_id: str, outcome: Outcome, *, exit_code: int = 0, reasons: tuple[str, ...] = (),
        read: Mapping[str, int] | None = None, written: Mapping[str, int] | None = None,
        skipped: Mapping[str, int] | None = None,
    ) -> Run:  # fmt: skip
        """Write down how a run ended."""

    def mark_interrupted(self) -> tuple[Run, ...]:
        """Mark the runs whose process is gone, and return them."""

    def get(self, run_id: str) -> Run | None:
        """One run."""

    def latest(self, job: str | None = None, *, outcome: Outcome | None = None, limit: int = 20) -> tuple[Run, ...]:
        """The last runs, newest first."""

    def jobs(self) -> tuple[str, ...]:
        """The names of all jobs that ever ran."""


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

    def holder(self) -> str:
        """A name to hold leases under, unlike any other; others can tell by it when this process is gone."""
        ...

    def claim(self, name: str, holder: str, seconds: int) -> Lease | None:
        """Take a lease that is free, over or one's own; None where another holds it."""

    def renew(self, lease: Lease, seconds: int) -> Lease | None:
        """Hold a lease longer; None where it is no longer one's own."""

    def still_mine(self, lease: Lease) -> bool:
        """Whether nobody claimed it since and it is not over."""

    def release(self, lease: Lease) -> None:
        """Give a lease back."""

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

    def expire(self, *, kept: tuple[str, ...] = (), run_id: str = "") -> tuple[Step, ...]:
        """Open again what was accepted until a day that is over, save what begins with one of `kept`."""

    def events(self, *, after: int = 0, fingerprint: str | None = None) -> Iterator[FindingEvent]:
        """The changes behind a number (of one finding), oldest first."""

    def reopen(self, fingerprint: str, *, reason: str, by: str) -> Standing:
        """Take an acceptance back."""


class Alerts(Protocol):
    """What must be told, and the mails that tell it."""

    def intend(self, key: str, *, kind: str, severity: str, text: str, urgent: bool = False) -> bool:
        """Write down that something must be told; False where this occasion was written down before."""

    def known(self, key: str) -> bool:
        """Whether an occasion was written down, told or not."""

    def intend_all(self, intents: Iterable[Intent]) -> int:
        """Write down many things at once; how many were not written down before."""

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

    def doubted(self, mail_id: int, error: str) -> None:
        """Nobody knows whether the mail server took it; it is followed once, later."""

    def mails(self, *, state: MailState | None = None, limit: int = 100) -> tuple[Mail, ...]:
        """The last mails (in a state), newest first."""


class Audit(Protocol):
    """Who did what, when and why; it only grows."""

    def add(
        self, who: str, action: str, subject_kind: str, subject: str, *, reason: str = "", run_id: str = "",
        config_digest: str = "", detail: Mapping[str, str] | None = None,
    ) -> AuditEntry:  # fmt: skip
        """Write an entry; `who` is a person or `job:NAME`, `detail` never holds secrets."""

    def entries(self, *, after: int = 0, subject: str | None = None) -> Iterator[AuditEntry]:
        """The entries behind a number (on a subject), oldest first."""

    def first_broken(self) -> int | None:
        """The first entry that was changed since, or lost; None: all are as they were written."""


class OwnDocuments(Protocol):
    """Our posted documents; what posting itself needs of the store is in jobs/posting_store.py."""

    def lines_of(self, marker: str) -> tuple[DocumentLine, ...]: ...  # noqa: D102


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
    def postings(self) -> OwnDocuments: ...  # noqa: D102


class Memory(Protocol):
    """What the connector remembers; nothing outside is asked or told while a unit of work is open."""

    @property
    def tokens(self) -> Tokens: ...  # noqa: D102

    def work(self) -> AbstractContextManager[Work]:
        """A unit of work; others that write wait until it ends."""

    def look(self) -> AbstractContextManager[Work]:
        """A unit that only reads, all as of one moment."""
