"""Tells where Microsoft's lines do not come to its invoice, and which credit notes no line says anything of."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from connector.domain.credit import Note
from connector.domain.finding import Cause, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.money import ZERO
from connector.domain.result import Conservation

KIND = "incomplete_vendor_file"


def incomplete(conservation: Iterable[Conservation], unlined: Iterable[Note], given: Collection[str]) -> list[Finding]:
    """One finding per currency whose header is not reached, and one per note that is in no header.

    A note without lines lowers the header, so that it is what is missing. `given` are the currencies whose header a
    person gave: what that counts of notes nobody knows, and the note is told on its own.
    """
    notes = tuple(unlined)
    found = []
    for one in conservation:
        own = [note for note in notes if note.currency == one.currency]
        if not _reached(one):
            found.append(_not_reached(one, own))
        elif one.currency in given:
            found += [_left_over(note) for note in own]
    return found


def _reached(one: Conservation) -> bool:
    if one.vendor_header is None:
        return True
    return one.vendor_header == one.vendor_lines + one.vendor_tax + one.adjustments


def _not_reached(one: Conservation, notes: Sequence[Note]) -> Finding:
    header = one.vendor_header or ZERO
    impact = header - one.vendor_lines - one.vendor_tax - one.adjustments
    lacks = f"{impact:f} is missing" if impact > 0 else f"{-impact:f} is too much"
    text = (
        f"the vendor's lines sum to {one.vendor_lines:f} and tax {one.vendor_tax:f}, adjustments {one.adjustments:f}, "
        f"but the header says {header:f} {one.currency}: {lacks}"
    )
    rest = impact + sum((note.total or ZERO for note in notes), ZERO)
    causes = [Cause("incomplete", rest, text), *map(_cause, notes)]
    return _finding((one.currency,), impact, one.currency, causes)


def _left_over(note: Note) -> Finding:
    return _finding((note.currency, note.number), -(note.total or ZERO), note.currency, [_cause(note)])


def _cause(note: Note) -> Cause:
    text = (
        f"{note.words} takes back {note.total:f} {note.currency} with tax, and no line says whose it is; import its "
        f"lines, or declare it under `adjustments` as invoice {note.number}"
    )
    return Cause(note.kind, -(note.total or ZERO), text)


def _finding(key: tuple[str, ...], impact: Decimal, currency: str, causes: list[Cause]) -> Finding:
    kind = KINDS[KIND]
    return Finding(
        kind=KIND, measures=kind.measures, severity=kind.severity, impact=impact, currency=currency, subject=Subject(),
        key=key, valued_at="cost", causes=tuple(causes), advice=kind.advice,
    )  # fmt: skip
