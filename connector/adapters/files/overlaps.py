"""Sees to it that an invoice given twice, in two files or formats, is not counted twice."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files.opening import Export
from connector.adapters.files.schemas import NOTHING
from connector.adapters.files.shaping import Rows
from connector.domain.errors import UnreadableInput

# The amount that tells lines of money from empty ones, and the column that says to which document a line belongs.
_WATCHED = {
    "charges": ("subtotal", "invoice"),
    "usage": ("amount", "invoice"),
    "ledger_lines": ("amount", "document_number"),
}
# Two parts of one export may by chance hold a line that is the same to the last digit; copies of a file hold many.
_CHANCE = Decimal("0.01")

_Hashes = np.ndarray
_Sum = tuple[int, Decimal]


class Overlaps:
    """Remembers the lines of the files read so far and compares each further file with them.

    A file whose every line another one already gave is left out with a note; one that shares only a part of its
    lines is refused, because nobody can say which of the two is right. Blobs of one manifest are never compared.
    """

    def __init__(self, needed: bool) -> None:
        self._needed = needed
        self._seen: dict[tuple[str, str], list[_Hashes]] = {}
        self._sums: dict[tuple[str, str, str], dict[str, _Sum]] = {}
        self.notes: list[str] = []
        self.dropped: set[str] = set()

    def watch(self, export: Export, rows: Callable[[], Iterator[Rows]]) -> Iterator[Rows]:
        """Yield the rows of a file unless others gave them all. Raises UnreadableInput for a part of them."""
        if not self._needed:
            yield from rows()
            return
        others = self._others(export.group)
        if others and self._begins_like(rows(), others) and self._copied(export, rows(), others):
            return
        own: dict[str, list[_Hashes]] = {}
        shared: dict[str, int] = {}
        for table, batch in rows():
            if table in _WATCHED:
                hashes = _with_money(table, batch)
                own.setdefault(table, []).append(hashes)
                if table in others:
                    shared[table] = shared.get(table, 0) + int(np.isin(hashes, others[table]).sum())
                self._sum_up(export.group, table, batch)
            yield table, batch
        for table, parts in own.items():
            count = sum(map(len, parts))
            if shared.get(table, 0) > count * _CHANCE:
                raise UnreadableInput(
                    f"{export.name}: {shared[table]} of its {count} lines with an amount are also in "
                    f"{self._partner(table, export.group, parts)}; give every line once, so take one of the files away."
                )
            self._seen.setdefault((export.group, table), []).extend(parts)

    def check_sums(self) -> None:
        """Raise UnreadableInput where two files give the same invoice with other lines but equal count and sums."""
        seen: dict[tuple[str, str, tuple[tuple[str, _Sum], ...]], str] = {}
        for (group, table, document), sums in self._sums.items():
            # Lines that are on no invoice yet come month by month, and a month may well cost what the one before did.
            if table == "ledger_lines" or not document or not any(amount for _, amount in sums.values()):
                continue
            other = seen.setdefault((table, document, tuple(sorted(sums.items()))), group)
            if other != group:
                raise UnreadableInput(
                    f"{group}: invoice {document} is also in {other}, with as many lines and the same sum; "
                    "give every line once, so take one of the files away."
                )

    def _others(self, group: str) -> dict[str, _Hashes]:
        others: dict[str, list[_Hashes]] = {}
        for (other, table), parts in self._seen.items():
            if other != group:
                others.setdefault(table, []).extend(parts)
        return {table: np.concatenate(parts) for table, parts in others.items()}

    def _begins_like(self, rows: Iterator[Rows], others: dict[str, _Hashes]) -> bool:
        for table, batch in rows:
            if table in others:
                hashes = _with_money(table, batch)
                return len(hashes) > 0 and bool(np.isin(hashes, others[table]).all())
        return False

    def _copied(self, export: Export, rows: Iterator[Rows], others: dict[str, _Hashes]) -> bool:
        """Tell whether others gave every line of this file, each at least as often."""
        own: dict[str, list[_Hashes]] = {}
        for table, batch in rows:
            if table not in others:
                return False
            own.setdefault(table, []).append(_with_money(table, batch))
        for table, parts in own.items():
            lines, counts = np.unique(np.concatenate(parts), return_counts=True)
            known, known_counts = np.unique(others[table], return_counts=True)
            place = np.searchsorted(known, lines).clip(max=len(known) - 1)
            if not ((known[place] == lines) & (known_counts[place] >= counts)).all():
                return False
        partner = ", ".join(self._partner(table, export.group, parts) for table, parts in own.items())
        self.notes.append(f"{export.name}: {partner} has the same lines; counted once.")
        self.dropped.add(export.name)
        return True

    def _partner(self, table: str, group: str, parts: list[_Hashes]) -> str:
        own = np.concatenate(parts)
        sharing = [
            other
            for (other, known), hashes in self._seen.items()
            if known == table and other != group and np.isin(own, np.concatenate(hashes)).any()
        ]
        return ", ".join(sharing)

    def _sum_up(self, group: str, table: str, batch: pa.RecordBatch) -> None:
        amount, document = _WATCHED[table]
        grouped = (
            pa.table([batch.column(document), batch.column("currency"), batch.column(amount)], ["of", "in", "sum"])
            .group_by(["of", "in"])
            .aggregate([("sum", "sum"), ("sum", "count")])
        )
        for row in grouped.to_pylist():
            sums = self._sums.setdefault((group, table, row["of"] or ""), {})
            count, total = sums.get(row["in"], (0, Decimal(0)))
            sums[row["in"]] = (count + row["sum_count"], total + row["sum_sum"])


def _with_money(table: str, batch: pa.RecordBatch) -> _Hashes:
    """Return the row hashes of the lines with an amount, as fixed-width bytes."""
    amount, _ = _WATCHED[table]
    hashes = batch.column("row_hash").filter(pc.not_equal(batch.column(amount), NOTHING))
    return np.array(hashes.to_pylist(), "S16")
