"""Names of states, media and functions: key to msgid, so that code never holds a shown word."""

from host.texts.catalogue import N_

STATES = {
    "ok": N_("OK"),
    "alarm": N_("Alarm"),
    "error": N_("Read error"),
    "unread": N_("Not yet read"),
}

LINK_STATES = {
    "connected": N_("Connected"),
    "connecting": N_("Connecting"),
    "not_connected": N_("Not connected"),
    "core_away": N_("Service not running"),
}

FUNCTIONS = {
    "maximum": N_("Maximum"),
    "minimum": N_("Minimum"),
    "error": N_("Value during error state"),
    "manufacturer": N_("Manufacturer data"),
}

STATUS = {
    "application_busy": N_("Busy"),
    "application_error": N_("Application error"),
    "abnormal_condition": N_("Abnormal condition"),
    "power_low": N_("Battery or supply low"),
    "permanent_error": N_("Permanent error"),
    "temporary_error": N_("Temporary error"),
    "manufacturer_5": N_("Manufacturer's bit 5"),
    "manufacturer_6": N_("Manufacturer's bit 6"),
    "manufacturer_7": N_("Manufacturer's bit 7"),
}
"""Bits of a meter's status byte (EN 13757-7:2018 Table 15), by the keys of `shared.mbus.report`."""
