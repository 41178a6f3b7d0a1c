"""Keeps which subscription is billed on which ledger lines, readable from both ends, and how it was before."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Index
from sqlmodel import Field, Session, col, select

from connector.domain.binding import Binding, Origin
from connector.domain.rules import Validity
from connector.ports import Clock
from connector.store.types import Row, UtcTime

_KEY = (
    "ledger", "subscription_id", "ledger_customer", "item", "document_id", "line", "origin", "valid_from",
)  # fmt: skip
# A key has no holes: a tie without a beginning begins here.
_ALWAYS = date.min
# What fits into one question with room to spare, on either database.
_MANY = 500


class BindingRow(Row, table=True):
    """A tie; `valid_to` is the last day, none where it still holds."""

    __tablename__ = "binding"
    __table_args__ = (
        Index("ix_binding_line", "ledger", "document_id", "line"),
        Index("ix_binding_customer", "ledger", "ledger_customer", "item"),
    )

    ledger: str = Field(primary_key=True)
    subscription_id: str = Field(primary_key=True, index=True)
    ledger_customer: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    document_id: str = Field(primary_key=True)
    line: str = Field(primary_key=True)
    origin: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    tenant_id: str
    order_id: str
    product_id: str
    sku_id: str
    first_seen: datetime = Field(sa_type=UtcTime)
    last_seen: datetime = Field(sa_type=UtcTime)
    superseded_at: datetime | None = Field(default=None, sa_type=UtcTime)


class StoredBindings:
    """The ties in one unit of work."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def bind(self, bindings: Iterable[Binding]) -> int:
        """Keep ties that were seen now; return how many are new.

        A tie known already is seen once more, and its end and ids become what they are now. A standing one takes its
        days from those of the same subscription that pointed to another customer or item: what began earlier ends on
        the day before, what did not is superseded. Of those given together, the one that begins later rules.
        """
        now, fresh = self._clock.now(), 0
        given = sorted(bindings, key=lambda one: one.valid.start or _ALWAYS)
        known = self._known({binding.subscription_id for binding in given})
        for binding in given:
            row = _row(binding, now)
            mine = known[binding.ledger, binding.subscription_id]
            before = mine.get(_key(row))
            if before is None:
                fresh += 1
                self._session.add(row)
                mine[_key(row)] = row
            else:
                _see_again(before, row)
            if binding.is_standing:
                _take_its_days(mine.values(), row, now)
        self._session.flush()
        return fresh

    def of_subscription(self, subscription_id: str, *, on: date | None = None) -> tuple[Binding, ...]:
        """All ties of a subscription (that hold on a day), oldest first."""
        return _sorted(self._session.exec(select(BindingRow).where(BindingRow.subscription_id == subscription_id)), on)

    def of_line(self, ledger: str, document_id: str, line: str | None = None) -> tuple[Binding, ...]:
        """What a ledger document, or one line of it, bills."""
        wanted = select(BindingRow).where(BindingRow.ledger == ledger, BindingRow.document_id == document_id)
        if line is not None:
            wanted = wanted.where(BindingRow.line == line)
        return _sorted(self._session.exec(wanted), None)

    def of_customer(
        self, ledger: str, ledger_customer: str, item: str | None = None, *, on: date | None = None
    ) -> tuple[Binding, ...]:
        """All ties to a ledger customer (and item, on a day)."""
        wanted = select(BindingRow).where(BindingRow.ledger == ledger, BindingRow.ledger_customer == ledger_customer)
        if item is not None:
            wanted = wanted.where(BindingRow.item == item)
        return _sorted(self._session.exec(wanted), on)

    def standing(self, *, on: date | None = None) -> Iterator[Binding]:
        """The ties to customers' items (that hold on a day), of all subscriptions."""
        wanted = select(BindingRow).where(BindingRow.document_id == "")
        for row in self._session.exec(wanted):
            if _holds(row, on):
                yield _binding(row)

    def _known(self, subscriptions: Iterable[str]) -> dict[tuple[str, str], dict[tuple[object, ...], BindingRow]]:
        """All ties of subscriptions, by ledger and subscription."""
        found: dict[tuple[str, str], dict[tuple[object, ...], BindingRow]] = defaultdict(dict)
        wanted = sorted(subscriptions)
        for at in range(0, len(wanted), _MANY):
            some = col(BindingRow.subscription_id).in_(wanted[at : at + _MANY])
            for row in self._session.exec(select(BindingRow).where(some)):
                found[row.ledger, row.subscription_id][_key(row)] = row
        return found


def _take_its_days(rows: Iterable[BindingRow], newest: BindingRow, now: datetime) -> None:
    """One ledger customer and item at a time."""
    for row in rows:
        same = (row.ledger_customer, row.item) == (newest.ledger_customer, newest.item)
        over = row.valid_to is not None and row.valid_to < newest.valid_from
        later = newest.valid_to is not None and row.valid_from > newest.valid_to
        if row.document_id or same or over or later or row.superseded_at is not None:
            continue
        if row.valid_from < newest.valid_from:
            row.valid_to = newest.valid_from - timedelta(days=1)
        else:
            row.superseded_at = now


def _see_again(before: BindingRow, now: BindingRow) -> None:
    before.last_seen, before.valid_to, before.superseded_at = now.last_seen, now.valid_to, None
    for name in ("tenant_id", "order_id", "product_id", "sku_id"):
        if value := getattr(now, name):
            setattr(before, name, value)


def _key(row: BindingRow) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _KEY)


def _row(binding: Binding, now: datetime) -> BindingRow:
    end = binding.valid.end
    return BindingRow(
        ledger=binding.ledger, subscription_id=binding.subscription_id, ledger_customer=binding.ledger_customer,
        item=binding.item, document_id=binding.document_id, line=binding.line, origin=binding.origin.value,
        valid_from=binding.valid.start or _ALWAYS, valid_to=end - timedelta(days=1) if end else None,
        tenant_id=binding.tenant_id, order_id=binding.order_id, product_id=binding.product_id,
        sku_id=binding.sku_id, first_seen=now, last_seen=now,
    )  # fmt: skip


def _validity(row: BindingRow) -> Validity:
    start = None if row.valid_from == _ALWAYS else row.valid_from
    return Validity(start, row.valid_to + timedelta(days=1) if row.valid_to else None)


def _holds(row: BindingRow, on: date | None) -> bool:
    return row.superseded_at is None and (on is None or on in _validity(row))


def _binding(row: BindingRow) -> Binding:
    return Binding(
        ledger=row.ledger, ledger_customer=row.ledger_customer, item=row.item, subscription_id=row.subscription_id,
        origin=Origin(row.origin), tenant_id=row.tenant_id, order_id=row.order_id, product_id=row.product_id,
        sku_id=row.sku_id, document_id=row.document_id, line=row.line, valid=_validity(row),
        first_seen=row.first_seen, last_seen=row.last_seen, superseded_at=row.superseded_at,
    )  # fmt: skip


def _sorted(rows: Iterable[BindingRow], on: date | None) -> tuple[Binding, ...]:
    found = [row for row in rows if on is None or _holds(row, on)]
    order = ("valid_from", *_KEY)
    return tuple(_binding(row) for row in sorted(found, key=lambda row: [str(getattr(row, name)) for name in order]))
