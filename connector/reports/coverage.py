"""What the mapping covers, and what it might, as text, as a JSON document, and as a patch in YAML."""

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.coverage import Candidate, Coverage, LedgerParty, Money, Suggestion
from connector.reports.wording import grouped


def to_table(coverage: Coverage) -> str:
    """What is mapped, what is not with the money at risk, and what is unused, for the terminal."""
    lines: list[str] = []
    customers = [
        (one.charged, f"{one.name or '(no name)'}  {one.tenant_id}") for one in coverage.customers if not one.is_mapped
    ]
    products = [
        (one.charged, f"{one.name or '(no name)'}  {one.product_id} {one.sku_id}".rstrip())
        for one in coverage.products
        if not one.places
    ]
    lines += _part("CUSTOMERS", len(coverage.customers), customers)
    lines += _part("PRODUCTS", len(coverage.products), products)
    ambiguous = [one for one in coverage.products if one.ambiguous]
    lines += [f"  ambiguous: {one.name} is claimed by {' and '.join(one.places)}" for one in ambiguous]
    for title, parties in (("LEDGER CUSTOMERS", coverage.ledger_customers), ("LEDGER ITEMS", coverage.items)):
        unused = [party for party in parties if not party.places]
        lines.append(f"{title}: {len(parties) - len(unused)} of {len(parties)} used by a rule")
        lines += [f"  unused: {_party(party)}  {_sum(party.billed)}" for party in unused]
    if coverage.unused_rules:
        lines.append(f"RULES THAT MEET NOTHING IN THESE FILES: {len(coverage.unused_rules)}")
        lines += [f"  {text}" for text in coverage.unused_rules]
    return "\n".join(lines) + "\n"


def to_json(coverage: Coverage) -> str:
    """The same as a document; amounts are texts."""
    document = {
        "schema": "connector.coverage/1",
        "customers": [
            {"tenant_id": one.tenant_id, "name": one.name, "mapped": one.is_mapped, "internal": one.internal,
             "ledger": one.ledger, "ledger_customer": one.ledger_customer, "rule": one.place or None,
             "charged": _amounts(one.charged)}
            for one in coverage.customers
        ],
        "products": [
            {"product_id": one.product_id or None, "sku_id": one.sku_id or None, "name": one.name,
             "mapped": bool(one.places), "ambiguous": one.ambiguous, "rules": list(one.places),
             "charged": _amounts(one.charged)}
            for one in coverage.products
        ],
        "ledger_customers": [_party_document(one) for one in coverage.ledger_customers],
        "ledger_items": [_party_document(one) for one in coverage.items],
        "unused_rules": list(coverage.unused_rules),
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_suggestions(suggestions: Sequence[Suggestion], threshold: int) -> str:
    """The suggestions as a document."""
    document = {
        "schema": "connector.suggestions/1",
        "threshold": threshold,
        "suggestions": [
            {"kind": one.kind, "id": one.id, "sku_id": one.sku_id or None, "name": one.name,
             "at_risk": _amounts(one.at_risk), "verdict": "sure" if one.sure else "unsure",
             "suggested": [_candidate(each) for each in one.sure],
             "candidates": [_candidate(each) for each in one.candidates]}
            for one in suggestions
        ],
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_patch(suggestions: Sequence[Suggestion], threshold: int) -> str:
    """The suggestions as YAML for a mapping file: sure ones as rules, the others as comments beside them."""
    if not suggestions:
        return "# Every customer and product in these files is mapped.\n"
    sure = sum(bool(one.sure) for one in suggestions)
    lines = [
        "# Names are alike, and nothing more is known: check each line before you keep it in the mapping folder.",
        f"# {sure} of {len(suggestions)} suggested; scores go from 0 to 100, from {threshold} on a rule is suggested.",
    ]
    for kind, part in (("customer", "customers"), ("product", "products")):
        of_kind = [one for one in suggestions if one.kind == kind]
        kept = [one for one in of_kind if one.sure and one.id and not one.lacking]
        if kept:
            lines += ["", f"{part}:"]
            lines += [line for one in kept for line in _rule(one)]
        unsure = [one for one in of_kind if one not in kept]
        if unsure:
            lines += ["", f"# {part.capitalize()} to decide by hand:"]
            lines += [line for one in unsure for line in _unsure(one)]
    return "\n".join(lines) + "\n"


def _rule(one: Suggestion) -> Iterator[str]:
    for found in one.sure:
        why = f"{_plain(found.name)} in {_plain(found.ledger) or 'the ledger'}; {_plain(found.evidence)}"
        yield f"# score {found.score}: {why}. At risk {_sum(one.at_risk)}."
    yield f"- name: {_quoted(one.name)}"
    first = one.sure[0]
    if one.kind == "customer":
        yield f"  tenant_id: {_quoted(one.id)}"
        if first.ledger:
            yield f"  ledger: {_quoted(first.ledger)}"
        yield f"  ledger_customer: {_quoted(first.id)}"
        return
    yield f"  product_id: {_quoted(one.id)}"
    if one.sku_id:
        yield f"  sku_id: {_quoted(one.sku_id)}"
    if first.ledger:
        yield f"  item: {{{', '.join(f'{_quoted(found.ledger)}: {_quoted(found.id)}' for found in one.sure)}}}"
    else:
        yield f"  item: {_quoted(first.id)}"


def _unsure(one: Suggestion) -> Iterator[str]:
    ids = " ".join(filter(None, (one.id, one.sku_id)))
    what = "complete" if one.lacking else "unsure"
    yield f"# {what}: {_plain(one.name) or '(no name)'} ({_plain(ids) or 'no id'}), at risk {_sum(one.at_risk)}"
    if one.lacking:
        yield f"#   the rule at {_plain(one.lacking)} has no item in every ledger; add it there"
    for each in one.candidates:
        where = f"{each.ledger} " if each.ledger else ""
        yield f"#   {each.score}  {_plain(where + each.id)}: {_plain(each.name)}; {_plain(each.evidence)}"
    if not one.candidates:
        yield "#   nothing in the ledger is like it"


def _part(title: str, count: int, unmapped: Sequence[tuple[Money, str]]) -> list[str]:
    lines = [f"{title}: {count - len(unmapped)} of {count} mapped"]
    if not unmapped:
        return lines
    sums: dict[str, Decimal] = {}
    for amounts, _ in unmapped:
        for currency, amount in amounts:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    lines.append(f"  not mapped, at risk {_sum(tuple(sorted(sums.items())))} of Microsoft's charges:")
    by_money = sorted(
        unmapped, key=lambda one: (-max((abs(amount) for _, amount in one[0]), default=Decimal(0)), one[1])
    )
    return lines + [f"    {_sum(amounts):>18}  {_plain(text)}" for amounts, text in by_money]


def _sum(amounts: Money) -> str:
    return " + ".join(f"{grouped(amount, currency)} {currency}" for currency, amount in amounts) or "nothing"


def _party(party: LedgerParty) -> str:
    where = f"{party.ledger} " if party.ledger else ""
    return _plain(f"{where}{party.id}  {' / '.join(party.names[:2])}".rstrip())


def _party_document(party: LedgerParty) -> dict[str, Any]:
    return {
        "ledger": party.ledger or None, "id": party.id, "names": list(party.names), "used": bool(party.places),
        "rules": list(party.places), "billed": _amounts(party.billed),
    }  # fmt: skip


def _candidate(each: Candidate) -> dict[str, Any]:
    return {
        "ledger": each.ledger or None, "id": each.id, "name": each.name, "score": each.score, "evidence": each.evidence,
    }  # fmt: skip


def _amounts(amounts: Money) -> list[dict[str, str]]:
    return [{"currency": currency, "amount": f"{amount:f}"} for currency, amount in amounts]


def _plain(text: str) -> str:
    """A text on one line, without what a terminal or YAML would take for a command."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _quoted(text: str) -> str:
    """A text as YAML takes it, whatever is in it."""
    return "'" + _plain(text).replace("'", "''") + "'"


def unmapped(coverage: Coverage) -> Iterable[object]:
    """What is not mapped, or claimed twice."""
    yield from (one for one in coverage.customers if not one.is_mapped)
    yield from (one for one in coverage.products if not one.places or one.ambiguous)
