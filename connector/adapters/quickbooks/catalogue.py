"""Finds the terms, tax codes, classes and departments that a mapping names in a QuickBooks company."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from connector.adapters.quickbooks.client import Client, QuickBooksRefused
from connector.adapters.quickbooks.language import rate_on
from connector.adapters.quickbooks.records import CUSTOM_FIELD
from connector.adapters.quickbooks.values import amount, part, parts
from connector.domain.errors import ConnectorError
from connector.domain.ledger import LedgerCompany, LedgerRecord

US_TAX_CODES = frozenset({"TAX", "NON"})
_CALLED = {"term": "terms", "tax_code": "a tax code", "class": "a class", "department": "a department"}
_LONGEST_FIELD = 31


class Catalogue:
    """What a company has under which name; each kind is read once, when it is first asked for."""

    def __init__(
        self,
        ledger: str,
        company: Callable[[], LedgerCompany],
        records: Callable[[str], Iterable[LedgerRecord]],
        client: Client | None = None,
    ) -> None:
        self.ledger = ledger
        self._company, self._records, self._client = company, records, client
        self._known: dict[str, tuple[LedgerRecord, ...]] = {}
        self._rates: dict[tuple[str, str], Decimal | None] = {}

    @property
    def company(self) -> LedgerCompany:
        """The company and its settings."""
        return self._company()

    def find(self, kind: str, wanted: str) -> str:
        """The id of the active record with this id or name. Raises ConnectorError where there is none, or several."""
        if kind == "tax_code" and wanted in US_TAX_CODES and self.company.country == "US":
            return wanted
        if kind not in self._known:
            self._known[kind] = tuple(one for one in self._records(kind) if one.active)
        known = self._known[kind]
        if any(one.record_id == wanted for one in known):
            return wanted
        named = [one.record_id for one in known if wanted.casefold() in _names(one)]
        if len(named) == 1:
            return named[0]
        there = "is not there" if not named else "is there several times"
        offered = ", ".join(sorted(one.name for one in known)[:12]) or "none"
        raise ConnectorError(
            f"QuickBooks ({self.ledger}): {_CALLED.get(kind, kind)} called {wanted!r} {there}; write one of {offered} "
            "into the mapping, or its id."
        )

    def purchase_order_field(self, order: str) -> str | None:
        """The number of the partner's own field for purchase orders on sales forms; None where none fits."""
        if len(order) > _LONGEST_FIELD:
            return None
        fields: Mapping[str, str] = {
            key.removeprefix(CUSTOM_FIELD): "".join(char for char in name.casefold() if char.isalnum())
            for key, name in self.company.facts.items()
            if key.startswith(CUSTOM_FIELD)
        }
        meant = ("po", "ponumber", "pono", "purchaseorder", "purchaseordernumber", "purchaseorderno")
        return next((number for number, name in sorted(fields.items()) if name in meant), None)

    def exchange_rate(self, currency: str, day: str) -> Decimal | None:
        """The company's own rate of a day, in home units for one of the currency; None where nobody can be asked.

        Raises ConnectorError where it keeps none: QuickBooks would book a foreign document at a rate of 1 then.
        """
        key = (currency, day)
        if key not in self._rates:
            self._rates[key] = self._asked_rate(currency, day)
        rate = self._rates[key]
        if not rate and self._client is not None:
            raise ConnectorError(
                f"QuickBooks ({self.ledger}) keeps no exchange rate of {currency} for {day}, and would book the "
                "document at a rate of 1; enter the rate in QuickBooks (Currencies), then approve again."
            )
        return rate

    def _asked_rate(self, currency: str, day: str) -> Decimal | None:
        """The rate that was entered for the day, else the one that QuickBooks itself would take then."""
        if self._client is None:
            return None
        try:
            found = parts(self._client.query(rate_on(currency, day)), "ExchangeRate")
            if not found:
                asked = f"exchangerate?sourcecurrencycode={currency}&asofdate={day}"
                found = [part(self._client.get(asked).body, "ExchangeRate") or {}]
        except QuickBooksRefused:
            return None
        return amount(found[0].get("Rate"))


def _names(record: LedgerRecord) -> frozenset[str]:
    return frozenset(name.casefold() for name in (record.name, record.facts.get("full_name", "")) if name)
