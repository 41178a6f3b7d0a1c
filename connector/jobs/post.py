"""Carries approved documents into a ledger, each exactly once, whatever fails on the way.

The order of every step is: write down, act, write down. Each is a transaction of its own, with at most one foreign
write between two of them. A process that dies anywhere leaves a state from which the next one can tell what to do,
because it looks into the ledger before it sends anything.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Protocol

from connector.domain.errors import ConnectorError
from connector.domain.posting import Move, Posting, Sent, State
from connector.engine import posting_rules as rules
from connector.engine.posting_rules import Bounds, Sight
from connector.jobs.posting_store import PostingStore
from connector.ports import Clock

Points = Generator[str, None, "Carried"]
"""A posting on its way: it stops at each point where the process could die, by name; no transaction is open then."""

Failpoint = Callable[[str], None]
"""Called at each point; does nothing, save in tests of what happens when the process dies there."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How far a posting was carried (None: another worker has it), and what stood in the way."""

    posting: Posting | None
    failure: ConnectorError | None = None


class Carrier(Protocol):
    """How one sort of posting is looked for, sent and read back; `target` is the posting an annex or delivery is about.

    Each call raises as PostingLedger's do, and nothing in it tries a write twice.
    """

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps it takes, in order."""
        ...

    def look(self, posting: Posting, target: Posting | None) -> Sight:
        """What the ledger holds of it."""
        ...

    def send(self, posting: Posting, target: Posting | None) -> Sent:
        """Take the posting's next step."""
        ...

    def read(self, posting: Posting, target: Posting | None) -> tuple[tuple[str, ...] | None, str]:
        """In what it differs from what was meant (None: it is not there), and its version."""
        ...


class Poster:
    """One worker. `name` stands in the history; `renumber` gives a posting that was never sent another number."""

    def __init__(
        self,
        name: str,
        store: PostingStore,
        carriers: Mapping[str, Carrier],
        clock: Clock,
        bounds: Bounds,
        renumber: Callable[[Posting, str, str], object],
    ) -> None:
        self._name, self._store, self._carriers = name, store, carriers
        self._clock, self._bounds, self._renumber = clock, bounds, renumber

    def carry(self, key: str) -> Points:
        """Carry one posting as far as it goes now."""
        with self._store.work() as unit:
            posting = unit.postings.claim(key, self._bounds.lease)
            target = unit.postings.get(posting.about) if posting and posting.about else None
        if posting is None:
            return Carried(None)
        yield "claimed"
        carrier = self._carriers[posting.what]
        if posting.state is State.SENDING:
            moved = self._move(posting, rules.abandoned(posting))
            if moved is None:
                return Carried(None)
            posting = moved
            yield "recorded"
        if posting.state is not State.POSTED:
            done = yield from self._bring(posting, target, carrier)
            if done.posting is None or done.posting.state is not State.POSTED:
                return done
            posting = done.posting
        return (yield from self._read_back(posting, target, carrier))

    def _bring(self, posting: Posting, target: Posting | None, carrier: Carrier) -> Points:
        """Look, and send where nothing is there and nothing can be on its way."""
        try:
            sight = carrier.look(posting, target)
        except ConnectorError as failure:
            return Carried(self._move(posting, rules.not_seen(posting, failure, self._bounds)), failure)
        yield "looked_up"
        move = rules.seen(posting, sight, self._bounds, carrier.steps)
        if move is None:
            return (yield from self._send(posting, target, carrier))
        if move.renumber:
            self._renumber(posting, self._name, move.said)
            yield "renumbered"
            return Carried(None)
        moved = self._move(posting, move)
        yield "recorded"
        return Carried(moved)

    def _send(self, posting: Posting, target: Posting | None, carrier: Carrier) -> Points:
        begun = self._clock.monotonic()
        sending = self._move(posting, rules.intent())
        if sending is None:
            return Carried(None)
        yield "intent_committed"
        if self._clock.monotonic() - begun > self._bounds.lease.total_seconds() / 2:
            # Another worker may soon take this for abandoned, and wait only so long for a request that is on its way.
            return Carried(self._move(sending, rules.not_sent()))
        answer: Sent | ConnectorError
        try:
            answer = carrier.send(sending, target)
        except ConnectorError as failure:
            answer = failure
        yield "answered"
        moved = self._move(sending, rules.answered(sending, answer, self._bounds, carrier.steps))
        yield "recorded"
        return Carried(moved, answer if isinstance(answer, ConnectorError) else None)

    def _read_back(self, posting: Posting, target: Posting | None, carrier: Carrier) -> Points:
        try:
            wrong, version = carrier.read(posting, target)
        except ConnectorError as failure:
            return Carried(self._move(posting, rules.not_seen(posting, failure, self._bounds)), failure)
        yield "read_back"
        moved = self._move(posting, rules.compared(posting, wrong, version, self._bounds))
        yield {"annex": "attached", "delivery": "delivered"}.get(posting.what, "verified")
        return Carried(moved)

    def _move(self, posting: Posting, move: Move) -> Posting | None:
        """Write the next state down, in a transaction of its own; None where the claim is over."""
        with self._store.work() as unit:
            return unit.postings.move(posting, move, self._name, self._bounds.lease)


def drive(points: Points, failpoint: Failpoint) -> Carried:
    """Go from point to point to the end."""
    while True:
        try:
            failpoint(next(points))
        except StopIteration as end:
            carried: Carried = end.value
            return carried
