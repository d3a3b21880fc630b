"""Joins the front panel to the parts of the firmware: what it shows of them, what it asks of them.

Each function turns the state of one part into one key of a view (`firmware/panel/pages.py`).
A part that this firmware or board has not is None, and its page says so.
"""

from firmware.panel.front_panel import FrontPanel
from shared.compat import const, ticks_diff
from shared.version import VERSION

_MESSAGES = const(30)  # kept for the page of messages


def front_panel(
    hal,
    settings,
    buses,
    journal,
    link,
    logger=None,
    scanner=None,
    guard=None,
    inputs=None,
    alarms=None,
    network=None,
    converter=None,
    web=None,
):
    """Return the `FrontPanel` of the board, joined to the parts as firmware/main.py makes them."""
    uptime = Uptime(hal)
    messages = Messages(hal, alarms)
    host = Host(hal, link)

    def logged():
        return _logger(logger.state() if logger else {}, buses)

    def inputs_state(kind, convert):
        return lambda: convert(inputs.state()[kind]) if inputs else []

    sources = {
        "name": lambda: settings.get("name"),
        "version": lambda: VERSION,
        "board": lambda: hal.board,
        "utc_s": hal.utc_s,
        "uptime_s": uptime.seconds,
        "logger": logged,
        "storage": lambda: {"missing": bool(getattr(journal, "fault", None)), "card": False},
        "scan": lambda: _scan(scanner.state()) if scanner else {},
        "buses": lambda: [_bus(row) for row in guard.state()] if guard else [],
        "pulses": inputs_state("s0", _pulses),
        "temperatures": inputs_state("temperatures", _temperatures),
        "relays": inputs_state("relays", list),
        "network": lambda: network.state() if network else {"dhcp": settings.get("network.dhcp")},
        "converter": lambda: converter.state() if converter else {},
        "web": lambda: {"pin": web.pin()} if web else {},
        "host": host.state,
        "journal": lambda: {"entries": journal.held},
        "errors": messages.newest,
    }

    async def scan():
        if scanner:
            scanner.start(by="secondary", backward=True)

    async def stop_scan():
        if scanner:
            scanner.stop()

    async def restart():
        await link.ask("board.restart", {})

    actions = {"scan": scan, "stop_scan": stop_scan, "restart": restart}
    return FrontPanel(hal, settings, sources, lambda: buses.busy, actions)


class Uptime:
    """Counts seconds since boot over wraps of the ticks."""

    def __init__(self, hal):
        self._hal = hal
        self._ms = 0
        self._at = hal.ticks_ms()

    def seconds(self):
        """To be called more often than every six days."""
        now = self._hal.ticks_ms()
        self._ms += ticks_diff(now, self._at)
        self._at = now
        return self._ms // 1000


class Host:
    """Whether the host has been heard within the last 15 seconds; link: `LinkServer`."""

    _AWAY_S = 15

    def __init__(self, hal, link):
        self._link = link
        self._uptime = Uptime(hal)
        self._heard = 0
        self._heard_at_s = None

    def state(self):
        now_s = self._uptime.seconds()
        heard = self._link.heard
        if heard != self._heard:
            self._heard, self._heard_at_s = heard, now_s
        connected = self._heard_at_s is not None and now_s - self._heard_at_s < self._AWAY_S
        return {"connected": connected}


class Messages:
    """Remembers when each alarm came; those that have gone leave the list. alarms: `Alarms`."""

    def __init__(self, hal, alarms):
        self._hal = hal
        self._alarms = alarms
        self._messages = []  # (alarm, message), the newest first
        if alarms:
            alarms.watch(self._look)

    def newest(self):
        """Return what is wrong at the moment, the newest first."""
        return [message for _, message in self._messages]

    def _look(self):
        active = self._alarms.active()
        kept = [row for row in self._messages if row[0] in active]
        known = [alarm for alarm, _ in kept]
        for alarm in active:
            if alarm not in known:
                segment, address, key = alarm
                message = {
                    "key": key,
                    "address": address or "M-Bus %d" % segment,
                    "utc_s": self._hal.utc_s(),
                }
                kept.insert(0, (alarm, message))
        self._messages = kept[:_MESSAGES]


def _logger(state, buses):
    """`state`: of `Logger`. It is on unless somebody else has the bus."""
    last = state.get("last") or {"done": 0, "failed": 0}
    return {
        "running": not buses.held_by,
        "meters": state.get("meters", 0),
        "ok": last["done"] - last["failed"],
        "failed": last["failed"],
    }


def _bus(row):
    """`row`: of `BusGuard.state`."""
    cut_off = row["state"] in ("tripped", "trying")
    return {
        "voltage_mv": row["voltage_mv"],
        "current_ua": row["current_ua"],
        "alarm": "bus_overcurrent" if cut_off else None,
    }


def _pulses(rows):
    found = [("S0-%d" % row["input"], row["pulses"], row["closed"]) for row in rows]
    return [found[i] for i in range(len(rows)) if rows[i]["active"]]


def _temperatures(rows):
    found = []
    for row in rows:
        if row["active"]:
            value = row["milli_celsius"]
            found.append(("T-%d" % row["sensor"], row["state"] if value is None else value))
    return found


def _scan(state):
    """Return the state of a scan as the pages have it."""
    state["requests"] = state["probes"]
    return state
