"""Several loggers in one database: meters and settings belong to one. A file has one alone."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    loggers = op.create_table(
        "loggers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
    )
    op.bulk_insert(loggers, [{"id": 1, "name": ""}])
    meters = [column.name for column in _METERS]
    op.rename_table("meters", "meters_0003")
    op.create_table(
        "meters",
        *_METERS,
        _logger(),
        sa.CheckConstraint("id BETWEEN 1 AND 65535", name="meter_id_fits_the_reading_key"),
        sa.CheckConstraint("state IN ('unread', 'ok', 'alarm', 'error')", name="meter_state_known"),
        sa.UniqueConstraint("logger_id", "address", name="one_meter_per_address"),
    )
    _move("meters", meters)
    op.rename_table("settings", "settings_0003")
    op.create_table(
        "settings",
        _logger(is_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    _move("settings", ["name", "value"])


def _logger(*, is_key: bool = False) -> sa.Column[int]:
    logger = sa.ForeignKey("loggers.id")
    return sa.Column(
        "logger_id", sa.Integer, logger, nullable=False, primary_key=is_key, autoincrement=False
    )


def _move(table: str, columns: list[str]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    op.execute(
        f"INSERT INTO {table} (logger_id, {names}) SELECT 1, {names} FROM {table}_0003"  # noqa: S608
    )
    op.drop_table(f"{table}_0003")


_METERS = (
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("address", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False, server_default=""),
    sa.Column("site", sa.String(200), nullable=False, server_default=""),
    sa.Column("baud", sa.Integer, nullable=False, server_default="2400"),
    sa.Column("cycle_s", sa.Integer),
    sa.Column("snd_nke", sa.Boolean, nullable=False, server_default="1"),
    sa.Column("application_reset", sa.Integer),
    sa.Column("segment", sa.Integer, nullable=False, server_default="1"),
    sa.Column("per_day", sa.Integer),
    sa.Column("settle_ms", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retries", sa.Integer, nullable=False, server_default="2"),
    sa.Column("primary", sa.Integer),
    sa.Column("secondary", sa.String(16)),
    sa.Column("manufacturer", sa.String(3)),
    sa.Column("serial", sa.String(8)),
    sa.Column("version", sa.Integer),
    sa.Column("medium", sa.Integer),
    sa.Column("changed_from", sa.String(16)),
    sa.Column("state", sa.String(8), nullable=False, server_default="unread"),
    sa.Column("status", sa.Integer),
    sa.Column("last_read_at", sa.BigInteger),
    sa.Column("last_attempt_at", sa.BigInteger),
    sa.Column("error_key", sa.String(40)),
    sa.Column("error_detail", sa.String(400)),
)
