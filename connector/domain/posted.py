"""Documents of ours that went on their way into a ledger, as planning looks back on them."""

from dataclasses import dataclass

from connector.domain.document import Document
from connector.domain.posting import State

_FREE = (State.PLANNED, State.REJECTED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Posted:
    """A planned document and how far its posting came; `number` is its number in the ledger, once it has one.

    The document is as it was planned: what people did to it in the ledger since is a finding, never a new document.
    """

    document: Document
    state: State = State.VERIFIED
    number: str = ""

    @property
    def bills(self) -> bool:
        """Whether its lines count as billed: it was approved, and neither refused nor withdrawn."""
        return self.state not in _FREE

    @property
    def takes_key(self) -> bool:
        """Whether its key is used up: the same key is never sent with another content."""
        return self.state is not State.PLANNED
