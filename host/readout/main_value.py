"""Which of a meter's values is the one to look at first."""

from collections.abc import Sequence

from host.readout.telegrams import RecordLine

# medium codes (EN 13757-3 Table 13) whose meters count volume
_BY_VOLUME = frozenset({0x03, 0x06, 0x07, 0x15, 0x16, 0x17})

# The first of these that a meter has, is its main value.
_ENERGY_FIRST = ("Energy", "H.C.A.", "Volume", "Mass")
_VOLUME_FIRST = ("Volume", "Energy", "H.C.A.", "Mass")
_THEN = ("External temperature", "Relative humidity", "Power", "Volume flow", "Flow temperature")


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
