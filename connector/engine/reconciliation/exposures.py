"""Collects what the checks find: tables of exposures, and exposures of judged groups, as findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from operator import itemgetter
from typing import Any

import ibis.expr.types as ir

from connector.domain.finding import Cause, Evidence, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.line_rows import VENDOR
from connector.domain.money import exponent, round_half_up
from connector.domain.period import ONE_DAY
from connector.engine.checks import GroupView, Tables, group_checks, rates_behind, table_checks
from connector.engine.expecting.slices import PLACE_MARK
from connector.engine.rates import Rate

ZERO = Decimal(0)

_Rows = Callable[[ir.Table], Iterable[Mapping[str, Any]]]
_KEY = itemgetter("tenant_id", "product_id", "currency")


def from_checks(tables: Tables, rows: _Rows, rate: Callable[[int], Rate | None]) -> Iterator[Finding]:
    """Run every check that looks at tables; `rate` finds what the rules say by its number."""
    for check in table_checks():
        table = check.find(tables)
        found = [] if table is None else [(row, _finding(check.KIND, row)) for row in rows(table)]
        if found and (behind := rates_behind(check)) is not None:
            places = _places(rows(behind(tables)), rate)
            found = [(row, _with_rules(finding, places[_KEY(row)])) for row, finding in found]
        yield from (finding for _, finding in found)


def _places(ties: Iterable[Mapping[str, Any]], rate: Callable[[int], Rate | None]) -> dict[Any, set[str]]:
    places: dict[Any, set[str]] = defaultdict(set)
    for tie in ties:
        found = rate(tie["rate_id"])
        places[_KEY(tie)].update(found.places if found else ())
    return places


def _with_rules(finding: Finding, places: set[str]) -> Finding:
    """Name the rules that tie, in the text and as evidence."""
    if not places:
        return finding
    named = sorted(places)
    cause = finding.causes[0]
    text = f"these claim it with equal right: {' and '.join(named)}"
    rules = tuple(
        Evidence("mapping", file, int(line)) for file, line, _ in sorted(place.rsplit(":", 2) for place in named)
    )
    return replace(finding, causes=(replace(cause, text=text),), evidence=(*rules, *finding.evidence))


def from_groups(view: GroupView) -> Iterator[Finding]:
    """Run every check that looks at judged groups."""
    for check in group_checks():
        yield from check.look(view)


def _finding(name: str, row: Mapping[str, Any]) -> Finding:
    kind = KINDS[name]
    currency = row["currency"] or ""
    impact = row["impact"] if row["impact"] is not None else ZERO
    places = max(exponent(currency), _digits(impact))
    impact = round_half_up(impact, places)
    text = row["text"] or kind.meaning
    if row["charged"] is not None:
        charged = round_half_up(row["charged"], places)
        text = f"charged {charged:,f} {currency}, by the price sheet {charged - impact:,f} {currency}"
    subject = Subject(
        tenant_id=row["tenant_id"],
        customer_name=row["customer_name"],
        ledger=row["ledger"],
        ledger_customer=row["ledger_customer"],
        subscription_id=row["subscription_id"],
        product_id=row["product_id"],
        sku_id=row["sku_id"],
        product_name=row["product_name"],
        item=row["item"],
    )
    row_hash, source, line = row["place"].split(PLACE_MARK) if row["place"] else ("", "", "0")
    evidence = (Evidence(row["side"] or VENDOR, source, int(line), row_hash),) if source else ()
    return Finding(
        kind=name,
        measures=kind.measures,
        severity=kind.severity,
        impact=impact,
        currency=currency,
        subject=subject,
        key=(row["tenant_id"] or "", row["subscription_id"] or "", row["product_id"] or "", row["key"] or "", currency),
        valued_at=kind.valued_at,
        recurring=True,
        first=row["first"],
        last=row["next_start"] - ONE_DAY if row["next_start"] else None,
        causes=(Cause(name, impact, text),),
        evidence=evidence,
        advice=kind.advice,
    )


def _digits(amount: Decimal) -> int:
    exponent_ = amount.normalize().as_tuple().exponent
    return -exponent_ if isinstance(exponent_, int) and exponent_ < 0 else 0
