"""Fetches price sheets and exchange rates, and keeps every edition of them for ever.

A sheet that comes again under the same month with other content is kept beside the first one, so that a republished
price can be told from the one of before.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from connector.domain.errors import ConnectorError
from connector.domain.extraction import Part, Sheet, State
from connector.domain.period import add_months
from connector.jobs.journal import Journal

# Which sheets there are, how often each is looked at, and whether Microsoft tells of the next month's.
_VIEWS = {
    "updatedlicensebased": (timedelta(hours=20), True),
    "software": (timedelta(days=6), False),
    "azure_reservations": (timedelta(days=6), False),
    "azure_consumption": (timedelta(days=6), False),
}
_LATER = 75
_OF_ALL = (3, 4, _LATER)
# So many sheets in a row that cannot be had, and not all of one kind, mean that the service is away.
_GIVE_UP_AFTER = 3
# Sheets of this many months back are looked at again, because Microsoft corrects them.
_LOOKED_AT_AGAIN = 1


def extract_prices(journal: Journal, backfill: int, markets: Sequence[str]) -> None:
    """Fetch the sheets that are due, then the exchange rates that are missing."""
    today = journal.now().astimezone(UTC).date()
    wanted = [one for market in markets for one in _sheets(market, today, backfill)]
    marks = journal.marks()
    failing: list[tuple[Sheet, ConnectorError]] = []
    for count, (sheet, pause) in enumerate(wanted, 1):
        journal.progress(Part.PRICES, "price sheets", count, len(wanted))
        name = f"prices/{sheet.market}/{sheet.view}/{sheet.timeline}/{sheet.month}"
        if not _is_due(marks.get(f"{name}/looked"), journal.now(), pause):
            journal.skip("price sheets looked at a short time ago")
            continue
        with journal.minding(Part.PRICES, f"price sheet {sheet}"):
            try:
                _fetch(journal, sheet, name, marks.get(name))
            except ConnectorError as failure:
                if failure.exit_code not in _OF_ALL:
                    raise
                failing.append((sheet, failure))
            else:
                _note(journal, failing)
                journal.well(Part.PRICES, f"price sheet {sheet}", marks)
        if failing and (failing[-1][1].exit_code != _LATER or _is_away(failing)):
            # What stops these (no sign-in, no network) stops them all.
            raise failing[-1][1]
    _note(journal, failing)
    _fetch_rates(journal, today, backfill)


def _is_away(failing: list[tuple[Sheet, ConnectorError]]) -> bool:
    kinds = {(sheet.market, sheet.view) for sheet, _ in failing}
    return len(failing) >= _GIVE_UP_AFTER and len(kinds) > 1


def _note(journal: Journal, failing: list[tuple[Sheet, ConnectorError]]) -> None:
    """Note the sheets that failed by themselves, as others came."""
    for sheet, failure in failing:
        journal.trouble(Part.PRICES, f"price sheet {sheet}", str(failure), failure.exit_code)
    failing.clear()


def _sheets(market: str, today: date, backfill: int) -> Iterator[tuple[Sheet, timedelta | None]]:
    """Every sheet to look at, with how long to wait before looking again (None: never)."""
    first = today.replace(day=1)
    for view, (pause, foresees) in _VIEWS.items():
        for back in range(backfill, 0, -1):
            month = _month(add_months(first, -back))
            yield Sheet(market, view, "history", month), pause if back <= _LOOKED_AT_AGAIN else None
        yield Sheet(market, view, "current", _month(first)), pause
        if foresees:
            yield Sheet(market, view, "future", _month(add_months(first, 1))), pause


def _fetch(journal: Journal, sheet: Sheet, name: str, mark: str | None) -> None:
    with journal.intake.room() as room:
        drawn = journal.source.sheet(sheet, mark, room)
        if drawn.state is State.FETCHED:
            journal.running.check()
            origin = {
                "source": journal.source.name, "what": f"price sheet {sheet}", "market": sheet.market,
                "view": sheet.view, "timeline": sheet.timeline, "month": sheet.month, "sheet_hash": drawn.mark,
            }  # fmt: skip
            taken = journal.count("price rows", journal.intake.take_whole([room], journal.moment(), origin))
            if taken.snapshot is not None:
                again = "republished, " if mark else ""
                rows = f"{taken.rows.get('prices', 0):,}"
                journal.step(Part.PRICES, f"{sheet} ({sheet.timeline}): {again}{rows} rows", changed=True)
    if drawn.state is State.NOTHING:
        journal.skip("price sheets that Microsoft does not have")
        return
    if drawn.mark != mark:
        journal.reach(name, drawn.mark)
    journal.reach(f"{name}/looked", journal.moment())


def _fetch_rates(journal: Journal, today: date, backfill: int) -> None:
    marks = journal.marks()
    for back in range(backfill, -1, -1):
        month = _month(add_months(today.replace(day=1), -back))
        name = f"rates/{month}"
        if name in marks:
            continue
        with journal.minding(Part.PRICES, f"exchange rates of {month}"), journal.intake.room() as room:
            drawn = journal.source.exchange_rates(month, None, room)
            if drawn.state is State.FETCHED:
                journal.running.check()
                origin = {"source": journal.source.name, "what": f"exchange rates of {month}", "month": month}
                taken = journal.intake.take_whole([room], journal.moment(), origin, month=month)
                journal.count("exchange rates", taken)
                journal.reach(name, drawn.mark)
                if taken.snapshot is not None:
                    rows = f"{taken.rows.get('exchange_rates', 0):,}"
                    journal.step(Part.PRICES, f"exchange rates of {month}: {rows} currencies", changed=True)
            journal.well(Part.PRICES, f"exchange rates of {month}", marks)


def _is_due(looked: str | None, now: datetime, pause: timedelta | None) -> bool:
    if looked is None:
        return True
    return pause is not None and now - datetime.fromisoformat(looked) >= pause


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
