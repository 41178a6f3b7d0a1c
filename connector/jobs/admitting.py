"""Tells which documents of a plan may be frozen: what is new, what was frozen before, and what may not be sent.

The same key with another content, and a charge that is in another document already, are refused.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from connector.domain.document import Document, SliceRef
from connector.domain.posting import Posting, State
from connector.engine.planning.pieces import AHEAD, DIVIDED, ITEM, WITHOUT_CHARGE, ChargeKey, charge_key
from connector.jobs.posting_store import PostingUnit


@dataclass(slots=True)
class Admitted:
    """Documents that are new, keys frozen before, refusals with their reason, and refused postings they replace."""

    new: list[Document] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    replaced: dict[str, Posting] = field(default_factory=dict)


def admit(
    unit: PostingUnit, documents: Sequence[Document], plan_id: str, left: Mapping[str, str] = MappingProxyType({})
) -> Admitted:
    """Tell what is new from what was frozen before and from what may not be sent, of documents of a plan.

    `left` are postings that were refused and still stand in the ledger: nothing takes their place before they are gone.
    """
    found = Admitted()
    known = {one.key: one for one in unit.postings.all(keys=[document.key for document in documents])}
    taken = _Taken(unit, documents, plan_id)
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
        before = taken.before(document)
        if before:
            text = f"bills in addition to what {min(before)} bills, which was approved since; plan again"
            found.refused.append((document.key, text))
            continue
        otherwise = taken.otherwise(document)
        if otherwise:
            text = f"shares a charge out in another way than {min(otherwise)}, which was approved since; plan again"
            found.refused.append((document.key, text))
            continue
        standing = next((key for key in sorted(others) if key in left), None)
        if standing is not None:
            text = f"{standing} was refused, and stands in the ledger as {left[standing]}"
            found.refused.append((document.key, f"{text}; delete it there, then resolve {standing} as cancelled"))
            continue
        taken.add(document)
        found.replaced |= {key: taken.refused[key] for key in others}
        found.new.append(document)
    return found


class _Taken:
    """Which documents bill the charges of some others already; `refused` are postings that the ledger refused for good.

    What those bill may go out in another document. What takes the place of documents names all of them. What was
    approved of another plan since this one was saved is no part of what this one reckoned with.
    """

    def __init__(self, unit: PostingUnit, documents: Sequence[Document], plan_id: str) -> None:
        rows = unit.approvals.billed([part for one in documents for part in (*_parts(one), *_steps(one))])
        postings = unit.postings.all(keys={key for _, key in rows})
        self.refused = {one.key: one for one in postings if one.state is State.REJECTED}
        self._later = unit.approvals.later(plan_id, (one.key for one in postings if one.plan_id != plan_id))
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

    def before(self, document: Document) -> set[str]:
        """The postings approved since that bill what a document bills in several steps, as the plan did not know."""
        return {
            key
            for part in _steps(document)
            for _, key in self._labels.get(charge_key(part), ())
            if key in self._later and key not in document.corrects
        }

    def otherwise(self, document: Document) -> set[str]:
        """The postings approved since that bill another share of a charge than a document does.

        Whether both shares are of one division, or by different tags, their labels do not tell.
        """
        return {
            key
            for part in _parts(document)
            if DIVIDED in part.part
            for label, key in self._labels.get(charge_key(part), ())
            if key in self._later and key not in document.corrects and _are_shares(label, part.part)
        }

    def add(self, document: Document) -> None:
        """From now on a document bills its charges."""
        for part in _parts(document):
            self._labels[charge_key(part)].append((part.part, document.key))


def _parts(document: Document) -> list[SliceRef]:
    """The charges and own items that only one document may bill; what takes another back bills none."""
    return [] if document.reverses else [part for part in _slices(document) if not _is_step(part)]


def _steps(document: Document) -> list[SliceRef]:
    """What is billed in several steps: minimums, corrections, what settles an advance, own items billed anew."""
    return [] if document.reverses else [part for part in _slices(document) if _is_step(part)]


def _slices(document: Document) -> Iterator[SliceRef]:
    return (part for line in document.lines for part in line.slices)


def _is_step(part: SliceRef) -> bool:
    if part.invoice or not part.row_hash.startswith(WITHOUT_CHARGE):
        return False
    return bool(part.part) if part.row_hash.startswith((ITEM, AHEAD)) else True


def _are_shares(one: str, other: str) -> bool:
    """Whether two labels are of different shares of the same part of a charge."""
    of, divided, _ = one.partition(DIVIDED)
    return bool(divided) and one != other and of == other.partition(DIVIDED)[0]


def _meet(one: str, other: str) -> bool:
    """Whether two parts of a charge have something in common: both the same, or one the whole that the other is of."""
    return one == other or any(
        not whole or part.startswith(f"{whole}{DIVIDED}") for whole, part in ((one, other), (other, one))
    )
