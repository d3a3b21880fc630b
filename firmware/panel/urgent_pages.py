"""The pages before all others: scan, off, alarm, converter. In memory while one is shown."""

from firmware.panel.pages import LEFT, RIGHT, alarm_of, duration, heading, line, tenths
from firmware.panel.text_width import WIDTH, big_width


def scan_page(view, words):
    """How far the scan is: meters found, time left; or how it ended."""
    scan = view["scan"]
    end = scan.get("end")
    title = "scan_" + (end or ("backward" if scan.get("backward") else "forward"))
    found = str(scan.get("found", 0))
    steps = heading(view, "M-Bus")
    steps += [("centred", words[title], 12), ("big", found, 6, 23, 2)]
    beside = 12 + big_width(found, 2)
    steps.append(("text", words["found"], beside, 27))
    if end:
        hint = words["no_meters"] if found == "0" else ""
        return steps + [("centred", hint, 56)]
    steps.append(("text", words["stop"], beside, 38))
    steps.append(("bar", 0, 53, 90, 10, scan.get("permille", 0)))
    left_s = scan.get("left_s")
    if left_s is not None:
        steps.append(("right", duration(left_s), RIGHT, 55))
    return steps


def off_page(view, words):
    """Storage is missing (manual 8), or nothing is to be read."""
    storage = view.get("storage", {})
    steps = heading(view, "Logger")
    if not storage.get("missing"):
        return steps + [("large", "OFF", 18, 3), ("centred", words["logger_off"], 50)]
    steps += [("fill", 0, 13, WIDTH, 13), ("centred", "MMC Missing", 16, 0)]
    what = "no_card_%d" if storage.get("card", True) else "no_flash_%d"
    for index in range(3):
        steps.append(("text", words.get(what % index, ""), LEFT, 33 + 10 * index))
    return steps


def alarm_page(view, words):
    """The guard has cut off a segment of the bus."""
    buses = view["buses"]
    index = [bus.get("alarm") for bus in buses].index(alarm_of(view))
    bus = buses[index]
    word = words.get(bus["alarm"], bus["alarm"])
    title = "M-Bus" if len(buses) == 1 else "M-Bus %d" % (index + 1)
    steps = heading(view, title)
    steps += [("frame", 0, 13, WIDTH, 21), ("fill", 2, 15, WIDTH - 4, 17), ("centred", word, 20, 0)]
    steps.append(("centred", words["bus_off"], 38))
    steps.append(("centred", words["retry"], 47))
    volts = tenths(bus["voltage_mv"] // 100, words) + " V"
    return steps + line(5, volts, str(bus["current_ua"] // 1000) + " mA")


def converter_page(view, words):
    """A foreign master has the bus; the logger waits (manual 6.8.5)."""
    baud = "%d Bd 8E1" % view["converter"].get("baud", 2400)
    steps = heading(view, words["converter"])
    return steps + [
        ("large", "[<-->]", 16, 3),
        ("centred", baud, 44),
        ("centred", words["paused"], 55),
    ]
