"""Runs: one execution of a job, with what it read, wrote, skipped and why; and the leases that let one work alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How a run ended: all done, some records set aside, failed, or its process was gone before the end."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a job. Counts are records by name; `outcome` and `finished_at` are None while it runs.

    `reasons` say what was skipped or why it failed; `config_digest` names the settings and mappings it ran under.
    """

    run_id: str
    job: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    exit_code: int | None = None
    read: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    config_digest: str = ""
    host: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work alone under a name until a moment; a later holder has a higher epoch."""

    name: str
    holder: str
    epoch: int
    until: datetime
