"""The device types ("medium") of EN 13757-7:2018 Table 13, in the words of the house."""

_MEDIA = {
    0x00: "Other",
    0x01: "Oil",
    0x02: "Electricity",
    0x03: "Gas",
    0x04: "Heat: Outlet",
    0x05: "Steam",
    0x06: "Warm water (30-90°C)",
    0x07: "Water",
    0x08: "Heat Cost Allocator",
    0x09: "Compressed Air",
    0x0A: "Cooling load meter: Outlet",
    0x0B: "Cooling load meter: Inlet",
    0x0C: "Heat: Inlet",
    0x0D: "Heat / Cooling load meter",
    0x0E: "Bus/System",
    0x0F: "Unknown Medium",
    0x10: "Irrigation Water",
    0x11: "Water Logger",
    0x12: "Gas Logger",
    0x13: "Gas Converter",
    0x14: "Calorific value",
    0x15: "Hot water (>90°C)",
    0x16: "Cold water",
    0x17: "Dual water",
    0x18: "Pressure",
    0x19: "A/D Converter",
    0x1A: "Smoke detector",
    0x1B: "Room sensor",
    0x1C: "Gas detector",
    0x20: "Breaker: Electricity",
    0x21: "Valve: Gas or Water",
    0x25: "Customer unit (display)",
    0x28: "Waste water",
    0x29: "Waste",
    0x2A: "Carbon dioxide",
    0x2B: "Environmental meter",
    0x31: "Communication controller",
    0x32: "Unidirectional repeater",
    0x33: "Bidirectional repeater",
    0x36: "Radio converter (system side)",
    0x37: "Radio converter (meter side)",
    0x38: "Wired adapter",
}


# The fixed structure does not say at which end of the pipe a heat meter sits.
_FIXED = {0x04: "Heat", 0x06: "Hot water"}


def medium(code, fixed=False):
    """Return the English text of a device type code (0..255), None for None.

    `fixed`: the code is from a fixed data structure (CI 73h).
    """
    if code is None:
        return None
    if fixed and code in _FIXED:
        return _FIXED[code]
    return _MEDIA.get(code) or "Reserved %02Xh" % code
