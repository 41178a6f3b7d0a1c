"""Tells what a subscription was before it renewed: how many seats, which term, at what price to the customer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import ibis

from connector.engine.expecting.keys import KEY, offer_of, point_of
from connector.engine.expecting.normalising import SEAT_CHANGES, STARTS, normalise
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Before, Lifetime, Slice
from connector.jobs.expect import Expectation
from connector.ports import LineTables

_STARTS = frozenset({*STARTS, "cyclefee"})
_COLUMNS = (*KEY, "subscription_id", "type", "first", "milli_seats")

Renewal = tuple[str, date]


def before_renewals(
    tables: LineTables, expectation: Expectation, groups: Iterable[Judgement], sightings: tuple[Lifetime, ...]
) -> dict[Renewal, Before]:
    """What was before, by subscription and the day of its renewal, for the renewals among judged groups.

    Seats and term are those last seen at Microsoft in the term before; where it was not seen then, those it was last
    charged for. The price is what the rules made of that charge. Without subscriptions on file nothing is told.
    """
    pieces = {
        (piece.subscription_id, piece.period.start): piece
        for judgement in groups
        if judgement.group.lines
        for piece in judgement.group.slices
        if piece.kind == "renew" and piece.subscription_id
    }
    if not pieces or not sightings:
        return {}
    seen = _last_seen(sightings, pieces)
    charged = dict(_last_charged(tables, expectation, pieces))
    for renewal, life in seen.items():
        was = charged.get(renewal, Before())
        charged[renewal] = replace(was, quantity=life.quantity or was.quantity, term=life.term or was.term)
    return charged


def _last_seen(sightings: Iterable[Lifetime], renewals: Iterable[Renewal]) -> dict[Renewal, Lifetime]:
    """The last sighting of each subscription in a term that began before its renewal."""
    by_id: dict[str, list[Lifetime]] = {}
    for life in sightings:
        by_id.setdefault(life.subscription_id, []).append(life)
    found = {}
    for name, day in renewals:
        earlier = [life for life in by_id.get(name, ()) if life.term_start is not None and life.term_start < day]
        if earlier:
            found[name, day] = earlier[-1]
    return found


def _last_charged(
    tables: LineTables, expectation: Expectation, pieces: Mapping[Renewal, Slice]
) -> Iterator[tuple[Renewal, Before]]:
    """What each subscription was charged for in its last cycle before the renewal, as far as it is on file."""
    names = sorted({name for name, _ in pieces})
    renewing = tables.take("renewing", ({"subscription_id": name} for name in names), {"subscription_id": "string"})
    charges = tables.table("charges")
    charges = charges.filter(charges.subscription_id.notnull()).semi_join(renewing, "subscription_id")
    lines = expectation.keyed(normalise(charges.mutate(part=ibis.null("string"))))
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for row in tables.rows(lines.select(*_COLUMNS)):
        by_id.setdefault(row["subscription_id"], []).append(row)
    for (name, day), piece in pieces.items():
        offer = piece.product_id, piece.sku_id
        own = [row for row in by_id.get(name, ()) if row["first"] and row["first"] < day]
        was = _charged(expectation, [row for row in own if (row["product_id"], row["sku_id"]) == offer])
        if was is not None:
            yield (name, day), was


def _charged(expectation: Expectation, rows: list[Mapping[str, Any]]) -> Before | None:
    """Seats, term and price of the last cycle among charges; None where they do not tell."""
    cycles = [row for row in rows if row["type"] in _STARTS and row["milli_seats"] > 0]
    start = max((row["first"] for row in cycles), default=None)
    last = [row for row in cycles if row["first"] == start]
    if len(last) != 1:
        return None
    changes = [row["milli_seats"] for row in rows if row["type"] in SEAT_CHANGES and row["first"] >= start]
    rate = expectation.pricer.rate(offer_of(last[0]), point_of(last[0]))
    by_seat = rate.status == "priced" and rate.method == "seats" and not rate.whole
    return Before(
        quantity=Decimal(last[0]["milli_seats"] + sum(changes)) / 1000,
        term=last[0]["term"],
        billing_plan=last[0]["billing_plan"],
        unit=rate.unit if by_seat else None,
    )
