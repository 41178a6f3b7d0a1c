"""Partner Center as a source of the sync: what it lists, and which way leads to which lines.

Sources: facts: Partner Center §3 (customers, subscriptions), §5.2 (which invoices the older interface has), §8.1 (audit
records). Per customer, trouble stays with that customer.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from connector.adapters.entra import AccessDenied
from connector.adapters.http import HttpFailure, Refused
from connector.adapters.partner_center import translate
from connector.adapters.partner_center.client import PartnerCenterClient, safe
from connector.adapters.partner_center.exports import Exports
from connector.adapters.partner_center.older_lines import OlderLines
from connector.adapters.partner_center.sheets import Sheets
from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.extraction import Drawn, LineSet, Listing, Record, Seen, Sheet
from connector.ports import Clock

_NO_RELATIONSHIP = "20002"
# Microsoft's largest pages.
_CUSTOMERS, _INVOICES, _AUDIT = 500, 200, 500
_AT_ONCE = 8
# Pages that come twice do no harm where every item has an id; many of them mean that there is no end.
_TWICE = 2
# So many customers in a row that cannot be looked at mean that something larger is wrong.
_GIVE_UP_AFTER = 10
# Invoices for periods from these months on are at Graph only (Microsoft, "Get invoice line items").
_LINES_AT_GRAPH = date(2024, 2, 1)
_USAGE_AT_GRAPH = date(2023, 9, 1)


class PartnerCenterSource:
    """Fits the VendorSource port."""

    name = "partner_center"

    def __init__(
        self, client: PartnerCenterClient, exports: Exports, sheets: Sheets, clock: Clock, *, at_once: int = _AT_ONCE
    ) -> None:
        self._client, self._exports, self._sheets, self._clock = client, exports, sheets, clock
        self._older = OlderLines(client)
        self._at_once = at_once

    def customers(self) -> Iterator[Record]:
        """Yield every customer once. Raises LostInPages where the list has no end."""
        quota = self._client.quotas.customers
        pages = self._client.seek("customers", {"size": _CUSTOMERS}, quota=quota, twice=_TWICE)
        seen: set[str] = set()
        for page in pages:
            for record in page:
                name = str(record.get("id") or "").lower()
                if name and name not in seen:
                    seen.add(name)
                    yield translate.customer(record, self._now())

    def subscriptions(self, customers: Iterable[str]) -> Iterator[Listing]:
        """Look at customers, several at once, and yield what was seen of each, in their order.

        Raises what went wrong when it goes wrong for many in a row, or for all (SignInNeeded).
        """
        in_a_row = 0
        for listing, error in self._looks(customers):
            in_a_row = in_a_row + 1 if error is not None else 0
            if error is not None and in_a_row >= _GIVE_UP_AFTER:
                raise error
            yield listing

    def _looks(self, customers: Iterable[str]) -> Iterator[tuple[Listing, ConnectorError | None]]:
        waiting = iter(customers)
        if self._at_once == 1:
            yield from map(self._look, waiting)
            return
        hands = ThreadPoolExecutor(self._at_once)
        try:
            looks: deque[Future[tuple[Listing, ConnectorError | None]]] = deque()
            looks.extend(hands.submit(self._look, name) for name in islice(waiting, 2 * self._at_once))
            while looks:
                result = looks.popleft().result()
                looks.extend(hands.submit(self._look, name) for name in islice(waiting, 1))
                yield result
        finally:
            # Whoever interrupts a sync is not made to wait for calls under way.
            hands.shutdown(wait=False, cancel_futures=True)

    def _look(self, customer: str) -> tuple[Listing, ConnectorError | None]:
        path = f"customers/{safe(customer)}/subscriptions"
        try:
            body = self._client.get(path, quota=self._client.quotas.subscriptions)
        except (HttpFailure, AccessDenied) as failure:
            # A customer may be closed to us alone (no delegated rights, another region); a sign-in concerns all.
            if isinstance(failure, Refused) and failure.status == 403 and failure.code == _NO_RELATIONSHIP:
                return Listing(customer, Seen.LEFT), None
            if isinstance(failure, Refused) and failure.status == 404:
                return Listing(customer, Seen.ABSENT, reason=str(failure)), None
            return Listing(customer, Seen.FAILED, reason=str(failure), exit_code=failure.exit_code), failure
        items = body.get("items") if isinstance(body, Mapping) else None
        if not isinstance(items, list):
            gap = Unavailable(f"{path}: Partner Center's answer holds no list of subscriptions; try again later.")
            return Listing(customer, Seen.FAILED, reason=str(gap), exit_code=gap.exit_code), gap
        now = self._now()
        found = tuple(translate.subscription(item, customer, now) for item in items if isinstance(item, Mapping))
        return Listing(customer, Seen.LISTED, found), None

    def add_ons(self, customer: str, subscription: str) -> list[Record]:
        """Return the add-ons of a legacy subscription; those of new commerce are subscriptions of their own."""
        path = f"customers/{safe(customer)}/subscriptions/{safe(subscription)}/addons"
        items = self._listed(path)
        now = self._now()
        return [translate.subscription(item, customer, now) for item in items]

    def transitions(self, customer: str, subscription: str) -> list[Record]:
        """Return how a subscription went over to another product, or is about to."""
        path = f"customers/{safe(customer)}/subscriptions/{safe(subscription)}/transitions"
        try:
            body = self._client.get(path, quota=self._client.quotas.subscriptions)
        except Refused as refused:
            if refused.status == 404:
                return []
            raise
        return translate.transitions(body, customer, subscription, self._now())

    def vanished(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """Return the record that says that a subscription is not listed any more."""
        return translate.vanished(known, observed_at)

    def left(self, known: Mapping[str, Any], observed_at: str) -> Record:
        """Return the record that says that a customer has ended the relationship."""
        return translate.left_customer(known, observed_at)

    def invoices(self) -> Iterator[Record]:
        """Yield every invoice and credit note once."""
        seen: set[str] = set()
        for page in self._client.turn("invoices", {}, size=_INVOICES):
            for record in translate.invoices(page):
                name = str(record.get("id") or "")
                if name not in seen:
                    seen.add(name)
                    yield record

    def audit_records(self, since: date) -> Iterator[Record]:
        """Yield what was done since a day, each record once. Microsoft refuses days more than 90 days back."""
        seen: set[str] = set()
        asked: dict[str, str | int] = {"startDate": since.isoformat(), "size": _AUDIT}
        for page in self._client.seek("auditrecords", asked, twice=_TWICE):
            for record in map(translate.audit_record, page):
                if record["id"] not in seen:
                    seen.add(str(record["id"]))
                    yield record

    def lines(self, wanted: LineSet, known: str | None, folder: str) -> Drawn:
        """Fetch lines into a folder, unless their mark is known: from Graph, or where it has none the older way."""
        if wanted.invoice is not None and self._is_older(wanted):
            return self._older.draw(wanted, known, Path(folder))
        what = "reconciliation" if wanted.kind == "reconciliation" else "usage"
        if wanted.invoice is not None:
            path = f"reports/partners/billing/{what}/billed/export"
            order = {"invoiceId": wanted.invoice, "attributeSet": "full"}
        else:
            path = f"reports/partners/billing/{what}/unbilled/export"
            order = {"currencyCode": wanted.currency, "billingPeriod": wanted.period, "attributeSet": "full"}
        return self._exports.draw(path, order, known, Path(folder))

    def sheet(self, wanted: Sheet, known: str | None, folder: str) -> Drawn:
        """Fetch a price sheet into a folder, unless its mark is known."""
        return self._sheets.prices(wanted, known, Path(folder))

    def exchange_rates(self, month: str, known: str | None, folder: str) -> Drawn:
        """Fetch the exchange rates of a month (YYYY-MM) into a folder, unless their mark is known."""
        return self._sheets.rates(month, known, Path(folder))

    def _is_older(self, wanted: LineSet) -> bool:
        if not (wanted.invoice or "").upper().startswith("G"):
            return True
        since = _LINES_AT_GRAPH if wanted.kind == "reconciliation" else _USAGE_AT_GRAPH
        return wanted.month is not None and wanted.month < since

    def _listed(self, path: str) -> list[Mapping[str, Any]]:
        try:
            body = self._client.get(path, quota=self._client.quotas.subscriptions)
        except Refused as refused:
            if refused.status == 404:
                return []
            raise
        items = body.get("items") if isinstance(body, Mapping) else None
        return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
