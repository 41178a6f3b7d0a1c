"""One QuickBooks company (a realm): its objects, their ids and times, its preferences, and what it lets pass.

Everything in here is what the company holds, in the form the wire shows it, with exact Decimals; `get`, `every` and
`find` give it to tests. Objects are never changed in place: each change puts a new one.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks.behaviour import Behaviour, Mail, Remembered, Tombstone
from connector.sandbox.quickbooks.money import ZERO, money
from connector.sandbox.quickbooks.refusals import books_closed, invalid_reference, not_found

Thing = dict[str, Any]
PARTIES = {"Invoice": "CustomerRef", "CreditMemo": "CustomerRef", "Payment": "CustomerRef", "Bill": "VendorRef"}
PARTIES |= {"VendorCredit": "VendorRef"}
_OPEN = {"Invoice": ("Balance", 1), "CreditMemo": ("Balance", -1), "Payment": ("UnappliedAmt", -1)}
_OPEN |= {"Bill": ("Balance", 1), "VendorCredit": ("Balance", -1)}
TRANSACTIONS = (*_OPEN, "BillPayment", "RecurringTransaction", "JournalEntry")
_SERIES = {"Customer": "names", "Vendor": "names"}
_FIRST = {"Class": 5_000_000_000_000_000_001, "Attachable": 5_000_000_000_000_500_001}
_NOUNS = {"Customer": "Names", "Vendor": "Names", "Item": "Items", "Account": "Accounts", "Class": "Klasses"}


@dataclass(slots=True)
class Company:
    """A realm. `zone` is where its clock stands; `country` US uses TAX/NON, others tax codes with rates."""

    realm: str
    clock: SandboxClock
    name: str = "Northwind Cloud Partners"
    country: str = "US"
    currency: str = "USD"
    zone: str = "America/Los_Angeles"
    edition: str = "QuickBooks Online Plus"
    suspended: bool = False
    automated_tax: Decimal | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    preferences: Thing = field(default_factory=dict)
    tables: dict[str, dict[str, Thing]] = field(default_factory=lambda: defaultdict(dict))
    changed: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    numbers: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    owed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tombstones: list[Tombstone] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    last_number: str = "1000"
    last_search: tuple[object, list[Thing]] = (None, [])
    version: int = 0
    actor: str = "root"
    lock: threading.RLock = field(default_factory=threading.RLock)
    _next: dict[str, int] = field(default_factory=dict)

    @property
    def is_us(self) -> bool:
        """Whether US rules on tax and characters hold."""
        return self.country == "US"

    @property
    def latin(self) -> bool:
        """Whether characters beyond ISO-8859-1 are refused."""
        return self.is_us if self.behaviour.latin is None else self.behaviour.latin

    def prefers(self, group: str, name: str) -> Any:
        """A preference; None where it is not set."""
        return self.preferences.get(group, {}).get(name)

    def prefer(self, group: str, **values: Any) -> None:
        """Change preferences, as an administrator does in the settings."""
        with self.lock:
            groups = {**self.preferences, group: {**self.preferences.get(group, {}), **values}}
            token = str(int(groups.get("SyncToken", "0")) + 1)
            self.preferences = {**groups, "SyncToken": token}
            self.version += 1

    def close_books(self, through: date) -> None:
        """Close the books through a day."""
        self.prefer("AccountingInfoPrefs", BookCloseDate=through.isoformat())

    def now(self) -> datetime:
        """The moment on the company's own clock."""
        return self.clock.now().astimezone(ZoneInfo(self.zone))

    def today(self) -> date:
        """The company's own day."""
        return self.now().date()

    def time(self) -> str:
        """The `time` of an answer."""
        return self.now().isoformat(timespec="milliseconds")

    def get(self, entity: str, key: str) -> Thing:
        """An object by its id; raises Refused (610) where there is none."""
        thing = self.tables[entity].get(key)
        if thing is None:
            raise not_found()
        return thing

    def every(self, entity: str) -> list[Thing]:
        """All objects of a kind, active or not, in the order they came."""
        with self.lock:
            return list(self.tables[entity].values())

    def find(self, entity: str, **values: Any) -> list[Thing]:
        """The objects with these values; a reference is compared by its id."""
        return [
            thing
            for thing in self.every(entity)
            if all(_plain(thing.get(name)) == _plain(value) for name, value in values.items())
        ]

    def refer(self, entity: str, key: str, *, active: bool = True) -> Thing:
        """The object a reference means; raises Refused: 2500 where there is none, 610 where it is inactive."""
        thing = self.tables[entity].get(key)
        if thing is None:
            raise invalid_reference(f"{_NOUNS.get(entity, entity)} element id {key} not found")
        if active and thing.get("Active") is False:
            raise not_found()
        return thing

    def numbered(self, number: str) -> Iterator[tuple[str, Thing]]:
        """The transactions that carry a number, in any casing."""
        for entity, key in self.numbers.get(number.upper(), ()):
            yield entity, self.tables[entity][key]

    def check_open(self, *days: str | None) -> None:
        """Refuse (6210) what is dated in a closed period."""
        closed = self.prefers("AccountingInfoPrefs", "BookCloseDate")
        if closed and any(day and day <= closed for day in days):
            raise books_closed()

    def next_id(self, entity: str) -> str:
        """A new id of the series this kind of object belongs to."""
        series = self._series(entity)
        taken = self._next.get(series, _FIRST.get(series, 1))
        while self._is_taken(entity, str(taken)):
            taken += 1
        self._next[series] = taken + 1
        return str(taken)

    def put(
        self,
        entity: str,
        thing: Mapping[str, Any],
        old: Thing | None = None,
        key: str | None = None,
        at: datetime | None = None,
    ) -> Thing:
        """Keep an object, new or in place of `old`, with its id, sync token and times; returns what is kept.

        `at` is when it happened, for what is older than the company's clock.
        """
        moment = (at.astimezone(ZoneInfo(self.zone)) if at else self.now()).replace(microsecond=0)
        stamp = moment.isoformat()
        if old is None:
            kept = {**thing, "Id": key or self.next_id(entity), "SyncToken": "0"}
            kept["MetaData"] = {"CreateTime": stamp, "LastUpdatedTime": stamp}
        else:
            kept = {**thing, "Id": old["Id"], "SyncToken": str(int(old["SyncToken"]) + 1)}
            kept["MetaData"] = {"CreateTime": old["MetaData"]["CreateTime"], "LastUpdatedTime": stamp}
            self._forget(entity, old)
        kept |= {"domain": "QBO", "sparse": False}
        self.tables[entity][kept["Id"]] = kept
        self.changed[entity][kept["Id"]] = moment
        self._index(entity, kept)
        return kept

    def remove(self, entity: str, old: Thing) -> None:
        """Delete an object; change data capture tells of it for 30 days."""
        self._forget(entity, old)
        del self.tables[entity][old["Id"]]
        del self.changed[entity][old["Id"]]
        self.tombstones.append(Tombstone(entity, old["Id"], self.now().replace(microsecond=0)))

    def forget_old_requests(self) -> None:
        """Drop remembered answers that are past their time."""
        kept = self.behaviour.requestid_kept
        if kept is not None:
            since = self.clock.now() - timedelta(seconds=kept)
            self.remembered = {key: one for key, one in self.remembered.items() if one.at >= since}

    def _series(self, entity: str) -> str:
        """Transactions share one series of ids, customers and vendors another; every other list has its own."""
        return "transactions" if entity in TRANSACTIONS else _SERIES.get(entity, entity)

    def _is_taken(self, entity: str, key: str) -> bool:
        series = self._series(entity)
        return any(key in table for name, table in self.tables.items() if self._series(name) == series)

    def _index(self, entity: str, thing: Thing) -> None:
        self.version += 1
        if thing.get("DocNumber"):
            self.numbers[thing["DocNumber"].upper()].append((entity, thing["Id"]))
        if entity == "Customer" and thing.get("ParentRef"):
            self.children[thing["ParentRef"]["value"]].append(thing["Id"])
        self._owe(entity, thing, 1)

    def _forget(self, entity: str, thing: Thing) -> None:
        self.version += 1
        if thing.get("DocNumber"):
            self.numbers[thing["DocNumber"].upper()].remove((entity, thing["Id"]))
        if entity == "Customer" and thing.get("ParentRef"):
            self.children[thing["ParentRef"]["value"]].remove(thing["Id"])
        self._owe(entity, thing, -1)

    def _owe(self, entity: str, thing: Thing, sign: int) -> None:
        name, side = _OPEN.get(entity, ("", 0))
        party = thing.get(PARTIES.get(entity, ""), {}).get("value")
        if party and thing.get(name):
            self.owed[party] = money(self.owed[party] + sign * side * thing[name])


def _plain(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) and "value" in value else value
