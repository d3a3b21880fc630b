"""Which picture stands for a medium."""

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


def icon_of(code: int | None) -> str:
    """Return the id in icons.svg for a medium code; None or an unpictured one gives a gauge."""
    return "gauge" if code is None else _ICONS.get(code, "gauge")
