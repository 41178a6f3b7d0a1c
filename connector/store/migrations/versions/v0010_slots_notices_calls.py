"""Makes the tables of the service: when jobs were due, notices from outside, used links and counts of calls."""

import sqlalchemy as sa
from alembic import op

from connector.store.types import UtcTime

revision = "0010"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "job_slot",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("scheduled_for", UtcTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        *(sa.Column(name, UtcTime(), nullable=True) for name in ("until", "not_before", "begun_at", "ended_at")),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job", "scheduled_for", name="pk_job_slot"),
    )
    op.create_index("ix_job_slot_state", "job_slot", ["state"])
    op.create_table(
        "notice",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "notice_id", name="pk_notice"),
    )
    op.create_index("ix_notice_received_at", "notice", ["received_at"])
    op.create_table(
        "used_link",
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_used_link"),
    )
    op.create_index("ix_used_link_until", "used_link", ["until"])
    op.create_table(
        "call_count",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("service", "status", name="pk_call_count"),
    )
