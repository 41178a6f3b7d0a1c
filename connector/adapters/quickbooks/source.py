"""Reads a QuickBooks company: its settings, its records, and the documents that changed since the last time."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connector.adapters.quickbooks import general_ledger, records, translate
from connector.adapters.quickbooks.client import Client, QuickBooksRefused
from connector.adapters.quickbooks.language import active_and_not, rate_on
from connector.adapters.quickbooks.pager import id_of, read_all
from connector.adapters.quickbooks.values import Body, Unreadable, moment, part, parts, text
from connector.domain.ledger import LedgerChanges, LedgerCompany, LedgerEntry, LedgerRecord, RemoteDocument
from connector.domain.period import Period
from connector.ports import Clock

RECURRING = "RecurringTransaction"
OVERLAP = timedelta(minutes=10)
"""Changes are asked for from this long before the last reading, because they may show late."""
LOOK_BACK = timedelta(days=29)
"""QuickBooks remembers changes for 30 days."""
MOST_CHANGES = 1000
_NO_SUCH_FEATURE = frozenset({"5020", "5030"})
_CURSOR = 1


class QuickBooksSource:
    """A QuickBooks company as a LedgerSource."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self.name = client.ledger
        self._client, self._clock = client, clock
        self._company: LedgerCompany | None = None

    def company(self) -> LedgerCompany:
        """The company and its settings, read once."""
        if self._company is None:
            about = self._client.get(f"companyinfo/{self._client.realm_id}").body
            settings = self._client.get("preferences").body
            self._company = records.company(
                part(about, "CompanyInfo") or {},
                part(settings, "Preferences") or {},
            )
        return self._company

    def records(self, kind: str) -> Iterator[LedgerRecord]:
        """All records of a kind, inactive ones too; none of a kind that the company's subscription does not have.

        Kinds are those of records.ENTITIES, and exchange_rate.
        """
        if kind == records.EXCHANGE_RATE:
            yield from self._rates()
            return
        entity = records.ENTITIES[kind]
        found = {id_of(one): one for one in self._where_there_is(entity, active_and_not())}
        if kind == "tax_code":
            # TAX and NON are neither active nor not.
            found |= {id_of(one): one for one in read_all(self._client, entity) if id_of(one) not in found}
        for body in found.values():
            yield records.record(kind, body)

    def _rates(self) -> Iterator[LedgerRecord]:
        """The company's rates of its foreign currencies, of today and of the last day of the month before."""
        company = self.company()
        if not company.multicurrency:
            return
        today = self._clock.now().date()
        days = today.replace(day=1) - timedelta(days=1), today
        codes = {text(one.get("Code")) for one in self._where_there_is("CompanyCurrency")}
        for currency in sorted(codes - {"", company.home_currency}):
            for day in days:
                try:
                    found = parts(self._client.query(rate_on(currency, str(day))), "ExchangeRate")
                except QuickBooksRefused:
                    # A currency that the company keeps no rate of.
                    continue
                yield from (records.exchange_rate(body, str(day), company.home_currency) for body in found)

    def changes(self, cursor: str | None) -> LedgerChanges:
        """Documents that changed since a cursor, and the ids of those deleted; without one, all documents.

        All as well where the cursor is too old, or too much changed, for QuickBooks to tell what was deleted.
        """
        since = _read_cursor(cursor)
        if since is not None and self._clock.now() - since <= LOOK_BACK:
            found = self._changed(since - OVERLAP)
            if found is not None:
                return found
        return self._everything()

    def entries(self, accounts: Collection[str], days: Period) -> Iterator[LedgerEntry]:
        """All entries of the general ledger on these accounts that are dated on these days."""
        if accounts:
            yield from general_ledger.entries(self._client, accounts, days, several=self.company().multicurrency)

    def _everything(self) -> LedgerChanges:
        reading = Reading(self.company().home_currency)
        begun = self._now()
        for entity in translate.KINDS:
            reading.take(entity, read_all(self._client, entity))
        reading.templates(self._where_there_is(RECURRING))
        return reading.result(begun, whole=True)

    def _changed(self, since: datetime) -> LedgerChanges | None:
        """What changed; None where QuickBooks cannot tell all of it."""
        reading = Reading(self.company().home_currency)
        entities = tuple(translate.KINDS)
        answers = [self._client.changed(entities, since)]
        begun = moment(answers[0].time)
        if _size(answers[0].body) >= MOST_CHANGES:
            answers = [self._client.changed((entity,), since) for entity in entities]
            if any(_size(answer.body) >= MOST_CHANGES for answer in answers):
                return None
        for answer in answers:
            for entity in entities:
                reading.take(entity, _listed(answer.body, entity))
        reading.templates(self._where_there_is(RECURRING))
        return reading.result(begun or since + OVERLAP, whole=False)

    def _where_there_is(self, entity: str, *conditions: str) -> list[Body]:
        """All records of an entity; none where the company's subscription lacks the feature."""
        try:
            return read_all(self._client, entity, *conditions)
        except QuickBooksRefused as refusal:
            if not refusal.codes & _NO_SUCH_FEATURE:
                raise
            return []

    def _now(self) -> datetime:
        """What time it is at QuickBooks, whose clock dates the changes."""
        return moment(self._client.page("SELECT COUNT(*) FROM Invoice").time) or self._clock.now()


class Reading:
    """Gathers what is read; what cannot be understood is set aside with a note, the rest goes on."""

    def __init__(self, home_currency: str) -> None:
        self._home = home_currency
        self._documents: dict[tuple[str, str], RemoteDocument] = {}
        self._gone: dict[str, None] = {}
        self._notes: list[str] = []
        self._whole_kinds: frozenset[str] = frozenset()

    def take(self, entity: str, bodies: Iterable[Body]) -> None:
        """Translate documents of an entity; a tombstone is a document that is gone."""
        for body in bodies:
            if translate.is_gone(body):
                self._gone[id_of(body)] = None
                continue
            self._keep(partial(translate.document, entity, body, self._home))

    def templates(self, bodies: Iterable[Body]) -> None:
        """Translate all recurring templates there are."""
        for body in bodies:
            self._keep(partial(translate.template, body, self._home))
        self._whole_kinds = frozenset({translate.TEMPLATE})

    def result(self, begun: datetime, *, whole: bool) -> LedgerChanges:
        """What was read, in the order of kinds and ids."""
        there = {remote_id for _, remote_id in self._documents}
        return LedgerChanges(
            documents=tuple(self._documents[key] for key in sorted(self._documents)),
            gone=tuple(gone for gone in self._gone if gone not in there),
            cursor=json.dumps({"v": _CURSOR, "since": begun.isoformat(timespec="seconds")}),
            whole=whole,
            whole_kinds=self._whole_kinds,
            notes=tuple(self._notes),
        )

    def _keep(self, make: Callable[[], RemoteDocument | None]) -> None:
        try:
            found = make()
        except Unreadable as wrong:
            self._notes.append(str(wrong))
            return
        if found is not None:
            self._documents[found.kind, found.remote_id] = found


def _read_cursor(cursor: str | None) -> datetime | None:
    """The moment a cursor names; None where there is none, or it was written by another version."""
    try:
        found = json.loads(cursor or "null")
        return moment(found["since"]) if found and found.get("v") == _CURSOR else None
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def _responses(body: Any) -> Iterator[Body]:
    for response in parts(body, "CDCResponse"):
        yield from parts(response, "QueryResponse")


def _listed(body: Any, entity: str) -> Iterator[Body]:
    for response in _responses(body):
        yield from parts(response, entity)


def _size(body: Any) -> int:
    return sum(len(value) for response in _responses(body) for value in response.values() if isinstance(value, list))
