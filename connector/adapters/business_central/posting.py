"""Creates documents in Business Central: a draft that is compared to the cent, then its posting.

Business Central knows no request a second time and takes any external number twice. So our mark, which stands in the
external document number, is looked for before and after, and a document that is there already is never made anew. What
is posted is never deleted or sent along with its posting.
"""

import math
from collections.abc import Iterator
from datetime import date

from connector.adapters.business_central import payload as words
from connector.adapters.business_central import translate
from connector.adapters.business_central.attachments import Attachments
from connector.adapters.business_central.catalogue import Catalogue
from connector.adapters.business_central.client import BusinessCentralRefused, Client, Question
from connector.adapters.business_central.drafting import Drafts
from connector.adapters.business_central.finding import Finder
from connector.adapters.business_central.language import address, begins_with, from_day
from connector.adapters.business_central.obstacles import obstacles
from connector.adapters.business_central.outcomes import preparing, refused, writing
from connector.adapters.business_central.source import BusinessCentralSource
from connector.adapters.business_central.translate import BY_KIND, PAGES, Page
from connector.adapters.business_central.values import Body, key, option, text
from connector.domain.document import Document
from connector.domain.errors import ConnectorError
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import OutcomeUnknown, Rejected, Sent, Stamp, Throttled
from connector.ports import Clock

DRAFT, POST = "draft", "post"
OUR_MARKS = "CONNECTOR-"
ROOM = 50
"""Calls that must be free before a document is carried on: each takes fewer than ten, and five are carried at once."""
SHORT_WAIT = 20
"""Seconds that whoever holds a posting may wait with it; its claim holds longer."""
LONGEST_WAIT = 300
"""Seconds; who is told to stay away for longer does not come back by itself."""
_SALES = ("salesInvoices", "salesCreditMemos")


class BusinessCentralPosting:
    """A Business Central company as a PostingLedger; `vendor` and `account` are those of Microsoft's own bills."""

    steps: tuple[str, ...] = (DRAFT, POST)

    def __init__(
        self,
        client: Client,
        source: BusinessCentralSource,
        clock: Clock,
        vendor: str | None = None,
        account: str | None = None,
    ) -> None:
        self.name = client.ledger
        self._client, self._source, self._clock = client, source, clock
        self._account = account
        self._finder = Finder(client, source, vendor)
        self._drafts = Drafts(client, self._finder, clock)
        self._catalogue = Catalogue(client.ledger, source.company, source.records, source.dimensions)
        self._files = Attachments(client)

    def obstacles(self) -> tuple[str, ...]:
        """What makes exactly-once impossible here, each with what to change."""
        return obstacles(self._client, self._source.company())

    def payload(self, document: Document, stamp: Stamp) -> str:
        """The exact words that create the draft. Raises ConnectorError where the company lacks what it names."""
        return words.payload(document, stamp, self._catalogue, self._account)

    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        """All documents of the stamp's kind that bear our mark, drafts as well as posted ones.

        Raises Throttled where there is no room for the calls that follow, before a sending could get stuck halfway.
        """
        self._make_room()
        return self._finder.translated(BY_KIND[stamp.kind], self._finder.marked(stamp))

    def _make_room(self) -> None:
        """Wait a little for free calls, or have the whole posting wait."""
        wait = self._client.room_in(ROOM)
        if 0 < wait <= SHORT_WAIT:
            self._clock.sleep(wait)
            wait = self._client.room_in(ROOM)
        if wait:
            seconds = min(math.ceil(wait), LONGEST_WAIT)
            raise Throttled(
                f"Business Central ({self.name}) was asked as often as it allows in five minutes; going on in "
                f"{seconds} seconds.",
                seconds,
            )

    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        """All invoices and credit memos of ours since a day; Business Central gives them numbers of its own."""
        for name in _SALES:
            page = PAGES[name]
            where = (begins_with(page.key, OUR_MARKS), from_day("postingDate", since))
            bodies = list(self._client.ask(Question(name, where, expand=(page.lines,))))
            yield from (one for one in self._finder.translated(page, bodies) if one.status != "void")

    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        """Make the draft, or post it. Raises as the port says; a draft that differs is named and left as it is."""
        if step == DRAFT:
            return self._drafts.make(payload, stamp)
        if step != POST or remote_id is None:
            raise ValueError(f"Business Central has no step {step} for document {remote_id}")
        return self._post(payload, stamp, remote_id)

    def read(self, kind: str, remote_id: str) -> RemoteDocument | None:
        """The document as it stands now; None where it was deleted."""
        page = BY_KIND[kind]
        body = self._finder.body(page, remote_id)
        return None if body is None else self._finder.translated(page, [body])[0]

    def attached(self, kind: str, remote_id: str) -> frozenset[str]:
        """Names of the files attached to a document."""
        return self._files.names(BY_KIND[kind], remote_id)

    def attach(self, kind: str, remote_id: str, name: str, content: bytes, *, request_id: str) -> None:
        """Attach a file. Raises as `send` does."""
        self._files.attach(BY_KIND[kind], remote_id, name, content)

    def deliver(self, kind: str, remote_id: str, *, request_id: str) -> None:
        """Have Business Central e-mail the document. It does not tell afterwards whether it did."""
        page = BY_KIND[kind]
        with writing(f"{kind} {remote_id}"):
            self._client.act(address(page.name, remote_id), "send")

    def _post(self, payload: str, stamp: Stamp, remote_id: str) -> Sent:
        page, begun = BY_KIND[stamp.kind], self._clock.monotonic()
        with preparing(stamp.number):
            body = self._finder.body(page, remote_id, hasty=True)
            posted = body is not None and self._finder.is_posted(page, body)
        if body is None:
            raise Rejected(
                f"{stamp.number}: its draft {remote_id} is gone from Business Central ({self.name}); plan again."
            )
        if posted:
            return _sent(body)
        draft_number = text(body.get("number"))
        if option(body.get("status")) == "In Review":
            raise Rejected(
                f"{stamp.number}: draft {draft_number} waits for an approval in Business Central ({self.name}); have "
                "it approved, then resolve the posting as absent."
            )
        self._drafts.refuse_differences(page, payload, stamp, body)
        self._drafts.refuse_lateness(begun, stamp)
        with writing(stamp.number):
            try:
                self._client.act(address(page.name, remote_id), POST, text(body.get("@odata.etag")))
            except BusinessCentralRefused as refusal:
                return self._after_refusal(page, refusal, stamp, remote_id, draft_number)
        return self._read_back(page, stamp, remote_id, draft_number)

    def _after_refusal(
        self, page: Page, refusal: BusinessCentralRefused, stamp: Stamp, remote_id: str, draft: str
    ) -> Sent:
        """What a refused posting means: an action may have worked before it failed, so the document is asked."""
        outcome = refused(refusal, stamp.number)
        if not isinstance(outcome, Rejected):
            raise outcome
        try:
            body = self._finder.body(page, remote_id, hasty=True)
            if body is not None and self._finder.is_posted(page, body):
                return _sent(body)
        except ConnectorError as failure:
            raise OutcomeUnknown(f"{outcome} It could not be read back: {failure}") from failure
        raise Rejected(f"{outcome} Draft {draft} waits there: put it right, then resolve the posting as absent.")

    def _read_back(self, page: Page, stamp: Stamp, remote_id: str, draft_number: str) -> Sent:
        """The posted document. Its id is the draft's; its number is of another series, which proves the posting."""
        try:
            body = self._finder.body(page, remote_id, hasty=True)
            if body is None or translate.status_of(body) == "draft":
                raise OutcomeUnknown(
                    f"{stamp.number}: Business Central ({self.name}) took the posting of {draft_number} and still "
                    "shows a draft; look whether an approval holds it back."
                )
            if text(body.get("number")) != draft_number:
                self._source.posted.remember(remote_id)
            elif not self._finder.is_posted(page, body):
                raise OutcomeUnknown(f"{stamp.number}: {draft_number} is not in the general ledger yet.")
        except OutcomeUnknown:
            raise
        except ConnectorError as failure:
            raise OutcomeUnknown(f"{stamp.number}: posted, but not read back: {failure}") from failure
        return _sent(body)


def _sent(body: Body) -> Sent:
    return Sent(key(body.get("id")), text(body.get("@odata.etag")), text(body.get("number")))
