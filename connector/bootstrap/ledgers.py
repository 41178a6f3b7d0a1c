"""Opens the ledgers that the settings name, to read them and to post into them, and brings them into a sync."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.partner_center import network_of
from connector.domain.document import DocumentLine
from connector.domain.errors import ConnectorError
from connector.domain.extraction import Part, Taken
from connector.ports import OpenLedger

if TYPE_CHECKING:
    from connector.adapters.quickbooks.tokens import SignIn
    from connector.config.settings import Settings
    from connector.config.values import Ledger, QuickBooks
    from connector.domain.document import DocumentLine
    from connector.jobs.extract_ledger import LedgerNews, OwnLines
    from connector.jobs.journal import Journal
    from connector.ports import Clock, LedgerShelf, Memory, Tokens

CURSOR = "changes"
_SHOWN = 10


def open_ledger(settings: "Settings", name: str, tokens: "Tokens", clock: "Clock") -> OpenLedger:
    """Open a ledger by its name. Raises ConnectorError where there is none, or none that can be reached."""
    return _opened(settings, ledger_named(settings, name), tokens, clock)


def open_ledgers(settings: "Settings", tokens: "Tokens", clock: "Clock") -> tuple[OpenLedger, ...]:
    """Open all ledgers of the settings that can be reached over the network."""
    return tuple(_opened(settings, ledger, tokens, clock) for ledger in settings.ledgers if is_reachable(ledger))


def ledger_named(settings: "Settings", name: str) -> "Ledger":
    """The settings of a ledger. Raises ConnectorError where there is none of that name."""
    found = next((ledger for ledger in settings.ledgers if ledger.name == name), None)
    if found is None:
        known = " or ".join(settings.ledger_names) or "none yet; write one under `ledgers`"
        raise ConnectorError(f"{settings.file}: there is no ledger {name}; there is {known}.")
    return found


def quickbooks_sign_in(settings: "Settings", ledger: "QuickBooks", tokens: "Tokens", clock: "Clock") -> "SignIn":
    """The sign-in of a QuickBooks company."""
    from connector.adapters.quickbooks.opening import sign_in

    return sign_in(ledger, network=network_of(settings), tokens=tokens, clock=clock)


def keep_signed_in(
    settings: "Settings", tokens: "Tokens", clock: "Clock"
) -> tuple[tuple[str, ...], tuple[ConnectorError, ...]]:
    """Sign in anew where nobody did for a week, so that no sign-in dies of disuse.

    Returns what people should know of the sign-ins, and what did not work; trouble with one stops no other.
    """
    told, troubles = [], []
    for ledger in filter(is_reachable, settings.ledgers):
        try:
            sign_in = _opened(settings, ledger, tokens, clock).sign_in
            if sign_in is None:
                continue
            if sign_in.keep_alive():
                told.append(f"ledger {ledger.name}: signed in anew, as nobody did for a week")
            if warning := sign_in.warning():
                told.append(warning)
        except ConnectorError as trouble:
            troubles.append(trouble)
    return tuple(told), tuple(troubles)


@contextmanager
def open_shelf(settings: "Settings") -> "Iterator[LedgerShelf]":
    """Open the warehouse of the settings for what ledgers hold."""
    from connector.warehouse import Warehouse
    from connector.warehouse.shelf import Shelf

    engine = settings.engine
    spill = engine.spill or settings.state / "spill"
    with Warehouse(
        warehouse_folder(settings),
        memory_limit=engine.memory_limit,
        spill=spill,
        threads=engine.threads,
        lasting=True,
    ) as warehouse:
        yield Shelf(warehouse)


@dataclass(frozen=True, slots=True)
class SyncLedgers:
    """Fetches all configured ledgers within a sync; trouble with one is noted, and the others go on."""

    settings: "Settings"
    own: "OwnLines | None" = None

    def __call__(self, journal: "Journal") -> None:
        """Fetch, note what was done, and note trouble."""
        from connector.jobs.extract_ledger import extract_ledger

        marks = journal.marks()
        with open_shelf(self.settings) as shelf:
            for ledger in self.settings.ledgers:
                if not is_reachable(ledger):
                    continue
                with journal.minding(Part.LEDGER, ledger.name):
                    opened = _opened(self.settings, ledger, journal.memory.tokens, journal.clock)
                    with journal.memory.look() as unit:
                        cursor = unit.watermarks.get(_source_of(ledger.name), CURSOR)
                    own = self.own or _posted_lines(journal.memory)
                    bills = {ledger.vendor_bill.account} if ledger.vendor_bill else ()
                    news = extract_ledger(opened.source, shelf, cursor, journal.moment(), own, bills)
                    journal.running.check()
                    with journal.memory.work() as work:
                        work.watermarks.set(_source_of(ledger.name), CURSOR, news.cursor)
                    _note(journal, opened, news)
                    journal.well(Part.LEDGER, ledger.name, marks)
        _note_changes(self.settings, journal)


def _posted_lines(memory: "Memory") -> "OwnLines":
    """The frozen lines of our own documents."""

    def lines_of(marker: str) -> "Sequence[DocumentLine]":
        with memory.look() as unit:
            return unit.postings.lines_of(marker)

    return lines_of


def _note(journal: "Journal", opened: OpenLedger, news: "LedgerNews") -> None:
    """Write down what a reading brought."""
    from connector.jobs.journal import counted

    for name, count in news.read.items():
        journal.running.read[name] = journal.running.read.get(name, 0) + count
    journal.count("ledger rows", Taken(rows=news.written, set_aside=len(news.notes)), 0)
    written = news.written
    told = ", ".join(
        counted(count, what)
        for what, count in (
            ("document version", written.get("ledger_documents", 0)),
            ("line", written.get("ledger_lines", 0)),
            ("record", written.get("ledger_records", 0)),
            ("general ledger row", written.get("ledger_entries", 0)),
        )
        if count
    )
    journal.step(Part.LEDGER, f"{opened.name}: {told or 'nothing new'}", changed=news.changed)
    for note in news.notes:
        journal.step(Part.LEDGER, f"{opened.name}: {note}")
    warning = opened.sign_in.warning() if opened.sign_in else None
    if warning:
        journal.step(Part.LEDGER, warning)


def _note_changes(settings: "Settings", journal: "Journal") -> None:
    """Say what became of posted documents, in short; `connector reconcile` tells it with causes and evidence."""
    from connector.bootstrap.reading_back import read_back_all
    from connector.jobs.journal import counted

    found = read_back_all(settings)
    for one in found[:_SHOWN]:
        cause = one.causes[0].text if one.causes else ""
        journal.step(Part.LEDGER, f"{one.kind}: {cause} ({one.impact:f} {one.currency})")
    if len(found) > _SHOWN:
        left = counted(len(found) - _SHOWN, "document")
        journal.step(Part.LEDGER, f"and {left} more that people changed; `connector reconcile` tells all")


def _source_of(name: str) -> str:
    return f"ledger/{name}"


def is_reachable(ledger: "Ledger") -> bool:
    """Whether a ledger can be read over the network: whether there is an adapter of its kind that opens it."""
    return find_spec(f"connector.adapters.{ledger.kind}") is not None and find_spec(_opening(ledger)) is not None


def taxed_lines(settings: "Settings") -> Mapping[str, int]:
    """How many lines each ledger takes on a document with tax, where its kind has such a limit."""
    limits = {
        ledger.name: getattr(import_module(f"connector.adapters.{ledger.kind}"), "TAXED_LINES", None)
        for ledger in settings.ledgers
        if find_spec(f"connector.adapters.{ledger.kind}") is not None
    }
    return {name: most for name, most in limits.items() if most is not None}


def _opening(ledger: "Ledger") -> str:
    """The module that opens ledgers of a kind. A new kind is a folder of adapters, and its settings."""
    return f"connector.adapters.{ledger.kind}.opening"


def _opened(settings: "Settings", ledger: "Ledger", tokens: "Tokens", clock: "Clock") -> OpenLedger:
    if not is_reachable(ledger):
        raise ConnectorError(
            f"{settings.file}: ledger {ledger.name} is of the kind {ledger.kind}, which is not read over the network "
            "yet; give its export with --ledger [NAME=]PATH."
        )
    opening = import_module(_opening(ledger))
    opened: OpenLedger = opening.opened(ledger, network=network_of(settings), tokens=tokens, clock=clock)
    return opened
