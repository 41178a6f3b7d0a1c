"""Ways to break the exactly-once of posting on purpose, each with where it must be noticed."""

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from connector.domain.document import Document
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import Move, NeverSent, NumberTaken, OutcomeUnknown, Posting, Rejected, Sent, Stamp, State
from connector.engine import posting_rules as rules
from connector.jobs.post import Carried, Poster
from tests.crash.network import Ledger
from tests.crash.simulation import BOUNDS, Make, MemoryStore


class Broken:
    """A ledger seen through a connector that is broken in one place."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


class NoLook(Broken):
    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        return ()


class NoSurvey(Broken):
    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        return iter(())


class Retry(Broken):
    def send(self, *words: Any) -> Sent:
        try:
            return self._ledger.send(*words)
        except OutcomeUnknown:
            return self._ledger.send(*words)


class TimeoutIsFailure(Broken):
    def send(self, *words: Any) -> Sent:
        try:
            return self._ledger.send(*words)
        except OutcomeUnknown as failure:
            raise NeverSent(str(failure)) from None


class TakenIsFinal(Broken):
    def send(self, *words: Any) -> Sent:
        try:
            return self._ledger.send(*words)
        except NumberTaken as failure:
            raise Rejected(str(failure)) from None


class NewRequestEachTime(Broken):
    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        return self._ledger.send(step, payload, replace(stamp, request_id=secrets.token_hex(8)), remote_id)


class SentBeforeWritten(Poster):
    """Writes the intent down after the request went out, not before."""

    def _move(self, posting: Posting, move: Move) -> Posting | None:
        if move.to is State.SENDING:
            return replace(posting, state=State.SENDING, sent_at=self._clock.now(), attempts=posting.attempts + 1)
        if posting.state is State.SENDING and not posting.said.startswith("abandoned"):
            written = super()._move(replace(posting, state=State.READY, attempts=posting.attempts - 1), rules.intent())
            return None if written is None else super()._move(written, move)
        return super()._move(posting, move)


class NoDeadline(Poster):
    """Sends however long it stood still."""

    def _send(self, posting: Posting, target: Posting | None, carrier: Any) -> Generator[str, None, Carried]:
        clock, self._clock = self._clock, _Frozen(self._clock)
        try:
            return (yield from super()._send(posting, target, carrier))
        finally:
            self._clock = clock


class NotRecorded(Poster):
    """Forgets that a sending succeeded."""

    def _move(self, posting: Posting, move: Move) -> Posting | None:
        if posting.state is State.SENDING and move.to is State.POSTED:
            return None
        return super()._move(posting, move)


class _Frozen:
    def __init__(self, clock: Any) -> None:
        self.now = clock.now

    def monotonic(self) -> float:
        return 0


class NoFence:
    """A store in which whoever comes may write, claim or no claim."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @contextmanager
    def work(self) -> Iterator[Any]:
        with self._store.work() as unit:
            yield _Open(unit)

    look = work


class _Open:
    def __init__(self, unit: Any) -> None:
        self._unit, self.approvals, self.audit, self.postings = unit, unit.approvals, unit.audit, self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit.postings, name)

    def move(self, posting: Posting, move: Move, by: str, lease: timedelta) -> Posting | None:
        now = self._unit.postings.get(posting.key)
        if move.to not in rules.ARROWS[now.state]:
            self._unit.postings._session.connection().exec_driver_sql(
                "UPDATE posting SET state = ? WHERE key = ?", (posting.state.value, posting.key)
            )
            now = replace(now, state=posting.state)
        moved: Posting | None = self._unit.postings.move(
            replace(posting, epoch=now.epoch, state=now.state), move, by, lease
        )
        return moved


class _AmountInKey(Document):
    @property
    def key(self) -> str:
        return f"{Document.key.fget(self)}|{self.total:f}"  # type: ignore[attr-defined]


def amounts_in_keys(documents: tuple[Document, ...]) -> tuple[Document, ...]:
    return tuple(
        _AmountInKey(**{name: getattr(one, name) for name in Document.__dataclass_fields__}) for one in documents
    )


@dataclass(frozen=True)
class Mutant:
    """A breakage, the ledger and the profile in which it must show, and how many seeds that may take."""

    name: str
    make: Make
    ledger: str
    profile: str
    seeds: int = 60


MUTANTS = (
    Mutant("no look-up", Make(ledger=NoLook), "look", "answer lost"),
    Mutant("no settle", Make(bounds=replace(BOUNDS, settle=timedelta(0))), "look", "late arrival"),
    Mutant("claim not committed", Make(poster=SentBeforeWritten), "look", "killed"),
    Mutant("key with amounts", Make(documents=amounts_in_keys), "number", "planned again with other amounts"),
    Mutant("retry of a create", Make(ledger=Retry), "look", "answer lost"),
    Mutant("timeout treated as failure", Make(ledger=TimeoutIsFailure), "look", "late arrival"),
    Mutant("duplicate number taken as final", Make(ledger=TakenIsFinal), "number", "numbers taken by hand"),
    Mutant("no fence", Make(store=NoFence), "look", "stalled", 200),
    Mutant("no deadline", Make(poster=NoDeadline), "look", "stalled", 400),
    Mutant("new request id each time", Make(ledger=NewRequestEachTime), "requestid", "answer lost"),
    Mutant("success not recorded", Make(poster=NotRecorded), "requestid", "throttled"),
    Mutant("ledger not surveyed", Make(ledger=NoSurvey), "number", "restored and approved anew"),
)
