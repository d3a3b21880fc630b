"""What the host asks of the board beside the parts' own business: read a meter now, how are you.

A request that makes no sense raises; a meter or a bus that fails is a result too.
"""

from shared.compat import const
from shared.errors import LineFault, PeerFault

_TICKS_MASK = const(0x3FFFFFFF)


class HostRequests:
    """hal: see `firmware/hal/contract.py`. buses: `Buses`. journal: `Journal`.

    link: `LinkServer`, which sends and knows how well it hears. logger: `Logger`, told of readings.
    """

    def __init__(self, hal, buses, journal, link, logger=None):
        self._hal = hal
        self._buses = buses
        self._journal = journal
        self._link = link
        self._logger = logger
        self._reads_ok = 0
        self._reads_failed = 0

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {
            "meter.read": self._read_meter,
            "board.state": self.state,
        }

    async def _read_meter(self, params):
        """Read one meter. A meter or a bus that fails is a result too: an entry with its error.

        Raises BadAddress or BadSetting when the request makes no sense.
        """
        telegrams = []
        error = None
        segment = params["segment"] or 1
        if self._logger is not None:
            self._logger.read_by_hand(segment, params["address"])
        try:
            telegrams = await self._buses.read_meter(
                segment,
                params["address"],
                baud=params["baud"],
                snd_nke=params["snd_nke"],
                application_reset=params["application_reset"],
                retries=params["retries"],
                settle_ms=params["settle_ms"],
            )
            self._reads_ok += 1
        except (LineFault, PeerFault) as failure:
            self._reads_failed += 1
            error = {"key": failure.key, "detail": str(failure)[:400]}
        return self._entry(params, telegrams, error)

    def _entry(self, params, telegrams, error):
        entry = {
            "number": None,
            "boot": self._journal.boot,
            "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
            "utc_s": self._hal.utc_s(),
            "segment": params["segment"] or 1,
            "address": params["address"],
            "baud": params["baud"],
            "kind": "meter",
            "telegrams": telegrams,
            "error": error,
        }
        if params["keep"]:
            self._journal.add(entry)
        return entry

    async def state(self, params):
        """Return the params of the notification board.state."""
        return {
            "boot": self._journal.boot,
            "ticks_ms": self._hal.ticks_ms() & _TICKS_MASK,
            "utc_s": self._hal.utc_s(),
            "heap_free": self._hal.free_heap(),
            "bus_busy": self._buses.busy,
            "reads_ok": self._reads_ok,
            "reads_failed": self._reads_failed,
            "link_damaged": self._link.damaged,
            "journal_newest": self._journal.newest,
            "journal_held": self._journal.held,
            "journal_lost": self._journal.lost,
        }
