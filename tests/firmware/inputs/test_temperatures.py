"""A sensor's measurements smoothed, and its faults told apart."""

import asyncio
from types import SimpleNamespace

from firmware.inputs.temperatures import Sensor, Temperatures
from tests.fakes.loop import in_jumping_time


def taken(sensor: Sensor, *measured: tuple[str, int | None]) -> tuple[str, int | None]:
    for one in measured:
        sensor.take(one)
    return sensor.state, sensor.milli_celsius()


def test_the_first_measurement_counts_at_once():
    assert (Sensor().state, Sensor().milli_celsius()) == ("missing", None)
    assert taken(Sensor(), ("ok", 21_500)) == ("ok", 21_500)
    assert taken(Sensor(), ("open", None)) == ("open", None)


def test_a_spark_does_not_show():
    sensor = Sensor()
    taken(sensor, *[("ok", 20_000)] * 8)
    assert taken(sensor, ("ok", 85_000)) == ("ok", 20_000)
    assert taken(sensor, ("open", None), ("open", None), ("ok", 20_000)) == ("ok", 20_000)


def test_a_change_is_followed():
    sensor = Sensor()
    taken(sensor, *[("ok", 20_000)] * 8)
    assert taken(sensor, *[("ok", -5_001)] * 8) == ("ok", -5_001)


def test_a_fault_counts_at_the_third_time_and_ends():
    sensor = Sensor()
    taken(sensor, *[("ok", 20_000)] * 8)
    assert taken(sensor, *[("open", None)] * 2)[0] == "ok"
    assert taken(sensor, ("open", None)) == ("open", None)
    assert taken(sensor, *[("ok", 30_000)] * 3) == ("ok", 30_000)


class Thermometer:
    """A PT1000 at 20 degC behind 1 ohm of leads."""

    async def milliohms(self) -> int:
        return 1_077_935 + 1_000


@in_jumping_time
async def test_an_offset_takes_the_leads_away_and_leaves_the_other_sensor_alone():
    hal = SimpleNamespace(
        thermometers=[Thermometer(), Thermometer()],
        unique_id="0123456789abcdef",
        sleep_ms=lambda ms: asyncio.sleep(ms / 1000),
    )
    values = {"t.1.offset_mk": 0, "t.2.offset_mk": -257, "t.1.active": True, "t.2.active": True}
    temperatures = Temperatures(hal, values)
    task = asyncio.create_task(temperatures.run())
    await asyncio.sleep(10)
    one, other = [row["milli_celsius"] for row in temperatures.state()]
    assert abs(one - 20_257) <= 2
    assert abs(other - 20_000) <= 2
    task.cancel()
