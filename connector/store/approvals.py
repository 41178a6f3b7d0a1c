"""Freezes what a person approved: number, words and charges of each document, all or nothing, before any is sent."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from connector.domain.document import Document, SliceRef
from connector.domain.money import to_decimal
from connector.domain.posting import DOCUMENT, Approval, Frozen, Posting, Stamp, State
from connector.ports import Clock
from connector.store.plans import PlanRow
from connector.store.posting_rows import (
    AnnexRow,
    ApprovalRow,
    NumberSeriesRow,
    PostingEventRow,
    PostingLineRow,
    PostingRow,
    PostingSliceRow,
)
from connector.store.postings import StoredPostings

_SLICE = ("invoice", "row_hash", "nth", "part", "turn")


class StoredApprovals:
    """Approvals, number series and frozen charges in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._postings = StoredPostings(session, clock)

    def next_number(self, ledger: str, prefix: str) -> int:
        """The next number of a series."""
        row = self._session.get(NumberSeriesRow, (ledger, prefix), populate_existing=True)
        return row.next if row else 1

    def advance(self, ledger: str, prefix: str, expected: int, following: int) -> bool:
        """Move a series on; False where another approval took numbers of it meanwhile."""
        row = self._session.get(NumberSeriesRow, (ledger, prefix), populate_existing=True)
        if row is None:
            if expected != 1:
                return False
            self._session.add(NumberSeriesRow(ledger=ledger, prefix=prefix, next=following))
        elif row.next != expected:
            return False
        else:
            row.next = following
        self._session.flush()
        return True

    def billed(self, slices: Iterable[SliceRef]) -> tuple[tuple[SliceRef, str], ...]:
        """Every part of these parts' charges that is in a document already, and in which posting."""
        wanted = {(part.invoice, part.row_hash, part.nth) for part in slices}
        hashes = sorted({row_hash for _, row_hash, _ in wanted})
        found: list[tuple[SliceRef, str]] = []
        for start in range(0, len(hashes), 500):
            rows = self._session.execute(
                select(PostingSliceRow).where(col(PostingSliceRow.row_hash).in_(hashes[start : start + 500]))
            ).scalars()
            found += ((_slice(row), row.key) for row in rows if (row.invoice, row.row_hash, row.nth) in wanted)
        return tuple(found)

    def later(self, plan_id: str, keys: Iterable[str]) -> frozenset[str]:
        """Those of these postings that were frozen after a plan was saved; none where that plan is not kept."""
        saved_at = self._session.execute(select(col(PlanRow.saved_at)).where(col(PlanRow.plan_id) == plan_id)).scalar()
        names = sorted(set(keys))
        found: set[str] = set()
        for start in range(0, len(names) if saved_at is not None else 0, 500):
            frozen = (
                select(col(PostingEventRow.key))
                .where(col(PostingEventRow.key).in_(names[start : start + 500]))
                .group_by(col(PostingEventRow.key))
                .having(func.min(col(PostingEventRow.at)) > saved_at)
            )
            found |= set(self._session.execute(frozen).scalars())
        return frozenset(found)

    def approvals(self, plan_id: str) -> tuple[Approval, ...]:
        """Who approved a plan."""
        rows = self._session.execute(
            select(ApprovalRow).where(col(ApprovalRow.plan_id) == plan_id).order_by(col(ApprovalRow.number))
        ).scalars()
        return tuple(Approval(r.plan_id, r.by, r.at, r.mode, tuple(r.released.split())) for r in rows)

    def freeze(self, approval: Approval, frozen: Sequence[Frozen]) -> None:
        """Write down an approval and everything it lets go, ready to be sent."""
        self._session.add(
            ApprovalRow(
                plan_id=approval.plan_id, by=approval.by, at=approval.at, mode=approval.mode,
                released=" ".join(approval.released),
            )
        )  # fmt: skip
        for one in frozen:
            self._insert(one, approval)
        self._session.flush()

    def _insert(self, one: Frozen, approval: Approval) -> None:
        document, now = one.document, self._postings.now()
        self._session.execute(
            insert(PostingRow).values(
                key=one.key, ledger=document.ledger, plan_id=approval.plan_id, what=one.what, about=one.about,
                after=one.after, customer=document.customer, period_start=str(document.period.start),
                period_last=str(document.period.last), currency=document.currency, kind=one.stamp.kind,
                fingerprint=document.fingerprint, number=one.stamp.number if one.what == DOCUMENT else None,
                request_id=one.stamp.request_id, marker=one.stamp.marker, version=1, payload=one.payload,
                document=msgspec.json.encode(document).decode() if one.what == DOCUMENT else None,
                total=document.total, lines=len(document.lines), state=State.READY.value, step=one.step, attempts=0,
                doubts=0, epoch=0, remote_number="", said="", settled_by="", updated_at=now,
            )
        )  # fmt: skip
        self._postings.tell(one.key, State.PLANNED.value, State.READY.value, approval.by, f"plan {approval.plan_id}")
        if one.content is not None:
            self._session.execute(
                insert(AnnexRow).values(key=one.key, name=one.payload, sha256=one.sha256, content=one.content)
            )
        if one.what != DOCUMENT:
            return
        lines = [
            {
                "key": one.key, "number": line.number, "item": line.item, "reference": line.reference,
                "first": str(line.first or "") or None, "last": str(line.last or "") or None, "amount": line.amount,
            }
            for line in document.lines
        ]  # fmt: skip
        turn = _turn(document)
        slices = [
            {
                "invoice": part.invoice, "row_hash": part.row_hash, "nth": part.nth, "part": part.part,
                # What no charge stands behind may be billed in several steps.
                "turn": turn if part.invoice else f"{one.key} {line.number}",
                "key": one.key, "line": line.number, "cost": f"{part.cost:f}", "currency": part.currency,
                "source": part.source, "source_line": part.line,
            }
            for line in document.lines
            for part in line.slices
        ]  # fmt: skip
        if lines:
            self._session.execute(insert(PostingLineRow), lines)
        if slices:
            # A charge may stand behind two lines of one document.
            once = {tuple(row[name] for name in _SLICE): row for row in reversed(slices)}
            self._session.execute(insert(PostingSliceRow), list(reversed(once.values())))

    def renumber(self, posting: Posting, stamp: Stamp, payload: str, by: str, text: str) -> bool:
        """Give a posting that was never sent another number; False where the claim on it is over."""
        row = self._session.execute(
            update(PostingRow)
            .where(
                col(PostingRow.key) == posting.key,
                col(PostingRow.epoch) == posting.epoch,
                col(PostingRow.state) == posting.state.value,
            )
            .values(
                number=stamp.number or None, request_id=stamp.request_id, payload=payload, version=posting.version + 1,
                lease_until=None, next_at=None, updated_at=self._postings.now(),
            )
            .returning(col(PostingRow.key))
        ).first()  # fmt: skip
        if row is not None:
            kept = posting.stamp.number == stamp.number
            told = text if kept else f"{text}; number {posting.stamp.number} becomes {stamp.number}"
            self._postings.tell(posting.key, posting.state.value, State.READY.value, by, told)
        return row is not None

    def settle(
        self, posting: Posting, to: State, by: str, text: str, *, remote_id: str | None = None, settled: bool = False,
        step: str | None = None,
    ) -> bool:  # fmt: skip
        """Let a person end what the connector cannot; False where the posting changed since it was read.

        With `step` it begins anew there, whatever it was in the ledger. A cancelled posting lets go of its charges, and
        takes what waits for it along.
        """
        values: dict[str, object] = {
            "state": to.value, "said": text, "epoch": posting.epoch + 1, "lease_until": None, "next_at": None,
            "updated_at": self._postings.now(), "settled_by": by if settled else "",
        }  # fmt: skip
        if to is State.READY:
            values |= {"attempts": 0, "doubts": 0, "sent_at": None}
        if step is not None:
            values |= {"step": step, "remote_id": None, "remote_version": None, "remote_number": ""}
        if remote_id is not None:
            values["remote_id"] = remote_id
        row = self._session.execute(
            update(PostingRow)
            .where(
                col(PostingRow.key) == posting.key,
                col(PostingRow.epoch) == posting.epoch,
                col(PostingRow.state) == posting.state.value,
            )
            .values(**values)
            .returning(col(PostingRow.key))
        ).first()
        if row is None:
            return False
        self._postings.tell(posting.key, posting.state.value, to.value, by, text)
        if to is State.CANCELLED:
            self._session.execute(delete(PostingSliceRow).where(col(PostingSliceRow.key) == posting.key))
            for child in self._children(posting.key):
                self.settle(child, State.CANCELLED, by, text)
        return True

    def _children(self, key: str) -> tuple[Posting, ...]:
        keys = self._session.execute(select(col(PostingRow.key)).where(col(PostingRow.about) == key)).scalars()
        alive = self._postings.all(keys=tuple(keys))
        return tuple(one for one in alive if one.state not in (State.VERIFIED, State.CANCELLED))


def _turn(document: Document) -> str:
    """Empty, save in documents that take others back or take their place: these bill the same charges again."""
    if document.reverses:
        return f"takes back {document.reverses}"
    return f"in place of {' '.join(document.corrects)}" if document.corrects else ""


def _slice(row: PostingSliceRow) -> SliceRef:
    return SliceRef(
        row.invoice, row.row_hash, row.part, row.nth, to_decimal(row.cost), row.currency, row.source, row.source_line
    )
