"""Makes the workbooks that go with documents, from the charges in the warehouse of the settings."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest, warehouse_folder
from connector.bootstrap.opening import opened
from connector.domain.document import Document

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.jobs.approving import Annex

Making = Callable[[Document, str], "Annex | None"]


@contextmanager
def annexing(settings: "Settings", documents: Sequence[Document]) -> Iterator[Making]:
    """Give what makes the annex of one of these documents by its number; nothing is opened where none wants one."""
    wanted = [document for document in documents if document.annex != "none"]
    if not wanted:
        yield lambda document, number: None
        return
    from connector.jobs.annexes import Annexes
    from connector.jobs.approving import Annex
    from connector.reports.annex import annex_name

    request = FilesRequest(
        vendor=(),
        ledgers=(),
        mappings=settings.mappings,
        stored=warehouse_folder(settings),
        known_ledgers=settings.ledger_names,
        cache=settings.cache,
        engine=settings.engine,
        needs_ledger=False,
    )
    with opened(request) as ((tables, mapping, _), _, _):
        made = Annexes(tables, mapping, wanted, settings.ledger_names)

        def annex(document: Document, number: str) -> Annex | None:
            content = made.content(document)
            return None if content is None else Annex(annex_name(number), content)

        yield annex
