"""Finds documents of ours in Business Central, as it shows them, and reads them in our words."""

from collections.abc import Sequence

from connector.adapters.business_central import payload as words
from connector.adapters.business_central import translate
from connector.adapters.business_central.client import Client, Question
from connector.adapters.business_central.language import address, equals, is_id
from connector.adapters.business_central.source import BusinessCentralSource
from connector.adapters.business_central.translate import BY_KIND, Page
from connector.adapters.business_central.values import Body
from connector.domain.document import OF_THE_VENDOR
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import Stamp


class Finder:
    """Looks documents up; `vendor` is Microsoft as a vendor, whose bills bear its own numbers."""

    def __init__(self, client: Client, source: BusinessCentralSource, vendor: str | None) -> None:
        self._client, self._source, self._vendor = client, source, vendor

    def marked(self, stamp: Stamp, *, hasty: bool = False) -> list[Body]:
        """All documents of the stamp's kind that bear our mark (the vendor's: its number), whoever made them."""
        page = BY_KIND[stamp.kind]
        if stamp.kind in OF_THE_VENDOR:
            where = [equals(page.key, stamp.number.upper())]
            where += [equals("vendorNumber", self._vendor)] if self._vendor else []
        else:
            where = [equals(page.key, words.mark(stamp))]
        found = self._client.ask(Question(page.name, tuple(where), expand=(page.lines,)), hasty=hasty)
        return list(found)

    def body(self, page: Page, remote_id: str, *, hasty: bool = False) -> Body | None:
        """A document with its lines; None where it is gone."""
        if not is_id(remote_id):
            return None
        return self._client.one(address(page.name, remote_id), page.lines, hasty=hasty)

    def is_posted(self, page: Page, body: Body) -> bool:
        """Whether a document is posted, asked once only."""
        return self._source.posted.tell(page, [body], hasty=True)[0]

    def read(self, page: Page, body: Body) -> RemoteDocument:
        """A document in our words, whether it is posted or not."""
        return translate.document(page, body, self._source.company().home_currency)

    def translated(self, page: Page, bodies: Sequence[Body]) -> tuple[RemoteDocument, ...]:
        """Documents in our words; those that are only released are drafts."""
        home = self._source.company().home_currency
        told = self._source.posted.tell(page, bodies)
        return tuple(
            translate.document(page, body, home, posted=posted) for body, posted in zip(bodies, told, strict=True)
        )
