"""The life of every subscription of a made-up world, so that it can be shown as it is at any moment.

The world was dealt with a few looks at each subscription (before the month, at its end, some days later) and with
the charges its changes caused. Between the looks the charges tell on which day something happened.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.snapshots import Snapshot, snapshot
from connector.sandbox.scenario.subscriptions import Subscription
from connector.sandbox.scenario.world import World

_EVENTS = ("new", "renew", "addQuantity", "removeQuantity", "cancelImmediate", "convert")
_NOT_SHOWN = ("customerId", "observedAt")


@dataclass(frozen=True, slots=True)
class State:
    """What a subscription is from a moment on, and the charge type of what made it so ("" where nobody did it)."""

    since: datetime
    quantity: int
    status: str
    cause: str


@dataclass(slots=True)
class Course:
    """One subscription: the looks taken at it, in order, and the states it went through."""

    id: str
    tenant_id: str
    looks: list[Snapshot]
    subscription: Subscription | None
    states: list[State] = field(default_factory=list)
    lines: list[VendorLine] = field(default_factory=list)
    _shown: tuple[object, Snapshot] | None = None

    def state_at(self, moment: datetime) -> State | None:
        """Its state at a moment; None before it was bought."""
        return next((state for state in reversed(self.states) if state.since <= moment), None)

    def at(self, moment: datetime) -> Snapshot | None:
        """The subscription as Partner Center shows it at a moment; None before it was bought."""
        state = self.state_at(moment)
        if state is None:
            return None
        look = next((look for look in reversed(self.looks) if seen_at(look) <= moment), self.looks[0])
        seen = seen_at(look)
        # Nothing about it changes within a day but by a new state or a new look.
        known = (moment.date(), state.since, seen, seen <= moment)
        if self._shown is None or self._shown[0] != known:
            self._shown = (known, self._picture(moment, state, look, seen))
        return dict(self._shown[1])

    def _picture(self, moment: datetime, state: State, look: Snapshot, seen: datetime) -> Snapshot:
        is_unchanged = (look["quantity"], look["status"]) == (state.quantity, state.status)
        is_current = seen <= moment and state.since <= seen and is_unchanged
        if is_current and (seen.date() == moment.date() or state.status != "active" or not self._is_drawn(look)):
            picture = dict(look)
        elif self._is_drawn(look) and self.subscription is not None:
            day = moment.date() if state.status == "active" else state.since.date()
            picture = snapshot(self.subscription, day, state.quantity, state.status)
        else:
            active = state.status == "active"
            picture = {**look, "quantity": state.quantity, "status": state.status, "autoRenewEnabled": active}
        return {name: value for name, value in picture.items() if name not in _NOT_SHOWN}

    def _is_drawn(self, look: Snapshot) -> bool:
        """Whether the look is what the subscription's own terms give, so that other days can be drawn the same way."""
        own = self.subscription
        if own is None:
            return False
        return snapshot(own, seen_at(look).date(), int(str(look["quantity"])), str(look["status"])) == look


def courses_of(world: World) -> list[Course]:
    """The course of every subscription, in the order in which the world was dealt."""
    courses: dict[str, Course] = {}
    for look in world.snapshots:
        id_ = str(look["id"])
        known = courses.setdefault(id_, Course(id_, str(look["customerId"]), [], world.subscriptions.get(id_)))
        known.looks.append(look)
    lines = _lines_by_subscription(world)
    for course in courses.values():
        course.looks.sort(key=seen_at)
        course.lines = lines.get(course.id, [])
        course.states = _states(course)
    return list(courses.values())


def seen_at(look: Snapshot) -> datetime:
    """The moment of a look."""
    return datetime.fromisoformat(str(look["observedAt"]))


def busy_hour(day: date, name: str) -> datetime:
    """The time of that day at which something happened: always the same for the same name, between 6 and 20 hours."""
    micro = zlib.crc32(f"{day}/{name}".encode()) * 11 % (14 * 3600 * 1_000_000)
    return datetime.combine(day, time(6), UTC) + timedelta(microseconds=micro)


def _lines_by_subscription(world: World) -> dict[str, list[VendorLine]]:
    found: defaultdict[str, list[VendorLine]] = defaultdict(list)
    for month in world.months:
        for line in world.charges.get(month, []):
            if not line.meter and line.charge_type != "customerCredit":
                found[line.subscription_id].append(line)
    return found


def _states(course: Course) -> list[State]:
    events = _events(course)
    first = course.looks[0]
    born = events[0] if events and events[0].cause in ("new", "convert") and events[0].status == "active" else None
    if born is None:
        created = datetime.fromisoformat(str(first["creationDate"])).date()
        born = State(busy_hour(created, course.id), _first_quantity(course, events), "active", "new")
        events = [event for event in events if event.since > born.since]
    else:
        events = events[1:]
    states = [born]
    for moment, event, look in sorted(
        [(event.since, event, None) for event in events] + [(seen_at(look), None, look) for look in course.looks],
        key=lambda entry: entry[0],
    ):
        last = states[-1]
        if event is not None:
            if (event.quantity, event.status) != (last.quantity, last.status):
                states.append(event)
        elif look is not None:
            shown = int(str(look["quantity"])), str(look["status"])
            if shown != (last.quantity, last.status):
                states.append(State(_when(course, look, last.since, moment), *shown, cause=_cause(last, shown)))
    return states


def _first_quantity(course: Course, events: list[State]) -> int:
    if course.subscription is not None:
        return course.subscription.quantity
    return int(str(course.looks[0]["quantity"]))


def _cause(last: State, shown: tuple[int, str]) -> str:
    quantity, status = shown
    if status == "deleted":
        return "cancelImmediate"
    if status != "active":
        return ""
    return "addQuantity" if quantity > last.quantity else "removeQuantity"


def _when(course: Course, look: Snapshot, after: datetime, seen: datetime) -> datetime:
    """When a change happened that only a look shows: at the end of the term, or on the day of the look."""
    if look["status"] == "expired":
        ended = datetime.fromisoformat(str(look["commitmentEndDate"])) + timedelta(days=1)
        if after < ended <= seen:
            return ended
    return max(busy_hour(seen.date(), course.id), after + timedelta(minutes=1))


def _events(course: Course) -> list[State]:
    """What the charges tell: one state per day and event mark, in order."""
    states: list[State] = []
    for marked in _by_event(course.lines):
        made = next((line for line in marked if line.eup >= 0), marked[0])
        is_trial = course.subscription is not None and course.subscription.is_trial
        gone = made.eup < 0 or (made.charge_type == "convert" and is_trial)
        quantity = int(made.quantity)
        if gone:
            quantity = states[-1].quantity if states else quantity
        hour = busy_hour(made.ordered, made.reference_id)
        if states and hour <= states[-1].since:
            hour = states[-1].since + timedelta(minutes=1)
        states.append(State(hour, quantity, "deleted" if gone else "active", made.charge_type))
    return states


def _by_event(lines: Iterable[VendorLine]) -> list[list[VendorLine]]:
    grouped: dict[tuple[date, str], list[VendorLine]] = {}
    for line in lines:
        if line.charge_type in _EVENTS:
            grouped.setdefault((line.ordered, line.reference_id), []).append(line)
    return sorted(grouped.values(), key=lambda marked: marked[0].ordered)
