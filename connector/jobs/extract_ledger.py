"""Fetches from a ledger what changed since the last time, and keeps it: documents, their lines, and records.

Nothing is written where nothing changed. The mark moves only after what it stands for is on the disk; what is read
twice because of a crash is known by its content and kept once.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.domain.document import DocumentLine
from connector.domain.errors import ConnectorError
from connector.domain.ledger import LedgerChanges, RemoteDocument
from connector.engine.exchange import EXCHANGE_RATE
from connector.jobs import ledger_rows as rows
from connector.jobs.extract_entries import entry_rows
from connector.ports import LedgerShelf, LedgerSource

RECORD_KINDS = ("customer", "item", "vendor", "term", "tax_code", "account", "class", "department", EXCHANGE_RATE)

OwnLines = Callable[[str], Sequence[DocumentLine]]
"""The lines that a document with this marker was made of; none where it is not ours."""


def nobodys(marker: str) -> Sequence[DocumentLine]:
    """No document is ours."""
    return ()


@dataclass(frozen=True, slots=True)
class LedgerNews:
    """What a reading brought: the next cursor, rows read and written by table, and what could not be read."""

    cursor: str
    read: Mapping[str, int]
    written: Mapping[str, int]
    notes: tuple[str, ...] = ()
    whole: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything new was kept."""
        return any(self.written.values())


@dataclass(slots=True)
class _Gathered:
    """What is to be kept of one reading."""

    documents: list[rows.Row] = field(default_factory=list)
    lines: list[rows.Row] = field(default_factory=list)
    templates: list[rows.Row] = field(default_factory=list)
    records: list[rows.Row] = field(default_factory=list)
    entries: list[rows.Row] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)


def extract_ledger(
    source: LedgerSource,
    shelf: LedgerShelf,
    cursor: str | None,
    observed_at: str,
    own: OwnLines = nobodys,
    bills: Collection[str] = (),
) -> LedgerNews:
    """Read a ledger from a cursor on and keep what is new; `bills` are the accounts of Microsoft's bills.

    Raises what the source raises; then nothing was kept.
    """
    known = {(row["kind"], row["document_id"]): row for row in shelf.newest("ledger_documents", source.name)}
    changes = source.changes(cursor if known else None)
    gathered = _Gathered()
    for document in changes.documents:
        _take(gathered, source.name, document, known.get((document.kind, document.remote_id)), observed_at, own)
    for key in _deleted(changes, known):
        gathered.documents.append(rows.gone_row(known[key], observed_at))
        gathered.replaced.add(key[1])
    notes = [
        *changes.notes,
        *_records(gathered, source, shelf, observed_at),
        *_entries(gathered, source, shelf, bills, observed_at),
    ]
    read = {f"ledger {kind}": count for kind, count in rows.count_by_kind(changes.documents).items()}
    kept: dict[str, list[rows.Row]] = {
        "ledger_documents": gathered.documents,
        "ledger_templates": gathered.templates,
        "ledger_records": gathered.records,
        "ledger_entries": gathered.entries,
    }
    if gathered.lines or gathered.replaced:
        kept["ledger_lines"] = gathered.lines
    kept = {table: its_rows for table, its_rows in kept.items() if its_rows or table == "ledger_lines"}
    written: Mapping[str, int] = {}
    if kept:
        first = not known
        written = shelf.keep(source.name, observed_at, kept, None if first else frozenset(gathered.replaced))
    return LedgerNews(changes.cursor, read, written, tuple(notes), changes.whole)


def _take(
    gathered: _Gathered,
    ledger: str,
    document: RemoteDocument,
    before: Mapping[str, Any] | None,
    observed_at: str,
    own: OwnLines,
) -> None:
    row = rows.document_row(ledger, document, observed_at)
    if before is not None and rows.state_of(before) == rows.state_of(row):
        return
    gathered.documents.append(row)
    if document.kind in rows.BILLED:
        gathered.replaced.add(document.remote_id)
        gathered.lines += rows.line_rows(ledger, document, own(document.marker) if document.marker else ())
    elif document.kind == rows.TEMPLATE:
        gathered.templates += rows.template_rows(ledger, document, observed_at)


def _deleted(changes: LedgerChanges, known: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The documents that are known and not there any more."""
    gone, there = set(changes.gone), {(one.kind, one.remote_id) for one in changes.documents}
    left = changes.there
    return sorted(
        key
        for key, row in known.items()
        if row["status"] != rows.DELETED
        and key not in there
        and (
            key[1] in gone
            or changes.whole
            or key[0] in changes.whole_kinds
            or (left is not None and key[1] not in left)
        )
    )


def _records(gathered: _Gathered, source: LedgerSource, shelf: LedgerShelf, observed_at: str) -> list[str]:
    """Read all records and gather those that changed; a kind the company does not have is noted and left out."""
    known = {(row["kind"], row["record_id"]): row for row in shelf.newest("ledger_records", source.name)}
    notes: list[str] = []
    for kind in RECORD_KINDS:
        seen: set[tuple[str, str]] = set()
        try:
            for record in source.records(kind):
                row = rows.record_row(source.name, record, observed_at)
                seen.add((kind, record.record_id))
                before = known.get((kind, record.record_id))
                if before is None or rows.state_of(before) != rows.state_of(row):
                    gathered.records.append(row)
        except ConnectorError as trouble:
            if trouble.exit_code != ConnectorError.exit_code:
                raise
            notes.append(str(trouble))
            continue
        if kind == EXCHANGE_RATE:
            # Rates of days that are past are not asked for again.
            continue
        lost = [row for key, row in known.items() if key[0] == kind and key not in seen and not row["gone"]]
        gathered.records += [rows.lost_row(row, observed_at) for row in lost]
    return notes


def _entries(
    gathered: _Gathered, source: LedgerSource, shelf: LedgerShelf, bills: Collection[str], observed_at: str
) -> list[str]:
    """Read the general ledger; where it cannot be read (the app may not see it, the report takes too long), noted."""
    records = {(row["kind"], row["record_id"]): row for row in shelf.newest("ledger_records", source.name)}
    records |= {(row["kind"], row["record_id"]): row for row in gathered.records}
    try:
        gathered.entries += entry_rows(source, shelf, records.values(), bills, observed_at)
    except ConnectorError as trouble:
        # The documents themselves were read: it is the entries alone that are not to be had, at least this time.
        return [f"The general ledger was not read: {trouble}"]
    return []
