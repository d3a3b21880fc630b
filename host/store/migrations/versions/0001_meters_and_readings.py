"""Meters, their readings, boards and settings: the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "meters",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("address", sa.String(16), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("site", sa.String(200), nullable=False, server_default=""),
        sa.Column("baud", sa.Integer, nullable=False, server_default="2400"),
        sa.Column("cycle_s", sa.Integer),
        sa.Column("snd_nke", sa.Boolean, nullable=False, server_default="1"),
        sa.Column("application_reset", sa.Integer),
        sa.Column("primary", sa.Integer),
        sa.Column("secondary", sa.String(16)),
        sa.Column("manufacturer", sa.String(3)),
        sa.Column("serial", sa.String(8)),
        sa.Column("version", sa.Integer),
        sa.Column("medium", sa.Integer),
        sa.Column("state", sa.String(8), nullable=False, server_default="unread"),
        sa.Column("status", sa.Integer),
        sa.Column("last_read_at", sa.BigInteger),
        sa.Column("last_attempt_at", sa.BigInteger),
        sa.Column("error_key", sa.String(40)),
        sa.Column("error_detail", sa.String(400)),
        sa.CheckConstraint("id BETWEEN 1 AND 65535", name="meter_id_fits_the_reading_key"),
        sa.CheckConstraint("state IN ('unread', 'ok', 'alarm', 'error')", name="meter_state_known"),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "meter_id", sa.Integer, sa.ForeignKey("meters.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("board_id", sa.Integer, sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("boot", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("frames", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("board_id", "boot", "number", name="one_row_per_delivery"),
    )
    op.create_index("ix_readings_meter_id", "readings", ["meter_id"])
    op.create_table(
        "settings",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
