"""The pages behind the first: bus, inputs, messages, web, system. In memory while one is shown."""

from firmware.panel.pages import (
    ERRORS_SHOWN,
    LEFT,
    RIGHT,
    ROWS,
    duration,
    heading,
    line,
    lines,
    tenths,
)
from firmware.panel.text_width import WIDTH, big_width
from shared.compat import const

_TRIP_MA = const(500)
_WARN_MA = const(377)
_LOAD_UA = const(1500)  # a unit load, EN 13757-2


def bus_page(view, words):
    """Voltage and current of each segment; loads, and how the last cycle went."""
    buses = view.get("buses", [])
    steps = heading(view, "M-Bus")
    if len(buses) == 1:
        volts, amperes = buses[0]["voltage_mv"], buses[0]["current_ua"]
        steps += line(0, words["voltage"], tenths(volts // 100, words) + " V")
        steps += line(1, words["current"], str(amperes // 1000) + " mA")
        steps += _current_bar(30, amperes)
        steps += line(3, words["loads"], str(amperes // _LOAD_UA))
    else:
        for index, bus in enumerate(buses[:3]):
            text = tenths(bus["voltage_mv"] // 100, words) + " V"
            text += "%4d mA" % (bus["current_ua"] // 1000)
            steps.append(("right", text, RIGHT, ROWS[index]))
            if bus.get("alarm"):
                steps.append(("fill", 0, ROWS[index] - 1, 14, 9))
                steps.append(("text", "%d!" % (index + 1), LEFT, ROWS[index], 0))
            else:
                steps.append(("text", str(index + 1), LEFT, ROWS[index]))
    if not buses:
        steps.append(("centred", words["not_measured"], ROWS[1]))
    logger = view.get("logger", {})
    steps += line(4, words["last_cycle"])
    counts = "✓%d  ✗%d" % (logger.get("ok", 0), logger.get("failed", 0))
    return steps + [("right", counts, RIGHT, ROWS[5])]


def inputs_page(view, words):
    """S0 inputs with their contacts, temperatures, relays in the heading's place."""
    steps = heading(view, words["inputs"])
    y = 11
    for name, count, closed in view.get("pulses", [])[:4]:
        steps += [("text", name, LEFT, y), ("right", str(count), 112, y)]
        steps += [("right", "●" if closed else "○", RIGHT, y)]
        y += 9
    shown = []
    for name, value in view.get("temperatures", [])[:2]:
        text = words.get(value, value) if isinstance(value, str) else _degrees(value, words)
        shown.append((name, text))
    for name, text in shown:
        steps += [("text", name, LEFT, y), ("right", text, 97 if y > 46 else RIGHT, y)]
        y += 9
    if y == 11:
        steps.append(("centred", words["none_active"], ROWS[2]))
    for index, energised in enumerate(view.get("relays", [])[:2]):
        text = "R%d %s" % (index + 1, "●" if energised else "○")
        steps.append(("right", text, RIGHT, ROWS[4 + index]))
    return steps


def errors_page(view, words, first=0):
    """Three messages from number `first` (0: the newest), two lines each."""
    errors = view.get("errors", [])
    steps = heading(view, words["errors"])
    if len(errors) > ERRORS_SHOWN:
        count = -(-len(errors) // ERRORS_SHOWN)
        steps = heading(view, "%s %d/%d" % (words["errors"], first // ERRORS_SHOWN + 1, count))
    if not errors:
        return steps + [("large", "✓", 16, 3), ("centred", words["no_errors"], 47)]
    for index, error in enumerate(errors[first : first + ERRORS_SHOWN]):
        top = [_moment(error.get("utc_s")), error.get("address") or ""]
        steps.append(("text", " ".join(top).strip()[:21], LEFT, ROWS[2 * index]))
        key = error["key"]
        text = words.get(key, key.replace("_", " "))
        steps.append(("text", text[:20], 7, ROWS[2 * index + 1]))
    return steps


def web_page(view, words):
    """Where the board's own web page is, and the PIN that lets change things there."""
    network = view.get("network", {})
    address = network.get("address") if network.get("up") else None
    pin = view.get("web", {}).get("pin") or ""
    steps = heading(view, words["web"])
    steps.append(("centred", "http://" if address else words["no_web"], 12))
    steps.append(("centred", address or "", 21))
    if pin:
        width = big_width(pin, 2)
        steps += [("text", "PIN", LEFT, 43), ("big", pin, min(24, RIGHT - width), 33, 2)]
    return steps


def system_page(view, words):
    """The host, the journal, the clock, how long it has been running."""
    host = "connected" if view.get("host", {}).get("connected") else "absent"
    utc_s = view.get("utc_s")
    rows = (
        (words["host"], words[host]),
        (words["journal"], str(view.get("journal", {}).get("entries", 0))),
        ("UTC", _moment(utc_s) if utc_s is not None else "-"),
        (words["uptime"], duration(view.get("uptime_s", 0), words["day"])),
        ("", view.get("board", "")),
        (words["version"], view.get("version", "")),
    )
    return heading(view, words["system"]) + lines(rows)


def _current_bar(y, current_ua):
    """Return a bar up to the trip current, with a mark where the warning begins."""
    mark = 2 + (WIDTH - 4) * _WARN_MA // _TRIP_MA
    permille = current_ua // _TRIP_MA
    return [("bar", 0, y, WIDTH, 7, permille), ("fill", mark, y - 1, 1, 9)]


def _degrees(millidegrees, words):
    rounded = (abs(millidegrees) + 50) // 100
    sign = "-" if millidegrees < 0 and rounded else ""
    return sign + tenths(rounded, words) + "°C"


def _moment(utc_s):
    """Return "22.11. 14:03" in UTC, "--.--. --:--" before the clock is known."""
    if utc_s is None:
        return "--.--. --:--"
    days, seconds = divmod(utc_s, 86400)
    # Days since 1 March of a leap cycle: the months then repeat 31, 30, 31, 30, 31.
    day = (days - 11017) % 1461  # 1 March 2000
    day = day % 365 if day < 1460 else 365
    month = (5 * day + 2) // 153
    return "%02d.%02d. %02d:%02d" % (
        day - (153 * month + 2) // 5 + 1,
        month + 3 if month < 10 else month - 9,
        seconds // 3600,
        seconds % 3600 // 60,
    )
