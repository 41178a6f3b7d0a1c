"""Goes through exported files once and gives their rows, table by table, in the order the files were named."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from connector.adapters.files.columns import Columns
from connector.adapters.files.finding_files import content_hash, find_files
from connector.adapters.files.formats import Format, Occasion, Role, formats, recognise, refuse_separator
from connector.adapters.files.opening import Block
from connector.adapters.files.overlaps import Overlaps
from connector.adapters.files.profiled import Profiled, find_profile
from connector.adapters.files.records import Layout
from connector.adapters.files.samples import Sample, Shape
from connector.adapters.files.shaping import Rows
from connector.domain.errors import UnreadableInput
from connector.domain.rules import ExportProfile

_SMALL = 1 << 20
# Bytes read at a time: a line of CSV is a third of the same line in JSON.
_BLOCK = {Shape.CSV: 4 << 20, Shape.LINES: 8 << 20}
# Every so many blocks, memory that the allocator keeps for later is given back.
_TIDY_EVERY = 16


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read: what it was, how many rows came of it, how many records were set aside."""

    name: str
    format: str
    rows: int
    set_aside: int
    path: Path
    profile_hash: str = ""

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the file's bytes, in hex; of the profile as well, where one says what the bytes mean."""
        return _hash_of(self.path, self.profile_hash)


class Reading:
    """The rows of some files, as (table, record batch); iterate once, then ask for `sources` and `notes`."""

    def __init__(
        self,
        paths: Sequence[Path],
        roles: Iterable[Role],
        *,
        occasion: Occasion = Occasion(),  # noqa: B008 - frozen
        profiles: Sequence[ExportProfile] = (),
        threads: int | None = None,
    ) -> None:
        self._profiles = profiles
        self._roles = frozenset(roles)
        self._occasion = occasion
        self._threads = threads or os.cpu_count() or 1
        self.sources: list[Source] = []
        found = find_files(paths)
        self.notes = found.notes
        self._files: list[tuple[Sample, Format | Profiled]] = []
        for look in found.samples:
            known = self._known(look, named=look.export.path in found.named)
            if known is not None:
                self._files.append((look, known))
        if not self._files:
            said = " ".join(self.notes)
            raise UnreadableInput(f"{', '.join(map(str, paths))}: {self._wanted()} are not there. {said}".strip())

    def __iter__(self) -> Iterator[Rows]:
        """Yield the rows; raises UnreadableInput, naming file and line, where a file cannot be used."""
        # Arrow's own allocators give large buffers back at once and fetch them again, cleared, for every block:
        # a fifth of the time. The system's keeps them.
        pa.set_memory_pool(pa.system_memory_pool())
        overlaps = Overlaps(len({look.export.group for look, _ in self._files}) > 1)
        for look, known in self._files:
            yield from self._counted(look, known, overlaps)
        overlaps.check_sums()
        if Role.LEDGER not in self._roles and not any(source.rows + source.set_aside for source in self.sources):
            names = ", ".join(look.export.name for look, _ in self._files)
            raise UnreadableInput(f"{names}: there are no records in it; download it again with its lines.")
        self.notes += overlaps.notes

    @property
    def content_hashes(self) -> frozenset[str]:
        """The SHA-256 of each file (see Source), in hex; known before anything is read."""
        files = {(look.export.path, _profile_hash(known)) for look, known in self._files}
        return frozenset(_hash_of(path, profile) for path, profile in files)

    def _known(self, look: Sample, *, named: bool) -> Format | Profiled | None:
        known = recognise(look)
        if known is not None and known.role in self._roles:
            try:
                known.check(look)
            except UnreadableInput:
                if known.refusal:
                    raise
                # A layout of its own may have some of our columns.
                profiled = find_profile(look, self._profiles, self._roles, self._occasion)
                if isinstance(profiled, Profiled):
                    return profiled
                raise
            return known
        near = "" if known is not None else find_profile(look, self._profiles, self._roles, self._occasion)
        if isinstance(near, Profiled):
            return near
        if known is not None:
            what = f"holds {known.name}, not {self._wanted()}."
        elif look.shape is Shape.WORKBOOK and not near:
            what = "an Excel workbook in none of the known layouts; save the sheet as CSV (UTF-8), or export it again."
        elif near:
            what = f"not recognised; {near}. A profile under `exports:` can say what its columns are."
        else:
            refuse_separator(look)
            names = ", ".join(sorted(f.name for f in formats() if f.role in self._roles and not f.refusal))
            fields = ", ".join(look.names[:4]) or "none"
            what = f"not recognised; its fields begin with {fields}. Known are: {names}."
        if known is None and self._profiles and look.shape in (Shape.CSV, Shape.WORKBOOK):
            what += " `connector init --profile-from FILE` drafts a profile for another layout."
        if named:
            raise UnreadableInput(f"{look.export.name}: {what}")
        self.notes.append(f"{look.export.name}: {what.rstrip('.')}; left out.")
        return None

    def _wanted(self) -> str:
        return " or ".join(sorted(self._roles))

    def _counted(self, look: Sample, known: Format | Profiled, overlaps: Overlaps) -> Iterator[Rows]:
        rows = aside = 0
        for table, batch in overlaps.watch(look.export, lambda: self._rows(look, known)):
            if table == "set_aside":
                aside += batch.num_rows
            else:
                rows += batch.num_rows
            yield table, batch
        if isinstance(known, Profiled):
            self.notes += known.notes
        if not rows + aside and look.export.name not in overlaps.dropped:
            self.notes.append(f"{look.export.name}: has no records.")
        self.sources.append(Source(look.export.name, known.name, rows, aside, look.export.path, _profile_hash(known)))

    def _rows(self, look: Sample, known: Format | Profiled) -> Iterator[Rows]:
        if isinstance(known, Profiled):
            yield from known.rows()
            return
        layout = Layout(look, known.fields)

        def shape(columns: Columns) -> list[Rows]:
            return list(known.shape(columns, self._occasion))

        if look.shape is Shape.DOCUMENT:
            for columns in layout.read_document():
                yield from shape(columns)
            return
        blocks = look.export.blocks(quoted=look.shape is Shape.CSV, size=_BLOCK[look.shape])
        if look.export.size < _SMALL and look.export.member is None:
            for block in blocks:
                yield from shape(layout.read(block))
            return
        for batches in _in_order(blocks, lambda block: shape(layout.read(block)), self._threads):
            yield from batches


def _profile_hash(known: Format | Profiled) -> str:
    return known.digest if isinstance(known, Profiled) else ""


def _hash_of(path: Path, profile: str) -> str:
    whole = content_hash(path)
    return sha256(f"{whole} {profile}".encode()).hexdigest() if profile else whole


def _in_order(blocks: Iterator[Block], work: Callable[[Block], list[Rows]], threads: int) -> Iterator[list[Rows]]:
    """Work on blocks in several threads while one thread reads ahead; results come in the order of the blocks."""
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(threads) as workers:
        pending: deque[Future[list[Rows]]] = deque()
        following = reader.submit(next, blocks, None)
        count = 0
        try:
            while (block := following.result()) is not None:
                following = reader.submit(next, blocks, None)
                pending.append(workers.submit(work, block))
                count += 1
                if count % _TIDY_EVERY == 0:
                    pa.default_memory_pool().release_unused()
                if len(pending) > 2 * threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for waiting in pending:
                waiting.cancel()
