"""Readings without an index of their own, days as blocks, reading dates, how far boards have come.

Readings move one to one; what was delivered is remembered by its highest number of each boot.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("board_id", sa.Integer, sa.ForeignKey("boards.id"), primary_key=True),
        sa.Column("boot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.execute(
        "INSERT INTO deliveries (board_id, boot, number)"
        " SELECT board_id, boot, max(number) FROM readings GROUP BY board_id, boot"
    )
    op.create_table(
        "blocks",
        sa.Column("id", KEY, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table("dated_readings", sa.Column("id", KEY, primary_key=True, autoincrement=False))
    op.drop_index("ix_readings_meter_id", "readings")
    op.rename_table("readings", "readings_0002")
    op.create_table(
        "readings",
        sa.Column("id", KEY, primary_key=True, autoincrement=False),
        sa.Column("frames", sa.LargeBinary, nullable=False),
    )
    op.execute("INSERT INTO readings (id, frames) SELECT id, frames FROM readings_0002 ORDER BY id")
    op.drop_table("readings_0002")
