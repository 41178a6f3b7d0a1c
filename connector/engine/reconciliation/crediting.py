"""Follows Microsoft's credit notes, voids and rebills to their invoice, and to what the customer got of them.

A void note without lines of its own stands for the lines of its invoice, taken back. Whatever has lines counts where
these are, and there only (Microsoft: "Reconciliation file charge types").
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.credit import CREDIT_NOTE, VOID_NOTE, CreditChain, Note
from connector.domain.finding import Finding
from connector.domain.money import ZERO, exponent, round_half_up, trimmed
from connector.domain.period import ONE_DAY
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.proof import plain_invoice
from connector.engine.reconciliation.shapes import Line, Scope, Slice

Notes = Mapping[str, Note]


def notes_of(headers: Iterable[Mapping[str, Any]]) -> dict[str, Note]:
    """Credit notes and void notes by their number."""
    found = {}
    for row in headers:
        kind = (row["document_type"] or "").lower()
        if "void" in kind or "credit" in kind or row["amends"]:
            number = plain_invoice(row["invoice"] or "")
            total = None if row["total"] is None else abs(trimmed(row["total"], exponent(row["currency"])))
            found[number] = Note(
                number, VOID_NOTE if "void" in kind else CREDIT_NOTE, plain_invoice(row["amends"] or ""),
                row["invoice_date"], total, row["currency"] or "",
            )  # fmt: skip
    return found


def bare_voids(headers: Iterable[Mapping[str, Any]], with_lines: Iterable[str]) -> dict[str, str]:
    """Void notes without lines of their own that take an invoice back whole: that invoice by the note's number."""
    rows = list(headers)
    have = {plain_invoice(name) for name in with_lines}
    totals = {plain_invoice(row["invoice"] or ""): row["total"] for row in rows}
    found = {}
    for note in notes_of(rows).values():
        whole = totals.get(note.amends)
        is_whole = note.total is None or whole is None or abs(whole) == note.total
        if note.kind == VOID_NOTE and note.amends in have and note.number not in have and is_whole:
            found[note.number] = note.amends
    return found


@dataclass(slots=True)
class _Found:
    """What a group holds of one invoice's credits."""

    notes: set[str] = field(default_factory=set)
    rebills: set[str] = field(default_factory=set)
    vendor: Decimal = ZERO
    due: Decimal | None = ZERO
    last: date | None = None


def chains(
    judgements: Iterable[Judgement], findings: Iterable[Finding], notes: Notes, lines: Iterable[Line], scope: Scope
) -> Iterator[CreditChain]:
    """The credits of every group, netted by invoice; what was given and is open is shared out, the oldest first."""
    by_key: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.impact < 0 and finding.measures == "difference":
            by_key[finding.key].append(finding)
    documents = {(line.source, line.line): line.document for line in lines if line.amount < 0}
    end = max(period.end for period in scope.audited) - ONE_DAY
    for judgement in judgements:
        found = _found(judgement, notes)
        if found:
            yield from _shared(judgement, found, by_key[judgement.group.key], documents, notes, end)


def _found(judgement: Judgement, notes: Notes) -> dict[str, _Found]:
    found: dict[str, _Found] = defaultdict(_Found)
    pieces = judgement.group.slices
    ratio = _ratio(pieces)
    for piece in pieces:
        for charge in piece.charges:
            invoice = plain_invoice(charge.invoice)
            note = notes.get(invoice)
            if note is None and not piece.is_credit:
                continue
            one = found[(note.amends if note else "") or invoice]
            one.notes |= {note.number} if note else set()
            _add(one, piece, -charge.amount, ratio)
    again = {name for name, one in found.items() if any(notes[note].kind == VOID_NOTE for note in one.notes)}
    if again:
        for piece in pieces:
            for charge in piece.charges:
                invoice = plain_invoice(charge.invoice)
                if invoice not in notes and invoice not in found and not piece.is_credit:
                    one = found[min(again)]
                    one.rebills.add(invoice)
                    _add(one, piece, -charge.amount, ratio)
    return found


def _add(one: _Found, piece: Slice, given_back: Decimal, ratio: Decimal | None) -> None:
    one.vendor += given_back
    one.last = max(one.last or piece.period.last, piece.period.last)
    own = _ratio([piece]) if piece.is_credit else ratio
    one.due = None if own is None or one.due is None else one.due + given_back * own


def _ratio(pieces: Iterable[Slice]) -> Decimal | None:
    """What the customer pays for a unit of Microsoft's money, by the dearest slice; None where none costs anything."""
    some = [piece for piece in pieces if piece.cost]
    if not some:
        return None
    dearest = max(some, key=lambda piece: (not piece.is_credit, abs(piece.cost), piece.source, -piece.line))
    return Decimal(dearest.worth).scaleb(-exponent(dearest.currency)) / dearest.cost


def _shared(
    judgement: Judgement,
    found: Mapping[str, _Found],
    findings: list[Finding],
    documents: Mapping[tuple[str, int], str],
    notes: Notes,
    end: date,
) -> Iterator[CreditChain]:
    group = judgement.group
    first, places = group.slices[0], exponent(group.currency)
    credits = [one for one in judgement.verdicts if one.side == "ledger" and one.amount < 0]
    given = -sum((one.amount for one in credits), ZERO)
    is_over = -sum((one.impact for one in findings), ZERO)
    by = tuple(sorted({documents.get((one.source, one.line), "") for one in credits} - {""}))
    since = {name: min(_day(one, notes) or end, end) for name, one in found.items()}
    for name in sorted(found, key=lambda name: (since[name], name)):
        one = found[name]
        due = given + is_over if one.due is None else round_half_up(one.due, places)
        got, still = min(given, max(due, ZERO)), ZERO
        still = min(is_over, max(due - got, ZERO))
        given, is_over = given - got, is_over - still
        yield CreditChain(
            since[name], name, tuple(sorted(one.notes)), tuple(sorted(one.rebills)), first.customer_name or "",
            first.product_name or first.product_id or "", first.subscription_id or "", one.vendor,
            first.cost_currency, due, got, still, group.currency, by if got else (),
            tuple(sorted(each.fingerprint for each in findings)) if still else (), group.key,
        )  # fmt: skip


def _day(one: _Found, notes: Notes) -> date | None:
    days = [day for note in one.notes if (day := notes[note].day)]
    return min(days) if days else one.last


def named(found: Iterable[Finding], judgements: Iterable[Judgement], notes: Notes) -> Iterator[Finding]:
    """The findings; where a document of Microsoft's takes something back, the first cause says which."""
    words: dict[tuple[str, ...], str] = {}
    for judgement in judgements if notes else ():
        some = {number for one in _found(judgement, notes).values() for number in one.notes}
        if some:
            words[judgement.group.key] = ", ".join(notes[number].words for number in sorted(some))
    for finding in found:
        text = words.get(finding.key) if finding.impact < 0 and finding.causes else None
        if text is None:
            yield finding
        else:
            cause = finding.causes[0]
            yield replace(
                finding, causes=(replace(cause, text=f"{cause.text}; Microsoft: {text}"), *finding.causes[1:])
            )
