"""Tells documents that are posted from those that somebody only released, which Business Central calls Open alike.

What proves a posting is an entry in the general ledger under the document's number. What was seen posted once stays so.
"""

import threading
from collections.abc import Sequence

from connector.adapters.business_central.client import Client, Question
from connector.adapters.business_central.language import encoded, equals
from connector.adapters.business_central.translate import Page, status_of
from connector.adapters.business_central.values import Body, key, text

ENTRIES = "generalLedgerEntries"


class Posted:
    """Which documents of a company are known to be posted; fit for many threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def remember(self, remote_id: str) -> None:
        """This one was seen posted, or was posted by us."""
        with self._lock:
            self._known.add(remote_id)

    def tell(self, page: Page, bodies: Sequence[Body], *, fresh: bool = True, hasty: bool = False) -> list[bool]:
        """Whether each document is posted; `fresh` asks the database itself, not its copy, which may be behind."""
        found = [self._at_sight(body) for body in bodies]
        doubtful = [nth for nth, known in enumerate(found) if known is None]
        for nth, known in zip(doubtful, self._ask(page, [bodies[nth] for nth in doubtful], fresh, hasty), strict=True):
            found[nth] = known
            if known:
                self.remember(key(bodies[nth].get("id")))
        return [bool(one) for one in found]

    def _at_sight(self, body: Body) -> bool | None:
        """What the status alone tells; None where it may be either."""
        status = status_of(body)
        if status != "open":
            return status != "draft"
        with self._lock:
            return True if key(body.get("id")) in self._known else None

    def _ask(self, page: Page, bodies: Sequence[Body], fresh: bool, hasty: bool) -> list[bool]:
        questions = [_entry(page, text(body.get("number")), fresh) for body in bodies]
        if len(questions) == 1:
            return [self._client.first(questions[0], hasty=hasty) is not None]
        return [bool(found) for found in self._client.ask_together(questions)]


def _entry(page: Page, number: str, fresh: bool) -> Question:
    where = (equals("documentNumber", number), equals("documentType", encoded(page.entry)))
    return Question(ENTRIES, where, ("entryNumber",), top=1, posted=not fresh)
