"""A sensor's measurements smoothed, and its faults told apart."""

from firmware.inputs.temperatures import Sensor


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
