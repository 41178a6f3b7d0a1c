"""Reads a Business Central company: its set-up, its records, and the documents that changed since the last time.

What changed is asked for by `lastModifiedDateTime`, which has gaps that are covered apart: a partial payment does not
touch its invoice (so open ones are always read), rows moved in from older versions bear no date (a new one of them
makes everything be read anew), and what was deleted is told by the ids that are left.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connector.adapters.business_central import general_ledger, records, translate
from connector.adapters.business_central.client import BusinessCentralRefused, Client, Question
from connector.adapters.business_central.language import after, equals
from connector.adapters.business_central.posted import Posted
from connector.adapters.business_central.translate import PAGES, Page
from connector.adapters.business_central.values import Body, Unreadable, key, moment, option, text
from connector.domain.errors import SignInNeeded
from connector.domain.ledger import LedgerChanges, LedgerCompany, LedgerEntry, LedgerRecord, RemoteDocument
from connector.domain.period import Period
from connector.ports import Clock

OVERLAP = timedelta(minutes=10)
"""Changes are asked for from this long before the last reading, because they may show late."""
PAYMENT_JOURNALS, PAYMENTS = "customerPaymentJournals", "customerPayments"
_CURSOR = 1
_NOTHING_HERE = frozenset({"class", "department"})
_BASICS = ("id", "number", "displayName", "lastModifiedDateTime")
_CODED = ("term", "tax_code", "tax_area", "currency", "dimension")


@dataclass(slots=True)
class _Reading:
    """What is gathered: documents by kind and id, ids of all that are there, and notes on what could not be read."""

    home: str
    documents: dict[tuple[str, str], RemoteDocument] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    undated: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def keep(self, make: Callable[[], RemoteDocument]) -> None:
        """Keep a document; one that cannot be understood is set aside with a note."""
        try:
            found = make()
        except Unreadable as wrong:
            self.notes.append(str(wrong))
            return
        self.documents[found.kind, found.remote_id] = found


class BusinessCentralSource:
    """A Business Central company as a LedgerSource."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.name = client.ledger
        self.posted = Posted(client)
        self._client, self._clock = client, clock
        self._lock = threading.Lock()
        self._company: LedgerCompany | None = None

    def company(self) -> LedgerCompany:
        """The company and its settings, read once."""
        with self._lock:
            if self._company is None:
                self._company = self._looked_up()
            return self._company

    def _looked_up(self) -> LedgerCompany:
        address = self._client.first(Question("companyInformation")) or {}
        setup = self._client.first(Question("generalLedgerSetup")) or {}
        currencies = sum(1 for _ in self._client.ask(Question("currencies", select=("id", "code"))))
        groups = self._client.ask(Question("taxGroups", select=("id", "taxType")))
        taxes = frozenset(option(one.get("taxType")) for one in groups)
        return records.company(self._client.about, address, setup, currencies, taxes)

    def records(self, kind: str) -> Iterator[LedgerRecord]:
        """All records of a kind, blocked ones too; kinds are those of records.LISTINGS. It has no classes."""
        if kind in _NOTHING_HERE:
            return
        if kind == records.EXCHANGE_RATE:
            yield from self._rates()
            return
        listing = records.LISTINGS[kind]
        basics = tuple(name for name in _BASICS if kind not in _CODED or name != "number")
        for body in self._client.ask(Question(listing.page, select=(*basics, *listing.fields))):
            yield records.record(kind, body)

    def _rates(self) -> Iterator[LedgerRecord]:
        """The company's exchange rates; those that lead to another foreign currency are left out."""
        home = self.company().home_currency
        for body in self._client.ask(Question("currencyExchangeRates")):
            if text(body.get("relationalCurrencyCode")) in ("", home):
                yield records.exchange_rate(body, home)

    def dimensions(self) -> Iterator[Body]:
        """All dimensions with their values."""
        return self._client.ask(Question("dimensions", expand=("dimensionValues",)))

    def changes(self, cursor: str | None) -> LedgerChanges:
        """Documents that changed since a cursor; without one, or where rows came without a date, all documents."""
        reading = _Reading(self.company().home_currency)
        begun = self._clock.now() + self._client.skew
        since, undated = _read_cursor(cursor)
        whole = since is None
        if since is not None:
            self._sweep(reading)
            whole = any(count > undated.get(page, 0) for page, count in reading.undated.items())
        for page in PAGES.values():
            for question in _questions(page, None if whole else since):
                bodies = list(self._client.ask(question))
                if whole:
                    reading.undated[page.name] = sum(map(_is_undated, bodies))
                self._take(reading, page, bodies)
        self._payments(reading)
        return LedgerChanges(
            documents=tuple(reading.documents[key] for key in sorted(reading.documents)),
            gone=(),
            there=None if whole else frozenset(reading.there),
            cursor=json.dumps({"v": _CURSOR, "since": begun.isoformat(timespec="seconds"), "undated": reading.undated}),
            whole=whole,
            whole_kinds=frozenset({"payment"}),
            notes=tuple(reading.notes),
        )

    def entries(self, accounts: Collection[str], days: Period) -> Iterator[LedgerEntry]:
        """All entries of the general ledger on these accounts that are posted on these days."""
        yield from general_ledger.entries(self._client, accounts, days, self.company().home_currency)

    def _sweep(self, reading: _Reading) -> None:
        """Look which documents there are, and how many of them bear no date."""
        for name in PAGES:
            undated = 0
            for body in self._client.ask(Question(name, select=("id", "lastModifiedDateTime"))):
                reading.there.add(key(body.get("id")))
                undated += _is_undated(body)
            reading.undated[name] = undated

    def _take(self, reading: _Reading, page: Page, bodies: list[Body]) -> None:
        """Translate documents; those called open are looked up in the general ledger."""
        for body, posted in zip(bodies, self._told(reading, page, bodies), strict=True):
            reading.keep(partial(translate.document, page, body, reading.home, posted=posted))

    def _told(self, reading: _Reading, page: Page, bodies: list[Body]) -> list[bool]:
        """Whether each is posted; the copy of the database is asked first, and the database where that denies it."""
        try:
            told = self.posted.tell(page, bodies, fresh=False)
            again = [nth for nth, known in enumerate(told) if not known and translate.status_of(bodies[nth]) == "open"]
            for nth, known in zip(again, self.posted.tell(page, [bodies[nth] for nth in again]), strict=True):
                told[nth] = known
        except (BusinessCentralRefused, SignInNeeded) as refusal:
            # The documents themselves were read: it is the entries alone that the app may not see.
            reading.notes.append(f"Open documents count as posted: {refusal}")
            return [True] * len(bodies)
        return told

    def _payments(self, reading: _Reading) -> None:
        """Payments that were received and are not posted yet; a company may keep the app away from its journals."""
        try:
            journals = list(self._client.ask(Question(PAYMENT_JOURNALS, expand=(PAYMENTS,))))
        except (BusinessCentralRefused, SignInNeeded) as refusal:
            reading.notes.append(f"Payments that are not posted were not read: {refusal}")
            return
        for journal in journals:
            for body in journal.get(PAYMENTS) or ():
                reading.keep(partial(translate.payment, body, reading.home))


def _questions(page: Page, since: datetime | None) -> Iterator[Question]:
    """What a page is asked for: all of it, or what changed and what is open."""
    if since is None:
        yield Question(page.name, expand=(page.lines,))
        return
    yield Question(page.name, (after("lastModifiedDateTime", since - OVERLAP),), expand=(page.lines,))
    yield Question(page.name, (equals("status", "Open"),), expand=(page.lines,))


def _is_undated(body: Body) -> bool:
    return moment(body.get("lastModifiedDateTime")) is None


def _read_cursor(cursor: str | None) -> tuple[datetime | None, dict[str, Any]]:
    """The moment a cursor names, and how many rows bore no date; None where there is none, or of another version."""
    try:
        found = json.loads(cursor or "null")
        if found and found.get("v") == _CURSOR:
            return moment(found["since"]), dict(found["undated"])
    except (ValueError, TypeError, AttributeError, KeyError):
        pass
    return None, {}
