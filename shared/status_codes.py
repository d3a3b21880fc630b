"""The status messages 0 to 10 of the manual (6.8.6), and what each of them sets off.

A row: (code, key, severity, relays, mail). `key` is the stable word for it in the journal, the
database and the texts; severity "info", "warning" or "error"; `relays`: the alarm relays show it
as long as it lasts (manual 5.2.2, 5.2.4); `mail`: it is reported by e-mail (manual 6.8.9). A code
with several keys has several rows.
"""

ROWS = (
    (0, "logger_started", "info", False, False),
    (1, "bus_overcurrent", "error", True, True),
    (1, "bus_load_high", "warning", False, True),
    (1, "bus_voltage_wrong", "warning", False, True),
    (1, "bus_recovered", "info", False, False),
    (2, "cloud_upload_started", "info", False, False),
    (3, "cloud_upload_failed", "error", False, False),
    (4, "cloud_upload_done", "info", False, False),
    (5, "server_upload_started", "info", False, False),
    (6, "server_upload_failed", "error", False, False),
    (7, "server_upload_done", "info", False, False),
    (8, "meter_unreadable", "error", True, True),
    (9, "mail_failed", "error", False, False),
    (10, "meter_fault", "warning", True, True),
)

SEVERITIES = ("info", "warning", "error")
BY_KEY = {row[1]: row for row in ROWS}


def drives_relays(key: str) -> bool:
    """Tell whether the relays show the status `key`; False for a word that is none."""
    return key in BY_KEY and bool(BY_KEY[key][3])
