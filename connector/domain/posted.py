"""Documents of ours that went on their way into a ledger, as planning looks back on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from connector.domain.document import Document
from connector.domain.posting import State

_FREE = (State.PLANNED, State.REJECTED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Posted:
    """A planned document and how far its posting came; `number` is its number in the ledger, once it has one.

    The document is as it was planned: what people did to it in the ledger since is a finding, never a new document.
    `remote_id` is its id there, `marker` our mark in it, and `at` the moment of the posting's last step.
    """

    document: Document
    state: State = State.VERIFIED
    number: str = ""
    remote_id: str | None = None
    marker: str = ""
    at: datetime | None = None

    @property
    def bills(self) -> bool:
        """Whether its lines count as billed: it was approved, and neither refused nor withdrawn."""
        return self.state not in _FREE

    @property
    def takes_key(self) -> bool:
        """Whether its key is used up: the same key is never sent with another content."""
        return self.state is not State.PLANNED


@dataclass(frozen=True, slots=True)
class PostedBook:
    """All documents of ours, and what is needed to compare them with the ledgers.

    `read_at` is when each ledger was last read, `closed_until` the last day of its closed books, `vendors` who
    Microsoft is there, all by ledger.
    """

    documents: tuple[Posted, ...] = ()
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    closed_until: Mapping[str, date] = field(default_factory=dict)
    vendors: Mapping[str, str] = field(default_factory=dict)
