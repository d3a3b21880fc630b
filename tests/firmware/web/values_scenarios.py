"""What the board's own page shows of a telegram: for CPython and MicroPython alike.

Each `scenario_*` is a coroutine that asserts; test_values.py runs them.
"""

import asyncio

from firmware.web.gist import gist
from firmware.web.quantity_words import TEXT, word
from firmware.web.values import describe
from shared.mbus import vif_tables
from tests.firmware.web.telegrams import FIXED, HEADER, OTHER_TELEGRAM, RECORDS, TELEGRAM, frame


async def scenario_the_gist_has_present_values_counters_first():
    assert describe(gist(TELEGRAM)) == (
        "EMH 12345678",
        2,
        [
            ["Energy T1", "4294967295", "Wh"],
            ["Energy T2", "7000", "Wh"],
            ["Power", "-308", "W"],
            ["Voltage", "230.1", "V"],
            ["Energy #1", "9000", "Wh"],
        ],
    )
    names = [value[0] for value in describe(gist(TELEGRAM), "fr")[2]]
    assert names[:3] == ["Énergie T1", "Énergie T2", "Puissance"]
    assert describe(gist(OTHER_TELEGRAM), "de")[2] == [["Volumen", "0.6402463", "m³"]]


async def scenario_the_counters_of_a_fixed_structure_have_a_number_each():
    values = describe(gist(frame(0x73, FIXED)))[2]
    assert [value[0] for value in values] == ["Volume #1", "Volume #2"]


async def scenario_no_telegram_upsets_the_gist():
    for end in range(len(RECORDS)):
        assert len(gist(frame(0x72, HEADER + RECORDS[:end]))) <= 100
    for ci in range(256):
        assert len(gist(frame(ci, HEADER + RECORDS))) <= 100
    for byte in range(256):  # whatever the records are
        for rest in (b"", b"\xff" * 40, b"\x80" * 40, b"\x0d\x7c\x05" * 10, b"\x0d\x10\xf0" * 9):
            made = gist(frame(0x72, HEADER + bytes((byte,)) + rest))
            assert len(made) <= 100
            describe(made)


async def scenario_every_quantity_that_is_shown_has_a_name_in_each_language():
    for table in (vif_tables.PRIMARY, vif_tables.FD, vif_tables.FB):
        for row in table.strip().split("\n"):
            for code in range(int(row[:2], 16), int(row[3:5], 16) + 1):
                vib = bytes((code,))
                if table is not vif_tables.PRIMARY:
                    vib = (b"\xfd" if table is vif_tables.FD else b"\xfb") + vib
                for name, _, _ in describe(gist(frame(0x72, HEADER + b"\x01" + vib + b"\x01")))[2]:
                    quantity = row[8:].partition(" ")[2].partition("|")[0]
                    assert "\n" + quantity + "=" in TEXT, name
                    assert all(word(quantity, language) for language in ("de", "en", "fr"))


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
