"""Status messages of the logger (manual 6.8.6), and which fault of a meter was told in them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    meter = sa.ForeignKey("meters.id", ondelete="SET NULL")
    op.create_table(
        "status_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("logger_id", sa.Integer, sa.ForeignKey("loggers.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("meter_id", sa.Integer, meter),
        sa.Column("which", sa.String(40), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(400), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("cleared_at", sa.BigInteger),
    )
    op.add_column("meters", sa.Column("fault_told", sa.String(40)))
