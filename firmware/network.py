"""The board's place in the LAN: takes the settings "network.*" to the hardware.

A change that comes over the LAN may cut off whoever asked for it. `propose` therefore tries new
values and keeps the old ones in flash: only when somebody confirms within a minute, over the new
address, are the new ones kept; else the old ones return. A reset returns to the old ones too.
Settings changed in other ways (keys, link) are taken at once: their hand is at the board.

A board with Wi-Fi also has the network's name and key there; one that was lost is joined again.
"""

from shared.board_settings import check_setting, network_fault
from shared.compat import const, ticks_add, ticks_diff
from shared.errors import BadSetting, MbuslinkError

NAMES = ("dhcp", "address", "mask", "gateway", "dns")
RADIO = ("ssid", "key")
CONFIRM_MS = const(60000)
_AGAIN_MS = const(30000)  # after the network could not be had, or was lost
_LOOK_MS = const(250)
_PREFIX = "network."
_FAULTS = {  # of `network_fault`: which setting, and what it is
    "address": ("address", "no address of a device"),
    "mask": ("mask", "no mask like 255.255.255.0"),
    "edge": ("address", "no address of a device"),
    "gateway": ("gateway", "no address of a gateway"),
    "elsewhere": ("gateway", "in another network"),
}


class Network:
    """hal: see `firmware/hal/contract.py`. settings: `Settings`.

    trouble: why the network cannot be had (text), None when it can
    """

    def __init__(self, hal, settings):
        self._hal = hal
        self._settings = settings
        self._proposed = None
        self._until = 0  # ticks at which the proposal ends
        self._again = hal.ticks_ms()
        self._joined = None
        self._radio = hasattr(hal.network, "join")
        self.trouble = None

    def handlers(self):
        """Return the link's methods that are answered here."""
        return {
            "network.state": self._state,
            "network.propose": self._propose,
            "network.confirm": self._confirm,
        }

    async def run(self):
        """Keep the hardware as it is wanted. Does not return."""
        taken = None
        while True:
            now = self._hal.ticks_ms()
            if self._proposed and ticks_diff(self._until, now) <= 0:
                self._proposed = None
            wanted = self._proposed or self._kept()
            if self._hal.network and (wanted != taken or self._is_to_be_tried_again(now)):
                await self._take(wanted)
                taken = wanted
            await self._hal.sleep_ms(_LOOK_MS)

    def _is_to_be_tried_again(self, now):
        if ticks_diff(self._again, now) > 0:
            return False
        self._again = ticks_add(now, _AGAIN_MS)
        return self.trouble or (self._radio and not self._hal.network.addresses()["up"])

    async def _take(self, wanted):
        try:
            if self._radio:
                self._join(wanted["ssid"], wanted["key"])
            await self._hal.network.configure(*[wanted[name] for name in NAMES])
            self.trouble = None
        except (MbuslinkError, OSError) as error:
            self.trouble = str(error)
        self._again = ticks_add(self._hal.ticks_ms(), _AGAIN_MS)

    def _join(self, ssid, key):
        """Join the radio network unless we are in it. BadSetting when none is set."""
        if self._joined != (ssid, key) or not self._hal.network.addresses()["up"]:
            self._joined = (ssid, key)
            self._hal.network.join(ssid, key)
        if not ssid:
            raise BadSetting("network.ssid: no Wi-Fi network is set")

    def state(self):
        """Return a dict: NAMES as they are wanted, while connected as they are (DHCP's), and more.

        ssid: of the Wi-Fi, None for a board without; key_set: whether a key is set
        up: connected; confirm_s: seconds left to confirm a proposal, None when there is none;
        trouble: why it is not connected (text), else None
        """
        wanted = self._proposed or self._kept()
        found = {name: wanted[name] for name in NAMES}
        found["ssid"] = wanted["ssid"] if self._radio else None
        found["key_set"] = bool(wanted["key"])
        has = self._hal.network.addresses() if self._hal.network else {}
        if has.get("up"):
            found.update(has)
        left_s = None
        if self._proposed:
            left_s = max(0, ticks_diff(self._until, self._hal.ticks_ms()) // 1000)
        found["up"] = bool(has.get("up"))
        found["confirm_s"] = left_s
        found["trouble"] = self.trouble
        return found

    def propose(self, values):
        """Take `values` for a minute: `confirm` keeps them. BadSetting.

        values: a dict of all NAMES, and those of RADIO that are to be others
        """
        check(values)
        self._proposed = self._kept()
        for name in values:
            if values[name] is not None:
                self._proposed[name] = values[name]
        self._until = ticks_add(self._hal.ticks_ms(), CONFIRM_MS)

    async def confirm(self):
        """Keep what was proposed. BadSetting when nothing is, or its minute is over."""
        proposed = self._proposed
        if not proposed or ticks_diff(self._until, self._hal.ticks_ms()) <= 0:
            raise BadSetting("no change of the network waits to be confirmed")
        await self._settings.change({_PREFIX + name: proposed[name] for name in proposed})
        self._proposed = None

    def _kept(self):
        return {name: self._settings.get(_PREFIX + name) for name in NAMES + RADIO}

    async def _state(self, params):
        return self.state()

    async def _propose(self, params):
        self.propose(params)
        return self.state()

    async def _confirm(self, params):
        await self.confirm()
        return self.state()


def check(values):
    """Raise BadSetting unless `values` (a dict of all NAMES) make a network that can work."""
    for name in NAMES:
        check_setting(_PREFIX + name, values.get(name))
    for name in RADIO:
        if values.get(name) is not None:
            check_setting(_PREFIX + name, values[name])
    if values["dhcp"]:
        return
    fault = network_fault(values["address"], values["mask"], values["gateway"])
    if fault:
        name, text = _FAULTS[fault]
        raise BadSetting("%s%s: %s is %s" % (_PREFIX, name, values[name], text))
