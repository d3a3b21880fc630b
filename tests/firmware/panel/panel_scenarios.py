"""What the front panel does, on real MicroPython (it draws with framebuf): no pytest in here.

Time is virtual: `Hal.sleep_ms` moves it on. A hand is a list of (ms, keys down) from the start.
"""

import asyncio
import gc
from binascii import crc32

from firmware.panel import more_pages as more
from firmware.panel import pages
from firmware.panel import urgent_pages as urgent
from firmware.panel.front_panel import FrontPanel
from firmware.panel.keys import BOTH, ENTER, FUNCTION
from firmware.panel.onlooker import Onlooker
from firmware.panel.words import Words
from shared.compat import ticks_add
from shared.errors import BadSetting, Busy, MbuslinkError


class Enough(Exception):
    """The scenario's time is over."""


class Hal:
    """Display, keys, LEDs and clock in one; its ticks begin `start` ms from where they wrap."""

    def __init__(self, start=0):
        self.display = self.keys = self.leds = self
        self.ms = 0  # since the start
        self.start = ticks_add(0, start)
        self.end = 0
        self.down = 0
        self.hand = []
        self.shown = None
        self.shows = 0
        self.anew = 0
        self.lit = None
        self.levels = {}
        self.broken = False

    def ticks_ms(self):
        return ticks_add(self.start, self.ms)

    async def sleep_ms(self, ms):
        self.ms += ms
        while self.hand and self.hand[0][0] <= self.ms:
            self.down = self.hand.pop(0)[1]
        if self.ms >= self.end:
            raise Enough

    def enter(self):
        return bool(self.down & ENTER)

    def function(self):
        return bool(self.down & FUNCTION)

    def set(self, name, brightness):
        self.levels[name] = brightness

    async def show(self, buffer, anew=False):
        if self.broken:
            raise OSError(5)
        self.shown = bytes(buffer)
        self.shows += 1
        self.anew += anew

    def backlight(self, on):
        self.lit = on


class Settings:
    """As firmware.settings; `refusal` is raised by the next change."""

    def __init__(self):
        self.values = {
            "language": "en",
            "panel.backlight_s": 120,
            "network.address": "192.168.1.17",
            "network.mask": "255.255.255.0",
            "network.gateway": "192.168.1.1",
        }
        self.changes = []
        self.refusal = None

    def get(self, name):
        return self.values[name]

    async def change(self, values):
        if self.refusal:
            raise self.refusal
        self.changes.append(values)


class Device:
    """A front panel and everything around it."""

    def __init__(self, start=0):
        self.hal = Hal(start)
        self.settings = Settings()
        self.view = {"logger": {"running": True, "meters": 3}, "version": "1.2.3", "scan": {}}
        self.done = []
        self.refusal = None
        self.reading = False
        actions = {name: self._action(name) for name in ("scan", "stop_scan", "restart")}
        sources = {name: self._source(name) for name in ("logger", "version", "scan", "errors")}
        sources["buses"] = lambda: self.view.get("buses", [])
        self.view["errors"] = []
        self.panel = FrontPanel(self.hal, self.settings, sources, lambda: self.reading, actions)
        from firmware.panel.canvas import Canvas  # needs framebuf, which CPython has not

        self.canvas = Canvas()

    def _source(self, name):
        return lambda: self.view[name]

    def _action(self, name):
        async def act():
            if self.refusal:
                raise self.refusal
            self.done.append(name)
            if name == "scan":
                self.view["scan"] = {"running": True, "backward": True, "found": 0, "end": None}
            elif name == "stop_scan":
                self.view["scan"] = {"running": False, "found": 2, "end": "stopped"}

        return act

    async def go(self, ms, *hand):
        """Let `ms` pass; `hand`: (ms from now, keys down)."""
        self.hal.hand = [(self.hal.ms + at, down) for at, down in hand]
        self.hal.end = self.hal.ms + ms
        try:
            await self.panel.run()
        except Enough:
            pass

    async def press(self, keys, ms=200):
        await self.go(ms + 200, (100, keys), (100 + ms, 0))

    def sees(self, steps):
        """Assert that the display shows exactly `steps`."""
        self.canvas.clear()
        for step in steps:
            self.canvas.draw(step)
        assert self.hal.shown == bytes(self.canvas.buffer), [s for s in steps if s[0] != "fill"]

    def sees_page(self, page, *arguments):
        self.sees(page(self.view, Words("en"), *arguments))


async def device(start=0):
    made = Device(start)
    await made.go(1000)
    return made


async def scenario_function_goes_through_the_pages_and_enter_back():
    made = await device()
    made.sees_page(pages.state_page)
    for page in (
        more.bus_page,
        more.inputs_page,
        more.errors_page,
        more.web_page,
        more.system_page,
        pages.state_page,
        more.bus_page,
    ):
        await made.press(FUNCTION)
        made.sees_page(page)
    await made.press(ENTER)
    made.sees_page(pages.state_page)


async def scenario_enter_turns_over_the_messages():
    made = await device()
    made.view["errors"] = [{"key": "meter_fault", "address": str(n), "utc_s": n} for n in range(5)]
    for _ in range(3):
        await made.press(FUNCTION)
    made.sees_page(more.errors_page, 0)
    await made.press(ENTER)
    made.sees_page(more.errors_page, 3)
    await made.press(ENTER)
    made.sees_page(more.errors_page, 0)


async def scenario_nothing_is_drawn_while_nothing_changes():
    made = await device()
    shows = made.hal.shows
    await made.go(50000)
    assert made.hal.shows == shows
    made.view["logger"] = {"running": True, "meters": 4}
    await made.go(600)
    assert made.hal.shows == shows + 1
    await made.go(61000)
    assert made.hal.anew == 1  # a disturbed display heals


async def scenario_light_goes_off_and_the_first_press_only_wakes():
    made = await device()
    await made.press(FUNCTION)
    made.sees_page(more.bus_page)
    assert made.hal.lit
    await made.go(121000)
    assert not made.hal.lit
    made.sees_page(pages.state_page)
    await made.press(FUNCTION)
    assert made.hal.lit
    made.sees_page(pages.state_page)
    await made.press(FUNCTION)
    made.sees_page(more.bus_page)


async def scenario_light_stays_on_when_it_is_set_so():
    made = await device(-500)
    made.settings.values["panel.backlight_s"] = 0
    await made.go(400000)
    assert made.hal.lit


async def scenario_enter_held_scans_backwards_with_both_leds_bright():
    made = await device()
    assert made.hal.levels == {"read": 1, "scan": 1}
    await made.press(FUNCTION)
    await made.go(5000, (100, ENTER))
    assert made.done == []
    await made.go(1000)
    assert made.done == ["scan"]
    assert made.hal.levels == {"read": 2, "scan": 2}
    made.sees_page(urgent.scan_page)
    made.view["scan"] = dict(made.view["scan"], found=17)
    await made.go(20000)
    assert made.done == ["scan"]  # held on through the scan
    made.sees_page(urgent.scan_page)
    await made.go(200, (0, 0))
    await made.press(FUNCTION)
    made.sees_page(pages.state_page)
    await made.press(ENTER)
    made.view["scan"] = {"running": False, "found": 20, "end": "done"}
    await made.go(1000)
    assert made.hal.levels == {"read": 1, "scan": 1}
    made.sees_page(urgent.scan_page)
    await made.press(ENTER)
    made.sees_page(pages.state_page)


async def scenario_the_result_of_a_scan_goes_after_ten_minutes():
    made = await device()
    made.view["scan"] = {"running": True, "found": 1}
    await made.go(1000)
    made.view["scan"] = {"running": False, "found": 2, "end": "done"}
    await made.go(599000)
    made.sees_page(urgent.scan_page)
    await made.go(3000)
    made.sees_page(pages.state_page)


async def scenario_both_stop_a_scan():
    made = await device()
    await made.go(5600, (100, ENTER), (5500, 0))
    await made.press(BOTH)
    assert made.done == ["scan", "stop_scan"]


async def scenario_both_held_in_a_scan_stop_it_before_the_restart():
    made = await device()
    await made.go(5600, (100, ENTER), (5500, 0))
    await made.go(7000, (100, BOTH))
    assert made.done == ["scan"]  # as long as they are held, nothing has happened
    await made.go(1000, (0, 0))
    assert made.done == ["scan", "stop_scan", "restart"]


async def scenario_the_network_set_up_leaves_a_scan_alone():
    made = await device()
    await made.go(5600, (100, ENTER), (5500, 0))
    await made.go(2500, (100, FUNCTION), (2400, 0))
    assert made.hal.levels == {"read": 2, "scan": 2}
    for keys in (FUNCTION, ENTER, BOTH, FUNCTION, ENTER):
        await made.press(keys)
    await made.go(5600, (100, ENTER), (5500, 0))  # no second scan, nor a word about one
    made.view["scan"] = {"running": False, "found": 20, "end": "done"}
    await made.go(2500, (100, FUNCTION), (2400, 0))
    made.sees(pages.notice_page(Words("en"), "unchanged"))
    await made.go(5000)
    made.sees_page(urgent.scan_page)  # its result waits for whoever was busy with digits
    assert made.done == ["scan"]
    assert made.settings.changes == []


async def scenario_a_scan_that_is_refused_says_why():
    made = await device()
    made.refusal = Busy("the level converter has the bus")
    await made.go(5600, (100, ENTER), (5500, 0))
    made.sees(pages.notice_page(Words("en"), "refused", "The bus is in use"))
    await made.go(4600)
    made.sees_page(pages.state_page)


async def scenario_both_held_restart_on_release():
    made = await device()
    await made.go(7000, (100, BOTH))
    assert made.done == []
    words = Words("en")
    made.sees(pages.state_page(made.view, words) + pages.hold_steps(words, BOTH, 5001, 5000))
    await made.go(300, (0, ENTER))
    assert made.done == []
    await made.go(1000, (0, 0))
    assert made.done == ["restart"]
    made.sees(pages.notice_page(words, "restarting"))
    assert made.settings.changes == []


async def scenario_the_network_is_set_up_digit_by_digit():
    made = await device(-10000)
    await made.go(2500, (100, FUNCTION), (2400, 0))
    assert made.hal.shown != b""
    await made.press(ENTER)  # 1
    for _ in range(1):
        await made.press(FUNCTION)  # 9 to 0
    for _ in range(34):
        await made.press(ENTER)
    assert made.settings.changes == []
    await made.press(ENTER)
    assert made.settings.changes == []  # the gateway is not in 102.168.1.0
    words = Words("en")
    await made.press(ENTER)
    await made.press(FUNCTION)
    for _ in range(11):
        await made.press(ENTER)
    assert made.settings.changes == [
        {
            "network.dhcp": False,
            "network.address": "102.168.1.17",
            "network.mask": "255.255.255.0",
            "network.gateway": "102.168.1.1",
        }
    ]
    made.sees(pages.notice_page(words, "applied", "102.168.1.17"))


async def scenario_a_forgotten_set_up_ends_without_changes():
    for start in (0, -100000):
        made = await device(start)
        await made.go(2500, (100, FUNCTION), (2400, 0))
        for _ in range(35):
            await made.press(ENTER)
        await made.go(170000)
        assert made.hal.lit
        await made.go(12000)
        made.sees(pages.notice_page(Words("en"), "unchanged"))
        await made.go(5000)
        made.sees_page(pages.state_page)
        assert made.settings.changes == []


async def scenario_the_set_up_is_left_as_it_was_entered():
    made = await device()
    await made.go(2500, (100, FUNCTION), (2400, 0))
    await made.press(FUNCTION)
    await made.go(2500, (100, FUNCTION), (2400, 0))
    made.sees(pages.notice_page(Words("en"), "unchanged"))
    assert made.settings.changes == []


async def scenario_settings_that_are_refused_say_why_in_the_language_of_the_lcd():
    for refusal, why in (
        (BadSetting("network.gateway: no"), "Wert nicht erlaubt"),
        (OSError(28), "Speicher defekt"),
        (MbuslinkError("something new"), ""),
    ):
        made = await device()
        made.settings.values["language"] = "de"
        made.settings.refusal = refusal
        await made.go(2500, (100, FUNCTION), (2400, 0))
        for _ in range(36):
            await made.press(ENTER)
        made.sees(pages.notice_page(Words("de"), "refused", why))


async def scenario_the_pin_is_shown_for_ten_minutes_at_most():
    made = await device()
    made.settings.values["panel.backlight_s"] = 0
    for _ in range(4):
        await made.press(FUNCTION)
    made.sees_page(more.web_page)
    await made.go(590000)
    made.sees_page(more.web_page)
    await made.go(12000)
    made.sees_page(pages.state_page)


async def scenario_leds_are_bright_from_the_start_and_while_reading():
    made = Device()
    assert made.hal.levels == {"read": 2, "scan": 2}
    await made.go(100)
    assert made.hal.levels == {"read": 1, "scan": 1}
    made.reading = True
    await made.go(40)
    assert made.hal.levels == {"read": 2, "scan": 1}


async def scenario_an_alarm_comes_to_the_front():
    made = await device()
    bus = {"voltage_mv": 300, "current_ua": 700000, "alarm": "bus_overcurrent"}
    made.view["buses"] = [bus]
    await made.go(1000)
    made.sees_page(urgent.alarm_page)
    await made.press(FUNCTION)
    made.sees_page(pages.state_page)


async def scenario_the_language_is_changed_at_once():
    made = await device()
    made.settings.values["language"] = "fr"
    await made.go(600)
    made.sees(pages.state_page(made.view, Words("fr")))


async def scenario_a_display_that_does_not_answer_stops_nothing():
    made = await device()
    made.hal.broken = True
    await made.go(6000, (100, ENTER), (5900, 0))
    assert made.done == ["scan"]
    made.hal.broken = False
    await made.go(600)
    made.sees_page(urgent.scan_page)


async def scenario_a_board_without_a_panel():
    made = Device()
    made.hal.display = made.hal.keys = made.hal.leds = None
    made.panel = FrontPanel(made.hal, made.settings, {}, lambda: True, {})
    await made.go(3000)
    assert made.hal.shows == 0


async def scenario_the_host_sees_the_picture_whole_and_sent_once():
    made = await device()
    await made.go(600)
    look = Onlooker(made.hal, made.panel).handlers()["panel.look"]
    picture, marks, said = bytearray(1024), [None] * 8, []
    for _ in range(3):
        seen = await look({"marks": marks})
        assert len(seen["bands"]) <= 4
        for one in seen["bands"]:
            picture[128 * one["band"] : 128 * one["band"] + 128] = one["dots"]
            marks[one["band"]] = crc32(one["dots"])
        said.append(seen["text"])
    assert bytes(picture) == made.hal.shown
    assert (seen["bands"], seen["text"]) == ([], None), "nothing is sent twice"
    assert "1.2.3" in said[0]
    assert (seen["display"], seen["lit"], seen["leds"]) == (True, True, [1, 1])


async def scenario_the_host_presses_keys_as_hands_do():
    made = await device()
    made.settings.values["panel.backlight_s"] = 1
    await made.go(3000)
    assert made.hal.lit is False
    press = Onlooker(made.hal, made.panel).handlers()["panel.press"]
    await press({"gesture": "function"})
    await made.go(600)
    assert made.hal.lit is True
    made.sees_page(more.bus_page)
    await press({"gesture": "enter_held"})
    await made.go(600)
    assert made.done == ["scan"]
    await press({"gesture": "both"})
    await made.go(600)
    assert made.done == ["scan", "stop_scan"]
    await press({"gesture": "both_held"})
    await made.go(1200)
    assert made.done == ["scan", "stop_scan", "restart"]


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        gc.collect()
        print("ok", scenario.__name__)
