"""The pages of the LCD: what the parts of the firmware say, as steps for `canvas`.

Pure: a view (dict) and words in, a list of steps out; the same list means the same picture, so
nothing is drawn or sent while nothing changes. All keys of a view may be missing. Here is what is
always in memory; other pages come with the modules that hold them.

    name, version, board  text       utc_s  seconds or None       uptime_s  seconds
    logger     {"running": bool, "meters": int, "ok": int, "failed": int}   of the last cycle
    storage    {"missing": bool, "card": bool}      card: the board keeps readings on a card
    scan       {"running", "backward", "found", "permille", "left_s", "end"}
               end: None, or why it is over: "done", "stopped", "failed"
    buses      [{"voltage_mv", "current_ua", "alarm"}] one a segment; alarm: word or None
    pulses     [(name, count, closed)]    temperatures  [(name, millidegrees C or a word)]
    relays     [energised]                network  {"up", "dhcp", "address", "mask", "gateway"}
    converter  {"active": bool, "baud": int}        web  {"pin": text}
    host       {"connected": bool}        journal  {"entries": int}
    errors     [{"key", "address", "utc_s"}] newest first
"""

from firmware.panel.text_width import HEIGHT, WIDTH
from shared.compat import const

LEFT = const(1)
RIGHT = const(127)
ROWS = (11, 20, 29, 38, 47, 56)  # y of the six lines below the heading
_NAME = const(14)  # characters of the device's name beside the state
ERRORS_SHOWN = const(3)  # on the page of messages

_URGENT = {
    "SCAN": "scan_page",
    "OFF": "off_page",
    "ALARM": "alarm_page",
    "[<-->]": "converter_page",
}


def state_word(view):
    """Return the logger's state as it stands in the heading: ON, OFF, SCAN, [<-->] or ALARM."""
    if view.get("storage", {}).get("missing"):
        return "OFF"
    if alarm_of(view):
        return "ALARM"
    if view.get("scan", {}).get("running"):
        return "SCAN"
    if view.get("converter", {}).get("active"):
        return "[<-->]"
    return "ON" if view.get("logger", {}).get("running") else "OFF"


def urgent(view, scan_seen):
    """Return the name of the page (`urgent_pages`) that comes before all, or None.

    `scan_seen`: the result of the last scan has been looked at.
    """
    word = state_word(view)
    if word == "ON":
        return "scan_page" if view.get("scan", {}).get("end") and not scan_seen else None
    return _URGENT[word]


def heading(view, title):
    """Return the dark line at the top: a title, and the state at the right."""
    return [
        ("fill", 0, 0, WIDTH, 10),
        ("text", title, 2, 1, 0),
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
    rows = (
        (words["meters"], str(view.get("logger", {}).get("meters", 0))),
        ("IP", network.get("address") or "-"),
        (words["mask"], network.get("mask") or "-"),
        (words["gateway"], network.get("gateway") or "-"),
        (words["network"], kind),
        (words["version"], view.get("version", "")),
    )
    return heading(view, (view.get("name") or "mbuslink")[:_NAME]) + lines(rows)


def hold_steps(words, keys, held_ms, wanted_ms):
    """Return the band over a page that tells what a held key is about to do."""
    if held_ms > wanted_ms:
        text = words["let_go"]
    else:
        text = "%s %d s" % (words["hold_%d" % keys], -(-(wanted_ms - held_ms) // 1000))
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


def lines(rows):
    """Return lines from the top: (name, value) each."""
    steps = []
    for row, (name, value) in enumerate(rows):
        steps += line(row, name, value)
    return steps


def alarm_of(view):
    """Return the word of the first segment with an alarm, None without."""
    for bus in view.get("buses", []):
        if bus.get("alarm"):
            return bus["alarm"]
    return None


def tenths(tenths, words):
    return "%d%s%d" % (tenths // 10, words["point"], tenths % 10)


def duration(seconds, day="d"):
    """Return "1:05" (minutes), "2:03:04" or "5 d 02:03"."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return "%d %s %02d:%02d" % (hours // 24, day, hours % 24, minutes)
    if hours:
        return "%d:%02d:%02d" % (hours, minutes, seconds)
    return "%d:%02d" % (minutes, seconds)
