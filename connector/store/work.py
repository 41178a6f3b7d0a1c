"""A unit of work: everything written in it is kept together, or not at all."""

from functools import cached_property

from sqlalchemy import Engine
from sqlmodel import Session

from connector.ports import Clock
from connector.store.alerts import StoredAlerts
from connector.store.approvals import StoredApprovals
from connector.store.audit_trail import StoredAudit
from connector.store.bindings import StoredBindings
from connector.store.calls import StoredCalls
from connector.store.closings import StoredClosings
from connector.store.disputes import StoredDisputes
from connector.store.findings import StoredFindings
from connector.store.leases import StoredLeases
from connector.store.once import StoredOnce
from connector.store.plans import StoredPlans
from connector.store.postings import StoredPostings
from connector.store.runs import StoredRuns
from connector.store.slots import StoredSlots
from connector.store.watermarks import StoredWatermarks


class Work(Session):
    """A session of the database with the connector's own shelves in it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.clock = clock

    @cached_property
    def runs(self) -> StoredRuns:
        """Runs of jobs."""
        return StoredRuns(self, self.clock)

    @cached_property
    def watermarks(self) -> StoredWatermarks:
        """How far each source has been read."""
        return StoredWatermarks(self, self.clock)

    @cached_property
    def leases(self) -> StoredLeases:
        """Who may work alone under which name."""
        return StoredLeases(self, self.clock)

    @cached_property
    def plans(self) -> StoredPlans:
        """Plans as they were shown."""
        return StoredPlans(self, self.clock)

    @cached_property
    def postings(self) -> StoredPostings:
        """How far each posting got."""
        return StoredPostings(self, self.clock)

    @cached_property
    def approvals(self) -> StoredApprovals:
        """What was approved and frozen."""
        return StoredApprovals(self, self.clock)

    @cached_property
    def bindings(self) -> StoredBindings:
        """Which subscription is billed on which ledger lines."""
        return StoredBindings(self, self.clock)

    @cached_property
    def findings(self) -> StoredFindings:
        """Findings with their life."""
        return StoredFindings(self, self.clock)

    @cached_property
    def alerts(self) -> StoredAlerts:
        """What must be told, and the mails that tell it."""
        return StoredAlerts(self, self.clock)

    @cached_property
    def audit(self) -> StoredAudit:
        """Who did what, when and why."""
        return StoredAudit(self, self.clock)

    @cached_property
    def slots(self) -> StoredSlots:
        """The moments at which jobs were due."""
        return StoredSlots(self, self.clock)

    @cached_property
    def once(self) -> StoredOnce:
        """What may count only once."""
        return StoredOnce(self, self.clock)

    @cached_property
    def calls(self) -> StoredCalls:
        """How many calls were made to which service."""
        return StoredCalls(self, self.clock)

    @cached_property
    def closings(self) -> StoredClosings:
        """Months as they were closed."""
        return StoredClosings(self, self.clock)

    @cached_property
    def disputes(self) -> StoredDisputes:
        """How disputes with Microsoft stand."""
        return StoredDisputes(self, self.clock)
