"""IEC 60751: its published table, a float reference over the whole range, both ways."""

import pytest

from shared import pt1000
from tests.fakes.small_python import run_on_micropython
from tools.plant.wiring import pt1000_milliohms

# IEC 60751 table 1, PT100: degrees Celsius -> ohms.
TABLE_TEXT = """
    -200 18.52  -190 22.83  -180 27.10  -170 31.34  -160 35.54  -150 39.72  -140 43.88
    -130 48.00  -120 52.11  -110 56.19  -100 60.26  -90 64.30  -80 68.33  -70 72.33
    -60 76.33  -50 80.31  -40 84.27  -30 88.22  -20 92.16  -10 96.09  0 100.00
    10 103.90  20 107.79  30 111.67  40 115.54  50 119.40  60 123.24  70 127.08
    80 130.90  90 134.71  100 138.51  110 142.29  120 146.07  130 149.83  140 153.58
    150 157.33  160 161.05  170 164.77  180 168.48  190 172.17  200 175.86  250 194.10
    300 212.05  350 229.72  400 247.09  450 264.18  500 280.98  550 297.49  600 313.71
    650 329.64  700 345.28  750 360.64  800 375.70  850 390.48
"""
_WORDS = TABLE_TEXT.split()
TABLE = {int(t): float(r) for t, r in zip(_WORDS[::2], _WORDS[1::2], strict=True)}


@pytest.mark.parametrize(("celsius", "ohms"), TABLE.items())
def test_the_published_table(celsius, ohms):
    resistance = pt1000.milliohms(1000 * celsius)
    assert abs(resistance - 10_000 * ohms) <= 50, "a PT1000 has ten times the ohms, rounded to 5 m"
    printed = round(10_000 * ohms)
    if pt1000.milliohms(pt1000.LOWEST) <= printed <= pt1000.milliohms(pt1000.HIGHEST):
        assert abs(pt1000.milli_celsius(printed) - 1000 * celsius) <= 17


def test_within_a_millikelvin_of_a_float_reference_over_the_whole_range():
    worst = 0
    for t in range(pt1000.LOWEST, pt1000.HIGHEST + 1, 137):
        resistance = pt1000_milliohms(t / 1000)
        assert abs(pt1000.milliohms(t) - resistance) <= 1
        worst = max(worst, abs(pt1000.milli_celsius(pt1000.milliohms(t)) - t))
    assert worst <= 1


@pytest.mark.parametrize(
    ("resistance", "meaning"),
    [
        (1_000_000, ("ok", 0)),
        (921_599, ("ok", -20_000)),
        (1_385_055, ("ok", 100_000)),
        (921_500, ("range", -20_025)),
        (1_385_200, ("range", 100_038)),
        (pt1000.milliohms(pt1000.LOWEST), ("range", -200_000)),
        (pt1000.milliohms(pt1000.HIGHEST), ("range", 850_000)),
        (pt1000.milliohms(pt1000.HIGHEST) + 1, ("open", None)),
        (10_000_000, ("open", None)),
        (None, ("open", None)),
        (pt1000.milliohms(pt1000.LOWEST) - 1, ("short", None)),
        (0, ("short", None)),
    ],
)
def test_what_a_measurement_means(resistance, meaning):
    assert pt1000.judge(resistance) == meaning


@pytest.mark.parametrize("resistance", [185_200, 3_904_812, 0, -1])
def test_no_temperature_beyond_the_curve(resistance):
    with pytest.raises(ValueError, match=str(resistance)):
        pt1000.milli_celsius(resistance)


def test_the_same_on_micropython():
    points = [185_201, 200_000, 654_321, 999_999, 1_000_001, 1_234_567, 3_904_811]
    code = f"from shared import pt1000\ntell([pt1000.milli_celsius(r) for r in {points}])"
    assert run_on_micropython(code) == [pt1000.milli_celsius(point) for point in points]
