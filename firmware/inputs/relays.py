"""The two alarm relays, decided on the board alone (manual 5.2.2 to 5.2.4).

Relay 1 is energised while there is an alarm. Relay 2 is energised while all is well: it falls with
an alarm, and by itself when power or firmware are gone, for then nobody holds it (the watchdog
resets a board that hangs, and a reset releases the outputs). If the setting relay2.host_away_s is
not 0, it falls as well when the host has not been heard for so long.
"""


class Relays:
    """hal, settings, alarms: of the board. link: `LinkServer`, which counts what it hears."""

    def __init__(self, hal, settings, alarms, link):
        self._hal = hal
        self._settings = settings
        self._alarms = alarms
        self._link = link
        self._away_s = 0
        self._heard = 0
        self.energised = [False for _ in hal.relays]
        alarms.watch(self._decide)

    async def run(self):
        """Begin, and watch whether the host is there."""
        while True:
            self._decide()
            await self._hal.sleep_ms(1000)
            heard = self._link.heard
            self._away_s = 0 if heard != self._heard else self._away_s + 1
            self._heard = heard

    def _decide(self):
        alarm = bool(self._alarms.active())  # only what the relays show is an alarm
        limit_s = self._settings.get("relay2.host_away_s")
        away = limit_s > 0 and self._away_s >= limit_s
        wanted = (alarm, not (alarm or away))
        for i in range(len(self.energised)):
            self.energised[i] = wanted[i]
            self._hal.relays[i].set(wanted[i])
