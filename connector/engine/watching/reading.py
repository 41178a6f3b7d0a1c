"""Makes what a watch looks at of the warehouse's rows: subscriptions in every state, sheet rows, last charges."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.domain.errors import ConnectorError
from connector.domain.money import ZERO, to_decimal, trimmed
from connector.domain.watched import Batch, Charged, Held, Offered, Scheduled, SheetRow

Row = Mapping[str, Any]
_USAGE = frozenset({"usage", "usage-based"})
_FAR = date(9999, 12, 31)


def sightings_of(rows: Iterable[Row], customers: Iterable[Row], on: date) -> dict[str, tuple[Held, ...]]:
    """All states of each subscription that were seen by the end of a day, oldest first."""
    people = newest(customers, ("customer_id",), on)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["subscription_id"] and was_seen(row, on):
            found[row["subscription_id"]].append(row)
    return {
        name: tuple(_held(row, people.get((row["customer_id"],))) for row in sorted(found[name], key=_order))
        for name in sorted(found)
    }


def newest(rows: Iterable[Row], key: tuple[str, ...], on: date) -> dict[tuple[Any, ...], Row]:
    """The last state of each thing that was seen by the end of a day."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in sorted((row for row in rows if was_seen(row, on)), key=_order):
        found[tuple(row[name] for name in key)] = row
    return found


def was_seen(row: Row, on: date) -> bool:
    """Whether a row was seen by the end of a day."""
    return (row["observed_at"] or "")[:10] <= on.isoformat()


def _order(row: Row) -> tuple[str, int]:
    return row["observed_at"] or "", row["line"] or 0


def _held(row: Row, customer: Row | None) -> Held:
    unit = (row["unit_type"] or "").lower()
    by_usage = (row["billing_type"] or "") in _USAGE or unit in _USAGE
    return Held(
        customer_id=row["customer_id"],
        subscription_id=row["subscription_id"],
        observed_at=row["observed_at"] or "",
        offered=Offered(row["product_id"] or "", row["sku_id"] or "", row["term"], row["billing_plan"]),
        name=row["name"] or row["product_id"] or row["subscription_id"],
        status=(row["status"] or "").lower(),
        quantity=plain(row["quantity"]),
        is_trial=bool(row["is_trial"]),
        auto_renew=row["auto_renew"] is not False,
        created=row["created"],
        term_start=row["term_start"] or row["created"],
        commitment_end=row["commitment_end"],
        promotion_id=row["promotion_id"],
        scheduled=_scheduled(row),
        cancellation_until=day_in(row["cancellation_until"]),
        refundable=tuple(_batches(row["refundable"])),
        order_id=row["order_id"],
        entitlement_id=row["entitlement_id"],
        by_usage=by_usage,
        customer_name=customer["name"] if customer else None,
        country=customer["country"] if customer else None,
        source=row["source"] or "",
        line=row["line"] or 0,
        row_hash=row["row_hash"] or "",
    )


def _scheduled(row: Row) -> Scheduled | None:
    quantity: Decimal | None = row["scheduled_quantity"]
    found = Scheduled(
        row["scheduled_product_id"], row["scheduled_sku_id"], None if quantity is None else plain(quantity),
        row["scheduled_term"], row["scheduled_billing_plan"], row["scheduled_promotion_id"],
    )  # fmt: skip
    return None if found == Scheduled() else found


def _batches(text: str | None) -> Iterator[Batch]:
    """The batches of seats that can be given back, as Microsoft writes them; what cannot be read says nothing."""
    try:
        entries = json.loads(text or "[]", parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return
    for entry in entries if isinstance(entries, list) else ():
        until = _last_day_before(entry.get("allowedUntilDateTime")) if isinstance(entry, Mapping) else None
        if until is not None:
            try:
                yield Batch(plain(to_decimal(entry.get("quantity"))), until)
            except ConnectorError:
                continue


def _last_day_before(text: object) -> date | None:
    """The last day (UTC) of which some part lies before a moment; None where there is none.

    Unlike a date, which Microsoft writes as the first moment of a day that is meant whole, a moment is meant exactly.
    """
    try:
        moment = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    exact = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return (exact - timedelta(microseconds=1)).date()


def day_in(text: object) -> date | None:
    """The day that a moment begins with; None where there is none."""
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None


def plain(number: Decimal | None) -> Decimal:
    """A number without the zeros of its column."""
    return trimmed(number, 0) if number is not None else ZERO


def sheet_rows(rows: Iterable[Row]) -> Iterator[SheetRow]:
    """Rows of price sheets with the edition they stand in."""
    for row in rows:
        if row["unit_price"] is None:
            continue
        yield SheetRow(
            offered=Offered(row["product_id"], row["sku_id"], row["term"], row["billing_plan"]),
            market=row["market"] or "",
            currency=row["currency"] or "",
            price=trimmed(row["unit_price"]),
            start=row["effective_start"] or date.min,
            end=row["effective_end"] or _FAR,
            month=row["edition_month"] or "",
            seen_at=row["edition_seen_at"] or "",
            segment=row["segment"] or "",
            tier_min=row["tier_min"],
            tier_max=row["tier_max"],
            title=row["title"] or "",
            source=row["source"] or "",
            line=row["line"] or 0,
            row_hash=row["row_hash"] or "",
        )


def charged_last(rows: Iterable[Row]) -> dict[str, Charged]:
    """What the last whole cycle of each subscription cost; lines of one cycle at several prices are summed.

    Microsoft 365 E5 is charged in two lines of the same seats.
    """
    by_subscription: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_subscription[row["subscription_id"]].append(row)
    found = {}
    for name, own in by_subscription.items():
        start = max(row["charge_start"] for row in own)
        last = [row for row in own if row["charge_start"] == start]
        parts = {(row["unit_price"], row["effective_unit_price"]): row for row in last}
        first = last[0]
        found[name] = Charged(
            subscription_id=name,
            currency=first["pricing_currency"] or first["currency"] or "",
            billing_currency=first["currency"] or "",
            listed=sum((trimmed(listed or ZERO) for listed, _ in parts), ZERO),
            effective=sum((trimmed(effective or ZERO) for _, effective in parts), ZERO),
            first=start,
            last=first["charge_end"] or start,
            billing_plan=first["billing_plan"],
            term=first["term"],
            promotion_id=first["promotion_id"],
            product_name=first["product_name"],
            customer_name=first["customer_name"],
            source=first["source"] or "",
            line=first["line"] or 0,
            row_hash=first["row_hash"] or "",
        )
    return found
