"""What is known of each subscription's life from the subscriptions on file, as far as the scope goes."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.period import ONE_DAY
from connector.engine.reconciliation.shapes import Lifetime, Scope

_ENDED = ("deleted", "expired", "disabled", "cancelled", "canceled", "vanished")


def lives_of(rows: Iterable[Mapping[str, Any]], scope: Scope) -> tuple[tuple[Lifetime, ...], tuple[Lifetime, ...]]:
    """The last sighting of each subscription and all that led up to it: (latest, all), in a stable order.

    A month is judged by what had been seen by its end, or if nothing had, by the first sighting after it.
    """
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["subscription_id"]:
            by_id.setdefault(row["subscription_id"], []).append(row)
    latest: list[Lifetime] = []
    every: list[Lifetime] = []
    for name in sorted(by_id):
        seen = sorted(by_id[name], key=lambda row: (row["observed_at"] or "", row["line"] or 0))
        was_trial = any(row["is_trial"] for row in seen)
        by_then = [row for row in seen if (row["observed_at"] or "")[:10] < scope.end.isoformat()] or seen[:1]
        every.extend(_life(row, was_trial=bool(row["is_trial"])) for row in by_then)
        latest.append(_life(_as_of(seen[-1], by_then[-1], scope), was_trial=was_trial))
    return tuple(latest), tuple(every)


def _as_of(last: Mapping[str, Any], by_then: Mapping[str, Any], scope: Scope) -> Mapping[str, Any]:
    # A subscription's end is seen after it happened: a later sighting tells more about the past, never less,
    # unless it tells of a change that came after the scope.
    ended = _end(last)
    return last if ended is not None and ended < scope.end else by_then


def _end(row: Mapping[str, Any]) -> date | None:
    """The first day it no longer ran; None while it runs."""
    if (row["status"] or "").lower() not in _ENDED:
        return None
    end: date | None = row["commitment_end"]
    observed = (row["observed_at"] or "")[:10]
    seen = date.fromisoformat(observed) if observed else None
    if end is None:
        return seen
    # Cancelled within its term, it was gone when it was seen.
    return min(end + ONE_DAY, seen) if seen is not None else end + ONE_DAY


def _life(row: Mapping[str, Any], *, was_trial: bool) -> Lifetime:
    quantity: Decimal | None = row["quantity"]
    return Lifetime(
        subscription_id=row["subscription_id"],
        customer_id=row["customer_id"],
        product_id=row["product_id"],
        sku_id=row["sku_id"],
        status=(row["status"] or "").lower(),
        is_trial=was_trial,
        began=row["created"] or row["term_start"],
        ended=_end(row),
        term=row["term"],
        billing_plan=row["billing_plan"],
        quantity=quantity,
        name=row["name"],
        source=row["source"],
        line=row["line"],
        order_id=row["order_id"],
        migrated_from=row["migrated_from"],
        term_start=row["term_start"],
    )
