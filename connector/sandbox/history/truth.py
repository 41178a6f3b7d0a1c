"""What must be told on each day of a dealt year, worked out from what truly is, not from what was seen."""

from collections.abc import Iterator
from datetime import date, timedelta

from connector.sandbox.history.contracts import Contract, later
from connector.sandbox.history.showing import grouped, lines_of
from connector.sandbox.history.year import RECENT, Year

Told = tuple[str, str]
"""A kind, and what it is about: a subscription, a product, a place in the ledger, or a ledger customer."""
RENEWAL, SHORT_RENEWAL, CLOSING, PATIENCE, YEARLY, MEANWHILE = 30, 7, 4, 66, 400, 27


class Truth:
    """The truth of a year, asked day by day."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._lines = grouped(lines_of(year))
        self._issued = sorted({line.issued for line in lines_of(year)})

    def on(self, day: date) -> frozenset[Told]:
        """Everything that must be told on a day."""
        found = {(one.kind, one.subject) for one in self._year.truths if one.first <= day <= one.last}
        for contract in self._year.contracts:
            if contract.bought <= day:
                found.update(self._of(contract, day))
        found.update(self._prices(day))
        found.update((kind, one.tenant_id) for one in self._year.azure for kind in one.told_on(day))
        return frozenset(found)

    def _of(self, contract: Contract, day: date) -> Iterator[Told]:
        renewal = contract.renewal_after(day)
        is_year = contract.term == "P1Y"
        if renewal is not None:
            lead = RENEWAL if is_year else SHORT_RENEWAL
            if (is_year or contract.trial_on(day)) and day >= renewal - timedelta(days=lead):
                yield "renewal_ahead", contract.id
            first_term = contract.term_on(day)[0] == contract.bought
            if contract.promotion and first_term and day >= renewal - timedelta(days=RENEWAL):
                yield "promotion_ending", contract.id
        closes = any(until < day + timedelta(days=CLOSING) for until in contract.windows_on(day))
        if is_year and closes and contract.status_on(day) == "active":
            yield "cancellation_window_closing", contract.id
        if self._is_unbilled(contract, day):
            yield "cancelled_still_charged", contract.id

    def _is_unbilled(self, contract: Contract, day: date) -> bool:
        """Whether the ledger billed it before and, while it went on with others, bills it no more."""
        if contract.status_on(day) not in ("active", "suspended") or contract.trial_on(day):
            return False
        if self._year.customer_of(contract).left is not None:
            return False
        known = [line for line in self._lines.get(contract.number, []) if line.issued <= day and not line.is_credit]
        if not known:
            return False
        newest = max(line.last for line in known)
        went_on = max(issued for issued in self._issued if issued <= day)
        patience = YEARLY if contract.plan == "annual" else PATIENCE
        return newest + timedelta(days=patience) < day and newest + timedelta(days=MEANWHILE) < went_on

    def _prices(self, day: date) -> Iterator[Told]:
        market = self._year.market
        for product, changes in market.changes.items():
            for since, _ in changes:
                if market.known_since(since) <= day and self._is_ahead(product, since, day):
                    yield "price_change_ahead", product
        for product, month in market.leaving.items():
            if market.known_since(month) <= day and any(
                contract.bought <= day
                and contract.thing_on(day).product_id == product
                and contract.renewal_after(day) is not None
                for contract in self._year.contracts
            ):
                yield "price_change_ahead", product
        for one in market.corrections:
            held = any(
                contract.thing_on(day) == one.thing and contract.status_on(day) == "active"
                for contract in self._year.contracts
                if contract.bought <= day
            )
            if one.seen <= day < one.seen + timedelta(days=RECENT) and held:
                yield "price_sheet_republished", one.thing.product_id

    def _is_ahead(self, product: str, since: date, day: date) -> bool:
        """Whether a contract that renews has not come to the new price yet."""
        for contract in self._year.contracts:
            if contract.bought > day:
                continue
            renewal = contract.renewal_after(day)
            if renewal is None or contract.thing_on(day).product_id != product or contract.becomes:
                continue
            if contract.term_on(day)[0] >= since:
                continue
            months = 1 if contract.term == "P1M" else 12
            while renewal < since:
                renewal = later(renewal, months)
            if renewal > day:
                return True
        return False
