"""Finds, when a query failed, the file of the warehouse that is gone or damaged, and says what brings it back."""

from collections.abc import Iterable
from pathlib import Path

from connector.warehouse.snapshots import UnevenTotals


def harmed(parts: Iterable[Path], derived: Path) -> UnevenTotals | None:
    """Look through what was taken in, and what was computed from it; None where all of it can be read."""
    for path in parts:
        if not path.exists():
            return UnevenTotals(
                f"{path}: the warehouse's file is gone; "
                "restore it from a backup, or bring in what it was made of again."
            )
        if not _readable(path):
            return UnevenTotals(
                f"{path}: the warehouse's file is damaged; restore it from a backup, or delete it and bring in "
                "what it was made of again."
            )
    for path in sorted(derived.glob("*.parquet")):
        if not _readable(path):
            return UnevenTotals(f"{path}: the warehouse's file is damaged; delete it, it is made again.")
    return None


def _readable(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except (pa.ArrowException, OSError):
        return False
    return True
