"""Entries of the audit trail: who did what to which thing, when, and why."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail.

    `who` is a person or `job:NAME`; `subject_kind` (posting, plan, finding, mapping, token …) and `subject` say what it
    was done to; `detail` holds what else must be known, never secrets. `chain` is made of this entry and the chain of
    the one before, so that a line which is changed or taken out later shows.
    """

    number: int
    at: datetime
    who: str
    action: str
    subject_kind: str
    subject: str
    reason: str = ""
    run_id: str = ""
    config_digest: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    chain: str = ""

    def link(self, before: str) -> str:
        """The chain that this entry must have after another's."""
        content = [
            before, self.number, self.at.isoformat(), self.who, self.action, self.subject_kind, self.subject,
            self.reason, self.run_id, self.config_digest, dict(sorted(self.detail.items())),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
