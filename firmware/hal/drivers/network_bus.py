"""A segment of the M-Bus behind a network converter: the role "bus" of the twin.

settings  urls: the environment variable with one URL a segment, separated by spaces
          segment: which of them, 1..3
"""

import os

from firmware.hal.bus_over_network import NetworkBus


def make(hal, settings):
    """Return the `BusUart` of the segment; None when the variable names none. BadSetting."""
    urls = (os.getenv(settings["urls"]) or "").split()
    segment = settings["segment"]
    if segment > len(urls) and segment > 1:
        return None
    return NetworkBus(hal, urls[segment - 1] if urls else None, 2400, 0, hal.scale)
