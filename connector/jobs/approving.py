"""Freezes an approved plan: gives each document its number and its exact words, and writes both down before sending.

What was frozen before under the same key is left as it is; the same key with another content, and a charge that is in
another document already, are refused and never sent.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from connector.domain.document import OF_THE_VENDOR, Document
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.posting import ANNEX, DELIVERY, Approval, Frozen, Posting, Stamp, State
from connector.engine import posting_rules as rules
from connector.engine.sameness import has_marker
from connector.jobs.admitting import Admitted, admit
from connector.jobs.posting_store import PostingStore
from connector.ports import PostingLedger

_AGAIN = 5
_DIGITS = 6
_LOOK_BACK = timedelta(days=62)
"""Who dates a document of ours anew may do so by so much."""


@dataclass(frozen=True, slots=True)
class Annex:
    """A file for the customer: its name in the ledger and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Extras:
    """What goes with a document: the annex made for it (by its number), and whether the ledger e-mails it."""

    annex: Callable[[Document, str], Annex | None] = lambda document, number: None
    deliver: Callable[[Document], bool] = lambda document: False


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approval: keys that are new, those frozen before, and what was refused, with the reason."""

    new: tuple[str, ...]
    before: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


class Approver:
    """Freezes documents for one ledger; its numbers are `prefix` and six digits or more."""

    def __init__(
        self,
        store: PostingStore,
        ledger: PostingLedger,
        prefix: str,
        extras: Extras | None = None,
    ) -> None:
        self._store, self._ledger, self._prefix = store, ledger, prefix
        self._extras = extras or Extras()

    def approve(self, documents: Sequence[Document], approval: Approval) -> Approved:
        """Freeze documents in one transaction. Raises Unavailable where others approve all the time."""
        there = self._there(documents)
        for _ in range(_AGAIN):
            with self._store.look() as unit:
                admitted = admit(unit, documents, approval.plan_id)
            left = self._left(admitted.replaced)
            with self._store.look() as unit:
                admitted = admit(unit, documents, approval.plan_id, left)
                first = unit.approvals.next_number(self._ledger.name, self._prefix)
            frozen, following = self._freeze(admitted, there, first)
            with self._store.work() as unit:
                if admit(unit, documents, approval.plan_id, left).before != admitted.before:
                    continue
                if not unit.approvals.advance(self._ledger.name, self._prefix, first, following):
                    continue
                for old in admitted.replaced.values():
                    text = f"replaced by plan {approval.plan_id}"
                    if not unit.approvals.settle(old, State.CANCELLED, approval.by, text):
                        raise Unavailable(f"{old.key} changed meanwhile; try again.")
                if frozen:
                    unit.approvals.freeze(approval, frozen)
                    detail = {"ledger": self._ledger.name, "released": " ".join(approval.released)}
                    unit.audit.add(approval.by, "approve", "plan", approval.plan_id, detail=detail)
            keys = tuple(one.key for one in frozen if not one.about)
            return Approved(keys, tuple(admitted.before), tuple(admitted.refused))
        raise Unavailable(f"ledger {self._ledger.name}: other approvals take document numbers all the time; try again.")

    def renumber(self, posting: Posting, by: str, text: str) -> bool:
        """Give a posting that took no effect the next number; False where the claim on it is over."""
        if posting.document is None or posting.stamp.kind in OF_THE_VENDOR:
            return False
        with self._store.look() as unit:
            number = unit.approvals.next_number(self._ledger.name, self._prefix)
        stamp, payload = self._anew(posting, posting.document, self._number(number))
        with self._store.work() as unit:
            return unit.approvals.advance(self._ledger.name, self._prefix, number, number + 1) and (
                unit.approvals.renumber(posting, stamp, payload, by, text)
            )

    def ask_anew(self, posting: Posting, by: str, text: str) -> bool:
        """Make another request of a posting that the ledger refused, under its number.

        A ledger may give its first answer to a request it knows again, refusals too.
        """
        number = posting.stamp.number
        if posting.document is not None:
            stamp, payload = self._anew(posting, posting.document, number)
        else:
            # Of an annex or mail the words stay: the file's name, or none.
            stamp = rules.stamp(posting.key, number, posting.stamp.kind, posting.version + 1)
            payload = posting.payload
        with self._store.work() as unit:
            return unit.approvals.renumber(posting, stamp, payload, by, text)

    def _anew(self, posting: Posting, document: Document, number: str) -> tuple[Stamp, str]:
        stamp = rules.stamp(posting.key, number, posting.stamp.kind, posting.version + 1)
        return stamp, self._ledger.payload(document, stamp)

    def _there(self, documents: Sequence[Document]) -> Mapping[str, str]:
        """Numbers in the ledger, each with the mark of the document that bears it (empty: not ours).

        A database that was restored, or a series that is begun anew, learns from them what was posted before.
        """
        if not documents:
            return {}
        since = min(min(document.day, document.period.start) for document in documents) - _LOOK_BACK
        return {one.number: one.marker.upper() for one in self._ledger.numbered(self._prefix, since)}

    def _left(self, refused: Mapping[str, Posting]) -> Mapping[str, str]:
        """Postings that the ledger refused and that stand in it all the same, a draft say: each with what it is."""
        found: dict[str, str] = {}
        for key, posting in refused.items():
            if posting.ledger != self._ledger.name:
                if posting.remote_id is not None:
                    found[key] = f"draft {posting.remote_number or posting.remote_id} in {posting.ledger}"
                continue
            for one in self._ledger.look(posting.stamp):
                if has_marker(one, posting.stamp.marker) and one.status not in ("void", "deleted"):
                    found[key] = f"draft {one.number}" if one.status == "draft" else f"{one.kind} {one.number}"
        return found

    def _freeze(self, wanted: Admitted, there: Mapping[str, str], number: int) -> tuple[list[Frozen], int]:
        """The frozen postings, and the number after theirs; what is in the ledger already keeps the number it has."""
        numbers = {mark: name for name, mark in there.items() if mark}
        frozen: list[Frozen] = []
        for document in sorted(wanted.new, key=lambda one: one.key):
            # Microsoft's own documents bear Microsoft's number.
            known = document.split if document.kind in OF_THE_VENDOR else numbers.get(rules.marker(document.key))
            while known is None and self._number(number) in there:
                number += 1
            stamp = rules.stamp(document.key, known or self._number(number), document.kind)
            try:
                payload = self._ledger.payload(document, stamp)
                extras = self._extras_of(document, stamp)
            except (SignInNeeded, Unavailable):
                raise
            except ConnectorError as failure:
                wanted.refused.append((document.key, str(failure)))
                continue
            number += known is None
            frozen += [Frozen(document.key, document, stamp, payload, self._ledger.steps[0]), *extras]
        return frozen, number

    def _extras_of(self, document: Document, stamp: Stamp) -> list[Frozen]:
        found: list[Frozen] = []
        annex = self._extras.annex(document, stamp.number)
        if annex is not None:
            key = f"{document.key}|{ANNEX}"
            print_ = hashlib.sha256(annex.content).hexdigest()
            found.append(
                Frozen(
                    key, document, rules.stamp(key, stamp.number, document.kind), annex.name, "attach", ANNEX,
                    document.key, document.key, annex.content, print_,
                )
            )  # fmt: skip
        if self._extras.deliver(document):
            key = f"{document.key}|{DELIVERY}"
            after = found[-1].key if found else document.key
            stamp = rules.stamp(key, stamp.number, document.kind)
            found.append(Frozen(key, document, stamp, "", "deliver", DELIVERY, document.key, after))
        return found

    def _number(self, number: int) -> str:
        return f"{self._prefix}{number:0{_DIGITS}d}"
