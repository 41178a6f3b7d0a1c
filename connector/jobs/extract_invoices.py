"""Fetches vendor invoices with their totals and credit notes, and the lines and daily usage behind them.

An invoice of the last months is asked about each time: where the mark of its lines has changed, they are fetched again
and replace those of before, which are kept. Lines that are on no invoice yet are fetched as they are today.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import PurePath

from connector.domain.extraction import Drawn, LineSet, Part, Record, State, Taken
from connector.domain.money import trimmed
from connector.domain.period import add_months
from connector.jobs.journal import STALE, Journal, counted

_SINCE = "invoices/since"
MONTH = "invoices/month/"
"""How the marks begin that say which months' invoices are here."""
# Microsoft issues credit notes and corrects lines for some months; older invoices are settled.
_ASKED_AGAIN = 4
# Each question is an export of its own at Microsoft: after the first weeks one a week is enough.
_FRESH_FOR = timedelta(days=40)
_PAUSE = timedelta(days=7)
_AT_ONCE = 4
_TABLES = {"reconciliation": "charges", "usage": "usage"}
_SUMMED = {"reconciliation": "subtotal", "usage": "amount"}


def extract_invoices(journal: Journal, backfill: int, currency: str) -> None:
    """Fetch the invoices' headers, then the lines of those that are due, then what is not billed yet."""

    def noticed() -> Iterator[Record]:
        for count, record in enumerate(journal.source.invoices(), 1):
            journal.progress(Part.INVOICES, "invoices", count, None)
            yield record

    taken = journal.count("invoices", journal.take_records("headers", noticed(), "invoices"))
    journal.step(
        Part.INVOICES,
        f"{counted(taken.read, 'invoice')} listed, {taken.written:,} new or changed",
        changed=bool(taken.written),
    )
    Lines(journal, Part.INVOICES, "reconciliation", currency).fetch(backfill)


def extract_usage(journal: Journal, backfill: int, currency: str) -> None:
    """Fetch the daily usage of the invoices that are known, then what is not billed yet."""
    Lines(journal, Part.USAGE, "usage", currency).fetch(backfill)


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice or credit note as its header tells it; `month` is the first day of the month it is for."""

    number: str
    month: date
    issued: date
    total: Decimal | None
    currency: str
    is_credit: bool


# Waits for an export that was ordered, and gives what came of it and the room it lies in.
Draw = Callable[[], tuple[Drawn, str]]


class Lines:
    """The lines, or the daily usage, of invoices that are due."""

    def __init__(self, journal: Journal, part: Part, kind: str, currency: str) -> None:
        self._journal, self._part, self._kind, self._currency = journal, part, kind, currency
        self._table = _TABLES[kind]
        self._marks = journal.marks()

    def fetch(self, backfill: int) -> None:
        """Go through the invoices that are due, oldest first, then through the unbilled periods."""
        journal = self._journal
        today = journal.now().astimezone(UTC).date()
        since = self._since(add_months(today.replace(day=1), -backfill))
        bills = sorted(self._bills(), key=lambda bill: (bill.issued, bill.number))
        due = [bill for bill in bills if bill.month >= since and self._is_due(bill, today)]
        for count, (bill, wanted, draw) in enumerate(self._ahead(due), 1):
            journal.progress(self._part, "invoices", count, len(due))
            with journal.minding(self._part, str(wanted), month=bill.month):
                if self._fetch(wanted, bill, draw):
                    journal.well(self._part, str(wanted), self._marks)
                    if today - bill.issued > _FRESH_FOR:
                        journal.reach(f"{wanted.name}/asked", today.isoformat())
                    self._note_month(bill)
        if older := sum(bill.month < since for bill in bills):
            journal.skip(f"invoices from before {since:%Y-%m}", older)
        last = add_months(today.replace(day=1), -1)
        is_out = any(bill.month == last and _is_the_months(bill) for bill in bills)
        subject = f"unbilled {self._kind}"
        with journal.minding(self._part, subject):
            self._fetch_unbilled(("current",) if is_out else ("current", "last"))
            journal.well(self._part, subject, self._marks)

    def _ahead(self, due: Sequence[Bill]) -> Iterator[tuple[Bill, LineSet, Draw]]:
        """Order several exports at once, as Microsoft takes its time with each, and give them in their order."""
        journal = self._journal
        hands = ThreadPoolExecutor(_AT_ONCE)
        with ExitStack() as rooms:
            # Whoever interrupts a sync is not made to wait for exports under way.
            rooms.callback(hands.shutdown, wait=False, cancel_futures=True)
            ordered = []
            for bill in due:
                wanted = LineSet(self._kind, bill.number, currency=self._currency, month=bill.month)
                room = rooms.enter_context(journal.intake.room())
                drawing = hands.submit(journal.source.lines, wanted, self._known(wanted, bill), room)
                ordered.append((bill, wanted, drawing, room))
            for bill, wanted, drawing, room in ordered:
                yield bill, wanted, partial(_drawn, drawing, room)

    def _known(self, wanted: LineSet, bill: Bill) -> str | None:
        """The mark of lines that are there."""
        mark = self._marks.get(wanted.name)
        return mark if mark and self._journal.intake.holds(self._table, bill.number) else None

    def _note_month(self, bill: Bill) -> None:
        """Remember that a month's own invoice is here with its lines, so that nobody need ask for it every hour."""
        name = f"{MONTH}{bill.month:%Y-%m}"
        if self._kind == "reconciliation" and _is_the_months(bill) and name not in self._marks:
            self._journal.reach(name, bill.number)

    def _since(self, wanted: date) -> date:
        """The first month to fetch; once it was fetched, it stays in view."""
        mark = self._marks.get(_SINCE)
        since = min(wanted, date.fromisoformat(mark)) if mark else wanted
        if mark != since.isoformat():
            self._journal.reach(_SINCE, since.isoformat())
        return since

    def _bills(self) -> Iterator[Bill]:
        for row in self._journal.intake.newest("headers"):
            issued = row["invoice_date"] or row["period_end"]
            if issued is None or row["source"].startswith("--vendor-total"):
                continue
            month = row["period_end"] or add_months(issued.replace(day=1), -1)
            kind = (row["document_type"] or "").lower()
            yield Bill(row["invoice"], month.replace(day=1), issued, row["total"], row["currency"], "note" in kind)

    def _is_due(self, bill: Bill, today: date) -> bool:
        wanted = LineSet(self._kind, bill.number)
        if bill.month >= add_months(today.replace(day=1), -_ASKED_AGAIN):
            asked = self._marks.get(f"{wanted.name}/asked")
            if today - bill.issued <= _FRESH_FOR or asked is None:
                return True
            return today - date.fromisoformat(asked) >= _PAUSE or f"{STALE}/{self._part}/{wanted}" in self._marks
        settled = self._marks.get(wanted.name) is not None and (
            self._kind == "usage" or bill.is_credit or self._journal.intake.holds(self._table, bill.number)
        )
        return not settled or f"{STALE}/{self._part}/{wanted}" in self._marks

    def _fetch(self, wanted: LineSet, bill: Bill, draw: Draw) -> bool:
        """Take lines in where they are new or changed; False where they should be there and are not."""
        journal = self._journal
        drawn, room = draw()
        taken = self._take([room], wanted, str(wanted)) if drawn.state is State.FETCHED else None
        if taken is not None and taken.snapshot is not None and (said := self._amiss(taken, bill)):
            # A download can end early without a trace; the same content twice is what Microsoft has.
            drawn, again = self._once_more(wanted)
            if self._kind == "reconciliation" and (again is None or again.snapshot is None or self._amiss(again, bill)):
                journal.step(self._part, f"{wanted}: {said}, also when fetched again; see `adjustments`")
        if drawn.state is State.NOTHING:
            return self._nothing(wanted, bill)
        if drawn.mark != self._marks.get(wanted.name):
            journal.reach(wanted.name, drawn.mark)
        if drawn.state is State.SAME:
            journal.skip(f"{self._table} that have not changed")
        return True

    def _once_more(self, wanted: LineSet) -> tuple[Drawn, Taken | None]:
        with self._journal.intake.room() as room:
            drawn = self._journal.source.lines(wanted, None, room)
            return drawn, self._take([room], wanted, str(wanted)) if drawn.state is State.FETCHED else None

    def _amiss(self, taken: Taken, bill: Bill) -> str:
        """Say by what the lines miss the sum they should come near to; nothing where they reach it."""
        totals = taken.totals.get(self._table, {})
        if self._kind == "reconciliation":
            sums = totals.get(bill.currency, {})
            reached = {_sum(sums, "total"), _sum(sums, "subtotal", "tax")}
            if bill.total is None or abs(bill.total) in map(abs, reached):
                return ""
            return f"the lines sum to {_told(max(reached))} {bill.currency}, the invoice to {_told(bill.total)}"
        for currency, charged in self._journal.intake.charged(bill.number, "azure").items():
            used = _sum(totals.get(currency, {}), "amount")
            if abs(used - charged) > max(Decimal(1), abs(charged) / 50):
                return f"the usage sums to {_told(used)} {currency}, its charges to {_told(charged)}"
        return ""

    def _nothing(self, wanted: LineSet, bill: Bill) -> bool:
        journal = self._journal
        if self._kind == "usage" or bill.is_credit or not bill.total:
            journal.skip(f"invoices without {'daily usage' if self._kind == 'usage' else 'lines'}")
            if self._marks.get(wanted.name) is None:
                journal.reach(wanted.name, "nothing")
            return True
        total = f"{_told(bill.total)} {bill.currency}"
        reason = f"Microsoft has none yet, though the total is {total}"
        journal.trouble(self._part, str(wanted), reason, month=bill.month)
        return False

    def _take(self, rooms: list[str], wanted: LineSet, what: str) -> Taken:
        journal = self._journal
        journal.running.check()
        origin = {"source": journal.source.name, "what": what, "kind": wanted.kind, "invoice": wanted.invoice}
        taken = journal.count(self._table, journal.intake.take_whole(rooms, journal.moment(), origin))
        sums = ", ".join(
            f"{_told(Decimal(columns[_SUMMED[self._kind]]))} {currency}"
            for currency, columns in taken.totals.get(self._table, {}).items()
        )
        if taken.snapshot is not None:
            rows = counted(taken.rows.get(self._table, 0), "row")
            aside = f"; {counted(taken.set_aside, 'record')} set aside" if taken.set_aside else ""
            journal.step(self._part, f"{what}: {rows}{f' ({sums})' if sums else ''}{aside}", changed=True)
        for note in taken.notes:
            journal.step(self._part, note)
        return taken

    def _fetch_unbilled(self, periods: tuple[str, ...]) -> None:
        """Fetch what is not billed yet; the periods are kept together, as one replaces all of before."""
        journal = self._journal
        name = f"{self._kind}/unbilled"
        marks: dict[str, str] = json.loads(self._marks.get(name, "{}"))
        with journal.intake.room() as room:
            drawn = {period: self._draw(period, marks.get(period), room, "a") for period in periods}
            found = {period: one.mark for period, one in drawn.items() if one.state is not State.NOTHING}
            if found == marks and all(one.state is not State.FETCHED for one in drawn.values()):
                journal.skip(
                    f"periods without unbilled {self._table}" if not found else f"unbilled {self._table} unchanged"
                )
                return
            rooms = []
            for period, one in drawn.items():
                place = "a"
                if one.state is State.SAME:
                    place = "b"
                    again = self._draw(period, None, room, place)
                    found[period] = again.mark
                    if again.state is not State.FETCHED:
                        continue
                elif one.state is State.NOTHING:
                    continue
                rooms.append(str(PurePath(room) / f"{period}-{place}"))
            wanted = LineSet(self._kind, period="current", currency=self._currency)
            if rooms:
                self._take(rooms, wanted, f"unbilled {self._kind}")
            elif journal.intake.no_more_unbilled(self._table, journal.moment()):
                journal.step(self._part, f"unbilled {self._kind}: nothing any more", changed=True)
        journal.reach(name, json.dumps(found, sort_keys=True))

    def _draw(self, period: str, known: str | None, room: str, place: str) -> Drawn:
        wanted = LineSet(self._kind, period=period, currency=self._currency)
        folder = str(PurePath(room) / f"{period}-{place}")
        return self._journal.source.lines(wanted, known, folder)


def _is_the_months(bill: Bill) -> bool:
    """Whether it is what Microsoft bills a month with: neither a credit note nor of the legacy kind."""
    return not bill.is_credit and bill.number.upper().startswith("G")


def _drawn(drawing: "Future[Drawn]", room: str) -> tuple[Drawn, str]:
    return drawing.result(), room


def _told(amount: Decimal) -> str:
    return f"{trimmed(amount):,f}"


def _sum(sums: Mapping[str, str], *columns: str) -> Decimal:
    return sum((Decimal(sums.get(column, "0")) for column in columns), start=Decimal(0))
