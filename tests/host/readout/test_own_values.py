"""M5: settings of values applied to lines; the raw ones stay beside them."""

from host.readout import own_values, telegrams
from host.settings.value import NOTHING, OwnValues, ValueKey, ValueSettings
from tests.fakes import installation

FRAMES = installation.electricity("30000006", 48123456)


def lines():
    return [line for frame in FRAMES for line in telegrams.explain(telegrams.decode(frame))]


def test_a_key_counts_equal_heads_over_all_telegrams_of_a_readout():
    assert list(own_values.keys(lines())) == [
        ("0603", 0),
        ("06833c", 0),
        ("841003", 0),
        ("842003", 0),
        ("1f", 0),
        ("02fdc8fc01", 0),
        ("02fdc8fc02", 0),
        ("02fdc8fc03", 0),
        ("042a", 0),
    ]
    assert list(own_values.keys(lines() + lines()))[9] == ("0603", 1)


def test_lines_without_settings_are_the_same_lines():
    known = lines()
    assert own_values.with_own(known, NOTHING) is known
    assert own_values.told(known[0]) is known[0]


def test_a_line_is_told_with_its_settings_and_keeps_what_the_meter_said():
    own = ValueSettings(designation="Lift", unit="kWh", factor="1000", phase=2, tariff=0, month=3)
    found = own_values.with_own(lines(), OwnValues.of({ValueKey("841003", 0): own}))
    assert found[2]["value"] == "16041152"
    told = own_values.told(found[2])
    assert (told["name"], told["value"], told["unit"]) == (
        *("Lift / Monat 3 / Phase 2", "16041.152", "kWh"),
    )
    assert own_values.settings_of(found[3]) is None
    raw, unset = own_values.told(found[3]), lines()[3]
    assert raw == unset


def test_what_is_not_set_is_as_the_meter_says():
    own = OwnValues.of({ValueKey("842003", 0): ValueSettings(unit="Wh 2")})
    told = own_values.told(own_values.with_own(lines(), own)[3])
    assert (told["name"], told["value"], told["unit"]) == ("Energy / Tarif 2", "24061728", "Wh 2")
