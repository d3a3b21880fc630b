"""Consumer units: meters and users that belong together (manual 6.5)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "consumer_units",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("logger_id", sa.Integer, sa.ForeignKey("loggers.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.UniqueConstraint("logger_id", "name", name="one_unit_per_name"),
    )
    _members("consumer_unit_meters", "meter_id", "meters.id")
    _members("consumer_unit_users", "user_id", "users.id")


def _members(table: str, member: str, key: str) -> None:
    op.create_table(
        table,
        _part("unit_id", "consumer_units.id"),
        _part(member, key),
    )


def _part(name: str, key: str) -> sa.Column[int]:
    foreign = sa.ForeignKey(key, ondelete="CASCADE")
    return sa.Column(name, sa.Integer, foreign, primary_key=True, autoincrement=False)
