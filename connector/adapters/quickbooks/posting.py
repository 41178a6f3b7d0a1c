"""Creates documents in QuickBooks, each by one request that QuickBooks itself would recognise a second time.

Three guards: the request id (QuickBooks gives the first answer again), our document number (it refuses a second), and
the marker in the private note, by which a document with our number is known to be ours.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from connector.adapters import http
from connector.adapters.quickbooks import translate
from connector.adapters.quickbooks.attachments import attached_query, upload
from connector.adapters.quickbooks.catalogue import Catalogue
from connector.adapters.quickbooks.client import Client, QuickBooksRefused, Reply
from connector.adapters.quickbooks.faults import COMPANY_ENDED, DUPLICATE_NUMBER, DUPLICATE_REQUEST, NOT_FOUND
from connector.adapters.quickbooks.language import begins_with, equals, from_day, select
from connector.adapters.quickbooks.pager import read_all
from connector.adapters.quickbooks.payload import payload
from connector.adapters.quickbooks.source import QuickBooksSource
from connector.adapters.quickbooks.turns import PAUSE
from connector.adapters.quickbooks.values import Body, part, parts, ref, text
from connector.domain.document import OF_THE_VENDOR, Document
from connector.domain.errors import ConnectorError, Locked, Unavailable
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import (
    NeverSent,
    NumberTaken,
    OutcomeUnknown,
    Rejected,
    Sent,
    Stamp,
    TakesNothing,
    Throttled,
)

CREATE = "create"
_CONFLICT = 409


class QuickBooksPosting:
    """A QuickBooks company as a PostingLedger; `vendor` and `account` are those of Microsoft's own bills."""

    steps: tuple[str, ...] = (CREATE,)

    def __init__(
        self, client: Client, source: QuickBooksSource, vendor: str | None = None, account: str | None = None
    ) -> None:
        self.name = client.ledger
        self._client, self._source = client, source
        self._vendor, self._account = vendor, account
        self._catalogue = Catalogue(client.ledger, source.company, source.records, client)

    def obstacles(self) -> tuple[str, ...]:
        """Settings of the company that make exactly-once impossible, each with what to change."""
        company = self._source.company()
        if company.own_numbers:
            return ()
        return (
            f"QuickBooks ({self.name}, company {company.name}) gives documents its own numbers, so that ours would not "
            "be kept; switch on Custom transaction numbers (Account and settings, Sales, Sales form content).",
        )

    def payload(self, document: Document, stamp: Stamp) -> str:
        """The exact words that create the document. Raises ConnectorError where the company lacks what it names."""
        return payload(document, stamp, self._catalogue, self._account)

    def look(self, stamp: Stamp) -> tuple[RemoteDocument, ...]:
        """All documents of the stamp's kind that bear our number; `marker` is ours only where it stands in the note."""
        conditions = [equals("DocNumber", stamp.number)]
        if stamp.kind in OF_THE_VENDOR and self._vendor:
            conditions.append(equals("VendorRef", self._vendor))
        entity = translate.ENTITIES[stamp.kind]
        found = parts(self._client.query(select(entity, *conditions)), entity)
        return tuple(_marked(self._translated(entity, body), stamp.marker) for body in found)

    def numbered(self, prefix: str, since: date) -> Iterator[RemoteDocument]:
        """All invoices and credit memos dated on or after a day whose number begins so."""
        for entity in ("Invoice", "CreditMemo"):
            wanted = (begins_with("DocNumber", prefix), from_day("TxnDate", since))
            for body in read_all(self._client, entity, *wanted):
                yield self._translated(entity, body)

    def send(self, step: str, payload: str, stamp: Stamp, remote_id: str | None) -> Sent:
        """Create the document by one request. Raises as the port says."""
        if step != CREATE:
            raise ValueError(f"QuickBooks has no step {step}")
        entity = translate.ENTITIES[stamp.kind]
        reply = self._sent(lambda: self._client.create(entity, payload, stamp.request_id), stamp.number)
        made = part(reply.body, entity) or {}
        new_id = text(made.get("Id"))
        if not new_id:
            raise OutcomeUnknown(
                f"QuickBooks ({self.name}) answered without the id of {stamp.number}; it is looked up before anything "
                "is sent again."
            )
        return Sent(new_id, text(made.get("SyncToken")), text(made.get("DocNumber")))

    def read(self, kind: str, remote_id: str) -> RemoteDocument | None:
        """The document as it stands now; None where it was deleted."""
        entity = translate.ENTITIES[kind]
        try:
            body = part(self._client.get(f"{entity.lower()}/{remote_id}").body, entity)
        except QuickBooksRefused as refusal:
            if refusal.codes & NOT_FOUND:
                return None
            raise
        return None if body is None or translate.is_gone(body) else self._translated(entity, body)

    def attached(self, kind: str, remote_id: str) -> frozenset[str]:
        """Names of the files attached to a document."""
        found = self._client.query(attached_query(translate.ENTITIES[kind], remote_id))
        return frozenset(text(one.get("FileName")) for one in parts(found, "Attachable") if one.get("FileName"))

    def attach(self, kind: str, remote_id: str, name: str, content: bytes, *, request_id: str) -> None:
        """Attach a file; it goes along when QuickBooks e-mails the document. Raises as `send` does."""
        body, content_type = upload(translate.ENTITIES[kind], remote_id, name, content)
        self._sent(lambda: self._client.upload(body, content_type, request_id), name)

    def deliver(self, kind: str, remote_id: str, *, request_id: str) -> None:
        """Have QuickBooks e-mail the document: to the address on it, else to its customer's. Raises as `send` does."""
        entity = translate.ENTITIES[kind]
        body = part(self._client.get(f"{entity.lower()}/{remote_id}").body, entity) or {}
        written_to = text(part(body, "BillEmail", "Address"))
        to = None if written_to else self._address(ref(body, "CustomerRef"))
        path = f"{entity.lower()}/{remote_id}/send"
        self._sent(lambda: self._client.deliver(path, request_id, to), text(body.get("DocNumber")))

    def _address(self, customer: str) -> str:
        found = part(self._client.get(f"customer/{customer}").body, "Customer") or {}
        address = text(part(found, "PrimaryEmailAddr", "Address"))
        if not address:
            named = text(found.get("DisplayName")) or customer
            raise Rejected(
                f"QuickBooks ({self.name}) has no e-mail address of customer {named}; enter one there, then deliver "
                "the document again."
            )
        return address

    def _translated(self, entity: str, body: Body) -> RemoteDocument:
        return translate.document(entity, body, self._source.company().home_currency)

    def _sent(self, act: Callable[[], Reply], what: str) -> Reply:
        with _outcomes(what):
            return act()


@contextmanager
def _outcomes(what: str) -> Iterator[None]:
    """Turn what went wrong with a write into what is known of its outcome."""
    try:
        yield
    except http.Throttled as failure:
        raise Throttled(f"{what}: {failure}", int(failure.retry_after or PAUSE)) from failure
    except http.OutcomeUnknown as failure:
        raise OutcomeUnknown(f"{what}: {failure}") from failure
    except QuickBooksRefused as refusal:
        raise _refused(refusal, what) from refusal
    except http.Refused as failure:
        kind = OutcomeUnknown if failure.status == _CONFLICT else Rejected
        raise kind(f"{what}: {failure}") from failure
    except (Unavailable, Locked, http.ForbiddenAddress) as failure:
        # Writes that may have left raise OutcomeUnknown; these come from before: the network, or the sign-in.
        raise NeverSent(f"{what}: {failure}") from failure


def _refused(refusal: QuickBooksRefused, what: str) -> ConnectorError:
    said = f"{what}: {refusal}"
    if DUPLICATE_NUMBER in refusal.codes:
        taken = next((fault.taken_by for fault in refusal.faults if fault.taken_by), None)
        return NumberTaken(said, taken[1] if taken else None)
    if DUPLICATE_REQUEST in refusal.codes:
        return OutcomeUnknown(said)
    return TakesNothing(said) if COMPANY_ENDED in refusal.codes else Rejected(said)


def _marked(document: RemoteDocument, marker: str) -> RemoteDocument:
    """A document whose marker is ours where our marker stands anywhere in its note, however people added to it."""
    return replace(document, marker=marker) if marker and marker in document.note else document
