"""Users who may sign in, and the list of what was changed by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        _logger(),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_key", sa.String(240), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("language", sa.String(2)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("role IN ('administrator', 'standard')", name="user_role_known"),
        sa.UniqueConstraint("logger_id", "name_key", name="one_user_per_name"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        _logger(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(60), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("which", sa.String(200), nullable=False),
        sa.Column("before", sa.String),
        sa.Column("after", sa.String),
    )


def _logger() -> sa.Column[int]:
    return sa.Column("logger_id", sa.Integer, sa.ForeignKey("loggers.id"), nullable=False)
