"""Makes the tables of bindings, findings with their life, and the audit trail."""

import sqlalchemy as sa
from alembic import op

from connector.store.append_only import append_only
from connector.store.types import DecimalText, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _audit_trail()
    _bindings()
    _findings()


def _audit_trail() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        *_texts("who", "action", "subject_kind", "subject", "reason", "run_id", "config_digest", "detail", "chain"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"])
    append_only("audit_entry")


def _bindings() -> None:
    key = ("ledger", "subscription_id", "ledger_customer", "item", "document_id", "line", "origin")
    op.create_table(
        "binding",
        *_texts(*key),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        *_texts("tenant_id", "order_id", "product_id", "sku_id"),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=False),
        sa.Column("superseded_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint(*key, "valid_from", name="pk_binding"),
    )
    op.create_index("ix_binding_subscription_id", "binding", ["subscription_id"])
    op.create_index("ix_binding_line", "binding", ["ledger", "document_id", "line"])
    op.create_index("ix_binding_customer", "binding", ["ledger", "ledger_customer", "item"])


def _findings() -> None:
    op.create_table(
        "finding",
        *_texts("fingerprint", "kind", "measures", "severity", "currency", "life"),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("last_seen", UtcTime(), nullable=False),
        sa.Column("resolved_at", UtcTime(), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("accepted_reason", sa.String(), nullable=True),
        sa.Column("accepted_by", sa.String(), nullable=True),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.Column("accepted_until", sa.Date(), nullable=True),
        sa.Column("accepted_low", DecimalText(), nullable=True),
        sa.Column("accepted_high", DecimalText(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_finding"),
    )
    op.create_index("ix_finding_kind", "finding", ["kind"])
    op.create_index("ix_finding_life", "finding", ["life"])
    op.create_table(
        "telling",
        *_texts("fingerprint", "scope", "severity"),
        sa.Column("impact", DecimalText(), nullable=False),
        *_texts("currency", "text", "run_id"),
        sa.Column("told_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["fingerprint"], ["finding.fingerprint"], name="fk_telling_fingerprint_finding"),
        sa.PrimaryKeyConstraint("fingerprint", "scope", name="pk_telling"),
    )
    op.create_index("ix_telling_scope", "telling", ["scope"])
    op.create_table(
        "finding_event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        *_texts("change", "why", "by", "scope"),
        sa.Column("before", DecimalText(), nullable=False),
        sa.Column("after", DecimalText(), nullable=False),
        *_texts("currency", "run_id"),
        sa.ForeignKeyConstraint(["fingerprint"], ["finding.fingerprint"], name="fk_finding_event_fingerprint_finding"),
        sa.PrimaryKeyConstraint("number", name="pk_finding_event"),
    )
    op.create_index("ix_finding_event_fingerprint", "finding_event", ["fingerprint"])
    append_only("finding_event")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)
