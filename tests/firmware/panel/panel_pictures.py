"""Every page of the LCD as the firmware draws it: run on real MicroPython, which has framebuf.

`pictures()` yields (name, 1024 bytes); a page whose words differ comes in each language.
"""

import gc
from binascii import hexlify

from firmware.panel import font, pages, urgent_pages
from firmware.panel import more_pages as more
from firmware.panel.keys import BOTH, ENTER, FUNCTION
from firmware.panel.setup import NetworkSetup
from firmware.panel.setup_page import setup_page
from firmware.panel.words import Words

NETWORK = {
    "up": True,
    "dhcp": False,
    "address": "192.168.100.117",
    "mask": "255.255.255.0",
    "gateway": "192.168.100.1",
}
BUS = {"voltage_mv": 36120, "current_ua": 182400, "alarm": None}
VIEW = {
    "name": "mbuslink",
    "version": "0.3.0",
    "board": "w5500_evb_pico",
    "utc_s": 1480341780,
    "uptime_s": 273840,
    "logger": {"running": True, "meters": 120, "ok": 118, "failed": 2},
    "buses": [BUS],
    "pulses": [("S0-1", 18446744073709, True), ("S0-2", 0, False)],
    "temperatures": [("T-1", 21345), ("T-2", "open")],
    "relays": [False, True],
    "network": NETWORK,
    "web": {"pin": "493071"},
    "host": {"connected": True},
    "journal": {"entries": 3},
    "errors": [
        {"key": "bus_overcurrent", "address": "M-Bus 1", "utc_s": 1480341780},
        {"key": "meter_unreadable", "address": "11490377", "utc_s": 1480337100},
        {"key": "meter_fault", "address": "5", "utc_s": None},
        {"key": "something_new", "address": "250", "utc_s": 951782400},
    ],
}
SCAN = {
    "running": True,
    "backward": True,
    "found": 17,
    "permille": 430,
    "left_s": 245,
    "end": None,
}


def view(**changes):
    """Return the view of a healthy device, with `changes`."""
    made = dict(VIEW)
    made.update(changes)
    return made


def setup(presses=0, address="192.168.100.117"):
    made = NetworkSetup(address, "255.255.255.0", "192.168.100.1")
    for _ in range(presses):
        made.confirm()
    return made


def front(**changes):
    made = view(**changes)
    return lambda words: getattr(urgent_pages, pages.urgent(made, False))(made, words)


def page(function, *arguments, **changes):
    return lambda words: function(view(**changes), words, *arguments)


SHORTED = {"voltage_mv": 300, "current_ua": 743000, "alarm": "bus_overcurrent"}
SCAN_DONE = dict(SCAN, running=False, end="done", found=250, left_s=None)
FULL_INPUTS = {
    "pulses": [
        ("S0-" + str(n), (18446744073709, 0, 4711, 815)[n - 1], n % 3 == 1) for n in range(1, 5)
    ],
    "temperatures": [("T-1", -19950), ("T-2", "short")],
}
# name, languages, words -> steps
PAGES = (
    ("state", "de en fr", page(pages.state_page)),
    (
        "state_dhcp_offline",
        "de en fr",
        page(pages.state_page, network={"up": False, "dhcp": True}),
    ),
    ("bus", "de en fr", page(more.bus_page)),
    ("bus_three_segments", "en", page(more.bus_page, buses=[BUS, SHORTED, BUS])),
    ("bus_not_measured", "de en fr", page(more.bus_page, buses=[])),
    ("inputs", "de en fr", page(more.inputs_page, **FULL_INPUTS)),
    ("inputs_some", "de en fr", page(more.inputs_page)),
    (
        "inputs_none",
        "de en fr",
        page(more.inputs_page, pulses=[], temperatures=[], relays=[]),
    ),
    ("errors", "de en fr", page(more.errors_page)),
    ("errors_second", "en", page(more.errors_page, 3)),
    ("errors_none", "de en fr", page(more.errors_page, errors=[])),
    ("web", "de en fr", page(more.web_page)),
    ("web_no_network", "de en fr", page(more.web_page, network={"up": False})),
    ("system", "de en fr", page(more.system_page)),
    ("scan", "de en fr", front(scan=SCAN)),
    ("scan_done", "de en fr", front(scan=SCAN_DONE)),
    ("scan_found_none", "de en fr", front(scan=dict(SCAN_DONE, found=0))),
    ("scan_stopped", "de en fr", front(scan=dict(SCAN_DONE, end="stopped"))),
    ("scan_failed", "de en fr", front(scan=dict(SCAN_DONE, end="failed"))),
    ("mmc_missing", "de en fr", front(storage={"missing": True, "card": True})),
    ("flash_failed", "de en fr", front(storage={"missing": True, "card": False})),
    ("off", "de en fr", front(logger={"running": False})),
    ("short_circuit", "de en fr", front(buses=[SHORTED])),
    ("short_circuit_2", "de en fr", front(buses=[BUS, SHORTED])),
    ("converter", "de en fr", front(converter={"active": True, "baud": 2400})),
    ("setup_address", "de en fr", lambda words: setup_page(words, setup())),
    ("setup_mask", "de en fr", lambda words: setup_page(words, setup(17))),
    ("setup_last", "de en fr", lambda words: setup_page(words, setup(35))),
    ("setup_refused", "de en fr", lambda words: setup_page(words, refused("bad_mask"))),
    (
        "setup_other_network",
        "de en fr",
        lambda words: setup_page(words, refused("other_network")),
    ),
    ("setup_dhcp", "de en fr", lambda words: setup_page(words, setup(12, "0.0.0.0"))),
    ("setup_applied", "de en fr", lambda words: pages.notice_page(words, "applied", "DHCP")),
    ("setup_unchanged", "de en fr", lambda words: pages.notice_page(words, "unchanged")),
    (
        "scan_refused",
        "de en fr",
        lambda words: pages.notice_page(words, "refused", words["why_busy"]),
    ),
    ("restarting", "de en fr", lambda words: pages.notice_page(words, "restarting")),
    ("hold_enter", "de en fr", lambda words: held(words, ENTER, 2200, 5000)),
    ("hold_function", "de en fr", lambda words: held(words, FUNCTION, 1300, 2000)),
    ("hold_both", "de en fr", lambda words: held(words, BOTH, 4500, 5000)),
    ("hold_let_go", "de en fr", lambda words: held(words, BOTH, 5001, 5000)),
)


def refused(hint):
    made = setup(12)
    made.hint = hint
    return made


def held(words, keys, held_ms, wanted_ms):
    return pages.state_page(VIEW, words) + pages.hold_steps(words, keys, held_ms, wanted_ms)


def characters():
    """Return the steps that show all characters of the font."""
    text = "".join([chr(code) for code in range(32, 127)]) + font.MORE
    return [("text", text[21 * row : 21 * row + 21], 1, 9 * row) for row in range(7)]


def pictures():
    from firmware.panel.canvas import Canvas  # needs framebuf, which CPython has not

    canvas = Canvas()
    drawings = [("characters", lambda words: characters(), "en")]
    for name, languages, steps in PAGES:
        for language in languages.split():
            drawings.append((name + "_" + language, steps, language))
    for name, steps, language in drawings:
        canvas.clear()
        for step in steps(Words(language)):
            canvas.draw(step)
        gc.collect()
        yield name, hexlify(canvas.buffer).decode()


def main():
    for name, dots in pictures():
        print(name, dots)
