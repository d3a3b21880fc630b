"""The display drivers on real MicroPython, their command streams read by the datasheets."""

import random
from typing import Any

import pytest

from tests.fakes.lcd_controllers import Event, Ssd1306, St7565
from tests.fakes.small_python import run_on_micropython

SPI_PINS = {"spi": 0, "sck": 18, "mosi": 19, "cs": 17, "dc": 20}
I2C_PINS = {"i2c": 0, "scl": 5, "sda": 4}
PICTURE = random.Random(7).randbytes(1024)

PRELUDE = """
import asyncio
import sys
from tests.firmware.hal import recording_machine
sys.modules["machine"] = recording_machine
from firmware.hal.drivers import {driver}

class Hal:
    slept_ms = 0
    async def sleep_ms(self, ms):
        self.slept_ms += ms
        await asyncio.sleep(0)

hal = Hal()
display = {driver}.make(hal, {settings})
picture = bytearray(bytes.fromhex("{picture}"))

def events():
    told = recording_machine.EVENTS[:]
    recording_machine.EVENTS.clear()
    return told

async def main():
{body}

asyncio.run(main())
"""


def drive(driver: str, settings: dict[str, Any], body: str) -> Any:
    """Run `body`, lines of a coroutine that calls `tell`, with a `display` of `driver`."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    code = PRELUDE.format(driver=driver, settings=settings, picture=PICTURE.hex(), body=lines)
    return run_on_micropython(code)


SHOW = "await display.show(picture); tell(events())"


@pytest.mark.parametrize(
    ("settings", "glass_column"),
    [
        ({}, 0),
        ({"mirror_x": True, "mirror_y": False, "column": 4}, 4),
        ({"reset": 21, "light": 22, "bias": 7, "ratio": 6, "contrast": 20}, 0),
    ],
)
def test_st7565_shows_the_picture(settings: dict[str, Any], glass_column: int):
    lcd = St7565()
    lcd.run(drive("st7565", {**SPI_PINS, **settings}, SHOW), cs=17, dc=20)
    assert lcd.on
    assert not lcd.all_on
    assert not lcd.reverse
    assert lcd.powers == [4, 6, 7, 7]
    assert lcd.bias == settings.get("bias", 9)
    assert (lcd.ratio, lcd.contrast) == (settings.get("ratio", 4), settings.get("contrast", 32))
    column = settings.get("column", 0)
    rows = [lcd.memory[132 * page + column :][:128] for page in range(8)]
    assert b"".join(rows) == PICTURE
    # A glass that is mirrored by the controller is one that was built in mirrored.
    assert lcd.mirrored == settings.get("mirror_x", False)
    assert lcd.upside_down != settings.get("mirror_y", True)
    if not settings.get("mirror_x"):
        assert lcd.shown() == PICTURE


def test_st7565_is_reset_before_anything_is_said():
    events: list[Event] = drive("st7565", {**SPI_PINS, "reset": 21}, SHOW)
    before = events[: next(i for i, event in enumerate(events) if event[0] == "spi")]
    assert [level for kind, pin, level in before if pin == 21] == [1, 0, 1]


@pytest.mark.parametrize(
    ("driver", "settings"), [("st7565", SPI_PINS), ("ssd1306", SPI_PINS), ("ssd1306", I2C_PINS)]
)
def test_only_what_changed_is_sent(driver: str, settings: dict[str, Any]):
    body = """
await display.show(picture)
first = events()
await display.show(picture)
same = events()
picture[5 * 128 + 77] ^= 16
await display.show(picture)
changed = events()
await display.show(picture, True)
tell([first, same, changed, events()])
"""
    first, same, changed, anew = drive(driver, settings, body)
    assert same == []
    lcd = St7565() if driver == "st7565" else Ssd1306()
    sent = []
    for events in (first, changed, anew):
        lcd.data_bytes = 0
        lcd.run([["pin", 17, 1], *events], cs=17, dc=20)
        sent.append(lcd.data_bytes)
    assert sent == [1024, 128, 1024]
    expected = bytearray(PICTURE)
    expected[5 * 128 + 77] ^= 16
    assert lcd.shown() == expected
    assert [event for event in anew if event[0] == "pin" and event[1] == 21] == []


def test_other_tasks_run_between_two_bands():
    body = """
turns = 0
async def count():
    nonlocal turns
    while True:
        turns += 1
        await asyncio.sleep(0)
counting = asyncio.create_task(count())
await display.show(picture)
counting.cancel()
tell(turns)
"""
    assert drive("st7565", SPI_PINS, body) >= 8


@pytest.mark.parametrize("pins", [SPI_PINS, I2C_PINS])
def test_ssd1306_shows_the_picture(pins: dict[str, int]):
    oled = Ssd1306()
    oled.run(drive("ssd1306", dict(pins), SHOW), cs=17, dc=20)
    assert oled.on
    assert not oled.reverse
    assert not oled.mirrored
    assert not oled.upside_down
    assert oled.shown() == PICTURE


def test_ssd1306_is_dark_without_backlight():
    body = """
await display.show(picture)
display.backlight(False)
dark = events()
display.backlight(True)
tell([dark, events()])
"""
    dark, lit = drive("ssd1306", I2C_PINS, body)
    oled = Ssd1306()
    assert not oled.run(dark, None, None).on
    assert oled.run(lit, None, None).on


def test_a_display_that_does_not_answer_is_set_up_when_it_does():
    body = """
recording_machine.ABSENT.append(1)
display.backlight(True)
try:
    await display.show(picture)
    tell("shown")
except OSError:
    recording_machine.ABSENT.clear()
    await display.show(picture)
    display.backlight(True)
    tell(events())
"""
    oled = Ssd1306()
    oled.run(drive("ssd1306", I2C_PINS, body), None, None)
    assert oled.on
    assert oled.shown() == PICTURE


def test_st7565_backlight():
    body = "events(); display.backlight(True); display.backlight(False); tell(events())"
    assert drive("st7565", {**SPI_PINS, "light": 22}, body) == [["pin", 22, 1], ["pin", 22, 0]]
