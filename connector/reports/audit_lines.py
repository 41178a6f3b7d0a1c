"""The audit trail as JSON Lines: one entry a line, each with the chain that ties it to all before it."""

import json

from connector.domain.audit_entry import AuditEntry


def to_line(entry: AuditEntry) -> str:
    """Write an entry on one line. `chain` is made as `AuditEntry.link` says, so that others can check it."""
    return json.dumps(
        {
            "number": entry.number,
            "at": entry.at.isoformat(),
            "who": entry.who,
            "action": entry.action,
            "subject_kind": entry.subject_kind,
            "subject": entry.subject,
            "reason": entry.reason,
            "run_id": entry.run_id,
            "config_digest": entry.config_digest,
            "detail": dict(sorted(entry.detail.items())),
            "chain": entry.chain,
        },
        ensure_ascii=False,
    )
