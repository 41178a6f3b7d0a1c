"""Keeps how far each posting got: who may change it, each step in a transaction of its own, and its whole history.

A worker claims a posting by a conditional update that raises its epoch; every later step names that epoch and the state
it starts from. Where no row answers, somebody else took over, and the worker stops at once. Time is the database's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, insert, literal_column, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from connector.domain.document import GIVES_BACK, OF_THE_VENDOR, Document, DocumentLine
from connector.domain.posted import Posted
from connector.domain.posting import DOCUMENT, Happening, Move, Posting, Stamp, State
from connector.engine.posting_rules import ARROWS
from connector.ports import Clock
from connector.store.leases import StoredLeases
from connector.store.posting_rows import AnnexRow, PostingEventRow, PostingRow

_TABLE = PostingRow.__table__  # type: ignore[attr-defined]
_COLUMNS = _TABLE.c
_EVENTS = PostingEventRow.__table__  # type: ignore[attr-defined]
_BEFORE = aliased(_TABLE)
_DOCUMENTS = msgspec.json.Decoder(Document)


def _is_any(table: Any, *states: State) -> ColumnElement[bool]:
    """Written out, for it is asked all the time and a list of parameters is made anew each time."""
    return or_(*(table.c.state == literal_column(f"'{state.value}'") for state in states))


def _is_due(now: Any) -> ColumnElement[bool]:
    """Nobody holds it, its time has come, what it waits for is done, and no person settled it."""
    free = or_(_COLUMNS.lease_until.is_(None), _COLUMNS.lease_until <= now)
    waiting = _is_any(_TABLE, State.READY, State.UNKNOWN, State.POSTED)
    its_time = or_(_COLUMNS.next_at.is_(None), _COLUMNS.next_at <= now)
    done_before = select(_BEFORE.c.key).where(
        _BEFORE.c.key == _COLUMNS.after,
        or_(
            _is_any(_BEFORE, State.VERIFIED, State.CANCELLED),
            and_(_is_any(_BEFORE, State.POSTED), _BEFORE.c.settled_by != literal_column("''")),
        ),
    )
    return and_(
        free,
        or_(and_(waiting, its_time), _is_any(_TABLE, State.SENDING)),
        _COLUMNS.settled_by == literal_column("''"),
        or_(_COLUMNS.after == literal_column("''"), done_before.exists()),
    )


_NOW = bindparam("now", type_=_COLUMNS.lease_until.type)
_DUE = (
    select(_COLUMNS.key)
    .where(_COLUMNS.ledger == bindparam("ledger"), _is_due(_NOW))
    .order_by(_COLUMNS.next_at, _COLUMNS.number, _COLUMNS.key)
    .limit(bindparam("most", type_=_COLUMNS.lines.type))
)
_CLAIM = (
    update(_TABLE)
    .where(_COLUMNS.key == bindparam("which"), _is_due(_NOW))
    .values(epoch=_COLUMNS.epoch + 1, lease_until=bindparam("until"))
    .returning(*_COLUMNS)
)
_SET = (
    "state", "step", "attempts", "doubts", "lease_until", "sent_at", "next_at", "remote_id", "remote_version",
    "remote_number", "said", "updated_at",
)  # fmt: skip
_MOVE = (
    update(_TABLE)
    .where(
        _COLUMNS.key == bindparam("which"),
        _COLUMNS.epoch == bindparam("its_epoch"),
        _COLUMNS.state == bindparam("its_state"),
    )
    .values({name: bindparam(f"new_{name}", type_=_COLUMNS[name].type) for name in _SET})
)
_NEXT = select(
    func.min(func.coalesce(_COLUMNS.lease_until, _COLUMNS.next_at), type_=_COLUMNS.next_at.type), func.count()
).where(
    _COLUMNS.ledger == bindparam("ledger"),
    _is_any(_TABLE, State.READY, State.UNKNOWN, State.POSTED, State.SENDING),
    _COLUMNS.settled_by == literal_column("''"),
    # What waits for a posting that waits for a person waits for that person too.
    ~select(_BEFORE.c.key)
    .where(
        or_(_BEFORE.c.key == _COLUMNS.about, _BEFORE.c.key == _COLUMNS.after),
        _is_any(_BEFORE, State.CONFLICT, State.REJECTED, State.PARKED),
    )
    .exists(),
)
_TELL = insert(_EVENTS)
_GET = select(*_COLUMNS).where(_COLUMNS.key == bindparam("which"))
_HISTORY = (
    select(*(_EVENTS.c[name] for name in ("key", "at", "before", "after", "by", "text")))
    .where(_EVENTS.c.key == bindparam("which"))
    .order_by(_EVENTS.c.number)
)


class StoredPostings:
    """Postings in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._leases = StoredLeases(session, clock)

    def now(self) -> datetime:
        """The moment by which claims and waits are judged."""
        return self._leases.now()

    def due(self, ledger: str, most: int = 1000) -> tuple[str, ...]:
        """Keys of the postings that can be gone on with now, the longest due first."""
        rows = self._session.connection().execute(_DUE, {"ledger": ledger, "now": self.now(), "most": most})
        return tuple(rows.scalars())

    def waiting(self, ledger: str) -> tuple[int, datetime | None]:
        """How many postings are still on their way, and when the first of them is to be looked at (None: now)."""
        at, count = self._session.connection().execute(_NEXT, {"ledger": ledger}).one()
        return count, at

    def claim(self, key: str, lease: timedelta) -> Posting | None:
        """Become the only one who may change a posting, until now + `lease`; None where it is not due any more."""
        now = self.now()
        row = self._session.connection().execute(_CLAIM, {"which": key, "now": now, "until": now + lease}).first()
        return None if row is None else posting_of(row)

    def move(self, posting: Posting, move: Move, by: str, lease: timedelta) -> Posting | None:
        """Take one step under the claim that gave `posting`; None where that claim is over: stop at once."""
        if move.to not in ARROWS[posting.state]:
            raise ValueError(f"{posting.key}: no step leads from {posting.state} to {move.to}")
        now = self.now()
        after = replace(
            posting,
            state=move.to,
            step=move.step or posting.step,
            attempts=posting.attempts + move.attempt,
            doubts=posting.doubts + move.doubt,
            lease_until=now + lease if move.keep else None,
            sent_at=now if move.attempt else posting.sent_at,
            next_at=None if move.to is State.SENDING else move.at or now + move.wait,
            remote_id=move.remote_id or posting.remote_id,
            remote_version=move.remote_version or posting.remote_version,
            remote_number=move.remote_number or posting.remote_number,
            said=move.said,
        )
        new = {f"new_{name}": getattr(after, name) for name in _SET[1:-1]}
        where = {"which": posting.key, "its_epoch": posting.epoch, "its_state": posting.state.value}
        values = {**where, **new, "new_state": move.to.value, "new_updated_at": now}
        if self._session.connection().execute(_MOVE, values).rowcount != 1:
            return None
        self.tell(posting.key, posting.state.value, move.to.value, by, move.said)
        return after

    def tell(self, key: str, before: str, after: str, by: str, text: str) -> None:
        """Add a line to a posting's history."""
        event = {"key": key, "at": self.now(), "before": before, "after": after, "by": by, "text": text}
        self._session.connection().execute(_TELL, event)

    def get(self, key: str) -> Posting | None:
        """One posting."""
        row = self._session.connection().execute(_GET, {"which": key}).first()
        return None if row is None else posting_of(row)

    def all(
        self, *, ledger: str | None = None, plan_id: str | None = None, states: Iterable[State] = (),
        keys: Iterable[str] | None = None,
    ) -> tuple[Posting, ...]:  # fmt: skip
        """Postings (of a ledger, of a plan, in some states, with some keys), by key."""
        wanted = select(*_COLUMNS).order_by(_COLUMNS.key)
        if ledger is not None:
            wanted = wanted.where(_COLUMNS.ledger == ledger)
        if plan_id is not None:
            wanted = wanted.where(_COLUMNS.plan_id == plan_id)
        if states:
            wanted = wanted.where(_COLUMNS.state.in_([state.value for state in states]))
        if keys is None:
            return tuple(posting_of(row) for row in self._session.connection().execute(wanted))
        found: list[Posting] = []
        names = sorted(set(keys))
        for start in range(0, len(names), 500):
            some = wanted.where(_COLUMNS.key.in_(names[start : start + 500]))
            found += (posting_of(row) for row in self._session.connection().execute(some))
        return tuple(found)

    def posted(self, since: date | None = None, *, moved_since: datetime | None = None) -> tuple[Posted, ...]:
        """All invoices and credit memos of ours, with how far each came.

        `since` leaves out those for periods that end before a day, `moved_since` those that stayed as they are.
        """
        columns = (*(_COLUMNS[name] for name in ("document", "state", "number", "remote_number")),)
        more = (*(_COLUMNS[name] for name in ("remote_id", "marker", "updated_at")),)
        ours = (_COLUMNS.document.is_not(None), _COLUMNS.kind.not_in(OF_THE_VENDOR))
        wanted = select(*columns, *more).where(*ours).order_by(_COLUMNS.key)
        if since is not None:
            wanted = wanted.where(_COLUMNS.period_last >= since.isoformat())
        if moved_since is not None:
            wanted = wanted.where(_COLUMNS.updated_at >= moved_since)
        return tuple(
            Posted(_DOCUMENTS.decode(row[0]), State(row[1]), row[3] or row[2] or "", *row[4:])
            for row in self._session.connection().execute(wanted)
        )

    def lines_of(self, marker: str) -> tuple[DocumentLine, ...]:
        """The lines of the document that bears our mark; none where there is no such."""
        wanted = select(_COLUMNS.document).where(_COLUMNS.marker == marker.upper(), _COLUMNS.document.is_not(None))
        text = self._session.connection().execute(wanted).scalar()
        return () if text is None else _DOCUMENTS.decode(text).lines

    def counts(self) -> Mapping[tuple[str, str, str, str], tuple[int, Any]]:
        """How many postings and how much money, by ledger, what, state and currency.

        What gives back counts below zero; the vendor's own are no documents to a customer but `bill`, `vendor_credit`.
        """
        c = _COLUMNS
        what = case((and_(c.what == DOCUMENT, c.kind.in_(OF_THE_VENDOR)), c.kind), else_=c.what)
        net = func.sum(case((c.kind.in_(GIVES_BACK), -c.total), else_=c.total), type_=c.total.type)
        rows = self._session.connection().execute(
            select(c.ledger, what, c.state, c.currency, func.count(), net).group_by(c.ledger, what, c.state, c.currency)
        )
        return {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in rows}

    def history(self, key: str) -> tuple[Happening, ...]:
        """Everything that became of a posting, oldest first."""
        rows = self._session.connection().execute(_HISTORY, {"which": key})
        return tuple(Happening(*row) for row in rows)

    def annex(self, key: str) -> bytes:
        """The frozen bytes of an annex."""
        row = self._session.get(AnnexRow, key)
        if row is None:
            raise LookupError(f"there is no annex {key}")
        return row.content


def posting_of(row: Row[Any]) -> Posting:
    """A row of the table as a frozen value."""
    c = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row's columns
    return Posting(
        key=c["key"], ledger=c["ledger"], plan_id=c["plan_id"], fingerprint=c["fingerprint"],
        stamp=Stamp(c["number"] or "", c["request_id"], c["marker"], c["kind"]), payload=c["payload"],
        total=c["total"], currency=c["currency"], lines=c["lines"], state=State(c["state"]), step=c["step"],
        attempts=c["attempts"], epoch=c["epoch"], lease_until=c["lease_until"], sent_at=c["sent_at"],
        next_at=c["next_at"], remote_id=c["remote_id"], remote_version=c["remote_version"], said=c["said"],
        what=c["what"], about=c["about"], after=c["after"], customer=c["customer"], doubts=c["doubts"],
        version=c["version"], remote_number=c["remote_number"], settled_by=c["settled_by"],
        document=None if c["document"] is None else _DOCUMENTS.decode(c["document"]),
    )  # fmt: skip
