"""Postings: one document on its way into a ledger, in which state it is, and how a sending can end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from connector.domain.document import Document
from connector.domain.errors import ConnectorError

DOCUMENT = "document"
ANNEX = "annex"
DELIVERY = "delivery"
"""What a posting carries: a document itself, a file attached to it, or its e-mail to the customer."""


class State(StrEnum):
    """Where a posting is (design §7); every arrow between two is a transaction of its own."""

    PLANNED = "planned"
    READY = "ready"
    SENDING = "sending"
    UNKNOWN = "unknown"
    POSTED = "posted"
    VERIFIED = "verified"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    PARKED = "parked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a sending recognisable for ever: frozen before the first byte leaves.

    `number` is our document number (≤ 21, A-Z 0-9 -), `request_id` the same for every try (≤ 36), `marker` the text
    that we write into the document where customers do not see it. `kind` is invoice, credit_memo, bill or
    vendor_credit.
    """

    number: str
    request_id: str
    marker: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A step that the ledger took: its own id and version of the document, and the number it bears there."""

    remote_id: str
    version: str
    number: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One document on its way into a ledger.

    `key` says which document, `fingerprint` what is in it; `payload` are the exact words that are sent. `step` is the
    next one to take (ledgers with drafts have two). Whoever holds `epoch` may change it until `lease_until`.

    `what` is document, annex or delivery. An annex or delivery is `about` the document's posting, whose content is in
    `document`, and waits for the posting `after`. `attempts` counts sendings, `doubts` those whose outcome nobody
    knew. `settled_by` is the person who settled it although it differs from what was meant.
    """

    key: str
    ledger: str
    plan_id: str
    fingerprint: str
    stamp: Stamp
    payload: str
    total: Decimal
    currency: str
    lines: int
    state: State
    step: str
    attempts: int = 0
    epoch: int = 0
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    next_at: datetime | None = None
    remote_id: str | None = None
    remote_version: str | None = None
    said: str = ""
    what: str = DOCUMENT
    about: str = ""
    after: str = ""
    customer: str = ""
    doubts: int = 0
    version: int = 1
    remote_number: str = ""
    settled_by: str = ""
    document: Document | None = None

    @property
    def is_open(self) -> bool:
        """Whether the connector itself will go on with it."""
        if self.state is State.POSTED:
            return not self.settled_by
        return self.state in (State.READY, State.SENDING, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Frozen:
    """A posting as it is approved: which document, under which stamp, in which exact words.

    `what`, `about` and `after` are as in Posting; of an annex, `payload` is the file's name and `content` its bytes.
    """

    key: str
    document: Document
    stamp: Stamp
    payload: str
    step: str
    what: str = DOCUMENT
    about: str = ""
    after: str = ""
    content: bytes | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who let a plan be posted, when, which content (the plan's id is its hash), and which guards were released."""

    plan_id: str
    by: str
    at: datetime
    mode: str
    released: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a posting's history: at what moment it went from which state to which, by whom, and why."""

    key: str
    at: datetime
    before: str
    after: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Move:
    """The next line of a posting's history.

    It is looked at again after `wait` from now, or at `at`. `keep` keeps the claim, for the same worker goes on.
    None leaves a value as it is. `renumber` asks for another document number first.
    """

    to: State
    said: str = ""
    wait: timedelta = timedelta(0)
    at: datetime | None = None
    step: str | None = None
    remote_id: str | None = None
    remote_version: str | None = None
    remote_number: str | None = None
    attempt: bool = False
    doubt: bool = False
    keep: bool = False
    renumber: bool = False


class NeverSent(ConnectorError):
    """Nothing left this machine (refused, no address, bad certificate): it may be sent again. Exit 75."""

    exit_code = 75


class Throttled(ConnectorError):
    """The ledger took nothing because it has too much to do; try again after so many seconds. Exit 75."""

    exit_code = 75

    def __init__(self, text: str, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class OutcomeUnknown(ConnectorError):
    """It was sent, and nobody knows whether it took effect (time-out, reset, 5xx): look before trying again."""


class NumberTaken(OutcomeUnknown):
    """The ledger says that the number exists: perhaps our own earlier sending. `remote_id` where it says whose."""

    def __init__(self, text: str, remote_id: str | None = None) -> None:
        super().__init__(text)
        self.remote_id = remote_id


class Rejected(ConnectorError):
    """The ledger refuses the content for good; the text is its own words with what to do."""


class TakesNothing(Rejected):
    """The ledger refuses whatever is written, not this document: there is no use in trying the others."""
