"""What else people note of a meter, and deleted meters that can still be had back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for column in (
        sa.Column("cost_centre", sa.String(200), nullable=False, server_default=""),
        sa.Column("comment", sa.String(500), nullable=False, server_default=""),
        sa.Column("meter_type", sa.Integer),
        sa.Column("deleted_at", sa.BigInteger),
    ):
        op.add_column("meters", column)
