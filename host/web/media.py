"""Which picture stands for a medium, and which of a meter's values is the one to look at first."""

from collections.abc import Sequence

from host.web.decoder import RecordLine

# medium code (EN 13757-3 Table 13) -> id in icons.svg
_ICONS = {
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat",
    0x05: "heat",
    0x06: "water-warm",
    0x07: "water",
    0x08: "radiator",
    0x0A: "cold",
    0x0B: "cold",
    0x0C: "heat",
    0x0D: "heat",
    0x15: "water-warm",
    0x16: "water",
    0x17: "water",
    0x1B: "room",
}
_BY_VOLUME = frozenset({0x03, 0x06, 0x07, 0x15, 0x16, 0x17})

# The first of these that a meter has, is its main value.
_ENERGY_FIRST = ("Energy", "H.C.A.", "Volume", "Mass")
_VOLUME_FIRST = ("Volume", "Energy", "H.C.A.", "Mass")
_THEN = ("External temperature", "Relative humidity", "Power", "Volume flow", "Flow temperature")


def icon_of(code: int | None) -> str:
    """Return the id in icons.svg for a medium code; None or an unpictured one gives a gauge."""
    return "gauge" if code is None else _ICONS.get(code, "gauge")


def main_record(medium: int | None, records: Sequence[RecordLine]) -> RecordLine | None:
    """Return the value that tells most about a meter: its present total, else its first number."""
    present = [line for line in records if _is_present_number(line)]
    for quantity in (_VOLUME_FIRST if medium in _BY_VOLUME else _ENERGY_FIRST) + _THEN:
        for line in present:
            if line["quantity"] == quantity:
                return line
    return next((line for line in present if line["unit"]), None)


def _is_present_number(line: RecordLine) -> bool:
    """Tell whether a record is a plain current number: no history, tariff, extreme or error."""
    plain = line["function"] == "instantaneous" and not line["storage"] and not line["tariff"]
    return plain and not line.get("error") and str(line["value"]).lstrip("-")[:1].isdigit()
