"""The board's `machine`: what the Unix port's has, and what only the twin's supervisor can do."""

import os
import time

from umachine import *  # noqa: F403

_supervisor = open(int(os.getenv("MBUSLINK_TWIN_PIPE")), "wb", 0)  # noqa: SIM115
_unique_id = bytes.fromhex(os.getenv("MBUSLINK_TWIN_ID"))


def booted():
    _supervisor.write(b"b")


def reset():
    """Restart as after a power cut: the supervisor ends this process and starts another."""
    _supervisor.write(b"r")
    while True:
        time.sleep_ms(1000)


class WDT:
    """The watchdog: the supervisor resets the board when it is not fed for `timeout` ms."""

    def __init__(self, id=0, timeout=5000):
        self._word = b"w%d\n" % timeout
        self.feed()

    def feed(self):
        _supervisor.write(self._word)


def unique_id():
    return _unique_id
