"""A data folder as a real installation leaves it: meters of every kind with decoded telegrams.

The telegrams are made by `shared.mbus.encode`, so every byte of them is a meter's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from host.settings.site import SiteSettings
from host.store import accounts, arrivals, database, meters, migrate, settings
from host.store.accounts import User
from host.store.arrivals import Arrival
from host.store.tables import MeterRow, moment_of
from shared.mbus import encode, frames, telegram

PASSWORD = "a good password"
USERS = {"Olga": "administrator", "Peter": "standard"}
"""Who may sign in, all with the same `PASSWORD`."""

_fast = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

HOSTILE_NAME = "\u202e<script>alert(1)</script>\x07"


def answer(serial: str, maker: str, medium: int, records: bytes, *, status=0, more=False) -> bytes:
    """Return a whole RSP_UD frame of a meter."""
    data = encode.variable_data(serial, maker, 7, medium, 42, status, 0, records, more=more)
    return frames.long_frame(0x08, 1, 0x72, data)


def heat(serial: str, kwh: int, status: int = 0) -> list[bytes]:
    """Return the telegrams of a heat meter whose total is `kwh`."""
    r = encode.record
    records = b"".join(
        (
            r("bcd8", b"\x06", kwh),
            r("bcd8", b"\x15", 123456),
            r("bcd6", b"\x2b", 4711),
            r("bcd6", b"\x2b", 18250, function=1),
            r("int16", b"\x5a", 652),
            r("int16", b"\x5e", 381),
            r("int16", b"\x62", 271),
            r("int32", b"\x06", 99120, storage=1),
            r("int32", b"\x06", 5310, tariff=1),
            r("real32", b"\x3e", (1234567, -7)),
            r("int32", b"\x22", 26280),
            r("F", b"\x6d", (2026, 11, 22, 17, 30)),
            r("text", b"\xfd\x11", "Kunde 12"),
            r("bcd8", b"\x78", int(serial)),
        )
    )
    return [answer(serial, "AMT", 0x04, records + b"\x0f\x01\x02\x03", status=status)]


def water(serial: str, litres: int, medium: int = 0x16) -> list[bytes]:
    """Return the telegram of a water meter whose total is `litres`."""
    r = encode.record
    records = r("bcd8", b"\x13", litres) + r("bcd8", b"\x13", litres - 900, storage=1)
    records += r("G", b"\x6c", (2026, 10, 31), storage=1) + r("int16", b"\x3b", -12)
    return [answer(serial, "HYD", medium, records)]


def electricity(serial: str, wh: int) -> list[bytes]:
    """Return the two telegrams of an electricity meter whose total is `wh`."""
    r = encode.record
    first = r("int48", b"\x03", wh) + r("int48", b"\x83\x3c", 12000)
    first += r("int32", b"\x03", wh // 3, tariff=1) + r("int32", b"\x03", wh // 2, tariff=2)
    second = b"".join(
        r("int16", bytes((0xFD, 0xC8, 0xFC, phase)), 2301 + phase) for phase in (1, 2, 3)
    ) + r("int32", b"\x2a", 8123)
    return [
        answer(serial, "EMH", 0x02, first, more=True),
        answer(serial, "EMH", 0x02, second),
    ]


def allocator(serial: str, units: int) -> list[bytes]:
    """Return the telegram of a heat cost allocator."""
    return [answer(serial, "TCH", 0x08, encode.record("bcd6", b"\x6e", units))]


def room(serial: str, hundredths: int) -> list[bytes]:
    """Return the telegram of a room sensor for temperature and humidity."""
    r = encode.record
    records = r("int16", b"\x65", hundredths) + r("int16", b"\xfb\x1a", 455)
    return [answer(serial, "ELV", 0x1B, records)]


def hostile(serial: str) -> list[bytes]:
    """Return the telegram of a meter whose texts attack the page that shows them."""
    r = encode.record
    text = b"<img src=x onerror=alert(1)>\x1b[31m"
    records = r("text", b"\xfd\x11", text)
    records += r("int16", b"\x7c\x0a" + b"<b>\x07mroF<"[::-1][:9] + b"\x9b", 7)
    return [answer(serial, "HAX", 0x0F, records)]


def leave_empty(data: Path) -> None:
    """Fill an empty folder with users alone: nothing is set up yet."""
    path = database.database_path(data)
    migrate.upgrade(path)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        for name, role in USERS.items():
            add_user(session, name, role)
    engine.dispose()


def install(data: Path, now: datetime | None = None) -> list[int]:
    """Fill an empty folder with users and 14 meters in every state; return the meters' ids.

    The first is a heat meter, read twice; "Boiler" has an alarm, two cannot be read, one is not
    yet read, one was read five hours ago.
    """
    now = now or datetime.now(UTC)
    path = database.database_path(data)
    migrate.upgrade(path)
    minute = timedelta(minutes=1)
    with Session(database.open_writer(path)) as session, session.begin():
        settings.save(session, SiteSettings(name="Rosenweg 12", zone="Europe/Zurich"))
        for name, role in USERS.items():
            add_user(session, name, role)
        ids = [
            _meter(session, address, name, site, telegrams, now - age)
            for address, name, site, telegrams, age in (
                ("1", "Flat 1 heating", "Ground floor left", heat("10000001", 148210), minute),
                ("2", "Flat 1 cold water", "Ground floor left", water("20000002", 312456), minute),
                ("3", "Flat 1 hot water", "Ground floor left", water("20000003", 98001, 6), minute),
                ("4", "Flat 2 heating", "Ground floor right", heat("10000004", 98342), minute),
                ("5", "Flat 2 cold water", "", water("20000005", 254100), minute),
                ("6", "Common power", "Cellar", electricity("30000006", 48123456), 2 * minute),
                ("7", "Boiler", "Cellar", heat("10000007", 1240077, status=0x08), 2 * minute),
                ("8", "Living room allocator", "First floor", allocator("40000008", 1834), minute),
                ("9", "Stairs climate", "Stairs", room("50000009", 1978), 3 * minute),
                ("10", "", "", water("20000010", 12345, 7), 3 * minute),
                ("11", "Garden water", "Outside", water("20000011", 45210), 300 * minute),
                ("12", "Flat 3 heating", "First floor", heat("10000012", 77777), 40 * minute),
                ("13", HOSTILE_NAME, "", hostile("66600013"), minute),
                ("2000001441485916", "", "", [], minute),
            )
        ]
        store(session, ids[0], heat("10000001", 148213), now, number=1000)
        failed = session.get_one(MeterRow, ids[11])
        failed.state, failed.error_key = "error", "no_answer"
        failed.error_detail = "12: nothing within 188 ms, 3 tries"
        failed.last_attempt_at = now
    return ids


def add_user(session: Session, name: str, role: str, *, must_change: bool = False) -> User:
    """Add a user with `PASSWORD`, hashed at no cost."""
    hashed = _fast.hash(PASSWORD)
    return accounts.add(session, "first start", name, role, hashed, must_change=must_change)


def _meter(
    session: Session, address: str, name: str, site: str, telegrams: Sequence[bytes], at: datetime
) -> int:
    primary = int(address) if len(address) <= 3 else None
    meter = meters.add(session, address, primary=primary, name=name, site=site)
    if telegrams:
        store(session, meter.id, telegrams, at, number=meter.id)
    return meter.id


def store(
    session: Session, meter_id: int, telegrams: Sequence[bytes], at: datetime, *, number: int
) -> int:
    """Store a reading and what it says of its meter, as the core does; return its id."""
    arrival = Arrival(meter_id, at, telegrams, board="twin", boot=1, number=number)
    (stored,) = arrivals.append(session, [arrival])
    assert stored is not None
    head = telegram.decode(telegrams[0])
    row = session.get_one(MeterRow, meter_id)
    row.manufacturer, row.serial = head.manufacturer, head.id
    row.version, row.medium, row.status = head.version, head.medium, head.status
    row.last_read_at = row.last_attempt_at = moment_of(stored)
    row.state = "alarm" if head.status else "ok"
    row.error_key = row.error_detail = None
    return stored
