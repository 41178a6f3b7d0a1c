"""Makes the tables of plans and postings: approvals, number series, frozen lines and charges, annexes and history."""

import sqlalchemy as sa
from alembic import op

from connector.store.append_only import append_only
from connector.store.types import ExactDecimal, UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "approval",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("released", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_approval"),
    )
    op.create_index("ix_approval_plan_id", "approval", ["plan_id"])
    op.create_table(
        "number_series",
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "prefix", name="pk_number_series"),
    )
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("period_start", sa.String(), nullable=False),
        sa.Column("period_last", sa.String(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan"),
    )
    op.create_index("ix_plan_period_start", "plan", ["period_start"])
    op.create_index("ix_plan_saved_at", "plan", ["saved_at"])
    op.create_table(
        "posting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("period_start", sa.String(), nullable=False),
        sa.Column("period_last", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("total", ExactDecimal(18, 6), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("remote_version", sa.String(), nullable=True),
        sa.Column("remote_number", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_posting"),
        sa.UniqueConstraint("ledger", "number", name="uq_posting_ledger_number"),
    )
    op.create_index("ix_posting_about", "posting", ["about"])
    op.create_index("ix_posting_ledger_state", "posting", ["ledger", "state"])
    op.create_index("ix_posting_period_start", "posting", ["period_start"])
    op.create_index("ix_posting_marker", "posting", ["marker"])
    op.create_index("ix_posting_plan_id", "posting", ["plan_id"])
    op.create_table(
        "annex",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["posting.key"], name="fk_annex_key_posting"),
        sa.PrimaryKeyConstraint("key", name="pk_annex"),
    )
    op.create_table(
        "posting_event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["posting.key"], name="fk_posting_event_key_posting"),
        sa.PrimaryKeyConstraint("number", name="pk_posting_event"),
    )
    op.create_index("ix_posting_event_key", "posting_event", ["key"])
    op.create_table(
        "posting_line",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=True),
        sa.Column("last", sa.String(), nullable=True),
        sa.Column("amount", ExactDecimal(18, 6), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["posting.key"], name="fk_posting_line_key_posting"),
        sa.PrimaryKeyConstraint("key", "number", name="pk_posting_line"),
    )
    op.create_index("ix_posting_line_reference", "posting_line", ["reference"])
    op.create_table(
        "posting_slice",
        sa.Column("invoice", sa.String(), nullable=False),
        sa.Column("row_hash", sa.String(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["posting.key"], name="fk_posting_slice_key_posting"),
        sa.PrimaryKeyConstraint("invoice", "row_hash", "nth", "part", "turn", name="pk_posting_slice"),
    )
    op.create_index("ix_posting_slice_key", "posting_slice", ["key"])
    append_only("posting_event")
