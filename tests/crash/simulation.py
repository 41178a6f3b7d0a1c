"""A whole world in one thread: two workers of the connector's own poster, its own store, a ledger and a clock.

One seed decides everything: who works next, how long it takes, what the network does, which process dies where. A
worker is a generator, and every `yield` in it is a point at which it can be stopped, killed or left standing. First
comes a storm, in which safety is at stake; then calm, in which everything must come to its end.
"""

import random
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from connector.domain.document import Document, DocumentLine, SliceRef
from connector.domain.ledger import RemoteDocument
from connector.domain.period import Period
from connector.domain.posting import Approval, State
from connector.engine.posting_rules import Bounds, marker
from connector.jobs.approving import Annex, Approver, Extras
from connector.jobs.carriers import carriers
from connector.jobs.post import Poster
from connector.store.types import METADATA
from connector.store.work import Work
from tests.crash.network import Killed, Ledger, Profile

BEGINNING = datetime(2026, 11, 3, 6, tzinfo=UTC)
BOUNDS = Bounds(tries=10**6, doubts=10**6, give_up=timedelta(days=365))
STORM = 2400
"""Seconds of storm."""
PATIENCE = 60_000
"""Seconds of calm in which all must be done."""


class Clock:
    """The time of the world."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a worker waits by being due later")


class MemoryStore:
    """The connector's own shelves over SQLite in memory, which can be emptied, copied and brought back."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        METADATA.create_all(self.engine)
        self.empty = self.copy()
        self.approved: dict[tuple[object, ...], sqlite3.Connection] = {}

        self.session = Work(self.engine, clock)
        self.session.connection()

    @contextmanager
    def work(self) -> Iterator[Work]:
        """A transaction of SQLite's own; the session around it stays, for making one each time is slow."""
        self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield self.session
            self.session.flush()
        except BaseException:
            self.session.expunge_all()
            self.raw.execute("ROLLBACK")
            raise
        self.session.expunge_all()
        self.raw.execute("COMMIT")

    look = work

    def copy(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:")
        self.raw.backup(copy)
        return copy

    def bring_back(self, copy: sqlite3.Connection) -> None:
        copy.backup(self.raw)

    def open_postings(self) -> int:
        """How many are still on their way; asked all the time, and so without the shelves."""
        count: int = self.raw.execute(_OPEN).fetchone()[0]
        return count

    def all_keys(self) -> list[str]:
        return [row[0] for row in self.raw.execute("SELECT key FROM posting ORDER BY key")]


_OPEN = "SELECT count(*) FROM posting WHERE state IN ('ready', 'sending', 'unknown', 'posted')"


CLOCK = Clock()
STORE = MemoryStore(CLOCK)


def a_document(number: int, *, more: str = "0") -> Document:
    """The invoice of customer `number`; `more` is added to its first line."""
    lines = (
        DocumentLine(1, "31", "Business Premium", Decimal("61.20") * number + Decimal(more), reference=f"sub-{number}",
                     slices=(SliceRef("G1", f"row-{number}-{more}", "", 1, Decimal("50"), "USD"),)),
        DocumentLine(2, "40", "Azure", Decimal("12.34"),
                     slices=(SliceRef("G1", f"azure-{number}", "", 1, Decimal("10"), "USD"),)),
    )  # fmt: skip
    return Document(
        "books", str(57 + number), f"Customer {number}", Period.month("2026-10"), "USD", "invoice", lines,
        date(2026, 10, 31),
    )  # fmt: skip


DOCUMENTS = (a_document(1), a_document(2))


@dataclass
class Make:
    """The parts of the connector under test; a breakage replaces one of them."""

    poster: type[Poster] = Poster
    ledger: Callable[[Ledger], object] = lambda ledger: ledger
    store: Callable[[MemoryStore], object] = lambda store: store
    bounds: Bounds = BOUNDS
    documents: Callable[[tuple[Document, ...]], tuple[Document, ...]] = lambda documents: documents


@dataclass
class Worker:
    """A process: it runs, stands still until `asleep_until`, or is dead until then."""

    name: str
    running: Generator[str, None, None] | None = None
    asleep_until: float = 0
    lives: int = 0
    old: list[object] = field(default_factory=list)


class World:
    """One seed's world."""

    def __init__(
        self, sort: str, profile: Profile, seed: int, make: Make | None = None, *, extras: bool = False
    ) -> None:
        self.make = make or Make()
        if profile.settle != 720:
            settle = min(self.make.bounds.settle, timedelta(seconds=profile.settle))
            self.make = replace(self.make, bounds=replace(self.make.bounds, settle=settle))
        self.chance = random.Random(f"{sort} {profile.name} {seed}")
        self.profile = profile
        self.clock = CLOCK
        self.clock.seconds = 0.0
        self.store = STORE
        self.ledger = Ledger(sort, profile, self.chance)
        self.extras = extras
        self.workers = [Worker("a"), Worker("b")]
        self.documents = DOCUMENTS
        self.backup: sqlite3.Connection | None = None
        self.kills = 0
        self.points: list[str] = []
        self.due_next = 0.0

    def run(self) -> list[str]:
        """Live through storm and calm, and say what is wrong in the end."""
        self.begin()
        if self.backup is not None:
            self.storm(self.chance.uniform(0, STORM / 2))
            self.restore()
        if self.profile.replanned:
            self.storm(self.chance.uniform(0, STORM / 2))
            self.approve_again()
        self.storm(STORM)
        self.ledger.calm = True
        end = self.clock.seconds + PATIENCE
        while self.clock.seconds < end and not self.all_done():
            self.turn()
        self.ledger.deliver_all()
        return self.wrong()

    def begin(self) -> None:
        """Approve the plan; what an empty ledger and store make of it is the same every time."""
        known = self.store.approved.get(self.approving)
        self.store.bring_back(known or self.store.empty)
        self.approver = self.approves(self.documents, done=known is not None)
        if known is None:
            known = self.store.approved[self.approving] = self.store.copy()
        if self.profile.restore:
            self.backup = self.store.empty if self.profile.restore == "before_approval" else known

    @property
    def approving(self) -> tuple[object, ...]:
        return self.ledger.sort == "two_steps", self.extras, self.make.documents

    def storm(self, until: float) -> None:
        while self.clock.seconds < until and not self.all_done():
            self.turn()

    def approve(self, documents: tuple[Document, ...]) -> None:
        self.approver = self.approves(documents)

    def approves(self, documents: tuple[Document, ...], *, done: bool = False) -> Approver:
        ledger = self.make.ledger(self.ledger)
        extras = Extras(lambda document, number: Annex(f"{number}.xlsx", b"x"), lambda document: True)
        approver = Approver(
            self.make.store(self.store), ledger, "C-", extras if self.extras else None  # type: ignore[arg-type]
        )  # fmt: skip
        if not done:
            approver.approve(self.make.documents(documents), Approval("p", "jane", self.clock.now(), "review"))
        return approver

    def approve_again(self) -> None:
        """A late charge made a new plan: the same documents with other amounts, which must not go out."""
        calm, self.ledger.calm = self.ledger.calm, True
        self.approve(tuple(a_document(number, more="5") for number in (1, 2)))
        self.ledger.calm = calm

    def restore(self) -> None:
        """Bring the database back as it was; all processes were stopped for it."""
        for worker in self.workers:
            self.kill(worker)
        if self.ledger.sort not in ("requestid", "number"):
            # Nothing may be under way where the ledger does not protect itself; the docs say how long to wait.
            self.clock.seconds += 601
        self.ledger.advance(self.clock.seconds)
        assert self.backup is not None
        self.store.bring_back(self.backup)
        if self.profile.restore == "before_approval":
            calm, self.ledger.calm = self.ledger.calm, True
            # One by one and in another order, so that a series that starts anew would number them otherwise.
            for document in reversed(self.documents):
                self.approve((document,))
            self.ledger.calm = calm

    def turn(self) -> None:
        """Let one worker go one point further."""
        awake = [worker for worker in self.workers if worker.asleep_until <= self.clock.seconds]
        if not awake:
            self.pass_time(min(worker.asleep_until for worker in self.workers) - self.clock.seconds)
            return
        worker = self.chance.choice(awake)
        if worker.running is None:
            worker.lives += 1
            worker.running = self.process(f"{worker.name}{worker.lives}")
        self.ledger.kills = not self.ledger.calm
        try:
            point = next(worker.running)
        except Killed:
            self.kill(worker)
            return
        self.points.append(point)
        if point == "idle":
            worker.asleep_until = max(self.due_next, self.clock.seconds) + self.chance.uniform(0, 20)
            return
        self.pass_time(self.chance.uniform(0, 3))
        if self.ledger.calm:
            return
        luck = self.chance.random()
        if luck < self.profile.kill:
            self.kill(worker)
        elif luck < self.profile.kill + self.profile.stall:
            worker.asleep_until = self.clock.seconds + self.chance.choice((40, 70, 300, 900)) * self.chance.random()
        elif self.chance.random() < self.profile.person:
            self.ledger.by_hand(f"C-{self.chance.randrange(1, 6):06d}")

    def process(self, name: str) -> Generator[str, None, None]:
        """What one process does all day."""
        store, ledger = self.make.store(self.store), self.make.ledger(self.ledger)
        poster = self.make.poster(
            name, store, carriers(ledger, store), self.clock, self.make.bounds, self.approver.renumber  # type: ignore[arg-type]
        )  # fmt: skip
        while True:
            with self.store.work() as unit:
                due = list(unit.postings.due("books"))
                _, at = unit.postings.waiting("books") if not due else (0, None)
            if not due:
                self.due_next = (at - BEGINNING).total_seconds() if at else self.clock.seconds + 60
                yield "idle"
            self.chance.shuffle(due)
            for key in due:
                yield from poster.carry(key)

    def kill(self, worker: Worker) -> None:
        """End a process where it stands; another is started a little later."""
        if worker.running is not None:
            # Kept, for closing a generator would let it run its last words.
            worker.old.append(worker.running)
            worker.running = None
            self.kills += 1
        worker.asleep_until = self.clock.seconds + self.chance.uniform(1, 120)

    def pass_time(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.ledger.advance(self.clock.seconds)

    def all_done(self) -> bool:
        return not self.store.open_postings()

    def wrong(self) -> list[str]:
        """What is not as it must be in the end."""
        found = []
        with self.store.work() as unit:
            postings = [one for key in self.store.all_keys() if (one := unit.postings.get(key))]
            histories = {one.key: unit.postings.history(one.key) for one in postings}
        for posting in postings:
            if posting.state is not State.VERIFIED:
                found.append(f"{posting.key} is {posting.state}: {posting.said}")
            last = "planned"
            for step in histories[posting.key]:
                if step.before != last:
                    found.append(f"{posting.key}: history jumps from {last} to {step.before}")
                last = step.after
            there = self.ledger.documents.get(posting.remote_id or "")
            if posting.what == "document" and (there is None or there.marker != posting.stamp.marker):
                found.append(f"{posting.key}: {posting.remote_id} is not its document")
            if last != posting.state:
                found.append(f"{posting.key}: history ends in {last}")
        ours = [one for one in self.ledger.documents.values() if one.marker]
        for document in self.documents:
            there = [one for one in ours if one.party == document.customer]
            if len(there) != 1:
                found.append(f"{document.customer} has {len(there)} documents")
            elif not _equal(document, there[0]):
                found.append(f"{document.customer} has another document: {there[0]}")
        if self.extras:
            for posting in postings:
                if posting.what == "document" and posting.remote_id is not None:
                    files, mails = (
                        self.ledger.files.get(posting.remote_id, []),
                        self.ledger.mails.get(posting.remote_id),
                    )
                    if files != [f"{posting.stamp.number}.xlsx"] or mails != 1:
                        found.append(f"{posting.key}: {files} attached, {mails} mails")
        return found


def _equal(document: Document, remote: RemoteDocument) -> bool:
    return (
        remote.marker == marker(document.key)
        and remote.total == document.total
        and remote.status == "open"
        and [line.amount for line in remote.lines] == [line.amount for line in document.lines]
    )
