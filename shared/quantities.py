"""Quantities and units by name: what the CSV calls them and what a person reads.

The words of `vif_tables` are the keys ("Time point (date)", "m^3/h"); what differs stands here.
Translations hang on the same words, in host/texts.
"""

# Quantity -> its name in the Standard CSV (manual 11.2).
_CSV_NAMES = {
    "H.C.A.": "Units for H. C. A.",
    "Time point (date)": "Timestamp",
    "Time point (date & time)": "Timestamp",
    "Fabrication No": "Fabrication",
    "(Enhanced) Identification": "Identification",
    "Bus Address": "Address",
    "Averaging Duration": "Averaging duration",
    "Actuality Duration": "Actuality duration",
    "Access Number (transmission count)": "Access number",
    "Firmware version": "Metrology (firmware) version",
    "Software version": "Other software version",
    "Digital Output": "Digital output",
    "Digital Input": "Digital input",
}

# Unit -> its symbol for people; CSV units differ in what `_CSV_UNITS` names.
_SYMBOLS = {
    "m^3": "m³",
    "m^3/h": "m³/h",
    "m^3/min": "m³/min",
    "m^3/s": "m³/s",
    "ft^3": "ft³",
    "Units for H.C.A.": "",
}
_CSV_UNITS = {"°C": "Degree C", "°F": "Degree F", "": "None"}


def csv_name(quantity: "str") -> "str":
    """Return the name that `quantity` has in the Standard CSV."""
    return _CSV_NAMES.get(quantity, quantity)


def symbol(unit: "str") -> "str":
    """Return the unit as a person writes it."""
    return _SYMBOLS.get(unit, unit)


def csv_unit(unit):
    """Return the unit as the Standard CSV writes it ("Units for H.C.A." has none, "" is "None")."""
    if unit == "Units for H.C.A.":
        return ""
    return _CSV_UNITS.get(unit) or symbol(unit)
