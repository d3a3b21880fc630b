"""How each meter is read: segment, battery, pause, retries; another meter in its place."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("segment", sa.Integer, nullable=False, server_default="1"),
        sa.Column("per_day", sa.Integer),
        sa.Column("settle_ms", sa.Integer, nullable=False, server_default="0"),
        sa.Column("retries", sa.Integer, nullable=False, server_default="2"),
        sa.Column("changed_from", sa.String(16)),
    ):
        op.add_column("meters", column)
