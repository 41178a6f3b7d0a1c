"""What is fetched from a vendor, piece by piece, and what came of each piece."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

Record = Mapping[str, Any]
"""One record as the vendor gave it, ready to be written as JSON (numbers may be Decimal)."""


class Part(StrEnum):
    """What a sync can fetch, as `connector sync --only` names it; in the order in which it is fetched."""

    AUDIT = "audit"
    SUBSCRIPTIONS = "subscriptions"
    INVOICES = "invoices"
    USAGE = "usage"
    PRICES = "prices"
    LEDGER = "ledger"


class State(StrEnum):
    """What became of a request for a payload."""

    FETCHED = "fetched"
    SAME = "same"
    """It has not changed since it was fetched before."""
    NOTHING = "nothing"
    """The vendor says that there is nothing (yet)."""


@dataclass(frozen=True, slots=True)
class LineSet:
    """Lines to ask a vendor for: those of one invoice, or without one the unbilled ones of a period.

    `kind` is reconciliation or usage; `period` (of unbilled lines) current or last; `month` is the first day of the
    month that an invoice's billing period ends in, where it is known.
    """

    kind: str
    invoice: str | None = None
    period: str = ""
    currency: str = ""
    month: date | None = None

    def __str__(self) -> str:
        what = "lines" if self.kind == "reconciliation" else "daily usage"
        return f"{what} of {self.invoice}" if self.invoice else f"unbilled {what} ({self.period} period)"

    @property
    def name(self) -> str:
        """What its watermark is called."""
        return f"{self.kind}/{self.invoice or f'unbilled-{self.period}-{self.currency}'}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A market's price sheet to ask a vendor for; `timeline` is current, future or history, `month` is YYYY-MM."""

    market: str
    view: str
    timeline: str
    month: str

    def __str__(self) -> str:
        return f"{self.view} of {self.month} for {self.market}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The answer to a request for a payload: its state, the mark by which a later change shows, and remarks.

    What was fetched lies in the folder that the request named.
    """

    state: State
    mark: str = ""
    notes: tuple[str, ...] = ()


class Seen(StrEnum):
    """How a look at one customer ended."""

    LISTED = "listed"
    LEFT = "left"
    """The customer has ended the relationship with the partner."""
    ABSENT = "absent"
    """The vendor does not know the customer (yet)."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """The subscriptions of one customer as they were seen, or why they could not be."""

    customer_id: str
    seen: Seen
    subscriptions: tuple[Record, ...] = ()
    reason: str = ""
    exit_code: int = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """What of a payload was new: rows by table, sums as text by table, currency and column, the snapshot's name.

    `things` are the keys (domain.tables.SAME_THING) of the records that told something new.
    """

    read: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    snapshot: str | None = None
    set_aside: int = 0
    notes: tuple[str, ...] = ()
    things: tuple[tuple[str, ...], ...] = ()

    @property
    def written(self) -> int:
        """How many rows were written, those that tell of records set aside left out."""
        return sum(count for table, count in self.rows.items() if table != "set_aside")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a sync did: what it was about, and in words what came of it; `changed` when something new was kept."""

    part: Part
    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a sync could not see: what, why, and the exit code it stands for (2 unless the reason is special)."""

    part: Part
    subject: str
    reason: str
    exit_code: int = 2

    def __str__(self) -> str:
        return f"{self.subject or self.part}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that the last syncs could not read, so that a result may miss it; `since` is a day or moment.

    `month` is the first day of the only month that it concerns.
    """

    subject: str
    reason: str
    since: str = ""
    month: date | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far the vendor was read: what could not be, and the day on which subscriptions were last read (None: never,
    or nobody fetches them). `fetched` says that anything was fetched at all.
    """

    unread: tuple[Unread, ...] = ()
    fetched: bool = False
    subscriptions_read: date | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one sync did; counts are records by name."""

    run_id: str
    steps: tuple[Step, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    left: tuple[str, ...] = ()
    read: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    set_aside: int = 0
    interrupted: tuple[str, ...] = ()
