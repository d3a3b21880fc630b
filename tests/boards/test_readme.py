"""The wiring in boards/README.md names every pin that a board's table uses."""

import re

import pytest

from host.updates.boards import names, read
from host.updates.drivers import DRIVERS, PIN_KINDS
from host.updates.pins import kinds_of
from tests.fakes.small_python import ROOT

SECTIONS = {
    "w5500_evb_pico": "W5500-EVB-Pico",
    "pico_w": "Raspberry Pi Pico W",
    "esp32_poe": "Olimex ESP32-POE",
}


def documented(title: str) -> set[int]:
    """The pins in the first column of the table of section `title`, and in the text below it."""
    text = (ROOT / "boards" / "README.md").read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?:-(?:GP)?(\d+))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


@pytest.mark.parametrize("board", [name for name in names() if name != "twin"])
def test_every_pin_is_in_the_wiring(board: str):
    used: set[int] = set()
    for _, driver, settings in read(board).parts:
        kinds = kinds_of(DRIVERS[driver], settings)
        pins = [name for name, kind in kinds.items() if kind.strip("?") in PIN_KINDS]
        used |= {settings[name] for name in pins if settings.get(name) is not None}
    assert used
    assert used <= documented(SECTIONS[board])
