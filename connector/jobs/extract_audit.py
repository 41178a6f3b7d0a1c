"""Fetches what was done at Partner Center since the last time, with a day of overlap, and says whom it touched.

Microsoft forgets after 90 days: what was not read by then is lost, and the sync says so once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from connector.domain.extraction import Part, Record
from connector.domain.period import add_months
from connector.jobs.journal import Journal, counted

MARK = "audit"
_OVERLAP = timedelta(days=1)
_REMEMBERED = timedelta(days=89)


def extract_audit(journal: Journal, backfill: int) -> frozenset[str] | None:
    """Fetch the records; return the customers they touch, or None where they do not reach back to the last time."""
    now = journal.now()
    today, mark = now.astimezone(UTC).date(), journal.mark(MARK)
    wanted = datetime.fromisoformat(mark).date() - _OVERLAP if mark else add_months(today, -backfill)
    since = max(wanted, today - _REMEMBERED)
    touched: set[str] = set()
    read = 0

    def noticed() -> Iterator[Record]:
        nonlocal read
        for record in journal.source.audit_records(since):
            read += 1
            if customer := str(record.get("customerId") or "").lower():
                touched.add(customer)
            if not read % 500:
                journal.progress(Part.AUDIT, "records", read, None)
            yield record

    taken = journal.count("audit records", journal.take_records("audit_records", noticed(), f"since {since}"), 0)
    journal.running.read["audit records"] = read
    journal.reach(MARK, now.isoformat(timespec="seconds"))
    journal.step(
        Part.AUDIT,
        f"{counted(read, 'record')} since {since}, {taken.written:,} new",
        changed=bool(taken.written),
    )
    if mark and since > wanted:
        journal.step(Part.AUDIT, f"what was done from {wanted} to {_before(since)} was never read, and is gone")
        journal.skip("days of audit records that Microsoft no longer has", (since - wanted).days)
        return None
    return frozenset(touched) if mark else None


def _before(day: date) -> date:
    return day - timedelta(days=1)
