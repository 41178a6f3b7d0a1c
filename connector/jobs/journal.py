"""Notes down what a sync reads, writes, skips and cannot see, while it is at it, and remembers how far it got."""

import errno
import gzip
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Protocol

from connector.domain.errors import ConnectorError, Locked
from connector.domain.extraction import Extraction, Part, Record, Step, Taken, Trouble
from connector.jobs.run import Running
from connector.ports import Clock, Intake, Memory, VendorSource

STALE = "stale"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_log = logging.getLogger(__name__)


class Progress(Protocol):
    """Is told how far a part has got; `total` is None where nobody knows."""

    def __call__(self, part: Part, what: str, done: int, total: int | None) -> None:
        """Show it, or not."""
        ...


def unseen(part: Part, what: str, done: int, total: int | None) -> None:
    """Show no progress."""


@dataclass(slots=True)
class Journal:
    """One sync's tools and its notes. Everything it sets aside is told at the end."""

    source: VendorSource
    intake: Intake
    memory: Memory
    clock: Clock
    running: Running
    progress: Progress = unseen
    steps: list[Step] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    set_aside: int = 0

    def now(self) -> datetime:
        """The moment."""
        return self.clock.now()

    def moment(self) -> str:
        """The moment as rows and manifests write it."""
        return self.now().isoformat(timespec="seconds").replace("+00:00", "Z")

    def mark(self, name: str) -> str | None:
        """How far something was read; None: never."""
        with self.memory.look() as unit:
            return unit.watermarks.get(self.source.name, name) or None

    def marks(self) -> dict[str, str]:
        """All marks that are set."""
        with self.memory.look() as unit:
            found = unit.watermarks.of(self.source.name)
        return {name: value for name, (value, _) in found.items() if value}

    def reach(self, name: str, value: str) -> None:
        """Remember how far something was read; called when what was read is on the disk."""
        self.running.check()
        with self.memory.work() as unit:
            unit.watermarks.set(self.source.name, name, value)

    def step(self, part: Part, text: str, *, changed: bool = False) -> None:
        """Note what was done."""
        self.steps.append(Step(part, text, changed))

    def skip(self, name: str, count: int = 1) -> None:
        """Count records that were passed over."""
        self.running.skipped[name] = self.running.skipped.get(name, 0) + count

    def count(self, name: str, taken: Taken, read: int | None = None) -> Taken:
        """Count what was read and written, and what was set aside."""
        self.running.read[name] = self.running.read.get(name, 0) + (taken.read if read is None else read)
        self.running.written[name] = self.running.written.get(name, 0) + taken.written
        self.set_aside += taken.set_aside
        return taken

    def trouble(self, part: Part, subject: str, reason: str, exit_code: int = 2, *, month: date | None = None) -> None:
        """Note that something could not be seen, and remember it until it is seen again.

        `month` is the first day of the only month that it concerns.
        """
        self.troubles.append(Trouble(part, subject, reason, exit_code))
        told = {"since": self.moment(), "reason": reason, "subject": subject, "month": month and month.isoformat()}
        note = json.dumps(told, ensure_ascii=False)
        name = f"{STALE}/{part}/{subject}"
        if self.mark(name) is None:
            self.reach(name, note)

    def well(self, part: Part, subject: str, stale: Iterable[str]) -> None:
        """Forget a trouble of before; `stale` are the names of the marks that are set."""
        if (name := f"{STALE}/{part}/{subject}") in stale:
            self.reach(name, "")

    @contextmanager
    def minding(self, part: Part, subject: str, *, month: date | None = None) -> Iterator[None]:
        """Keep trouble with one subject (of a month) to itself; another process's taking over ends everything."""
        try:
            yield
        except Locked:
            raise
        except ConnectorError as failure:
            self.trouble(part, subject, str(failure), failure.exit_code, month=month)
        except OSError as failure:
            self.trouble(part, subject, _of_the_machine(failure), month=month)
        except Exception as fault:  # noqa: BLE001 - what one record makes go wrong must not cost all the others
            self.trouble(part, subject, _of_the_program(fault), month=month)

    def take_records(self, table: str, records: Iterable[Record], what: str) -> Taken:
        """Take in those records that tell something new; nothing where there are none."""
        with self.intake.room() as room:
            path = str(PurePath(room) / f"{table}.jsonl.gz")
            if not write_records(path, records):
                return Taken()
            self.running.check()
            return self.intake.take_news(path, table, self.moment(), {"source": self.source.name, "what": what})

    def told(self) -> Extraction:
        """Everything that was noted."""
        running = self.running
        return Extraction(
            run_id=running.run.run_id,
            steps=tuple(self.steps),
            troubles=tuple(self.troubles),
            left=tuple(self.left),
            read=dict(running.read),
            written=dict(running.written),
            skipped=dict(running.skipped),
            set_aside=self.set_aside,
            interrupted=tuple(run.run_id for run in running.interrupted),
        )


def _of_the_machine(failure: OSError) -> str:
    """What it means that the machine refused something."""
    place = failure.filename or "the state folder or the warehouse"
    if failure.errno in _FULL:
        return f"the disk is full; make room for {place}, nothing of this was kept"
    if failure.errno in _CLOSED:
        return f"{place} may not be written ({failure.strerror}); give the connector's user the right to write there"
    return _of_the_program(failure)


def _of_the_program(fault: Exception) -> str:
    """What it means that the program itself failed. The fault's own words go to the log alone, which keeps secrets."""
    _log.warning("a fault of the program", exc_info=fault)
    return f"the program failed by a fault of its own ({type(fault).__name__}); please report it with the log's words"


def write_records(path: str, records: Iterable[Record]) -> int:
    """Write records as JSON Lines (gzip), numbers exactly as they came; return how many they were."""
    count = 0
    encode: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, default=_exact).encode
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as out:  # noqa: PTH123 - no Path in jobs
        for record in records:
            out.write(f"{encode(record)}\n".encode())
            count += 1
    return count


def _exact(value: object) -> object:
    """Decimals go as texts: the readers take numbers written either way, and no digit is lost."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} is no part of a record")


def counted(count: int, singular: str, plural: str = "") -> str:
    """Write a count with its noun."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
