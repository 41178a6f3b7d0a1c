"""Files attached to Business Central's documents: first the entry, then its content; both are looked at before.

An entry without content is a file that never arrived whole: it counts for nothing, and the next try fills it.
"""

from collections.abc import Iterator

from connector.adapters.business_central.client import Client, Question
from connector.adapters.business_central.language import address, encoded
from connector.adapters.business_central.outcomes import preparing, writing
from connector.adapters.business_central.translate import Page
from connector.adapters.business_central.values import Body, key, text
from connector.adapters.http import written
from connector.domain.errors import ConnectorError
from connector.domain.posting import OutcomeUnknown

FILES = "documentAttachments"
_PARENTS = {
    "salesInvoices": "Sales Invoice",
    "salesCreditMemos": "Sales Credit Memo",
    "purchaseInvoices": "Purchase Invoice",
}
_LONGEST = 250


class Attachments:
    """The files of a company's documents."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def names(self, page: Page, remote_id: str) -> frozenset[str]:
        """The names of the files that are there with their content."""
        return frozenset(text(one.get("fileName")) for one in self._entries(page, remote_id) if one.get("byteSize"))

    def attach(self, page: Page, remote_id: str, name: str, content: bytes) -> None:
        """Attach a file, or give an entry that is there its content. Raises as PostingLedger.send does."""
        if not name or len(name) > _LONGEST:
            raise ConnectorError(f"{name!r} is no name for a file in Business Central: it has 1 to {_LONGEST} signs.")
        with preparing(name):
            there = next((one for one in self._entries(page, remote_id) if text(one.get("fileName")) == name), None)
        if there is not None and there.get("byteSize") == len(content):
            return
        entry = key((there or self._entered(page, remote_id, name)).get("id"))
        with writing(name):
            self._client.fill(address(FILES, entry, "attachmentContent"), content)

    def _entered(self, page: Page, remote_id: str, name: str) -> Body:
        about = {"fileName": name, "parentType": encoded(_PARENTS[page.name]), "parentId": remote_id}
        with writing(name):
            made = self._client.create(FILES, written(about))
        if not key(made.get("id")):
            raise OutcomeUnknown(f"{name}: Business Central answered without the id of the file's entry.")
        return made

    def _entries(self, page: Page, remote_id: str) -> Iterator[Body]:
        return self._client.ask(Question(address_of(page, remote_id)))


def address_of(page: Page, remote_id: str) -> str:
    """Where the files of a document are listed."""
    return address(page.name, remote_id, FILES)
