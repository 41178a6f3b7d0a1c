"""Explains one finding, line or subscription: every rule, price, date and sum behind it, and what the ledger has."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from typing import Any

from connector.domain import rules
from connector.domain.derivation import Comparison, Derivation, Explanation
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding
from connector.domain.line_rows import LEDGER, VENDOR, LineRow
from connector.domain.money import from_minor
from connector.engine.deciding import decisions
from connector.engine.deriving import readings, sums
from connector.engine.expecting.keys import offer_of
from connector.engine.reconciliation.apportioning import Place
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Charge, Slice, charges_of
from connector.jobs.reconcile import Run
from connector.jobs.request import Request
from connector.ports import LineTables

MOST_SHOWN = 200
"""Slices of one comparison that are derived; how many more there are is told."""
_SEARCHED = 50_000


class UnknownReference(ConnectorError):
    """What was to be explained is not there, or may be several things; the sentence names the nearest."""


class Explainer:
    """Everything about one run that can be explained. Charges are judged piece by piece, however many there are."""

    def __init__(self, tables: LineTables, mapping: rules.Mapping, request: Request) -> None:
        run = Run(tables, mapping, replace(request, settle_from=sys.maxsize))
        run.scope()
        audit = run.audit()
        assert audit.trail is not None  # noqa: S101  there is a scope
        self._tables, self._trail = tables, audit.trail
        self.result = audit.result
        self.lines = tuple(audit.lines)
        # A charge whose parts are billed apart is in several groups.
        self._groups: dict[Place, list[Judgement]] = defaultdict(list)
        for judgement in self._trail.groups:
            places = {(VENDOR, one.source, one.line) for piece in judgement.group.slices for one in piece.charges}
            places |= {(LEDGER, one.source, one.line) for one in judgement.verdicts if one.side == LEDGER}
            for place in places:
                self._groups[place].append(judgement)
        self._compared_charges = {piece.charges for one in self._trail.groups for piece in one.group.slices}
        self._rows = {_place(row): row for row in self.lines}
        self._verdicts: dict[tuple[Charge, ...], list[tuple[str, Decimal]]] = defaultdict(list)
        for verdict in self._trail.verdicts:
            if verdict.charges:
                self._verdicts[verdict.charges].append((verdict.verdict, verdict.amount))

    def explain(self, reference: str) -> Explanation:
        """Explain a finding, a line of either side, a document or a subscription.

        Raises UnknownReference where nothing, or more than one thing, is meant.
        """
        meant, rows, findings = self._meant(reference.strip())
        return Explanation(reference, meant, tuple(self._comparisons(rows, findings)))

    def _meant(self, reference: str) -> tuple[str, list[LineRow], list[Finding]]:
        wanted = reference.lower().rstrip("…")
        findings = [f for f in self.result.findings if len(wanted) >= 4 and f.fingerprint.startswith(wanted)]
        if len(findings) > 1:
            raise UnknownReference(
                f"{reference} may be several findings: {', '.join(sorted(f.fingerprint for f in findings))}; "
                "give more of the fingerprint."
            )
        if findings:
            concerned = [row for row in self.lines if findings[0].fingerprint in row.findings]
            return f"finding {findings[0].fingerprint}", concerned, findings
        rows = [row for row in self.lines if row.subscription_id and row.subscription_id == wanted]
        if rows:
            return f"subscription {wanted}", rows, []
        head, _, tail = reference.rpartition(":")
        if head and tail.isascii() and tail.isdecimal():
            rows = self._at(head, int(tail))
            if rows:
                side = "Microsoft's line" if rows[0].side == VENDOR else "ledger line"
                return f"{side} {rows[0].document}, {rows[0].source}:{rows[0].source_line}", rows, []
        rows = [row for row in self.lines if row.side == LEDGER and row.document.lower() == wanted]
        if rows:
            return f"ledger document {rows[0].document}", rows, []
        keys = {one.key for one in self._trail.credits if wanted in (name.lower() for name in one.notes)}
        if keys:
            taken_back = [row for row in self.lines if row.side == VENDOR and row.document.lower() == wanted]
            of_these = [finding for finding in self.result.findings if finding.key in keys]
            return f"what Microsoft's {reference} takes back", taken_back, of_these
        raise UnknownReference(self._unknown(reference))

    def _at(self, head: str, number: int) -> list[LineRow]:
        """The line of that number in a file, a vendor invoice or a ledger document."""
        in_file = [row for row in self.lines if row.source_line == number and _is_file(row.source, head)]
        if len({row.source for row in in_file}) > 1:
            places = sorted(f"{row.source}:{number}" for row in in_file)
            raise UnknownReference(f"{head}:{number} may be {' or '.join(places)}; give more of the path.")
        if in_file:
            return in_file
        found = [row for row in self.lines if row.line == number and row.document.lower() == head.lower()]
        if len(found) > 1:
            places = sorted(f"{row.source}:{row.source_line}" for row in found)
            raise UnknownReference(f"{head}:{number} may be {' or '.join(places)}; name one of these.")
        return found

    def _unknown(self, reference: str) -> str:
        known = {one for one in islice(self._known(), _SEARCHED) if one}
        near = get_close_matches(reference, sorted(known), n=3)
        nearest = f"; nearest are {', '.join(near)}" if near else ""
        return (
            f"{reference} is no finding, line, document or subscription of this reconciliation{nearest}. Give a "
            "fingerprint, FILE:LINE, INVOICE:LINE, a credit note of Microsoft's, a ledger document (with :LINE) or a "
            "subscription id."
        )

    def _known(self) -> Iterator[str]:
        yield from (finding.fingerprint for finding in self.result.findings)
        for row in self.lines:
            yield row.subscription_id
            yield row.document
            yield f"{row.document}:{row.line}"
            yield f"{row.source.rsplit('/', 1)[-1]}:{row.source_line}"

    def _comparisons(self, rows: Sequence[LineRow], findings: Sequence[Finding]) -> Iterator[Comparison]:
        """What was compared with these lines or led to these findings, then what nothing was compared with."""
        keys = {finding.key for finding in findings}
        places = {_place(row) for row in rows}
        chosen = {id(one): one for place in places for one in self._groups.get(place, ())}
        chosen |= {id(one): one for one in self._trail.groups if one.group.key in keys}
        # A charge was asked for: only what it is in; else all that was compared with it.
        only = places if rows and all(row.side == VENDOR for row in rows) and not findings else None
        for judgement in sorted(chosen.values(), key=lambda one: one.group.key):
            yield self._compared(judgement, only)
        alone = [
            piece
            for piece in self._trail.slices
            if piece.charges not in self._compared_charges
            and any((VENDOR, one.source, one.line) in places for one in piece.charges)
        ]
        lines = [row for row in rows if row.side == LEDGER and _place(row) not in self._groups]
        if alone or lines:
            derivations = self._derivations(alone[:MOST_SHOWN])
            concerned = [*lines, *(row for one in derivations for row in one.charges)]
            yield Comparison(
                derivations, tuple(lines), self._findings(concerned, keys), left_out=max(0, len(alone) - MOST_SHOWN)
            )

    def _compared(self, judgement: Judgement, only: set[Place] | None) -> Comparison:
        group = judgement.group
        pieces = [
            piece
            for piece in group.slices
            if only is None or any((VENDOR, one.source, one.line) in only for one in piece.charges)
        ]
        at = sorted({(LEDGER, one.source, one.line) for one in judgement.verdicts if one.side == LEDGER})
        lines = tuple(row for place in at if (row := self._rows.get(place)))
        derivations = self._derivations(pieces[:MOST_SHOWN])
        concerned = [*lines, *(row for one in derivations for row in one.charges)]
        return Comparison(
            derivations=derivations,
            ledger_lines=lines,
            findings=self._findings(concerned, {group.key}),
            currency=group.currency,
            expected=group.amount_of(group.expected),
            actual=group.amount_of(group.actual),
            left_out=max(0, len(pieces) - MOST_SHOWN),
            credits=tuple(one for one in self._trail.credits if one.key == group.key),
        )

    def _findings(self, rows: Iterable[LineRow], keys: set[tuple[str, ...]]) -> tuple[Finding, ...]:
        prints = {fingerprint for row in rows for fingerprint in row.findings}
        return tuple(one for one in self.result.findings if one.fingerprint in prints or one.key in keys)

    def _derivations(self, pieces: Sequence[Slice]) -> tuple[Derivation, ...]:
        priced = self._priced(pieces)
        return tuple(self._derivation(piece, priced) for piece in pieces)

    def _priced(self, pieces: Sequence[Slice]) -> dict[Charge, dict[str, Any]]:
        """The priced line that each charge of these slices is in."""
        table = self._trail.priced
        named = sorted({piece.subscription_id for piece in pieces if piece.subscription_id})
        wanted = table.subscription_id.isin(named) if named else table.subscription_id.isnull()
        if named and any(piece.subscription_id is None and piece.charges for piece in pieces):
            wanted = wanted | table.subscription_id.isnull()
        found: dict[Charge, dict[str, Any]] = {}
        if any(piece.charges for piece in pieces):
            for row in self._tables.rows(table.filter(wanted)):
                for charge in charges_of(row):
                    found[charge] = row
        return found

    def _derivation(self, piece: Slice, priced: dict[Charge, dict[str, Any]]) -> Derivation:
        lines: list[dict[str, Any]] = []
        for charge in piece.charges:
            if not any(priced[charge] is line for line in lines):
                lines.append(priced[charge])
        rate = self._trail.rates[piece.rate_id]
        told = sums(piece, lines, lambda rate_id: self._trail.rates[rate_id])
        rows = [self._rows[VENDOR, one.source, one.line] for one in piece.charges]
        decided = decisions(self._trail.book, offer_of(lines[0]), piece.cost_currency, piece.currency) if lines else ()
        return Derivation(
            customer=(rate.customer_name if rate else None) or piece.customer_name or "",
            tenant_id=piece.customer_id or "",
            ledger=piece.ledger or "",
            ledger_customer=piece.ledger_customer or "",
            product=piece.product_name or piece.product_id or "",
            item=piece.item or "",
            subscription_id=piece.subscription_id or "",
            status=piece.status,
            rate=rate.formula if rate else f"{piece.source}:{piece.line}",
            decisions=tuple(decided),
            readings=readings(lines),
            sums=told,
            amount=from_minor(piece.worth, piece.currency) if told else None,
            currency=piece.currency,
            cost=piece.cost,
            cost_currency=piece.cost_currency,
            charges=tuple(dict.fromkeys(rows)),
            verdicts=tuple(self._verdicts.get(piece.charges, ())) if piece.charges else (),
        )


def _place(row: LineRow) -> Place:
    return row.side, row.source, row.source_line


def _is_file(source: str, named: str) -> bool:
    """Whether a file is meant by the end of its path."""
    return source == named or source.endswith(f"/{named}")
