"""Freezes an approved plan: gives each document its number and its exact words, and writes both down before sending.

What was frozen before under the same key is left as it is; the same key with another content, and a charge that is in
another document already, are refused and never sent.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connector.domain.document import OF_THE_VENDOR, Document, SliceRef
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.posting import ANNEX, DELIVERY, Approval, Frozen, Posting, Stamp, State
from connector.engine import posting_rules as rules
from connector.engine.planning.pieces import AHEAD, DIVIDED, ITEM, ChargeKey, charge_key
from connector.jobs.posting_store import PostingStore, PostingUnit
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


@dataclass(slots=True)
class _Sorted:
    new: list[Document] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    replaced: dict[str, Posting] = field(default_factory=dict)


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
                sorted_ = _sort(unit, documents)
                first = unit.approvals.next_number(self._ledger.name, self._prefix)
            frozen, following = self._freeze(sorted_, there, first)
            with self._store.work() as unit:
                if _sort(unit, documents).before != sorted_.before:
                    continue
                if not unit.approvals.advance(self._ledger.name, self._prefix, first, following):
                    continue
                for old in sorted_.replaced.values():
                    text = f"replaced by plan {approval.plan_id}"
                    if not unit.approvals.settle(old, State.CANCELLED, approval.by, text):
                        raise Unavailable(f"{old.key} changed meanwhile; try again.")
                if frozen:
                    unit.approvals.freeze(approval, frozen)
                    detail = {"ledger": self._ledger.name, "released": " ".join(approval.released)}
                    unit.audit.add(approval.by, "approve", "plan", approval.plan_id, detail=detail)
            keys = tuple(one.key for one in frozen if not one.about)
            return Approved(keys, tuple(sorted_.before), tuple(sorted_.refused))
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
        if posting.document is None:
            return False
        stamp, payload = self._anew(posting, posting.document, posting.stamp.number)
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

    def _freeze(self, wanted: _Sorted, there: Mapping[str, str], number: int) -> tuple[list[Frozen], int]:
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


def _sort(unit: PostingUnit, documents: Sequence[Document]) -> _Sorted:
    """Tell what is new from what was frozen before and from what may not be sent."""
    found = _Sorted()
    known = {one.key: one for one in unit.postings.all(keys=[document.key for document in documents])}
    taken = _Taken(unit, documents)
    for document in sorted(documents, key=lambda one: one.key):
        posting = known.get(document.key)
        if posting is not None:
            if posting.state is State.CANCELLED:
                found.refused.append((document.key, "was cancelled; a new plan gives it the next sequence"))
            elif posting.fingerprint != document.fingerprint:
                found.refused.append(
                    (document.key, "was approved before with other content, which is never sent twice; plan again")
                )
            else:
                found.before.append(document.key)
            continue
        others = taken.by(document)
        other = next((key for key in sorted(others) if key not in taken.refused), None)
        if other is not None:
            found.refused.append((document.key, f"bills a charge that {other} bills already; plan again"))
            continue
        taken.add(document)
        found.replaced |= {key: taken.refused[key] for key in others}
        found.new.append(document)
    return found


class _Taken:
    """Which documents bill the charges of some others already; `refused` are postings that the ledger refused for good.

    What those bill may go out in another document. What takes the place of documents names all of them.
    """

    def __init__(self, unit: PostingUnit, documents: Sequence[Document]) -> None:
        rows = unit.approvals.billed([part for document in documents for part in _parts(document)])
        postings = unit.postings.all(keys={key for _, key in rows})
        self.refused = {one.key: one for one in postings if one.state is State.REJECTED}
        backs = {one.key for one in postings if one.document and one.document.reverses}
        self._labels: dict[ChargeKey, list[tuple[str, str]]] = defaultdict(list)
        for part, key in rows:
            if key not in backs:
                self._labels[charge_key(part)].append((part.part, key))

    def by(self, document: Document) -> set[str]:
        """The postings that bill what a document bills, but for those whose place it takes."""
        return {
            key
            for part in _parts(document)
            for label, key in self._labels.get(charge_key(part), ())
            if key not in document.corrects and _meet(label, part.part)
        }

    def add(self, document: Document) -> None:
        """From now on a document bills its charges."""
        for part in _parts(document):
            self._labels[charge_key(part)].append((part.part, document.key))


def _parts(document: Document) -> list[SliceRef]:
    """The charges and own items that only one document may bill; what takes another back bills none.

    Minimums, corrections of findings and what settles an advance are billed in several steps.
    """
    if document.reverses:
        return []
    return [
        part
        for line in document.lines
        for part in line.slices
        if part.invoice or part.row_hash.startswith(ITEM) or (part.row_hash.startswith(AHEAD) and not part.part)
    ]


def _meet(one: str, other: str) -> bool:
    """Whether two parts of a charge have something in common: both the same, or one the whole that the other is of."""
    return one == other or any(
        not whole or part.startswith(f"{whole}{DIVIDED}") for whole, part in ((one, other), (other, one))
    )
