"""The address a meter was read by before: what still comes from there finds it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("meters", sa.Column("former_address", sa.String(16)))
