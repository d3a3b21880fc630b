"""Users who want to see what experts set."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    expert = sa.Column("expert", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("users", expert)
