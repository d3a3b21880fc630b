"""Who is on the bus."""

import json

import pytest

from tools.plant import population, profiles

KINDS = profiles.load()


@pytest.mark.parametrize("count", [0, 1, 20, 250])
def test_the_demo_is_a_mix_of_distinct_meters(count):
    meters = population.demo(KINDS, count)
    assert len(meters) == count
    assert len({meter.secondary for meter in meters}) == count
    primaries = [meter.primary for meter in meters if meter.primary]
    assert primaries == [n for n in range(1, count + 1) if n % 4]
    if count >= 20:
        assert {meter.profile.name for meter in meters} == set(KINDS)
        assert meters[0].secondary == "04800181B405C004"
        assert meters[0].contents.size == 1
        assert len({meter.delay_bits for meter in meters}) == count


def test_the_same_seed_gives_the_same_meters():
    def shown(seed: int) -> list:
        return [
            (m.secondary, m.contents.size, m.delay_bits)
            for m in population.demo(KINDS, 50, seed=seed)
        ]

    assert shown(3) == shown(3)
    assert shown(3) != shown(4)


@pytest.mark.parametrize("count", [-1, 251])
def test_too_many_meters_are_refused(count):
    with pytest.raises(ValueError, match="0 to 250"):
        population.demo(KINDS, count)


def test_a_population_file(tmp_path):
    file = tmp_path / "site.json"
    rows = [
        {"profile": "heat", "serial": 12345678, "primary": 3, "fault": "silent", "status": 16},
        {"profile": "water", "baud": [300, 2400], "delay_ms": 20, "quirks": ["no_nke"]},
    ]
    file.write_text(json.dumps({"meters": rows}))
    heat, water = population.from_file(file, KINDS, 9600, 0)
    assert (heat.identity.serial, heat.primary, heat.status) == ("12345678", 3, 16)
    assert heat.fault == {"kind": "silent"}
    assert heat.bauds == (9600,)
    assert (water.primary, water.bauds, water.quirks) == (0, (300, 2400), {"no_nke"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "17",
        '["heat"]',
        '[{"profile": "steam"}]',
        '[{"profile": ["heat"]}]',
        '[{"profile": "heat", "colour": 1}]',
        '[{"profile": "heat", "serial": 100000000}]',
        '[{"profile": "heat", "serial": "x"}]',
        '[{"profile": "heat", "primary": 251}]',
        '[{"profile": "heat", "primary": "1"}]',
        '[{"profile": "heat", "baud": 1234}]',
        '[{"profile": "heat", "baud": []}]',
        '[{"profile": "heat", "delay_bits": 331}]',
        '[{"profile": "heat", "delay_ms": "5"}]',
        '[{"profile": "heat", "fault": "rude"}]',
        '[{"profile": "heat", "quirks": ["rude"]}]',
        json.dumps([{"profile": "heat"}] * 251),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(tmp_path, text):
    file = tmp_path / "site.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"site\.json"):
        population.from_file(file, KINDS, 2400, 0)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.json"):
        population.from_file(tmp_path / "nowhere.json", KINDS, 2400, 0)
