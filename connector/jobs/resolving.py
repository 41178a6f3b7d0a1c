"""Lets a person end what the connector cannot decide: a posting is in the ledger, is not, or is withdrawn.

The ledger is asked before anybody is believed, so that no word of a person makes a document twice.
"""

from datetime import timedelta

from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.ledger import RemoteDocument
from connector.domain.posting import DOCUMENT, Posting, State
from connector.engine.posting_rules import ARROWS, FOR_A_PERSON
from connector.engine.sameness import differences, has_marker
from connector.jobs.approving import Approver
from connector.jobs.posting_store import PostingStore
from connector.ports import PostingLedger

POSTED, ABSENT, CANCELLED = "posted:", "absent", "cancelled"
_DRAFT = "draft"


class Resolver:
    """Settles postings of one ledger; nothing counts as absent before `settle` is over."""

    def __init__(self, store: PostingStore, ledger: PostingLedger, approver: Approver, settle: timedelta) -> None:
        self._store, self._ledger, self._approver, self._settle = store, ledger, approver, settle

    def resolve(self, key: str, meant: str, reason: str, by: str) -> Posting:
        """Settle a posting as `posted:ID`, `absent` or `cancelled`, and return it as it stands then.

        Raises ConnectorError where the ledger says otherwise or the posting needs no person, Unavailable where it is
        too early or the ledger cannot be asked.
        """
        with self._store.look() as unit:
            posting, now = unit.postings.get(key), unit.postings.now()
        if posting is None:
            raise ConnectorError(f"there is no posting {key}; `connector status` lists those that wait for a person.")
        if posting.state not in FOR_A_PERSON and not (meant == CANCELLED and posting.state is State.READY):
            raise ConnectorError(
                f"{key} is {posting.state}, which needs nobody to settle it; only "
                f"{', '.join(FOR_A_PERSON)} do (and ready may be cancelled)."
            )
        if meant.startswith(POSTED):
            return self._posted(posting, meant.removeprefix(POSTED), reason, by)
        if posting.what == DOCUMENT:
            self._refuse_present(posting, meant)
        certain = posting.state is State.REJECTED and not posting.doubts
        if posting.sent_at is not None and not certain and now < posting.sent_at + self._settle:
            until = posting.sent_at + self._settle
            raise Unavailable(f"{key}: its request may still take effect until {until:%H:%M:%S} UTC; resolve it then.")
        if meant == ABSENT:
            return self._absent(posting, reason, by)
        if meant == CANCELLED:
            return self._settled(posting, State.CANCELLED, by, f"cancelled: {reason}")
        raise ConnectorError(f"--as {meant}: expected posted:ID, absent or cancelled.")

    def _posted(self, posting: Posting, remote_id: str, reason: str, by: str) -> Posting:
        if posting.what != DOCUMENT:
            return self._settled(posting, State.POSTED, by, f"done: {reason}", remote_id=remote_id, settled=True)
        remote = self._ledger.read(posting.stamp.kind, remote_id) if remote_id else None
        if remote is None or posting.document is None:
            raise ConnectorError(f"--as posted:{remote_id}: the ledger holds no {posting.stamp.kind} with that id.")
        if remote.status == _DRAFT:
            raise ConnectorError(_only_a_draft(posting, remote, f"{POSTED}{remote_id}"))
        wrong = list(differences(posting.document, remote))
        if not has_marker(remote, posting.stamp.marker):
            wrong.append("our mark is not in it")
        text = f"posted as {remote_id}: {reason}" + (f" ({'; '.join(wrong)})" if wrong else "")
        return self._settled(posting, State.POSTED, by, text, remote_id=remote_id, settled=bool(wrong))

    def _absent(self, posting: Posting, reason: str, by: str) -> Posting:
        """Let it begin anew; a draft of it that is there is found then, and goes on as it is."""
        found = self._ledger.look(posting.stamp) if posting.what == DOCUMENT else ()
        ready = self._settled(posting, State.READY, by, f"absent: {reason}")
        if any(has_marker(one, posting.stamp.marker) and one.status == _DRAFT for one in found):
            return ready
        taken = bool(found)
        changed = (
            self._approver.renumber(ready, by, "the number is another document's")
            if taken
            else self._approver.ask_anew(ready, by, "asked for anew")
        )
        if changed:
            with self._store.look() as unit:
                return unit.postings.get(posting.key) or ready
        return ready

    def _refuse_present(self, posting: Posting, meant: str) -> None:
        for one in self._ledger.look(posting.stamp):
            if not has_marker(one, posting.stamp.marker) or one.status in ("void", "deleted"):
                continue
            if one.status != _DRAFT:
                raise ConnectorError(
                    f"{posting.key}: the ledger holds it as {one.remote_id} (number {one.number}), so it is not "
                    f"{meant}; use --as posted:{one.remote_id}, or void it in the ledger first."
                )
            if meant != ABSENT:
                raise ConnectorError(_only_a_draft(posting, one, meant))

    def _settled(
        self, posting: Posting, to: State, by: str, text: str, *, remote_id: str | None = None, settled: bool = False
    ) -> Posting:
        if to not in ARROWS[posting.state]:
            raise ConnectorError(f"{posting.key}: {posting.state} cannot become {to}.")
        step = self._ledger.steps[0] if to is State.READY and posting.what == DOCUMENT else None
        with self._store.work() as unit:
            if not unit.approvals.settle(posting, to, by, text, remote_id=remote_id, settled=settled, step=step):
                raise Unavailable(f"{posting.key} changed meanwhile; look at it again.")
            unit.audit.add(by, f"resolve as {to}", "posting", posting.key, reason=text)
            after = unit.postings.get(posting.key)
        if after is None:
            raise Unavailable(f"{posting.key} is gone.")
        return after


def _only_a_draft(posting: Posting, draft: RemoteDocument, meant: str) -> str:
    return (
        f"{posting.key}: what the ledger holds as {draft.remote_id} (number {draft.number}) is a draft, so it is not "
        f"{meant}; use --as absent to have it posted, or delete it there first."
    )
