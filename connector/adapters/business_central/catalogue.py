"""Finds the customers, items, terms, tax codes, currencies and dimensions that a document names in a company."""

import threading
from collections.abc import Callable, Iterable, Mapping

from connector.adapters.business_central.values import Body, parts, text
from connector.domain.errors import ConnectorError
from connector.domain.ledger import LedgerCompany, LedgerRecord

_CALLED = {
    "customer": "a customer",
    "item": "an item",
    "vendor": "a vendor",
    "account": "an account",
    "term": "payment terms",
    "tax_code": "a tax group (VAT product posting group)",
    "currency": "a currency",
}
_SHOWN = 12


class Catalogue:
    """What a company has under which number, code or name; each kind is read once, when it is first asked for."""

    def __init__(
        self,
        ledger: str,
        company: Callable[[], LedgerCompany],
        records: Callable[[str], Iterable[LedgerRecord]],
        dimensions: Callable[[], Iterable[Body]],
    ) -> None:
        self.ledger = ledger
        self._company, self._records, self._dimensions = company, records, dimensions
        self._known: dict[str, Mapping[str, LedgerRecord]] = {}
        self._values: Mapping[str, frozenset[str]] | None = None
        self._lock = threading.Lock()

    @property
    def company(self) -> LedgerCompany:
        """The company and its settings."""
        return self._company()

    def find(self, kind: str, wanted: str) -> LedgerRecord:
        """The record with this number or code, else name. Raises ConnectorError where there is none, or several."""
        known = self._of(kind)
        found = known.get(wanted.upper())
        if found is not None:
            return found
        named = [one for one in known.values() if one.name.casefold() == wanted.casefold()]
        if len(named) == 1:
            return named[0]
        there = "is not there" if not named else "is there several times"
        offered = ", ".join(sorted(one.record_id for one in known.values())[:_SHOWN]) or "none"
        more = " and others" if len(known) > _SHOWN else ""
        raise ConnectorError(
            f"Business Central ({self.ledger}): {_CALLED.get(kind, kind)} {wanted!r} {there}; write one of "
            f"{offered}{more} into the mapping."
        )

    def numbered(self, kind: str, wanted: str) -> str:
        """The number of a record that must be written by its number. Raises ConnectorError where it is another word."""
        found = self.find(kind, wanted)
        if found.record_id != wanted:
            raise ConnectorError(
                f"Business Central ({self.ledger}): {_CALLED.get(kind, kind)} is written {wanted!r} in the mapping; "
                f"write its number, {found.record_id!r}."
            )
        return found.record_id

    def dimension(self, name: str, value: str) -> tuple[str, str]:
        """The code of a dimension and of its value. Raises ConnectorError where the company lacks either."""
        with self._lock:
            if self._values is None:
                self._values = {
                    text(one.get("code")): frozenset(text(its.get("code")) for its in parts(one, "dimensionValues"))
                    for one in self._dimensions()
                }
        code, chosen = name.strip().upper(), value.strip().upper()
        values = self._values.get(code)
        if values is None:
            offered = ", ".join(sorted(self._values)) or "none"
            raise ConnectorError(
                f"Business Central ({self.ledger}) has no dimension {name!r}; it has {offered}: write one of these "
                "under `dimensions` of the customer in the mapping."
            )
        if chosen not in values:
            offered = ", ".join(sorted(values)[:_SHOWN]) or "none"
            raise ConnectorError(
                f"Business Central ({self.ledger}): dimension {code} has no value {value!r}; it has {offered}: correct "
                "it under `dimensions` of the customer in the mapping."
            )
        return code, chosen

    def _of(self, kind: str) -> Mapping[str, LedgerRecord]:
        with self._lock:
            if kind not in self._known:
                self._known[kind] = {one.record_id.upper(): one for one in self._records(kind)}
            return self._known[kind]
