"""A heat meter with a history worth a chart: hours of four days of March 2026, UTC.

It gains 2 kWh an hour. In Zurich the second day has 23 hours. On the third day 12 readings are
missing; on the fourth, at 12:00, the meter is another one, which begins at 5 kWh.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from host.settings.site import SiteSettings
from host.store import arrivals, database, meters, migrate, settings
from host.store.arrivals import Arrival
from host.store.meters import Attempt, Identity
from tests.fakes import installation

FIRST = datetime(2026, 3, 28, tzinfo=UTC)
MISSING = range(54, 66)
EXCHANGED = 84
HOURS = 96


def install(data: Path) -> None:
    """Fill an empty folder; the meter has the address 17 and is read every hour."""
    path = database.database_path(data)
    migrate.upgrade(path)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        settings.save(session, SiteSettings(name="Rosenweg 12", zone="Europe/Zurich"))
        for name, role in installation.USERS.items():
            installation.add_user(session, name, role)
        meter = meters.add(session, "17", name="Flat 1 heating", site="Rosenweg 12")
        meters.change(session, "17", {"cycle_s": 3600})
        for hour in range(HOURS):
            if hour in MISSING:
                continue
            at = FIRST + timedelta(hours=hour)
            serial, kwh = ("10000001", 1000 + 2 * hour)
            if hour >= EXCHANGED:
                serial, kwh = ("10000002", 5 + 2 * (hour - EXCHANGED))
            frames = installation.heat(serial, kwh)
            arrivals.append(session, [Arrival(meter.id, at, frames, "board", 1, hour)])
        identity = Identity(17, "10000002B4050704", "AMT", "10000002", 7, 4)
        meters.record_attempts(session, [Attempt(meter.id, at, "ok", identity=identity, read=True)])
    engine.dispose()
