"""Reads out of a ledger's versions which prices were changed by hand, and which lines bill a whole term at once."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from connector.domain.contract import BilledLine, TemplateLine
from connector.domain.errors import ConnectorError
from connector.domain.money import ZERO, to_decimal, trimmed
from connector.domain.watched import Prepaid, PriceMove
from connector.engine.watching.reading import plain, was_seen

Row = Mapping[str, Any]
LONG = 300
"""So many days between first and last make a line one for a term."""
_MONTH = range(27, 33)
VOID = frozenset({"void", "voided", "draft", "deleted", "cancelled", "canceled"})


def of_one(rows: Iterable[Row], one: Mapping[tuple[str, str], str]) -> Iterator[Row]:
    """Rows with the customer that stands for those that were merged into it."""
    for row in rows:
        now = one.get((row["ledger"] or "", row["customer_id"] or ""))
        yield row if now is None else {**row, "customer_id": now}


def item_moves(records: Iterable[Row], on: date, recent: int) -> Iterator[PriceMove]:
    """What became of each item's price within the last days; one that was set back meanwhile is none."""
    versions: dict[tuple[str, str], list[tuple[Decimal, Row]]] = defaultdict(list)
    for row in records:
        price = _item_price(row) if row["kind"] == "item" and was_seen(row, on) else None
        if price is not None:
            versions[row["ledger"] or "", row["record_id"]].append((price, row))
    for (ledger, item), priced in sorted(versions.items(), key=lambda pair: pair[0]):
        moved = _moved(priced, on - timedelta(days=recent))
        if moved is not None:
            before, after, row = moved
            yield PriceMove(
                "item", ledger, item, item, before, after, _day(row), row["name"] or item,
                source=row["source"] or "", line=row["line"] or 0, row_hash=row["row_hash"] or "",
            )  # fmt: skip


def _item_price(row: Row) -> Decimal | None:
    try:
        text = json.loads(row["facts"] or "{}").get("unit_price")
        return trimmed(to_decimal(text)) if text else None
    except (ValueError, ConnectorError, AttributeError):
        return None


def _moved(priced: Iterable[tuple[Decimal, Row]], since: date) -> tuple[Decimal, Decimal, Row] | None:
    """The price as it stood on a day (or was first seen), as it stands now, and the sighting that brought it."""
    ordered = sorted(priced, key=lambda pair: pair[1]["observed_at"] or "")
    known = [price for price, row in ordered if _day(row) <= since]
    before, now = known[-1] if known else ordered[0][0], ordered[-1][0]
    changed = [(was, row) for (was, _), (price, row) in pairwise(ordered) if was != price]
    if before == now or _is_set_back(now, changed):
        return None
    return before, now, changed[-1][1]


def _is_set_back(now: Decimal, changed: Sequence[tuple[Decimal, Row]]) -> bool:
    """Whether the last change took back the one before, not long after it."""
    if len(changed) < 2:
        return False
    (original, first), (_, last) = changed[-2:]
    return original == now and (_day(last) - _day(first)).days <= _SOON


_SOON = 90


def template_moves(templates: Iterable[Row], on: date, recent: int) -> Iterator[PriceMove]:
    """What became of each line's price in recurring templates; lines are the same by their number and item."""
    newest: dict[tuple[str, str], str] = {}
    versions: dict[tuple[str, str, str, str], list[tuple[Decimal, Row]]] = defaultdict(list)
    for row in templates:
        if was_seen(row, on):
            template = row["ledger"] or "", row["template_id"]
            newest[template] = max(newest.get(template, ""), row["observed_at"] or "")
            if row["unit_price"] is not None:
                key = *template, row["line_number"] or "", row["item_id"] or ""
                versions[key].append((trimmed(row["unit_price"]), row))
    for (ledger, template_id, _, _), priced in sorted(versions.items(), key=lambda pair: pair[0]):
        moved = _moved(priced, on - timedelta(days=recent))
        last = max(row["observed_at"] or "" for _, row in priced)
        # A line that the template has no more bills nothing.
        if moved is not None and last == newest[ledger, template_id]:
            before, _, row = moved
            yield _move("template", ledger, template_id, before, row, _day(row))


def line_moves(lines: Iterable[Row], by_machine: frozenset[tuple[str, str]]) -> Iterator[PriceMove]:
    """Prices of lines that people made, where the last document has another than the one before.

    Only lines for a whole month that stand alone in their document for their item are held together; documents that
    are ours or that a template made are none of people's (`by_machine`: ledger and id).
    """
    found: dict[tuple[str, str, str, str], dict[tuple[date, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in lines:
        machine = (row["ledger"] or "", row["document_id"] or "") in by_machine
        usable = row["document_type"] == "invoice" and (row["status"] or "").lower() not in VOID
        if machine or not usable or row["unit_price"] is None or row["document_date"] is None or not row["quantity"]:
            continue
        key = row["ledger"] or "", row["customer_id"] or "", row["item_id"] or "", row["reference"] or ""
        found[key][row["document_date"], row["document_number"] or ""].append(row)
    for (ledger, _, _, _), documents in sorted(found.items()):
        alone = [rows[0] for _, rows in sorted(documents.items()) if len(rows) == 1 and _is_whole(rows[0])]
        if len(alone) > 1 and alone[-1]["unit_price"] != alone[-2]["unit_price"]:
            row = alone[-1]
            number = row["document_number"] or ""
            yield _move("line", ledger, number, alone[-2]["unit_price"], row, row["document_date"])


def prepaid(lines: Iterable[Row]) -> Iterator[Prepaid]:
    """The lines that bill a subscription for most of a year or longer."""
    for row in lines:
        first, last = row["service_start"], row["service_end"]
        is_long = first is not None and last is not None and (last - first).days >= LONG
        counts = row["document_type"] == "invoice" and (row["status"] or "").lower() not in VOID
        if row["reference"] and is_long and counts:
            yield Prepaid(
                row["reference"].lower(), first, last, row["document_number"] or "", row["source"] or "",
                row["line"] or 0, row["row_hash"] or "",
            )  # fmt: skip


def billed_lines(lines: Iterable[Row]) -> dict[tuple[str, str, str], tuple[BilledLine, ...]]:
    """What bills each item of each customer, by ledger, customer and item."""
    found: dict[tuple[str, str, str], list[BilledLine]] = defaultdict(list)
    for row in lines:
        last = row["service_end"] or row["document_date"]
        if last is None or not row["item_id"] or (row["status"] or "").lower() in VOID:
            continue
        amount = trimmed(row["amount"]) if row["amount"] is not None else ZERO
        found[row["ledger"] or "", row["customer_id"] or "", row["item_id"]].append(
            BilledLine(
                last, amount, row["currency"] or "", (row["reference"] or "").lower(),
                row["document_type"] == "credit_memo", row["source"] or "", row["line"] or 0, row["row_hash"] or "",
            )
        )  # fmt: skip
    return {place: tuple(some) for place, some in found.items()}


def template_lines(upcoming: Iterable[Row]) -> Iterator[TemplateLine]:
    """What recurring templates in force bill next (rows of engine.upcoming)."""
    for row in upcoming:
        if row["next_day"] is not None and row["item_id"] and row["customer_id"]:
            yield TemplateLine(
                row["ledger"] or "", row["template_id"], row["customer_id"], row["item_id"],
                trimmed(row["amount"]) if row["amount"] is not None else ZERO, row["currency"] or "", row["next_day"],
                row["customer_name"], row["quantity"], row["source"] or "", row["line"] or 0, row["row_hash"] or "",
            )  # fmt: skip


def income_accounts(records: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The name (or id) of each item's income account, by ledger and item; of each record its last version counts."""
    newest: dict[tuple[str, str, str], Row] = {}
    for row in sorted(records, key=lambda row: row["observed_at"] or ""):
        newest[row["ledger"] or "", row["kind"], row["record_id"]] = row
    found = {}
    for (ledger, kind, item), row in newest.items():
        account = _fact(row, "income_account") if kind == "item" else None
        if account:
            named = newest.get((ledger, "account", account))
            found[ledger, item] = (named["name"] if named else None) or account
    return found


def _fact(row: Row, name: str) -> str | None:
    try:
        return str(json.loads(row["facts"] or "{}").get(name) or "") or None
    except (ValueError, AttributeError):
        return None


def _is_whole(row: Row) -> bool:
    first, last = row["service_start"], row["service_end"]
    return first is None or last is None or (last - first).days + 1 in _MONTH


def _move(what: str, ledger: str, record_id: str, before: Decimal, row: Row, on: date) -> PriceMove:
    return PriceMove(
        what, ledger, record_id, row["item_id"] or "", trimmed(before), trimmed(row["unit_price"]), on,
        customer=row["customer_id"], customer_name=row["customer_name"], quantity=plain(row["quantity"]),
        currency=row["currency"] or "", source=row["source"] or "", line=row["line"] or 0,
        row_hash=row["row_hash"] or "",
    )  # fmt: skip


def _day(row: Row) -> date:
    return date.fromisoformat(row["observed_at"][:10])
