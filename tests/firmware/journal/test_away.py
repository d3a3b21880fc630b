"""The host is away for three days and comes back, on real MicroPython while reading goes on."""

from tests.fakes.small_python import run_on_micropython

METERS = 3
CYCLES = 3 * 24 * 4  # of 15 minutes in three days

CODE = """
import asyncio
from tests.firmware.journal.away_scenarios import three_days_away
tell(asyncio.run(three_days_away()))
"""


def test_three_days_of_readings_come_home_once_while_reading_goes_on():
    """Each as it was made, in order. The flash is in RAM: it takes heap."""
    away, meanwhile = run_on_micropython(CODE, timeout_s=120, heap="1m")
    assert away >= METERS * CYCLES
    assert meanwhile >= METERS, "nothing was read while the host caught up"
