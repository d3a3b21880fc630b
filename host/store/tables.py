"""The tables, as SQLAlchemy 2 typed models: the one description of what lies in the database.

Only `host.store` uses these classes; every other room gets the frozen dataclasses of
`host.store.meters` and `host.store.readings`.

Readings lie in two tables. `readings` takes what comes in: one row a readout, its raw telegrams
joined to one blob. `blocks` has the days that are over: one row a meter and day, packed by
`host.store.block`. Either key packs moment or day with the meter into one integer, and there is no
other index: a cycle of all meters touches the last pages only, and a day of all meters is one piece
of the file, to write and to delete. Values are decoded when somebody looks, so a better decoder
serves the whole history.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

METER_BITS = 16
METER_ID_MAX = (1 << METER_BITS) - 1
DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Return `moment` (with a zone) as whole milliseconds since 1970 UTC, exactly."""
    return (moment - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Return the UTC moment `ms` milliseconds after 1970, exactly."""
    return _EPOCH + timedelta(milliseconds=ms)


def reading_id(at_ms: int, meter_id: int) -> int:
    """Return the key of the reading of `meter_id` (1..65535) at `at_ms` (ms since 1970)."""
    return at_ms << METER_BITS | meter_id


def moment_of(reading: int) -> datetime:
    """Return the UTC moment in the key of a reading."""
    return from_ms(reading >> METER_BITS)


def block_id(day: int, meter_id: int) -> int:
    """Return the key of the block of `meter_id` (1..65535) for `day` (UTC days since 1970)."""
    return day << METER_BITS | meter_id


BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A key of 64 bits; SQLite's rowid, which only INTEGER PRIMARY KEY is."""


class UtcMilliseconds(TypeDecorator[datetime]):
    """A UTC `datetime` kept as an integer: exact, sortable, half the size of text."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


class Base(DeclarativeBase):
    pass


class BoardRow(Base):
    """A board that has delivered readings; `uid` is the hardware's own number."""

    __tablename__ = "boards"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(64), unique=True)


class LoggerRow(Base):
    """A logger that stores here; in a file it is the only one, number 1, without a name."""

    __tablename__ = "loggers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)


class MeterRow(Base):
    """A registered meter: what the user entered, what it said of itself, how it fares."""

    __tablename__ = "meters"
    __table_args__ = (
        CheckConstraint(f"id BETWEEN 1 AND {METER_ID_MAX}", name="meter_id_fits_the_reading_key"),
        CheckConstraint("state IN ('unread', 'ok', 'alarm', 'error')", name="meter_state_known"),
        UniqueConstraint("logger_id", "address", name="one_meter_per_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    address: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    site: Mapped[str] = mapped_column(String(200), default="", server_default="")
    baud: Mapped[int] = mapped_column(default=2400, server_default="2400")
    cycle_s: Mapped[int | None]
    snd_nke: Mapped[bool] = mapped_column(default=True, server_default="1")
    application_reset: Mapped[int | None]
    segment: Mapped[int] = mapped_column(default=1, server_default="1")
    per_day: Mapped[int | None]
    settle_ms: Mapped[int] = mapped_column(default=0, server_default="0")
    retries: Mapped[int] = mapped_column(default=2, server_default="2")
    cost_centre: Mapped[str] = mapped_column(String(200), default="", server_default="")
    comment: Mapped[str] = mapped_column(String(500), default="", server_default="")
    meter_type: Mapped[int | None]
    deleted_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)
    former_address: Mapped[str | None] = mapped_column(String(16))

    primary: Mapped[int | None]
    secondary: Mapped[str | None] = mapped_column(String(16))
    manufacturer: Mapped[str | None] = mapped_column(String(3))
    serial: Mapped[str | None] = mapped_column(String(8))
    version: Mapped[int | None]
    medium: Mapped[int | None]
    changed_from: Mapped[str | None] = mapped_column(String(16))

    state: Mapped[str] = mapped_column(String(8), default="unread", server_default="unread")
    status: Mapped[int | None]
    last_read_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)
    error_key: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(String(400))
    fault_told: Mapped[str | None] = mapped_column(String(40))
    values_revision: Mapped[int] = mapped_column(default=0, server_default="0")


class ValueRow(Base):
    """The settings of one value of a meter (manual 6.4.5); see `host.settings.value`."""

    __tablename__ = "meter_values"

    meter_id: Mapped[int] = mapped_column(
        ForeignKey("meters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    head: Mapped[str] = mapped_column(String(500), primary_key=True)
    nth: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    designation: Mapped[str] = mapped_column(String(100))
    unit: Mapped[str] = mapped_column(String(20))
    factor: Mapped[str] = mapped_column(String(20))
    phase: Mapped[int | None]
    tariff: Mapped[int | None]
    month: Mapped[int | None]


class ReadingRow(Base):
    """One readout of one meter, not yet in a block. `id` holds moment and meter (`reading_id`)."""

    __tablename__ = "readings"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    frames: Mapped[bytes] = mapped_column(LargeBinary)


class BlockRow(Base):
    """A day of one meter, packed. `id` holds day and meter (`block_id`)."""

    __tablename__ = "blocks"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class DatedRow(Base):
    """A reading that was taken for a reading date (manual 6.6); `id` is the reading's."""

    __tablename__ = "dated_readings"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)


class DeliveryRow(Base):
    """How far a board's journal has come home: everything up to `number` of this boot."""

    __tablename__ = "deliveries"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class SettingRow(Base):
    """One model of `host.settings` of a logger as JSON text, by its name."""

    __tablename__ = "settings"

    logger_id: Mapped[int] = mapped_column(
        ForeignKey("loggers.id"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String)


class UserRow(Base):
    """Who may sign in at a logger; `name_key` is the name without regard to case."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('administrator', 'standard')", name="user_role_known"),
        UniqueConstraint("logger_id", "name_key", name="one_user_per_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(240))
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool]
    language: Mapped[str | None] = mapped_column(String(2))
    expert: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcMilliseconds)


class TokenRow(Base):
    """A token of the API; hashed: of what its holder shows."""

    __tablename__ = "tokens"
    __table_args__ = (
        UniqueConstraint("user_id", "name", name="one_token_per_name"),
        UniqueConstraint("hashed", name="one_token_per_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    hashed: Mapped[str] = mapped_column(String(64))
    read_only: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcMilliseconds)
    expires_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)
    used_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)


class UnitRow(Base):
    """A consumer unit: meters and users that belong together (manual 6.5)."""

    __tablename__ = "consumer_units"
    __table_args__ = (UniqueConstraint("logger_id", "name", name="one_unit_per_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(500))


def _member(key: str) -> Mapped[int]:
    foreign = ForeignKey(key, ondelete="CASCADE")
    return mapped_column(foreign, primary_key=True, autoincrement=False)


class UnitMeterRow(Base):
    """A meter is in a unit; it may be in several."""

    __tablename__ = "consumer_unit_meters"

    unit_id: Mapped[int] = _member("consumer_units.id")
    meter_id: Mapped[int] = _member("meters.id")


class UnitUserRow(Base):
    """A user is in a unit; a standard user in one or several sees their meters and no other."""

    __tablename__ = "consumer_unit_users"

    unit_id: Mapped[int] = _member("consumer_units.id")
    user_id: Mapped[int] = _member("users.id")


class TemplateRow(Base):
    """A driver template (manual 6.7); content: JSON of `host.settings.template`."""

    __tablename__ = "driver_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    name: Mapped[str] = mapped_column(String(100))
    manufacturer: Mapped[str] = mapped_column(String(3))
    version: Mapped[int]
    records: Mapped[int]
    content: Mapped[str] = mapped_column(String)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)


class AuditRow(Base):
    """A change that somebody made; before, after: JSON of what is another now, no secret in it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    at: Mapped[datetime] = mapped_column(UtcMilliseconds)
    who: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(String(40))
    which: Mapped[str] = mapped_column(String(200))
    before: Mapped[str | None] = mapped_column(String)
    after: Mapped[str | None] = mapped_column(String)


class StatusRow(Base):
    """A status message (manual 6.8.6); source: board, boot and number where a board said it."""

    __tablename__ = "status_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    logger_id: Mapped[int] = mapped_column(ForeignKey("loggers.id"))
    at: Mapped[datetime] = mapped_column(UtcMilliseconds)
    key: Mapped[str] = mapped_column(String(40))
    meter_id: Mapped[int | None] = mapped_column(ForeignKey("meters.id", ondelete="SET NULL"))
    which: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(400))
    source: Mapped[str] = mapped_column(String(100))
    cleared_at: Mapped[datetime | None] = mapped_column(UtcMilliseconds)
