"""Makes the tables of what must be told and of the mails that tell it."""

import sqlalchemy as sa
from alembic import op

from connector.store.types import UtcTime

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mail",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        *_texts("message_id", "recipients", "subject", "plain", "html", "attachments", "state"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("tried_at", UtcTime(), nullable=True),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        *_texts("last_error"),
        sa.PrimaryKeyConstraint("mail_id", name="pk_mail"),
        sa.UniqueConstraint("message_id", name="uq_mail_message_id"),
    )
    op.create_index("ix_mail_state", "mail", ["state"])
    op.create_table(
        "alert",
        sa.Column("number", sa.Integer(), nullable=False),
        *_texts("key", "kind", "severity"),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        *_texts("text"),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.mail_id"], name="fk_alert_mail_id_mail"),
        sa.PrimaryKeyConstraint("number", name="pk_alert"),
        sa.UniqueConstraint("key", name="uq_alert_key"),
    )
    op.create_index("ix_alert_mail_id", "alert", ["mail_id"])


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)
