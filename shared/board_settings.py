"""The settings that a board keeps: one row each, with what it may be and what it is at first.

The board checks a change against its row, and so does the host that asks for it; web page, command
line and LCD walk the same table. What belongs to one meter is not here but in the schedule.

    (name, kind, default)    kinds as in `shared.link.table`, and `ipv4`

Names are stable: they stand in flash, in backups and on command lines.
"""

from shared.errors import BadSetting
from shared.link.table import check, choice, flag, integer, text


def ipv4() -> "tuple[object, ...]":
    """An IPv4 address as text: "192.168.1.17"; "0.0.0.0" for none."""
    return ("ipv4",)


def ssid() -> "tuple[object, ...]":
    """The name of a Wi-Fi network: at most 32 bytes (IEEE 802.11-2020, 9.4.2.2); "" for none."""
    return ("ssid",)


def wifi_key() -> "tuple[object, ...]":
    """The key of a Wi-Fi network: 8..63 ASCII characters, or 64 hex digits; "" for an open one."""
    return ("wifi_key",)


_NONE = "0.0.0.0"  # noqa: S104 - no address, nothing is bound to it

ROWS = (
    ("language", choice("de", "en", "fr"), "en"),  # of the LCD; of the web page until one is chosen
    ("name", text(40), "mbuslink"),
    ("panel.backlight_s", integer(0, 3600), 120),  # after the last key; 0: always on
    ("network.dhcp", flag(), True),
    ("network.address", ipv4(), _NONE),
    ("network.mask", ipv4(), "255.255.255.0"),
    ("network.gateway", ipv4(), _NONE),
    ("network.dns", ipv4(), _NONE),
    ("network.ssid", ssid(), ""),  # of a board with Wi-Fi
    ("network.key", wifi_key(), ""),
    ("converter.baud", choice(300, 600, 1200, 2400, 4800, 9600), 2400),
    ("converter.segment", integer(1, 3), 1),
    ("converter.end_on_close", flag(), False),  # logging goes on as soon as the master hangs up
    ("converter.idle_s", integer(0, 86400), 900),  # then logging goes on; 0: never by itself
)

SECRET = ("network.key",)  # goes to the board, never back: `shown` tells whether it is set

_FLAGS = {"on": True, "true": True, "off": False, "false": False}

# S0 inputs: see firmware/inputs/pulse_inputs.py. Kinds are made once, to spare a board's memory.
_START, _WEIGHT = integer(0, 10**15), integer(1, 10**9)
_UNIT = choice("pulse", "Wh", "kWh", "l", "m3", "kg", "t")
_MEDIUM = choice("other", "electricity", "gas", "heat", "water")
_OFFSET = integer(-5000, 5000)
for _n in range(1, 5):
    _s0 = "s0.%d." % _n
    ROWS += (
        (_s0 + "active", flag(), False),  # logged as a meter
        (_s0 + "start_milli", _START, 0),  # start value, in thousandths of the unit
        (_s0 + "weight_milli", _WEIGHT, 1000),  # of a pulse, likewise
        (_s0 + "unit", _UNIT, "pulse"),
        (_s0 + "medium", _MEDIUM, "other"),
    )
for _n in range(1, 3):
    ROWS += (
        ("t.%d.active" % _n, flag(), False),  # a PT1000, logged as a meter
        (
            "t.%d.offset_mk" % _n,
            _OFFSET,
            0,
        ),  # added to it, in mK: its leads, the reference resistor
    )
# Relay 2 also falls when the host has been away for so long; 0: never for that.
ROWS += (("relay2.host_away_s", integer(0, 86400), 0),)

BY_NAME = {row[0]: row for row in ROWS}


def defaults() -> "dict[str, object]":
    """Return the value of every setting as it is at first, by name."""
    return {name: default for name, _, default in ROWS}


def check_setting(name: str, value: "object") -> None:
    """Raise BadSetting, naming the setting and its range, unless `value` may be kept as `name`."""
    row = BY_NAME.get(name)
    if row is None:
        raise BadSetting("%s: there is no such setting" % (name,))
    special = _KINDS.get(str(row[1][0]))
    if special is None:
        check(row[1], value, name)
        return
    fits, wanted = special
    if not fits(value):
        said = "this" if name in SECRET else repr(value)[:40]
        raise BadSetting("%s: %s is not %s" % (name, said, wanted))


def shown(values: "dict[str, object]") -> "dict[str, object]":
    """Return a copy of `values` that may be shown: of a secret only whether it is set (a bool)."""
    return {name: bool(values[name]) if name in SECRET else values[name] for name in values}


def parse_setting(name: str, written: str) -> "object":
    """Return the value that `written` (as on a command line) means for `name`. BadSetting."""
    default = BY_NAME[name][2] if name in BY_NAME else None
    value = written
    if isinstance(default, bool):
        value = _FLAGS.get(written.lower(), written)
    elif isinstance(default, int):
        try:
            value = int(written)
        except ValueError:
            pass  # the check below says what is expected
    check_setting(name, value)
    return value


def is_ipv4(value: "object") -> bool:
    """Tell whether `value` is text of four numbers 0..255 joined by dots."""
    if not isinstance(value, str):
        return False
    parts = value.split(".")
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255 or str(int(part)) != part:
            return False
    return len(parts) == 4


def network_fault(address: str, mask: str, gateway: str) -> "str | None":
    """Return what keeps these three (texts, each an `ipv4`) from working together, None if nothing.

    In this order: "address", none that a device may have; "mask", no ones with two zeros or more
    behind them; "edge", the address of the network itself or its broadcast; "gateway", none that a
    device may have, or the device's own; "elsewhere", a gateway in another network. A gateway of
    zeros is none.
    """
    own, ones, door = [_number(text) for text in (address, mask, gateway)]
    zeros = ~ones & 0xFFFFFFFF
    if not _is_host(own):
        return "address"
    if zeros & (zeros + 1) or not 3 <= zeros < 0xFFFFFFFF:
        return "mask"
    if not 0 < own & zeros < zeros:
        return "edge"
    if door and (door == own or not _is_host(door)):
        return "gateway"
    return "elsewhere" if door and (door ^ own) & ones else None


def _number(address):
    """Return the IPv4 `address` (text) as an int."""
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number


def _is_host(number):
    """Whether a device may have this address: not 0.x, loopback, multicast or above."""
    return 1 <= number >> 24 <= 223 and number >> 24 != 127


def _is_ssid(value):
    return isinstance(value, str) and len(value.encode()) <= 32


def _is_wifi_key(value):
    if not isinstance(value, str):
        return False
    if not value:
        return True
    if len(value) == 64:
        return all([digit in "0123456789abcdefABCDEF" for digit in value])
    return 8 <= len(value) <= 63 and all([" " <= letter <= "~" for letter in value])


_KINDS = {
    "ipv4": (is_ipv4, "an address like 192.168.1.17"),
    "ssid": (_is_ssid, "a name of at most 32 bytes"),
    "wifi_key": (_is_wifi_key, "a key of 8 to 63 characters or 64 hex digits, or empty"),
}
