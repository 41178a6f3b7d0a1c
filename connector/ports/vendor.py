"""Microsoft to read, and the warehouse that takes in what was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from connector.domain.extraction import Drawn, LineSet, Listing, Record, Sheet, Taken


class VendorSource(Protocol):
    """A vendor to read. Calls raise SignInNeeded, Unavailable or ConnectorError in words for people.

    Records come as the vendor gave them. Folders are named by their path; what is fetched is written there.
    """

    name: str

    def customers(self) -> Iterator[Record]:
        """Every customer, once."""

    def subscriptions(self, customers: Iterable[str]) -> Iterator[Listing]:
        """The subscriptions of each of these customers, in their order; a customer's trouble is in its listing."""

    def add_ons(self, customer: str, subscription: str) -> list[Record]:
        """The add-ons of a subscription that has such."""

    def transitions(self, customer: str, subscription: str) -> list[Record]:
        """How a subscription went over to another product."""

    def vanished(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """The record that says that a subscription, last known as this row, is not listed any more."""

    def left(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """The record that says that a customer, last known as this row, has ended the relationship."""

    def invoices(self) -> Iterator[Record]:
        """Every invoice and credit note, once."""

    def audit_records(self, since: date) -> Iterator[Record]:
        """What was done since a day, each record once."""

    def lines(self, wanted: LineSet, known: str | None, folder: str) -> Drawn:
        """Fetch lines into an empty folder, unless the mark of the last time still holds."""

    def sheet(self, wanted: Sheet, known: str | None, folder: str) -> Drawn:
        """Fetch a price sheet into an empty folder, unless the mark of the last time still holds."""

    def exchange_rates(self, month: str, known: str | None, folder: str) -> Drawn:
        """Fetch the exchange rates of a month (YYYY-MM) into an empty folder, unless the mark still holds."""


class Intake(Protocol):
    """Where what was fetched is kept for ever and becomes rows; what tells nothing new leaves no trace.

    `observed_at` is ISO 8601 in UTC, `origin` says in a snapshot's manifest what a payload was.
    """

    def room(self) -> AbstractContextManager[str]:
        """An empty folder to fetch into, gone at the end."""

    def take_whole(
        self, paths: Sequence[str], observed_at: str, origin: Mapping[str, object], *, month: str | None = None
    ) -> Taken:
        """Take in payloads as one: files, or folders with a manifest. Raises UnreadableInput."""

    def take_news(self, path: str, table: str, observed_at: str, origin: Mapping[str, object]) -> Taken:
        """Take in those records of a JSON Lines file (gzip) that tell something new."""

    def no_more_unbilled(self, table: str, observed_at: str) -> bool:
        """Take note that the vendor has no unbilled lines any more; whether that is news."""

    def holds(self, table: str, invoice: str) -> bool:
        """Whether lines of an invoice are there."""

    def charged(self, invoice: str, category: str) -> Mapping[str, Decimal]:
        """The sum of an invoice's charges of a category, credits left out, by currency."""

    def newest(self, table: str) -> Iterator[dict[str, Any]]:
        """The last known state of each thing in a table."""
