"""Settings of a meter's values: designation, unit, factor, phase, tariff, month (manual 6.4.5)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    meter = sa.ForeignKey("meters.id", ondelete="CASCADE")
    op.create_table(
        "meter_values",
        sa.Column("meter_id", sa.Integer, meter, primary_key=True, autoincrement=False),
        sa.Column("head", sa.String(500), primary_key=True),
        sa.Column("nth", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("designation", sa.String(100), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("factor", sa.String(20), nullable=False),
        sa.Column("phase", sa.Integer),
        sa.Column("tariff", sa.Integer),
        sa.Column("month", sa.Integer),
    )
    revision = sa.Column("values_revision", sa.Integer, nullable=False, server_default="0")
    op.add_column("meters", revision)
