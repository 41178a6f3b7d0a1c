"""Reads out of Partner Center's audit records who changed the seats of which subscription, when, and through what.

Source: Microsoft, "Get a record of Partner Center activity" and "Auditing resources".
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from connector.domain.errors import ConnectorError
from connector.domain.money import ZERO, to_decimal
from connector.domain.watched import SeatChange
from connector.engine.watching.reading import plain

Row = Mapping[str, Any]
UPDATES = ("update_subscription", "upgrade_subscription", "convert_trial_subscription")
ORDERS = ("create_order", "update_order")


def seat_changes(records: Iterable[Row]) -> Iterator[SeatChange]:
    """The changes of seats that succeeded; what a record does not tell of seats is none."""
    for row in records:
        if (row["status"] or "succeeded") != "succeeded" or not row["customer_id"]:
            continue
        if row["operation"] in UPDATES:
            yield from _update(row)
        elif row["operation"] in ORDERS:
            yield from _order(row)


def _update(row: Row) -> Iterator[SeatChange]:
    old, new = _content(row["old_value"]), _content(row["new_value"])
    subscription = str(new.get("id") or old.get("id") or "").lower()
    after, before = _number(new.get("quantity")), _number(old.get("quantity"))
    if str(new.get("status") or "").lower() in ("deleted", "cancelled"):
        after = ZERO
    if subscription and after is not None and before is not None and before != after:
        yield _change(row, subscription, before, after)


def _order(row: Row) -> Iterator[SeatChange]:
    lines = _content(row["new_value"]).get("lineitems")
    for line in lines if isinstance(lines, list) else ():
        own = _small(line) if isinstance(line, Mapping) else {}
        subscription, seats = str(own.get("subscriptionid") or "").lower(), _number(own.get("quantity"))
        if subscription and seats:
            yield _change(row, subscription, ZERO if row["operation"] == "create_order" else None, seats)


def _change(row: Row, subscription: str, before: Decimal | None, after: Decimal) -> SeatChange:
    return SeatChange(
        row["record_id"], row["happened_at"], row["customer_id"], subscription, row["operation"], before, after,
        row["user_name"] or "", row["application_id"] or "", row["source"] or "", row["line"] or 0,
        row["row_hash"] or "",
    )  # fmt: skip


def _content(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}", parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return {}
    return _small(found) if isinstance(found, Mapping) else {}


def _small(found: Mapping[str, Any]) -> dict[str, Any]:
    """Microsoft writes the keys of these values otherwise than everywhere else."""
    return {str(key).lower(): value for key, value in found.items()}


def _number(value: object) -> Decimal | None:
    try:
        return plain(to_decimal(value)) if value is not None else None
    except ConnectorError:
        return None
