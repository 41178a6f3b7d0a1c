"""What may become of a posting: which steps there are between its states, and what each sight or answer means.

Everything here is pure: the poster (jobs/post.py) looks, sends and writes down; what follows from what it saw is
decided here. The order of the whole is: write down, act, write down; so a process that dies between two of them leaves
a state from which the next one can tell what to do.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from connector.domain.document import OF_THE_VENDOR
from connector.domain.errors import ConnectorError, SignInNeeded
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import (
    Move,
    NeverSent,
    NumberTaken,
    OutcomeUnknown,
    Posting,
    Rejected,
    Sent,
    Stamp,
    State,
    Throttled,
)
from connector.engine.sameness import differences, has_marker, is_alike

_PERSONS = frozenset({State.POSTED, State.READY, State.CANCELLED})

ARROWS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.PLANNED: frozenset({State.READY, State.CANCELLED}),
        State.READY: frozenset(
            {State.READY, State.SENDING, State.POSTED, State.CONFLICT, State.PARKED, State.CANCELLED}
        ),
        State.SENDING: frozenset({State.POSTED, State.READY, State.UNKNOWN, State.REJECTED, State.PARKED}),
        State.UNKNOWN: frozenset(
            {State.UNKNOWN, State.POSTED, State.READY, State.CONFLICT, State.PARKED, State.CANCELLED}
        ),
        State.POSTED: frozenset({State.POSTED, State.VERIFIED, State.CONFLICT}),
        State.VERIFIED: frozenset(),
        State.CONFLICT: _PERSONS,
        State.REJECTED: _PERSONS,
        State.PARKED: _PERSONS,
        State.CANCELLED: frozenset(),
    }
)
"""The steps between states (design §7). Out of ready to posted or conflict: found in the ledger before it was sent."""

FOR_A_PERSON = (State.CONFLICT, State.REJECTED, State.PARKED)
"""States that only `connector resolve` leads out of."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often.

    `settle` is longer than any request can live on either side: only after it "not found" means "was never made".
    A claim holds for `lease`; who has not sent after half of it does not send any more. After `doubts` unknown
    outcomes, `tries` sendings that never left, or a doubt older than `give_up`, a person is asked.
    """

    settle: timedelta = timedelta(minutes=12)
    lease: timedelta = timedelta(seconds=60)
    first_look: timedelta = timedelta(seconds=15)
    pause: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(minutes=10)
    tries: int = 20
    doubts: int = 5
    give_up: timedelta = timedelta(hours=24)

    def claimed_at(self, posting: Posting) -> datetime:
        """When a posting that we hold was claimed, by the store's clock."""
        if posting.lease_until is None:
            raise ValueError(f"{posting.key} is not claimed")
        return posting.lease_until - self.lease

    def settled_at(self, posting: Posting) -> datetime | None:
        """From when on an absence means that the last sending took no effect; None where nothing was sent."""
        return None if posting.sent_at is None else posting.sent_at + self.settle

    def back_off(self, attempts: int) -> timedelta:
        """How long to wait before the next try: 5, 10, 20 … seconds."""
        return min(timedelta(seconds=5 * 2 ** min(max(attempts - 1, 0), 20)), self.longest_pause)


@dataclass(frozen=True, slots=True)
class Absent:
    """The ledger holds nothing that bears our number or marker."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our document is there, once, and holds what we meant; `final` where it is no draft."""

    remote_id: str
    version: str
    number: str
    final: bool = True


@dataclass(frozen=True, slots=True)
class Other:
    """Something else is there: ours with other content, several of ours, or another's under our number.

    `harmless` where it is certainly not ours, so that another number is all that is needed.
    """

    text: str
    harmless: bool = False


Sight = Absent | Ours | Other


def marker(key: str) -> str:
    """The text by which our documents are known again in a ledger: of the key alone, in letters every ledger keeps."""
    return "CONNECTOR-" + hashlib.sha256(key.encode()).hexdigest()[:24].upper()


def stamp(key: str, number: str, kind: str, version: int = 1) -> Stamp:
    """What makes a sending recognisable; `version` counts payloads, for another one is another request."""
    request_id = hashlib.sha256(f"{key}|{version}".encode()).hexdigest()[:36]
    return Stamp(number, request_id, marker(key), kind)


def sight(posting: Posting, documents: Sequence[RemoteDocument]) -> Sight:
    """What the documents under our number or marker mean. A hit by number alone proves nothing."""
    there = [one for one in documents if one.status != "deleted"]
    ours = [one for one in there if has_marker(one, posting.stamp.marker)]
    if len(ours) > 1:
        ids = ", ".join(sorted(one.remote_id for one in ours))
        return Other(f"the ledger holds this document {len(ours)} times ({ids}); delete all but one of them")
    if ours:
        found = ours[0]
        wrong = differences(posting.document, found) if posting.document else ()
        if wrong:
            return Other(f"document {found.remote_id} bears our mark and differs: {'; '.join(wrong)}")
        return Ours(found.remote_id, found.version, found.number, found.status != "draft")
    if there:
        other = there[0]
        alike = posting.document is not None and is_alike(posting.document, other)
        if alike and posting.stamp.kind in OF_THE_VENDOR:
            # Its number is Microsoft's own: who entered it before us entered the same bill.
            return Ours(other.remote_id, other.version, other.number)
        text = f"number {posting.stamp.number} is borne by document {other.remote_id} ({other.kind}, {other.total:f})"
        # Who voids a document may lose our mark with its note.
        voided = posting.document is not None and other.status == "void" and other.party == posting.document.customer
        without = ", which has our customer and amount but not our mark" if alike else ", which is not ours"
        without = ", which is void, has our customer and perhaps lost our mark" if voided else without
        return Other(text + without, harmless=not (alike or voided) and posting.stamp.kind not in OF_THE_VENDOR)
    return Absent()


def intent() -> Move:
    """Write down that a request may leave now; after this is committed it does."""
    return Move(State.SENDING, attempt=True, keep=True)


def not_sent() -> Move:
    """The worker stalled between writing the intent down and sending, and so did not send."""
    return Move(State.READY, said="not sent: the worker stood still for too long")


def abandoned(posting: Posting) -> Move:
    """A worker ended while its request may have been out: nobody knows its outcome."""
    return Move(State.UNKNOWN, said=posting.said or "the worker that sent it ended", doubt=True, keep=True)


def seen(posting: Posting, sight: Sight, bounds: Bounds, steps: Sequence[str]) -> Move | None:
    """What a look at the ledger means for a posting that is ready or unknown; None: send now."""
    match sight:
        case Ours(final=True):
            return Move(
                State.POSTED, f"found in the ledger as {sight.remote_id}", step=steps[-1], remote_id=sight.remote_id,
                remote_version=sight.version, remote_number=sight.number, keep=True,
            )  # fmt: skip
        case Ours():
            return _draft(posting, sight, bounds, steps)
        case Other(harmless=True) if posting.remote_id is None:
            if posting.state is State.UNKNOWN:
                return _not_there(posting, bounds)
            return Move(State.READY, sight.text, renumber=True)
        case Other():
            return Move(State.CONFLICT, sight.text)
    if posting.remote_id is not None and posting.step != steps[0]:
        return Move(State.CONFLICT, f"draft {posting.remote_id} is gone from the ledger")
    return None if posting.state is State.READY else _not_there(posting, bounds)


def _draft(posting: Posting, found: Ours, bounds: Bounds, steps: Sequence[str]) -> Move | None:
    """The draft is there: the next step is the last one."""
    if posting.step == steps[-1] and len(steps) > 1:
        return None if posting.state is State.READY else _not_there(posting, bounds)
    return Move(
        State.READY, f"found in the ledger as draft {found.remote_id}", step=steps[-1], remote_id=found.remote_id,
        remote_version=found.version, remote_number=found.number,
    )  # fmt: skip


def _not_there(posting: Posting, bounds: Bounds) -> Move:
    """What an absence means after an unknown outcome: nothing before `settle`, and then that it took no effect."""
    settled = bounds.settled_at(posting)
    if settled is not None and bounds.claimed_at(posting) < settled:
        return Move(State.UNKNOWN, posting.said, at=settled)
    if posting.doubts >= bounds.doubts:
        return Move(State.PARKED, f"the outcome of {posting.doubts} sendings was unknown: {posting.said}")
    return Move(State.READY, f"not in the ledger after {bounds.settle}: it took no effect")


def not_seen(posting: Posting, failure: ConnectorError, bounds: Bounds) -> Move:
    """The ledger could not be looked at: nothing is known, nothing is sent; later again."""
    if posting.state is State.UNKNOWN and posting.sent_at is not None:
        in_doubt_for = bounds.claimed_at(posting) - posting.sent_at
        if in_doubt_for > bounds.give_up:
            return Move(State.PARKED, f"its outcome has been unknown for {bounds.give_up}: {failure}")
    wait = timedelta(seconds=failure.retry_after) if isinstance(failure, Throttled) else bounds.pause
    return Move(posting.state, str(failure), wait=max(wait, bounds.pause))


def answered(posting: Posting, answer: Sent | ConnectorError, bounds: Bounds, steps: Sequence[str]) -> Move:
    """What the answer to a sending means. Whatever is not certain is unknown."""
    match answer:
        case Sent():
            last = posting.step == steps[-1]
            return Move(
                State.POSTED if last else State.READY,
                "" if last else f"step {posting.step} done",
                step=None if last else steps[steps.index(posting.step) + 1],
                remote_id=answer.remote_id,
                remote_version=answer.version,
                remote_number=answer.number,
                keep=last,
            )
        case NeverSent() | Throttled() if posting.attempts >= bounds.tries:
            return Move(State.PARKED, f"given up after {posting.attempts} tries: {answer}")
        case NeverSent():
            return Move(State.READY, str(answer), wait=bounds.back_off(posting.attempts))
        case Throttled():
            wait = max(timedelta(seconds=answer.retry_after), bounds.back_off(posting.attempts))
            return Move(State.READY, str(answer), wait=wait)
        case SignInNeeded():
            return Move(State.READY, str(answer), wait=bounds.pause)
        case NumberTaken():
            return Move(State.UNKNOWN, str(answer), doubt=True)
        case Rejected():
            return Move(State.REJECTED, str(answer))
        case OutcomeUnknown():
            return Move(State.UNKNOWN, str(answer), wait=min(bounds.first_look, bounds.settle), doubt=True)
    return Move(State.UNKNOWN, f"unforeseen: {answer}", wait=min(bounds.first_look, bounds.settle), doubt=True)


def compared(posting: Posting, wrong: Sequence[str] | None, version: str, bounds: Bounds) -> Move:
    """What reading back means: equal to the cent, different (`wrong` says how), or not there (None)."""
    if wrong is None:
        settled = bounds.settled_at(posting)
        if settled is not None and bounds.claimed_at(posting) < settled:
            return Move(State.POSTED, "not yet to be read back", wait=bounds.pause)
        return Move(State.CONFLICT, f"{posting.what} {posting.remote_id} is gone from the ledger")
    if wrong:
        return Move(State.CONFLICT, f"document {posting.remote_id} differs from what we sent: {'; '.join(wrong)}")
    return Move(State.VERIFIED, remote_version=version)
