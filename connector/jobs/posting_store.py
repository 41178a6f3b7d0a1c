"""What posting needs of the store: how far each posting got, what was approved, and units of work around both."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from connector.domain.document import SliceRef
from connector.domain.posting import Approval, Frozen, Move, Posting, Stamp, State
from connector.ports import Audit


class Postings(Protocol):
    """How far each posting got, in one unit of work; time is the store's."""

    def now(self) -> datetime:
        """The moment by which claims and waits are judged."""

    def due(self, ledger: str, most: int = 1000) -> tuple[str, ...]:
        """Keys of the postings that can be gone on with now."""

    def waiting(self, ledger: str) -> tuple[int, datetime | None]:
        """How many are still on their way, and when the first is to be looked at."""

    def claim(self, key: str, lease: timedelta) -> Posting | None:
        """Become the only one who may change a posting; None where it is not due any more."""

    def move(self, posting: Posting, move: Move, by: str, lease: timedelta) -> Posting | None:
        """Take one step under a claim; None where the claim is over."""

    def get(self, key: str) -> Posting | None:
        """One posting."""

    def all(
        self, *, ledger: str | None = None, plan_id: str | None = None, states: Iterable[State] = (),
        keys: Iterable[str] | None = None,
    ) -> tuple[Posting, ...]:  # fmt: skip
        """Postings, by key."""

    def annex(self, key: str) -> bytes:
        """The frozen bytes of an annex."""


class Approvals(Protocol):
    """What was approved and frozen, in one unit of work."""

    def next_number(self, ledger: str, prefix: str) -> int:
        """The next number of a series."""

    def advance(self, ledger: str, prefix: str, expected: int, following: int) -> bool:
        """Move a series on; False where another took numbers of it meanwhile."""

    def billed(self, slices: Iterable[SliceRef]) -> tuple[tuple[SliceRef, str], ...]:
        """Every part of these parts' charges that is in a document already, and in which."""

    def later(self, plan_id: str, keys: Iterable[str]) -> frozenset[str]:
        """Those of these postings that were frozen after a plan was saved."""

    def freeze(self, approval: Approval, frozen: Sequence[Frozen]) -> None:
        """Write down an approval and all it lets go."""

    def renumber(self, posting: Posting, stamp: Stamp, payload: str, by: str, text: str) -> bool:
        """Give a posting that was never sent another number; False where the claim is over."""

    def settle(
        self, posting: Posting, to: State, by: str, text: str, *, remote_id: str | None = None, settled: bool = False,
        step: str | None = None,
    ) -> bool:  # fmt: skip
        """Let a person end what the connector cannot, or let it begin anew at a step; False where it changed."""


class PostingUnit(Protocol):
    """A unit of work of the store, with the shelves that posting needs."""

    @property
    def postings(self) -> Postings:
        """How far each posting got."""

    @property
    def approvals(self) -> Approvals:
        """What was approved and frozen."""

    @property
    def audit(self) -> Audit:
        """Who did what."""


class PostingStore(Protocol):
    """Gives out units of work; each is kept whole or not at all."""

    def work(self) -> AbstractContextManager[PostingUnit]:
        """One that writes."""

    def look(self) -> AbstractContextManager[PostingUnit]:
        """One that only reads."""
