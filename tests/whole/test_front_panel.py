"""The front panel as hand and eye meet it: real firmware on the twin, keys and LCD on the plant."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from host.__main__ import main
from tests.fakes.lcd_reader import read_big, read_lcd
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_kill_board import link_to
from tests.whole.test_restart import all_kept

pytestmark = pytest.mark.twin

SCALE = 4
PATIENCE_S = 30


class Cabinet:
    """The device in its cabinet: one who reads its LCD and presses its keys."""

    def __init__(self, plant: RunningPlant, twin: TwinProcess) -> None:
        self.plant, self.twin = plant, twin

    def dots(self) -> bytes:
        return bytes.fromhex(self.plant.control("lcd")["hex"])

    def text(self) -> str:
        return read_lcd(self.dots())

    def leds(self) -> tuple[int, int]:
        leds = self.plant.control("io")["leds"]
        return leds["read"], leds["scan"]

    def found(self) -> int:
        """Return the big number of a SCAN page."""
        return int(read_big(self.dots(), 6, 23, 2) or -1)

    def until(self, look: Callable[[], Any]) -> Any:
        """Return what `look` gives once it is true."""
        end = time.monotonic() + PATIENCE_S
        while not (seen := look()):
            assert time.monotonic() < end, f"the LCD shows:\n{self.text()}\nLEDs {self.leds()}"
            time.sleep(0.02)  # what a device draws is no event for the plant
        return seen

    def reads(self, *words: str) -> None:
        """Wait until all of `words` stand on the LCD."""
        self.until(lambda: all(word in self.text() for word in words))

    def press(self, key: str, ms: int = 200) -> None:
        self.plant.control("key", key=key, ms=ms)
        self.until(lambda: not any(self.plant.control("io")["keys"].values()))

    def press_and_see(self, key: str) -> None:
        """Press a key and wait until the LCD shows something else, all of it."""
        before = self.dots()
        self.press(key)
        self.until(lambda: self.dots() != before)
        self.until(lambda: self.dots() == (time.sleep(0.03), self.dots())[1])


@contextmanager
def installed(meters: int = 4) -> Iterator[Cabinet]:
    with (
        running_plant(meters=meters, time_scale=SCALE) as plant,
        running_twin(plant.bus, time_scale=SCALE, io=plant.io) as twin,
    ):
        yield Cabinet(plant, twin)


@pytest.fixture
def cabinet() -> Iterator[Cabinet]:
    with installed() as cabinet:
        yield cabinet


def settings(cabinet: Cabinet, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the board's settings as the command line shows them."""
    command = ["settings", "--data", str(tmp_path), "--port", cabinet.twin.port, "--json"]
    assert main(command) == 0
    return json.loads(capsys.readouterr().out)


def test_it_is_ready_within_30_seconds_and_shows_its_state():
    started = time.monotonic()
    with installed() as cabinet:
        cabinet.reads("mbuslink", "Meters", "IP", "Mask", "GW", "Version")
        assert time.monotonic() - started < 30  # that of a board; here it is part of a second
        assert cabinet.leds() == (1, 1)
        assert cabinet.plant.control("lcd")["backlight"]
        cabinet.press_and_see("function")
        cabinet.reads("Last cycle")
        cabinet.press_and_see("enter")
        cabinet.reads("Meters")
        cabinet.twin.control("kill")
        cabinet.until(lambda: cabinet.leds() == (0, 0) or cabinet.twin.control("state")["pid"])
        cabinet.reads("mbuslink", "Meters")


def test_the_network_is_set_up_by_two_keys(cabinet, tmp_path, capsys):
    cabinet.reads("Meters")
    cabinet.press("function", 2300)
    cabinet.reads("Network 1/3", "IP address")
    for digit in "010000020007" + "255255255000" + "010000020001":
        presses = 0
        while cabinet.until(lambda: chosen(cabinet)) != digit:
            cabinet.press_and_see("function")
            presses += 1
            assert presses < 20
        assert "applied" not in cabinet.text()
        cabinet.press_and_see("enter")
    cabinet.reads("Settings applied", "10.0.20.7")
    now = settings(cabinet, tmp_path, capsys)
    assert now["network.dhcp"] is False
    assert now["network.address"] == "10.0.20.7"
    assert now["network.mask"] == "255.255.255.0"
    assert now["network.gateway"] == "10.0.20.1"


def chosen(cabinet: Cabinet) -> str:
    """Return the digit in the box of the set-up page, "" while it is being drawn."""
    dots = cabinet.dots()
    rows = [[dots[y // 8 * 128 + x] >> y % 8 & 1 for x in range(128)] for y in (25, 26)]
    box = [x for x in range(128) if rows[0][x] and rows[1][x]]  # its edge above the digit
    if len(box) != 10:
        return ""
    return read_big(bytes(byte ^ 0xFF for byte in dots), box[0] + 1, 27, 1)[:1]


def test_both_keys_restart_it_with_its_settings(cabinet, tmp_path, capsys):
    command = ["settings", "--data", str(tmp_path), "--port", cabinet.twin.port, "language=de"]
    assert main(command) == 0
    capsys.readouterr()
    cabinet.reads("Zähler")
    starts = cabinet.twin.control("state")["starts"]
    cabinet.plant.control("key", key="both", pressed=True)
    cabinet.reads("Loslassen: Neustart")
    assert cabinet.twin.control("state")["starts"] == starts
    cabinet.plant.control("key", key="both", pressed=False)
    cabinet.until(lambda: cabinet.twin.control("state")["starts"] == starts + 1)
    cabinet.reads("mbuslink", "Zähler")
    assert settings(cabinet, tmp_path, capsys)["language"] == "de"


def test_enter_held_scans_backwards_and_counts_what_it_finds(cabinet):
    cabinet.reads("Meters")
    cabinet.plant.control("key", key="enter", pressed=True)
    cabinet.reads("Scan in")
    cabinet.reads("SCAN", "Searching backwards")
    assert cabinet.leds() == (2, 2)
    cabinet.until(lambda: cabinet.found() == 1)  # held on: it goes on searching all the same
    cabinet.plant.control("key", key="enter", pressed=False)
    cabinet.until(lambda: cabinet.found() == 2)
    cabinet.reads("Scan finished")
    assert cabinet.found() == 4
    cabinet.until(lambda: cabinet.leds() == (1, 1))
    cabinet.press_and_see("enter")
    cabinet.reads("mbuslink", "ON")


def test_both_keys_stop_a_scan_and_keep_what_was_found(cabinet):
    cabinet.reads("Meters")
    cabinet.press("enter", 5600)
    cabinet.until(lambda: cabinet.found() >= 1)
    cabinet.press("both")
    cabinet.reads("Scan stopped")
    assert cabinet.found() >= 1


@pytest.fixture
def scanning() -> Iterator[Cabinet]:
    """A cabinet whose scan has just begun to find meters, with enough of them to go on a while."""
    with installed(meters=12) as cabinet:
        cabinet.reads("Meters")
        cabinet.press("enter", 5600)
        cabinet.until(lambda: cabinet.found() >= 1)
        yield cabinet


def test_the_network_set_up_does_not_disturb_a_scan(scanning, tmp_path, capsys):
    scanning.press("function", 2300)
    scanning.reads("Network 1/3")
    for _ in range(4):  # the first number becomes 2xx or 0xx
        scanning.press_and_see("enter")
    scanning.press("both")  # one digit back: in here they stop nothing
    scanning.press_and_see("function")
    assert scanning.leds() == (2, 2)
    scanning.press("function", 2300)
    scanning.reads("Nothing changed")
    scanning.reads("SCAN")
    scanning.reads("Scan finished")
    assert scanning.found() == len(scanning.plant.meters)
    figures = scanning.plant.control("statistics")
    assert figures["interruptions"] == figures["flawed_down"] == 0
    assert settings(scanning, tmp_path, capsys)["network.dhcp"] is True


def test_both_keys_held_in_a_scan_stop_it_then_restart_with_everything_kept(scanning):
    asyncio.run(hold_both_in_a_scan(scanning))


async def hold_both_in_a_scan(cabinet: Cabinet) -> None:
    told = []
    starts = cabinet.twin.control("state")["starts"]
    async with link_to(cabinet.twin, lambda method, params: told.append((method, params))) as link:
        await link.call("settings.set", values={"name": "Cellar"})
        held = await all_kept(link)
        cabinet.plant.control("key", key="both", pressed=True)
        await asyncio.to_thread(cabinet.reads, "Release to restart")
        assert cabinet.leds() == (2, 2)  # while they are held the scan runs on
        assert cabinet.twin.control("state")["starts"] == starts
        cabinet.plant.control("key", key="both", pressed=False)
        await asyncio.to_thread(
            cabinet.until, lambda: cabinet.twin.control("state")["starts"] == starts + 1
        )
        scans = [params for method, params in told if method == "scan.state"]
        assert (scans[-1]["running"], scans[-1]["end"]) == (False, "stopped")
        assert 1 <= scans[-1]["found"] < len(cabinet.plant.meters)
    await asyncio.to_thread(cabinet.reads, "Cellar", "Meters")
    async with link_to(cabinet.twin) as link:
        kept = await all_kept(link)
        assert not (await link.call("scan.state"))["running"]
    assert kept[: len(held)] == held
    assert cabinet.leds() == (1, 1)


def test_a_short_circuit_comes_to_the_front_and_goes(cabinet):
    cabinet.reads("Meters")
    cabinet.plant.control("short", on=True)
    cabinet.reads("M-Bus ALARM", "Short circuit", "Bus switched off")
    cabinet.press_and_see("function")
    cabinet.reads("Meters", "ALARM")
    cabinet.plant.control("short", on=False)
    cabinet.reads("Meters", "ON")


def test_pages_of_other_parts(cabinet):
    cabinet.reads("Meters")
    for words in (
        ["Voltage", "36.0 V", "Unit loads"],
        ["Inputs"],
        ["No errors"],
        ["Web page"],
        ["Host"],
    ):
        cabinet.press_and_see("function")
        cabinet.reads(*words)


NO_FOLDER = "import os; os.rmdir('/journal'); open('/journal', 'w').close()"


def test_missing_storage_is_told_when_it_is_switched_on(cabinet, tmp_path, capsys):
    cabinet.reads("Meters")
    cabinet.twin.mpremote("exec", NO_FOLDER)
    cabinet.twin.control("reset")
    for language, words in (
        ("en", ("Memory failed:", "replace the device")),
        ("de", ("Speicher defekt:", "Gerät tauschen")),
        ("fr", ("Mémoire en panne", "remplacer l'appareil")),
    ):
        cabinet.reads("OFF", "MMC Missing")
        command = ["settings", "--data", str(tmp_path), "--port", cabinet.twin.port]
        assert main([*command, f"language={language}"]) == 0
        cabinet.reads("OFF", "MMC Missing", *words)
    capsys.readouterr()
