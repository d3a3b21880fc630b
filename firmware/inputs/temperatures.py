"""The PT1000 inputs: measured every second, corrected, smoothed, and their faults told apart.

The temperature is the mean of the last measurements without the highest and the lowest: a spark on
the line does not show, a change is followed within some seconds. A fault counts once it was
measured three times running. A sensor is "ok", beyond the device's "range", "open", "short", or
"missing": the converter does not answer, or nothing was measured yet.
"""

from shared import board_inputs, pt1000
from shared.compat import const
from shared.errors import LineFault

PERIOD_MS = const(1000)
_KEPT = const(8)
_SURE = const(3)


class Temperatures:
    """hal, settings: of the board."""

    def __init__(self, hal, settings):
        self._hal = hal
        self._settings = settings
        self._thermometers = hal.thermometers
        self._sensors = [Sensor() for _ in hal.thermometers]
        self._access_no = 0

    async def run(self):
        """Measure without end."""
        while True:
            for i in range(len(self._sensors)):
                self._sensors[i].take(await self._measure(i))
            await self._hal.sleep_ms(PERIOD_MS)

    async def _measure(self, i):
        try:
            state, value = pt1000.judge(await self._thermometers[i].milliohms())
        except LineFault:
            return "missing", None
        if value is not None:
            value += self._settings.get("t.%d.offset_mk" % (i + 1))
        return state, value

    def state(self):
        """Return a list of how each sensor is, as inputs.state of `shared.link.messages`."""
        return [
            {
                "sensor": i + 1,
                "active": self._settings.get("t.%d.active" % (i + 1)),
                "state": self._sensors[i].state,
                "milli_celsius": self._sensors[i].milli_celsius(),
            }
            for i in range(len(self._sensors))
        ]

    async def entries(self):
        """Return a reading of each active sensor: dicts of "address" and "telegrams" (one)."""
        self._access_no += 1
        found = []
        for row in self.state():
            if row["active"]:
                address = board_inputs.SENSORS[row["sensor"] - 1]
                number = board_inputs.serial(self._hal.unique_id, address)
                telegram = board_inputs.temperature_telegram(
                    number, row["state"], row["milli_celsius"], self._access_no
                )
                found.append({"address": address, "telegrams": [telegram]})
        return found


class Sensor:
    """One sensor's measurements; pure. `state` as in `Temperatures`."""

    def __init__(self):
        self.state = "missing"
        self._values = []
        self._doubts = 0  # measurements running that contradict `state`

    def take(self, measured):
        """Take a measurement, (state, m degC or None) as of `pt1000.judge`."""
        state, value = measured
        if state == self.state:
            self._doubts = 0
        else:
            self._doubts += 1
            if self._doubts < _SURE and (self._values or self.state != "missing"):
                return
            if value is None or not self._values:
                self._values = []
            self.state, self._doubts = state, 0
        if value is not None:
            self._values = self._values[1 - _KEPT :] + [value]

    def milli_celsius(self):
        """Return the smoothed temperature in thousandths of a degree, None while there is none."""
        values = sorted(self._values)
        if len(values) > 2:
            values = values[1:-1]
        if not values or self.state in ("open", "short", "missing"):
            return None
        total = 2 * sum(values) + len(values)
        return total // (2 * len(values))
