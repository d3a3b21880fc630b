"""The board's own inputs as meters: their addresses, and the telegrams that tell their values.

An S0 input or a PT1000 is read, kept, decoded and exported like any meter: its telegram is a real
RSP_UD (EN 13757-3) of the manufacturer MBL. Values are exact: counters in thousandths of their
unit, temperatures in thousandths of a degree. The few bytes are put together here: a board has no
room for the whole of `mbus.encode`.
"""

from shared.mbus import frames

S0_INPUTS = ("S0-1", "S0-2", "S0-3", "S0-4")
SENSORS = ("T-1", "T-2")
ADDRESSES = S0_INPUTS + SENSORS
_MANUFACTURER = b"\x4c\x34"  # MBL
_VERSION = 1

# unit of a counter -> VIF of a thousandth of it (EN 13757-3:2018 Table 10)
UNITS = {
    "Wh": b"\x00",
    "kWh": b"\x03",
    "l": b"\x10",
    "m3": b"\x13",
    "kg": b"\x18",
    "t": b"\x1b",
    "pulse": b"\xfd\xba\x73",  # without a unit, times 10^-3
}
_PULSES = b"\xfd\x61"  # cumulation counter
_EXTERNAL_TEMPERATURE = b"\x64"  # 10^-3 degC
_ERROR_FLAGS = b"\xfd\x17"

# EN 13757-7:2018 Table 13
MEDIA = {"other": 0x00, "electricity": 0x02, "gas": 0x03, "heat": 0x04, "water": 0x07}
_ROOM_SENSOR = 0x1B

# What a sensor's state puts into the status byte (EN 13757-7:2018 Table 15: 08h permanent error,
# 10h temporary error) and into the error flags.
_SENSOR_STATES = {
    "ok": (0x00, 0),
    "range": (0x10, 1),
    "open": (0x08, 2),
    "short": (0x08, 4),
    "missing": (0x08, 8),
}
SENSOR_STATES = tuple(sorted(_SENSOR_STATES))

_INT8, _INT32, _INT64 = 0x01, 0x04, 0x07  # DIFs (EN 13757-3:2018 Table 4)
# RSP_UD of a meter that was selected: an input has no primary address, and may not seem to.
_C, _A, _CI = 0x08, 0xFD, 0x72


def is_input(address: str) -> bool:
    """Tell whether `address` (text) is one of the board's own inputs, not a meter's on the bus."""
    return address in ADDRESSES


def serial(unique_id: str, address: str) -> int:
    """Return the fabrication number (8 digits) of the input `address` of a board (hex digits).

    Six digits come from the board, so that two boards' inputs differ; the last two name the input.
    """
    return int(unique_id[-10:], 16) % 1000000 * 100 + ADDRESSES.index(address) + 1


def counter_telegram(number, medium, unit, milli, pulses, access_no):
    """Return the RSP_UD of an S0 input.

    `number`: its `serial`; `medium`, `unit`: keys of MEDIA, UNITS; `milli`: its reading in
    thousandths of the unit, 0..2**63-1; `pulses` counted by the board, 0..2**63-1.
    """
    records = _record(_INT64, UNITS[unit], milli, 8) + _record(_INT64, _PULSES, pulses, 8)
    return _telegram(number, MEDIA[medium], access_no, 0, records)


def temperature_telegram(number, state, milli_celsius, access_no):
    """Return the RSP_UD of a temperature sensor in `state`, one of SENSOR_STATES.

    `milli_celsius` may be None, where the sensor gives no temperature: then there is none in it.
    """
    status, flags = _SENSOR_STATES[state]
    records = b""
    if milli_celsius is not None:
        records = _record(_INT32, _EXTERNAL_TEMPERATURE, milli_celsius, 4)
    records += _record(_INT8, _ERROR_FLAGS, flags, 1)
    return _telegram(number, _ROOM_SENSOR, access_no, status, records)


def _record(dif, vif, value, size):
    """Return a record; `value` is kept in `size` bytes, negative ones as a complement."""
    return bytes((dif,)) + vif + (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _telegram(number, medium, access_no, status, records):
    head = int(str(number), 16).to_bytes(4, "little") + _MANUFACTURER
    head += bytes((_VERSION, medium, access_no & 0xFF, status, 0, 0))
    return frames.long_frame(_C, _A, _CI, head + records)
