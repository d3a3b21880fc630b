"""How a change of the network is tried, kept and taken back: for CPython and MicroPython alike.

Each `scenario_*` is a coroutine that asserts; test_network.py runs them.
"""

import asyncio

from firmware.network import NAMES, Network, check
from shared.board_settings import defaults
from shared.compat import ticks_add
from shared.errors import BadSetting, LinkLost

DHCP = {
    "dhcp": True,
    "address": "0.0.0.0",
    "mask": "255.255.255.0",
    "gateway": "0.0.0.0",
    "dns": "0.0.0.0",
}
FIXED = {
    "dhcp": False,
    "address": "192.168.7.20",
    "mask": "255.255.255.0",
    "gateway": "192.168.7.1",
    "dns": "0.0.0.0",
}


class FakeNetwork:
    """What was configured, in order; `fails` so many times first."""

    def __init__(self):
        self.configured = []
        self.fails = 0

    async def configure(self, dhcp, address, mask, gateway, dns):
        if self.fails:
            self.fails -= 1
            raise LinkLost("no answer of a DHCP server")
        self.configured.append((dhcp, address))

    def addresses(self):
        up = bool(self.configured)
        return {"up": up, "address": self.configured[-1][1] if up else ""}


class FakeWifi(FakeNetwork):
    """A radio network: `there` are the keys by name of those in reach."""

    def __init__(self):
        FakeNetwork.__init__(self)
        self.there = {"plant room": "a good key", "guests": ""}
        self.joins = []
        self.up = False

    def join(self, ssid, key):
        self.joins.append((ssid, key))
        self.up = bool(ssid) and self.there.get(ssid) == key

    def addresses(self):
        found = FakeNetwork.addresses(self)
        found["up"] = self.up
        return found


class FakeHal:
    """Time that jumps; as near to the wrap of the ticks as can be."""

    def __init__(self):
        self.network = FakeNetwork()
        self.now = (1 << 30) - 500

    def ticks_ms(self):
        return ticks_add(0, self.now)

    async def sleep_ms(self, ms):
        self.now += ms
        await asyncio.sleep(0)


class FakeSettings:
    """`Settings` in RAM."""

    def __init__(self):
        self.values = defaults()

    def get(self, name):
        return self.values[name]

    async def change(self, values):
        self.values.update(values)


class Board:
    """A network that runs; `after(ms)` lets time pass."""

    def __init__(self, network=None):
        self.hal = FakeHal()
        self.hal.network = network or self.hal.network
        self.settings = FakeSettings()
        self.network = Network(self.hal, self.settings)
        self.running = asyncio.create_task(self.network.run())

    async def after(self, ms):
        end = self.hal.now + ms
        while self.hal.now < end:  # noqa: ASYNC110 - it is time itself that passes there
            await asyncio.sleep(0)

    async def stop(self):
        self.running.cancel()
        await asyncio.sleep(0)

    @property
    def configured(self):
        return self.hal.network.configured


async def scenario_settings_are_taken_at_the_start_and_when_they_change():
    board = Board()
    await board.after(300)
    assert board.configured == [(True, "0.0.0.0")]
    await board.settings.change({"network.dhcp": False, "network.address": "10.0.0.9"})
    await board.after(300)
    assert board.configured[1:] == [(False, "10.0.0.9")]
    assert board.network.state()["address"] == "10.0.0.9"
    assert board.network.state()["confirm_s"] is None
    assert board.network.state()["ssid"] is None  # no radio
    await board.stop()


async def scenario_a_confirmed_proposal_is_kept():
    board = Board()
    board.network.propose(FIXED)
    await board.after(30000)
    assert board.configured[-1] == (False, "192.168.7.20")
    assert 28 <= board.network.state()["confirm_s"] <= 30
    assert board.settings.get("network.dhcp")  # not kept yet: a reset would take it back
    await board.network.confirm()
    await board.after(60000)
    assert [board.settings.get("network." + name) for name in NAMES] == [
        FIXED[name] for name in NAMES
    ]
    assert board.configured == [(True, "0.0.0.0"), (False, "192.168.7.20")] or (
        board.configured == [(False, "192.168.7.20")]
    )
    assert board.network.state()["confirm_s"] is None
    await board.stop()


async def scenario_a_proposal_that_nobody_confirms_is_taken_back():
    board = Board()
    await board.after(300)
    board.network.propose(FIXED)
    await board.after(61000)
    assert [a for _, a in board.configured] == ["0.0.0.0", "192.168.7.20", "0.0.0.0"]
    try:
        await board.network.confirm()
        raise AssertionError("confirmed after its minute")
    except BadSetting:
        pass
    assert board.settings.values == defaults()
    await board.stop()


async def scenario_a_network_that_cannot_be_had_is_tried_again():
    board = Board()
    board.hal.network.fails = 2
    await board.after(1000)
    assert "DHCP" in board.network.state()["trouble"]
    assert board.configured == []
    await board.after(61000)
    assert board.configured == [(True, "0.0.0.0")]
    assert board.network.state()["trouble"] is None
    await board.stop()


async def scenario_what_cannot_work_is_refused_and_named():
    check(DHCP)
    check(FIXED)
    for name, value, word in (
        ("mask", "255.0.255.0", "mask"),
        ("mask", "255.255.255.255", "mask"),
        ("address", "192.168.7.0", "address"),
        ("address", "192.168.7.255", "address"),
        ("address", "127.0.0.5", "address"),
        ("address", "230.1.1.1", "address"),
        ("address", "192.168.7", "address"),
        ("gateway", "192.168.8.1", "gateway"),
        ("gateway", FIXED["address"], "gateway"),
        ("dns", None, "dns"),
        ("dhcp", 1, "dhcp"),
    ):
        values = dict(FIXED)
        values[name] = value
        said = ""
        try:
            check(values)
        except BadSetting as error:
            said = str(error)
        assert said.startswith("network." + word), (name, value, said)


async def scenario_wifi_is_joined_as_the_settings_say_and_again_when_it_was_lost():
    wifi = FakeWifi()
    board = Board(wifi)
    await board.after(1000)
    assert wifi.joins == [("", "")]
    assert "network.ssid" in board.network.state()["trouble"]
    await board.settings.change({"network.ssid": "plant room", "network.key": "a good key"})
    await board.after(1000)
    assert wifi.joins[1:] == [("plant room", "a good key")]
    state = board.network.state()
    assert (state["up"], state["trouble"], state["ssid"], state["key_set"]) == (
        True,
        None,
        "plant room",
        True,
    )
    assert "a good key" not in repr(state)
    await board.after(90000)
    assert len(wifi.joins) == 2  # it is there: it is left alone
    wifi.up = False  # the access point restarts
    await board.after(31000)
    assert wifi.joins[2:] == [("plant room", "a good key")]
    await board.settings.change({"network.dns": "9.9.9.9"})
    await board.after(1000)
    assert len(wifi.joins) == 3  # another address, the same network
    await board.stop()


async def scenario_a_wrong_wifi_that_nobody_confirms_is_taken_back():
    wifi = FakeWifi()
    board = Board(wifi)
    await board.settings.change({"network.ssid": "plant room", "network.key": "a good key"})
    await board.after(1000)
    values = dict(DHCP)
    values.update({"ssid": "guests", "key": None})  # the old key: it is not what the guests have
    board.network.propose(values)
    await board.after(1000)
    assert wifi.joins[-1] == ("guests", "a good key")
    assert not board.network.state()["up"]
    await board.after(61000)
    assert wifi.joins[-1] == ("plant room", "a good key")
    values["key"] = ""
    board.network.propose(values)
    await board.after(1000)
    assert board.network.state()["ssid"] == "guests"
    assert not board.network.state()["key_set"]
    await board.network.confirm()
    assert board.settings.get("network.ssid") == "guests"
    assert board.settings.get("network.key") == ""
    values["key"] = "short"
    said = ""
    try:
        board.network.propose(values)
    except BadSetting as error:
        said = str(error)
    assert said.startswith("network.key")
    assert "short" not in said
    await board.stop()


async def scenario_a_board_without_a_network_has_none():
    board = Board()
    board.hal.network = None
    await board.after(1000)
    assert not board.network.state()["up"]
    await board.stop()


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
