"""What a delivery of the board becomes in the database."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from host.readout import reader
from host.store import database, migrate
from shared import board_inputs

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_input_of_the_board_becomes_a_meter_by_itself(tmp_path: Path):
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    counter = board_inputs.counter_telegram(12345601, "water", "l", 1500, 15, 1)
    broken = board_inputs.temperature_telegram(12345606, "open", None, 1)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        for number, (address, frame) in enumerate((("S0-1", counter), ("T-2", broken)), 1):
            for _ in range(2):  # delivered again, nothing changes
                delivery = reader.Delivery("b0a4d", 7, number, AT, address, [frame])
                (accepted,) = reader.accept(session, [delivery])
                assert accepted
                meter = accepted.meter
                assert (meter.address, meter.manufacturer) == (address, "MBL")
                assert meter.state == ("ok" if address == "S0-1" else "alarm")
        stranger = reader.Delivery("b0a4d", 7, 3, AT, "5", [counter])
        assert reader.accept(session, [stranger]) == [None]
    engine.dispose()
