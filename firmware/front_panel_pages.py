"""The pages of the LCD: what the parts of the firmware say, as steps for `firmware/canvas.py`.

Pure: a view (dict) and words in, a list of steps out; the same list means the same picture, so
nothing is drawn or sent while nothing changes. All keys of a view may be missing.

    name, version, board  text       utc_s  seconds or None       uptime_s  seconds
    logger     {"running": bool, "meters": int, "ok": int, "failed": int}   of the last cycle
    storage    {"missing": bool, "card": bool}      card: the board keeps readings on a card
    scan       {"running", "backward", "found", "permille", "left_s", "end"}
               end: None, or why it is over: "done", "stopped", "failed"
    buses      [{"voltage_mv", "current_ua", "alarm", "retry_s"}] one a segment; alarm: word or None
    pulses     [(name, count, closed)]    temperatures  [(name, millidegrees C or a word)]
    relays     [energised]                network  {"up", "dhcp", "address", "mask", "gateway"}
    converter  {"active": bool, "baud": int}        web  {"pin": text}
    host       {"connected": bool}        journal  {"entries": int}
    errors     [{"key", "address", "utc_s"}] newest first
"""

from firmware.text_width import HEIGHT, WIDTH, big_width
from shared.compat import const

LEFT = const(1)
RIGHT = const(127)
ROWS = (11, 20, 29, 38, 47, 56)  # y of the six lines below the heading
ERRORS_SHOWN = const(3)

_TRIP_MA = const(500)
_WARN_MA = const(377)
_LOAD_UA = const(1500)  # a unit load, EN 13757-2


def state_word(view):
    """Return the logger's state as it stands in the heading: ON, OFF, SCAN, [<-->] or ALARM."""
    if view.get("storage", {}).get("missing"):
        return "OFF"
    if _alarm(view):
        return "ALARM"
    if view.get("scan", {}).get("running"):
        return "SCAN"
    if view.get("converter", {}).get("active"):
        return "[<-->]"
    return "ON" if view.get("logger", {}).get("running") else "OFF"


def front_page(view, words, scan_seen):
    """Return the steps of what is more urgent than the state page, None when nothing is.

    `scan_seen`: the result of the last scan has been looked at.
    """
    word = state_word(view)
    scan = view.get("scan", {})
    if word == "SCAN" or (scan.get("end") and not scan_seen and word == "ON"):
        return scan_page(view, words)
    page = {"OFF": off_page, "ALARM": alarm_page, "[<-->]": converter_page}.get(word)
    return page(view, words) if page else None


def heading(view, title):
    """Return the dark line at the top: a title, and the state at the right."""
    return [
        ("fill", 0, 0, WIDTH, 10),
        ("text", title[:14], 2, 1, 0),
        ("right", state_word(view), 126, 1, 0),
    ]


def line(row, name, value=""):
    """Return a line: `name` at the left, `value` at the right."""
    return [("text", name, LEFT, ROWS[row]), ("right", value, RIGHT, ROWS[row])]


def state_page(view, words):
    """Manual 2.2: state, meters, address, mask, gateway, firmware version."""
    network = view.get("network", {})
    kind = "DHCP" if network.get("dhcp") else words["static"]
    if not network.get("up"):
        kind += " " + words["offline"]
    lines = (
        (words["meters"], str(view.get("logger", {}).get("meters", 0))),
        ("IP", network.get("address") or "-"),
        (words["mask"], network.get("mask") or "-"),
        (words["gateway"], network.get("gateway") or "-"),
        (words["network"], kind),
        (words["version"], view.get("version", "")),
    )
    return heading(view, view.get("name") or "mbuslink") + _lines(lines)


def bus_page(view, words):
    """Voltage and current of each segment; loads, and how the last cycle went."""
    buses = view.get("buses", [])
    steps = heading(view, "M-Bus")
    if len(buses) == 1:
        volts, amperes = buses[0]["voltage_mv"], buses[0]["current_ua"]
        steps += line(0, words["voltage"], _tenths(volts // 100, words) + " V")
        steps += line(1, words["current"], str(amperes // 1000) + " mA")
        steps += _current_bar(30, amperes)
        steps += line(3, words["loads"], str(amperes // _LOAD_UA))
    else:
        for index, bus in enumerate(buses[:3]):
            text = _tenths(bus["voltage_mv"] // 100, words) + " V"
            text += "%4d mA" % (bus["current_ua"] // 1000)
            steps.append(("right", text, RIGHT, ROWS[index]))
            if bus.get("alarm"):
                steps.append(("fill", 0, ROWS[index] - 1, 14, 9))
                steps.append(("text", "%d!" % (index + 1), LEFT, ROWS[index], 0))
            else:
                steps.append(("text", str(index + 1), LEFT, ROWS[index]))
    if not buses:
        steps.append(("centred", words["none_fitted"], ROWS[1]))
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
        steps += [("text", name, LEFT, y), ("right", text, 85 if y > 46 else RIGHT, y)]
        y += 9
    if y == 11:
        steps.append(("centred", words["none_fitted"], ROWS[2]))
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
    lines = (
        (words["host"], words[host]),
        (words["journal"], str(view.get("journal", {}).get("entries", 0))),
        ("UTC", _moment(utc_s) if utc_s is not None else "-"),
        (words["uptime"], _duration(view.get("uptime_s", 0), words["day"])),
        ("", view.get("board", "")),
        (words["version"], view.get("version", "")),
    )
    return heading(view, words["system"]) + _lines(lines)


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
        steps.append(("right", _duration(left_s), RIGHT, 55))
    return steps


def off_page(view, words):
    """Storage is missing (manual 8), or nothing is to be read."""
    storage = view.get("storage", {})
    steps = heading(view, "Logger")
    if not storage.get("missing"):
        return steps + [("large", "OFF", 18, 3), ("centred", words["logger_off"], 50)]
    steps += [("fill", 0, 13, WIDTH, 13), ("centred", "MMC Missing", 16, 0)]
    what = words["no_card" if storage.get("card", True) else "no_flash"]
    for index, text in enumerate(what):
        steps.append(("text", text, LEFT, 33 + 10 * index))
    return steps


def alarm_page(view, words):
    """The guard has cut off a segment of the bus."""
    buses = view["buses"]
    index = [bus.get("alarm") for bus in buses].index(_alarm(view))
    bus = buses[index]
    word = words.get(bus["alarm"], bus["alarm"])
    title = "M-Bus" if len(buses) == 1 else "M-Bus %d" % (index + 1)
    steps = heading(view, title)
    steps += [("frame", 0, 13, WIDTH, 21), ("fill", 2, 15, WIDTH - 4, 17), ("centred", word, 20, 0)]
    steps.append(("centred", words["bus_off"], 38))
    if bus.get("retry_s") is not None:
        text = "%s %d s" % (words["retry"], bus["retry_s"])
        steps.append(("centred", text, 47))
    volts = _tenths(bus["voltage_mv"] // 100, words) + " V"
    return steps + line(5, volts, str(bus["current_ua"] // 1000) + " mA")


def converter_page(view, words):
    """A foreign master has the bus; the logger waits (manual 6.8.5)."""
    baud = "%d Bd 8E1" % view["converter"].get("baud", 2400)
    steps = heading(view, words["converter"][:14])
    return steps + [
        ("large", "[<-->]", 16, 3),
        ("centred", baud, 44),
        ("centred", words["paused"], 55),
    ]


def setup_page(words, setup):
    """The network set-up: which part, its digits with the chosen one, a hint or the keys."""
    last = setup.part == 2 and setup.place == 11
    steps = [
        ("fill", 0, 0, WIDTH, 10),
        ("text", words["setup"], 2, 1, 0),
        ("right", "%d/3" % (setup.part + 1), 126, 1, 0),
        ("centred", words["setup_parts"][setup.part], 13),
    ]
    digits = setup.digits()
    text = "".join([str(digit) + ("." if i in (2, 5, 8) else "") for i, digit in enumerate(digits)])
    place = setup.place + setup.place // 3  # among digits and dots
    before, behind = text[:place], text[place + 1 :]
    x = (WIDTH - big_width(text)) // 2 - 2  # the chosen digit has two dots of room on either side
    chosen_x = x + big_width(before) + 3
    steps += [("big", before, x, 27), ("chosen", text[place], chosen_x, 27)]
    steps.append(("big", behind, chosen_x + big_width(text[place]) + 3, 27))
    if setup.hint:
        steps += [("fill", 0, 45, WIDTH, 9), ("centred", words[setup.hint], 46, 0)]
    steps += [("text", "F +1", LEFT, 56)]
    return steps + [("right", words["apply" if last else "next"], RIGHT, 56)]


def hold_steps(words, keys, held_ms, wanted_ms):
    """Return the band over a page that tells what a held key is about to do."""
    if held_ms > wanted_ms:
        text = words["let_go"]
    else:
        text = "%s %d s" % (words["hold"][keys], -(-(wanted_ms - held_ms) // 1000))
    permille = 1000 * held_ms // wanted_ms
    return [
        ("fill", 0, 37, WIDTH, 27, 0),
        ("frame", 0, 40, WIDTH, 24),
        ("centred", text, 44),
        ("bar", 4, 53, WIDTH - 8, 8, permille),
    ]


def notice_page(words, key, detail=""):
    """One word in the middle of an empty page, and a detail below."""
    lines = _wrapped(detail, 19)[:3]
    height = 8 + 10 * (1 + len(lines)) + (4 if lines else 0)
    top = (HEIGHT - height) // 2
    steps = [("frame", 3, top, WIDTH - 6, height), ("centred", words[key], top + 5)]
    for index, text in enumerate(lines):
        steps.append(("centred", text, top + 19 + 10 * index))
    return steps


def _wrapped(text, width):
    """Return `text` in lines of at most `width` characters, broken between words."""
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word[:width])
    return lines


def _lines(lines):
    steps = []
    for row, (name, value) in enumerate(lines):
        steps += line(row, name, value)
    return steps


def _alarm(view):
    """Return the word of the first segment with an alarm, None without."""
    for bus in view.get("buses", []):
        if bus.get("alarm"):
            return bus["alarm"]
    return None


def _current_bar(y, current_ua):
    """Return a bar up to the trip current, with a mark where the warning begins."""
    mark = 2 + (WIDTH - 4) * _WARN_MA // _TRIP_MA
    permille = current_ua // _TRIP_MA
    return [("bar", 0, y, WIDTH, 7, permille), ("fill", mark, y - 1, 1, 9)]


def _tenths(tenths, words):
    return "%d%s%d" % (tenths // 10, words["point"], tenths % 10)


def _degrees(millidegrees, words):
    tenths = (abs(millidegrees) + 50) // 100
    sign = "-" if millidegrees < 0 and tenths else ""
    return sign + _tenths(tenths, words) + "°C"


def _duration(seconds, day="d"):
    """Return "1:05" (minutes), "2:03:04" or "5 d 02:03"."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return "%d %s %02d:%02d" % (hours // 24, day, hours % 24, minutes)
    if hours:
        return "%d:%02d:%02d" % (hours, minutes, seconds)
    return "%d:%02d" % (minutes, seconds)


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
