"""The figures of the service as Prometheus reads them: jobs, ages, calls, findings, postings and money, never names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from connector.domain.errors import ConnectorError

Pair = tuple[int, Decimal]


@dataclass(frozen=True, slots=True)
class Figures:
    """How things stand, in numbers.

    `slots` by job and state; `last_good` and `seconds` (of the last good run) by job; `read_at` when each source was
    last read; `calls` and milliseconds waited by service and status; `findings` that are open by kind and currency,
    `postings` by ledger, state and currency, both with their money; `sign_ins` until when each holds unless
    it is used before (None: nobody knows) and whether a person has to sign in again; `mails` by state.
    """

    now: datetime
    slots: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_good: Mapping[str, datetime] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    next_at: Mapping[str, datetime] = field(default_factory=dict)
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    calls: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    findings: Mapping[tuple[str, str], Pair] = field(default_factory=dict)
    postings: Mapping[tuple[str, str, str], Pair] = field(default_factory=dict)
    unknown_since: datetime | None = None
    held_plans: int = 0
    sign_ins: Mapping[str, tuple[datetime | None, bool]] = field(default_factory=dict)
    mails: Mapping[str, int] = field(default_factory=dict)


class Gathered:
    """A collector that asks how things stand whenever it is read. `version` and `reloaded` say of the program."""

    def __init__(self, ask: Callable[[], Figures], version: str, reloaded: Callable[[], bool]) -> None:
        self._ask, self._version, self._reloaded = ask, version, reloaded

    def collect(self) -> Iterator[Metric]:
        """All figures; where the database cannot be read, those that need none."""
        yield _gauge("build_info", "The program.", ["version"], {(self._version,): 1})
        yield _gauge("config_last_reload_successful", "Whether the settings in force are the newest.", [],
                     {(): int(self._reloaded())})  # fmt: skip
        try:
            found = self._ask()
        except ConnectorError:
            yield _gauge("database_up", "Whether the database can be read.", [], {(): 0})
            return
        yield _gauge("database_up", "Whether the database can be read.", [], {(): 1})
        yield from _jobs(found)
        yield from _money(found)
        yield from _outside(found)


def _jobs(found: Figures) -> Iterator[Metric]:
    yield _counter("job_slots", "Moments at which jobs were due, by what became of them.", ["job", "state"],
                   found.slots)  # fmt: skip
    yield _gauge(
        "job_last_success_timestamp_seconds", "When a job last ended well.", ["job"], _moments(found.last_good)
    )
    yield _gauge("job_duration_seconds", "How long its last good run took.", ["job"],
                 {(job,): seconds for job, seconds in found.seconds.items()})  # fmt: skip
    yield _gauge("job_next_timestamp_seconds", "When a job is due next.", ["job"], _moments(found.next_at))
    yield _gauge("source_age_seconds", "How long ago a source was last read.", ["source"],
                 {(name,): (found.now - at).total_seconds() for name, at in found.read_at.items()})  # fmt: skip


def _money(found: Figures) -> Iterator[Metric]:
    yield _gauge("findings_open", "Open findings.", ["kind", "currency"],
                 {key: count for key, (count, _) in found.findings.items()})  # fmt: skip
    yield _gauge("findings_open_amount", "Money of open findings; positive: the partner loses.", ["kind", "currency"],
                 {key: amount for key, (_, amount) in found.findings.items()})  # fmt: skip
    yield _gauge("postings", "Documents on their way and in the ledger.", ["ledger", "state", "currency"],
                 {key: count for key, (count, _) in found.postings.items()})  # fmt: skip
    yield _gauge("postings_amount", "Their money.", ["ledger", "state", "currency"],
                 {key: amount for key, (_, amount) in found.postings.items()})  # fmt: skip
    oldest = (found.now - found.unknown_since).total_seconds() if found.unknown_since else 0
    yield _gauge("postings_unknown_oldest_seconds", "How long the oldest outcome is not known.", [], {(): oldest})
    yield _gauge("plans_held", "Plans that wait for a person.", [], {(): found.held_plans})


def _outside(found: Figures) -> Iterator[Metric]:
    yield _counter("api_calls", "Calls to services, by the status of the answer (0: none).", ["service", "status"],
                   {(name, str(status)): count for (name, status), (count, _) in found.calls.items()})  # fmt: skip
    waited: dict[tuple[str, ...], Decimal] = {}
    for (name, _), (_, milliseconds) in found.calls.items():
        waited[name,] = waited.get((name,), Decimal(0)) + Decimal(milliseconds) / 1000
    yield _counter("api_waited_seconds", "How long calls waited for their turn in the quota.", ["service"], waited)
    ends = {name: until for name, (until, _) in found.sign_ins.items() if until}
    told = "Until when a sign-in holds unless it is used before."
    yield _gauge("sign_in_expires_timestamp_seconds", told, ["account"], _moments(ends))
    yield _gauge("sign_in_needed", "Whether a person has to sign in again.", ["account"],
                 {(name,): int(needed) for name, (_, needed) in found.sign_ins.items()})  # fmt: skip
    yield _gauge("mails", "Mails by state.", ["state"], {(state,): count for state, count in found.mails.items()})


def metrics_text(gathered: Gathered) -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(gathered)
    return generate_latest(registry)


Values = Mapping[Any, Any]
"""Numbers by the values of their labels."""


def _moments(by_name: Mapping[str, datetime]) -> dict[tuple[str, ...], float]:
    return {(name,): at.timestamp() for name, at in by_name.items()}


def _gauge(name: str, meaning: str, labels: list[str], values: Values) -> Metric:
    family = GaugeMetricFamily(f"connector_{name}", meaning, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(list(key), value)
    return family


def _counter(name: str, meaning: str, labels: list[str], values: Values) -> Metric:
    family = CounterMetricFamily(f"connector_{name}", meaning, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(list(key), value)
    return family
