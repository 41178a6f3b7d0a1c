"""Fetches customers and their subscriptions, and adds to their history what has changed since they were last seen.

All customers are looked at in turn once a day; in between, those that somebody touched and those whose term has ended.
What is no longer listed is written down as vanished, a customer that ended the relationship as left.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from connector.domain.extraction import Listing, Part, Record, Seen
from connector.jobs.journal import STALE, Journal, counted

SWEPT = "customers/swept"
_SWEEP_EVERY = timedelta(hours=20)
# So few customers are looked at in a minute; it is not worth leaving any of them out.
_ALWAYS_ALL = 500
_AT_A_TIME = 500
_OVER = frozenset({"deleted", "vanished"})

Row = Mapping[str, Any]


def extract_subscriptions(journal: Journal, touched: frozenset[str] | None) -> None:
    """Fetch them; `touched` are customers something was done to since the last time (None: not known)."""
    Subscriptions(journal).fetch(touched)


class Subscriptions:
    """One round over the customers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._customers: dict[str, Row] = {}
        self._listed: frozenset[str] = frozenset()
        self._known: dict[str, dict[str, Row]] = {}
        self._stale: frozenset[str] = frozenset()
        self._changed = self._read = self._failed = 0

    def fetch(self, touched: frozenset[str] | None) -> None:
        """List the customers, look at those that are due, and keep what is news."""
        journal = self._journal
        begun = journal.moment()
        self._customers = {row["customer_id"]: row for row in journal.intake.newest("customers")}
        for row in journal.intake.newest("subscriptions"):
            self._known.setdefault(row["customer_id"], {})[row["subscription_id"]] = row
        self._stale = frozenset(name for name in journal.marks() if name.startswith(f"{STALE}/{Part.SUBSCRIPTIONS}/"))
        self._listed = listed = self._list_customers()
        active = {name for name, row in self._customers.items() if row["status"] == "active"}
        # A customer who is known and not listed is asked for nevertheless: lists lose pages, and people leave.
        everyone = sorted(listed | active)
        whole = self._whole_round_is_due(len(everyone)) or touched is None
        due = everyone if whole else sorted(name for name in everyone if self._is_due(name, touched or frozenset()))
        self._look_at(due)
        if whole:
            # Those that could not be read are marked, and looked at in the next round whatever it is.
            journal.reach(SWEPT, begun)
        self._tell(len(listed), len(due), whole=whole)

    def _list_customers(self) -> frozenset[str]:
        journal = self._journal
        listed: set[str] = set()

        def noticed() -> Iterator[Record]:
            for record in journal.source.customers():
                listed.add(str(record["id"]).lower())
                yield record

        taken = journal.count("customers", journal.take_records("customers", noticed(), "customers"), 0)
        journal.running.read["customers"] = len(listed)
        self._changed += taken.written
        return frozenset(listed)

    def _whole_round_is_due(self, count: int) -> bool:
        mark = self._journal.mark(SWEPT)
        if count <= _ALWAYS_ALL or mark is None:
            return True
        return self._journal.now() - datetime.fromisoformat(mark) >= _SWEEP_EVERY

    def _is_due(self, customer: str, touched: frozenset[str]) -> bool:
        if customer in touched or customer not in self._known:
            return True
        if f"{STALE}/{Part.SUBSCRIPTIONS}/customer {customer}" in self._stale:
            return True
        today = self._journal.now().astimezone(UTC).date()
        # What Microsoft does by itself, renewing and charging, may leave no audit record.
        return any(
            day is not None and day < today
            for row in self._known[customer].values()
            if row["status"] not in _OVER
            for day in (row["commitment_end"], row["cycle_end"])
        )

    def _look_at(self, customers: list[str]) -> None:
        """Look at customers, and keep what is news some hundreds of customers at a time."""
        journal, done = self._journal, 0
        listings = journal.source.subscriptions(customers)
        while some := list(islice(listings, _AT_A_TIME)):
            gone: list[Record] = []
            records = [record for listing in some for record in self._seen(listing, gone)]
            taken = journal.take_records("subscriptions", [*records, *self._more(records)], "subscriptions")
            journal.count("subscriptions", taken, len(records))
            self._changed += taken.written
            there = {listing.customer_id for listing in some if listing.seen is Seen.LISTED}
            self._follow(thing for thing in taken.things if thing[0] in there)
            if gone:
                left = journal.count("customers", journal.take_records("customers", gone, "customers that left"), 0)
                self._changed += left.written
            done += len(some)
            journal.progress(Part.SUBSCRIPTIONS, "customers", done, len(customers))

    def _seen(self, listing: Listing, gone: list[Record]) -> Iterable[Record]:
        """The records that a look at one customer gave."""
        journal, name = self._journal, listing.customer_id
        known = self._known.get(name, {})
        # Who is neither listed nor found is gone; who is listed and not found is new, unless it was found before.
        is_gone = listing.seen is Seen.LEFT or (listing.seen is Seen.ABSENT and name not in self._listed)
        if listing.seen is Seen.FAILED or (listing.seen is Seen.ABSENT and known and not is_gone):
            self._failed += 1
            journal.skip("customers that could not be read")
            journal.trouble(Part.SUBSCRIPTIONS, f"customer {name}", listing.reason, listing.exit_code)
            return
        journal.well(Part.SUBSCRIPTIONS, f"customer {name}", self._stale)
        if listing.seen is Seen.ABSENT and not is_gone:
            journal.skip("customers that Partner Center does not know (yet)")
            return
        self._read += len(listing.subscriptions)
        yield from listing.subscriptions
        there = {str(record.get("id") or "").lower() for record in listing.subscriptions}
        for identity, row in sorted(known.items()):
            if identity not in there and row["status"] not in _OVER and not row["parent_id"]:
                yield journal.source.vanished(row, journal.moment())
        if is_gone:
            journal.left.append(name)
            gone.append(journal.source.left({"customer_id": name, **self._customers.get(name, {})}, journal.moment()))

    def _follow(self, changed: Iterable[tuple[str, ...]]) -> None:
        """Ask where subscriptions that changed went over to, unless they are seen for the first time."""
        journal, found = self._journal, list[Record]()
        for customer, identity in changed:
            if customer in self._known:
                with journal.minding(Part.SUBSCRIPTIONS, f"transitions of subscription {identity}"):
                    found += journal.source.transitions(customer, identity)
        if found:
            taken = journal.count("transitions", journal.take_records("transitions", found, "transitions"))
            self._changed += taken.written

    def _more(self, records: Iterable[Record]) -> Iterator[Record]:
        """The add-ons of legacy subscriptions among the records that are not known in this state."""
        for record in records:
            legacy = record.get("hasPurchasableAddons") is True and ":" not in str(record.get("offerId") or "")
            if not legacy or str(record.get("status")).lower() in _OVER:
                continue
            customer, identity = str(record["customerId"]), str(record.get("id") or "")
            with self._journal.minding(Part.SUBSCRIPTIONS, f"add-ons of subscription {identity}"):
                yield from self._journal.source.add_ons(customer, identity)

    def _tell(self, listed: int, looked_at: int, *, whole: bool) -> None:
        journal = self._journal
        which = "all" if whole else f"{looked_at:,} that are due"
        left = f", {counted(len(journal.left), 'has', 'have')} left" if journal.left else ""
        failed = f", {self._failed:,} could not be read" if self._failed else ""
        journal.step(
            Part.SUBSCRIPTIONS,
            f"{counted(listed, 'customer')} listed, {which} looked at{left}{failed}",
        )
        written = journal.running.written
        journal.step(
            Part.SUBSCRIPTIONS,
            f"{counted(self._read, 'subscription')} read, {written.get('subscriptions', 0):,} new or changed; "
            f"{counted(written.get('customers', 0), 'customer')} new or changed",
            changed=bool(self._changed),
        )
