"""Makes the tables of closed months and of disputes with Microsoft."""

import sqlalchemy as sa
from alembic import op

from connector.store.append_only import append_only
from connector.store.types import DecimalText, UtcTime

revision = "0020"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "closing",
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=False),
        *_texts(
            "closed_by", "reason", "run_id", "result", "report", "digest", "inputs", "mapping_digest", "config_digest"
        ),
        sa.PrimaryKeyConstraint("month", "number", name="pk_closing"),
    )
    append_only("closing")
    op.create_table(
        "dispute",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("claimed", DecimalText(), nullable=False),
        sa.Column("recovered", DecimalText(), nullable=False),
        *_texts("currency", "case_number", "note", "by"),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "number", name="pk_dispute"),
    )
    append_only("dispute")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)
