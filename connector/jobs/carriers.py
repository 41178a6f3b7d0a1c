"""How a document, its annex and its e-mail each travel: how the ledger is asked for it, and how it is sent."""

from collections.abc import Mapping

from connector.domain.document import OF_THE_VENDOR
from connector.domain.errors import ConnectorError
from connector.domain.posting import ANNEX, DELIVERY, DOCUMENT, Posting, Sent, State
from connector.engine import posting_rules as rules
from connector.engine.posting_rules import Absent, Ours, Sight
from connector.engine.sameness import differences, has_marker
from connector.jobs.post import Carrier
from connector.jobs.posting_store import PostingStore
from connector.ports import PostingLedger


class DocumentCarrier:
    """Creates the document itself, in as many steps as the ledger has."""

    def __init__(self, ledger: PostingLedger) -> None:
        self._ledger = ledger

    @property
    def steps(self) -> tuple[str, ...]:
        """The ledger's own."""
        return self._ledger.steps

    def look(self, posting: Posting, target: Posting | None) -> Sight:
        """Ask for our number and our mark."""
        return rules.sight(posting, self._ledger.look(posting.stamp))

    def send(self, posting: Posting, target: Posting | None) -> Sent:
        """Send the frozen words."""
        return self._ledger.send(posting.step, posting.payload, posting.stamp, posting.remote_id)

    def read(self, posting: Posting, target: Posting | None) -> tuple[tuple[str, ...] | None, str]:
        """Compare what stands there with what was meant."""
        if posting.remote_id is None or posting.document is None:
            return None, ""
        remote = self._ledger.read(posting.stamp.kind, posting.remote_id)
        if remote is None or remote.status == "deleted":
            return None, ""
        wrong = list(differences(posting.document, remote))
        if posting.stamp.kind not in OF_THE_VENDOR and not has_marker(remote, posting.stamp.marker):
            wrong.append("our mark is not in it")
        if remote.status == "draft":
            wrong.append("it is a draft")
        return tuple(wrong), remote.version


class AnnexCarrier:
    """Attaches a file to a document that is in the ledger."""

    steps = ("attach",)

    def __init__(self, ledger: PostingLedger, store: PostingStore) -> None:
        self._ledger, self._store = ledger, store

    def look(self, posting: Posting, target: Posting | None) -> Sight:
        """Ask whether a file of that name is attached."""
        kind, remote_id = _place(posting, target)
        there = posting.payload in self._ledger.attached(kind, remote_id)
        return Ours(remote_id, "", posting.stamp.number) if there else Absent()

    def send(self, posting: Posting, target: Posting | None) -> Sent:
        """Attach the frozen bytes."""
        kind, remote_id = _place(posting, target)
        with self._store.look() as unit:
            content = unit.postings.annex(posting.key)
        self._ledger.attach(kind, remote_id, posting.payload, content, request_id=posting.stamp.request_id)
        return Sent(remote_id, "", posting.stamp.number)

    def read(self, posting: Posting, target: Posting | None) -> tuple[tuple[str, ...] | None, str]:
        """Whether it is there."""
        return (None if isinstance(self.look(posting, target), Absent) else ()), ""


class DeliveryCarrier:
    """Has the ledger e-mail a document to its customer."""

    steps = ("deliver",)

    def __init__(self, ledger: PostingLedger) -> None:
        self._ledger = ledger

    def look(self, posting: Posting, target: Posting | None) -> Sight:
        """Ask whether it was e-mailed."""
        kind, remote_id = _place(posting, target)
        remote = self._ledger.read(kind, remote_id)
        if remote is None:
            return rules.Other(f"document {remote_id} is gone from the ledger")
        if remote.emailed is None and posting.state is State.UNKNOWN:
            # Asking again could send it again, and never sending it would keep it from the customer.
            return rules.Other(
                f"the ledger does not say whether it e-mailed {remote.number}; look there, and resolve it as "
                f"posted:{remote_id} or absent"
            )
        return Ours(remote_id, remote.version, remote.number) if remote.emailed else Absent()

    def send(self, posting: Posting, target: Posting | None) -> Sent:
        """Have it e-mailed."""
        kind, remote_id = _place(posting, target)
        self._ledger.deliver(kind, remote_id, request_id=posting.stamp.request_id)
        return Sent(remote_id, "", posting.stamp.number)

    def read(self, posting: Posting, target: Posting | None) -> tuple[tuple[str, ...] | None, str]:
        """Whether it was."""
        kind, remote_id = _place(posting, target)
        remote = self._ledger.read(kind, remote_id)
        # A ledger that does not say took it, and that is all there is to know.
        return (() if remote is not None and remote.emailed is not False else None), ""


def carriers(ledger: PostingLedger, store: PostingStore) -> Mapping[str, Carrier]:
    """How each sort of posting travels to a ledger."""
    return {
        DOCUMENT: DocumentCarrier(ledger),
        ANNEX: AnnexCarrier(ledger, store),
        DELIVERY: DeliveryCarrier(ledger),
    }


def _place(posting: Posting, target: Posting | None) -> tuple[str, str]:
    if target is None or target.remote_id is None:
        raise ConnectorError(f"{posting.key}: its document {posting.about} is not in the ledger")
    return target.stamp.kind, target.remote_id
