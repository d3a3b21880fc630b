"""Driver templates: settings for meters of one kind (manual 6.7)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "driver_templates",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("logger_id", sa.Integer, sa.ForeignKey("loggers.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("manufacturer", sa.String(3), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
    )
