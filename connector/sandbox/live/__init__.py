"""A made-up world that is alive: what Microsoft would show of it at the moment on the sandbox's clock.

live = LiveWorld(make_world(40, 3, seed=7), clock)
live.subscriptions(tenant_id)          # as they are now; push the clock, and they change
live.leave(tenant_id)                  # a customer that goes away
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.live.billing import Bill, Billing
from connector.sandbox.live.changes import Record, invoice_record, records_of
from connector.sandbox.live.courses import Course, courses_of
from connector.sandbox.live.older import older_bills, older_courses
from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.people import Customer
from connector.sandbox.scenario.world import World

__all__ = ["Bill", "Course", "LiveWorld", "Record"]


class LiveWorld:
    """The partner's customers, subscriptions and bills as time goes by.

    `person` is who changes things in Partner Center, for the audit records. `older`: besides new commerce there are
    invoices of the kind before it, with charges that no file of the world has.
    """

    def __init__(
        self,
        world: World,
        clock: SandboxClock,
        person: str = "admin@northwind.onmicrosoft.com",
        *,
        older: bool = False,
    ) -> None:
        self.world, self.clock, self.person = world, clock, person
        self._customers = {customer.tenant_id: customer for customer in world.customers}
        self._left: dict[str, datetime] = {}
        courses = [*courses_of(world), *(older_courses(world) if older else ())]
        self.courses: dict[str, Course] = {course.id: course for course in courses}
        self._of_customer: defaultdict[str, list[Course]] = defaultdict(list)
        for course in self.courses.values():
            self._of_customer[course.tenant_id].append(course)
        self._billing = Billing(world)
        self._older = older_bills(world) if older else []
        self._billing.older += [bill.bill for bill in self._older]
        self._records: list[Record] | None = None

    def customers(self) -> list[Customer]:
        """The customers of now, in a fixed order."""
        return [customer for customer in self._customers.values() if not self.has_left(customer.tenant_id)]

    def customer(self, tenant_id: str) -> Customer | None:
        """A customer by its tenant, whether it has left or not."""
        return self._customers.get(tenant_id.lower())

    def has_left(self, tenant_id: str) -> bool:
        """Whether the customer has ended the relationship by now."""
        left = self._left.get(tenant_id.lower())
        return left is not None and left <= self.clock.now()

    def leave(self, tenant_id: str, at: datetime | None = None) -> None:
        """Let a customer end the relationship, now or at a moment to come."""
        self._left[tenant_id.lower()] = at or self.clock.now()

    def subscriptions(self, tenant_id: str) -> list[dict[str, Any]]:
        """A customer's subscriptions of all statuses as they are now."""
        now = self.clock.now()
        shown = (course.at(now) for course in self._of_customer.get(tenant_id.lower(), []))
        return [picture for picture in shown if picture is not None]

    def course(self, tenant_id: str, subscription_id: str) -> Course | None:
        """One subscription of a customer; None when it is not (yet) there."""
        course = self.courses.get(subscription_id.lower())
        if course is None or course.tenant_id != tenant_id.lower() or course.state_at(self.clock.now()) is None:
            return None
        return course

    def bills(self) -> list[Bill]:
        """Invoices and credit notes that are out by now."""
        return self._billing.bills(self.clock.now())

    def bill(self, id_: str) -> Bill | None:
        """An invoice by its number; `OneTime-` in front of it makes no difference."""
        bare = id_.rpartition("-")[2].upper()
        return next((bill for bill in self.bills() if bill.id == bare), None)

    def delay(self, month: str, until: datetime) -> None:
        """Let Microsoft be late with the invoice of a month (YYYY-MM)."""
        self._billing.delayed[Month.parse(month)] = until
        self._billing.forget_issued()

    def credit(self, invoice: str, gross: Decimal) -> Bill:
        """Let Microsoft issue a credit note for an invoice now; `gross` is positive."""
        amended = self.bill(invoice)
        if amended is None:
            raise LookupError(f"there is no invoice {invoice} to give credit for")
        number = f"{amended.id[:-1]}{9 - len(self._billing.credit_notes)}"
        note = Bill(
            number, amended.month, amended.currency, -gross, -gross, Decimal("0.00"), self.clock.now(), amended.id
        )
        self._billing.credit_notes.append(note)
        return note

    def lines(self, invoice: str) -> list[VendorLine]:
        """The charges of an invoice that is out."""
        return self._billing.lines(invoice)

    def restate(self, invoice: str, lines: list[VendorLine]) -> None:
        """Let Microsoft change an invoice's charges after the fact; the next export holds these, under another tag."""
        self._billing.restated[invoice] = lines

    def usage(self, invoice: str) -> list[dict[str, str]]:
        """The daily usage behind an invoice."""
        return self._billing.usage(invoice)

    def unbilled(self, currency: str, period: str) -> list[VendorLine]:
        """Charges no invoice says yet; `period` is current or last."""
        return self._billing.unbilled(currency.upper(), period, self.clock.now())

    def unbilled_usage(self, currency: str, period: str) -> list[dict[str, str]]:
        """Daily usage no invoice says yet."""
        return self._billing.unbilled_usage(currency.upper(), period, self.clock.now())

    def older_items(self, invoice: str, provider: str, kind: str) -> list[dict[str, Any]]:
        """The line items of an invoice of the older kind; `provider` is office or azure."""
        items = (bill.items.get((provider, kind), []) for bill in self._older if bill.bill.id == invoice)
        return [item for found in items for item in found]

    def records(self) -> list[Record]:
        """The audit records one can read by now, newest first."""
        if self._records is None:
            self._records = [
                record
                for course in self.courses.values()
                for record in records_of(course, self._name(course.tenant_id), self.person)
            ]
        now = self.clock.now()
        ready = [invoice_record(bill.id, bill.issued) for bill in self.bills() if not bill.amends]
        found = [record for record in [*self._records, *ready] if record.readable <= now]
        return sorted(found, key=lambda record: (record.happened, record.content["id"]), reverse=True)

    def _name(self, tenant_id: str) -> str:
        customer = self._customers.get(tenant_id)
        return customer.name if customer is not None else ""
