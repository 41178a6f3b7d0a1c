"""Looks, after ledgers were read, at what became of the documents we posted there."""

from typing import TYPE_CHECKING

from connector.bootstrap.asking import warehouse_folder
from connector.bootstrap.posted import posted_of
from connector.domain.finding import Finding

if TYPE_CHECKING:
    from connector.config.settings import Settings


def read_back_all(settings: "Settings") -> tuple[Finding, ...]:
    """What the checks of posted documents find in what was last read of the ledgers, of every month."""
    book = posted_of(settings)
    if not book.documents:
        return ()
    from connector.jobs.reading_back import look_at, reached
    from connector.warehouse import Warehouse
    from connector.warehouse.workspace import Workspace

    engine = settings.engine
    spill = engine.spill or settings.state / "spill"
    with Warehouse(
        warehouse_folder(settings), memory_limit=engine.memory_limit, spill=spill, threads=engine.threads
    ) as warehouse:
        return tuple(look_at(Workspace(warehouse), book, tuple(reached(book))))
