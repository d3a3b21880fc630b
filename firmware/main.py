"""Joins the parts of the firmware and starts its tasks. The board's start.py calls `run`.

A task that fails is reported on the console, where the host keeps it as console text, and started
again: one broken part never silences the others. Ctrl-C ends everything and leaves the REPL.
"""

import asyncio
import gc
import sys

from firmware.bus.buses import Buses
from firmware.bus.scanner import Scanner
from firmware.clock import Clock
from firmware.health import Health
from firmware.host_requests import HostRequests
from firmware.inputs.alarms import Alarms
from firmware.inputs.bus_guard import BusGuard
from firmware.inputs.inputs import Inputs
from firmware.inputs.pulse_inputs import PulseInputs
from firmware.inputs.relays import Relays
from firmware.inputs.temperatures import Temperatures
from firmware.journal.journal import Journal
from firmware.journal.store import Store
from firmware.link_server import LinkServer
from firmware.readout.logger import Logger
from firmware.restart import Restart
from firmware.settings import Settings
from firmware.updater import Updater

RESTART_MS = 1000
COLLECT_EVERY = 16384  # bytes: small pieces of garbage are found before they cut the heap into bits


def join(hal, health):
    """Make the parts, in order: a part knows only those made before it.

    health: `Health`. Return those that have a task, which is their `run`.
    """
    link = LinkServer(hal)
    buses = Buses(hal)
    settings = Settings(buses.quiet)
    journal = Journal(
        hal, tell=link.tell, store=Store("/journal"), quiet=buses.quiet, free=hal.free_heap
    )
    clock = Clock(hal)
    alarms = Alarms(hal, journal.add, buses.quiet)
    guard = BusGuard(hal, alarms)
    buses.guard_by(guard)
    pulses = PulseInputs(hal, settings, buses.quiet)
    temperatures = Temperatures(hal, settings)
    relays = Relays(hal, settings, alarms, link)
    inputs = Inputs(hal, journal, pulses, temperatures, guard, alarms, relays, link.tell)
    settings.watch(inputs.switched)
    logger = Logger(hal, clock, buses, journal, link.tell, inputs, alarms)
    requests = HostRequests(hal, buses, journal, link, logger)
    scanner = Scanner(hal, buses, tell=link.tell)
    restart = Restart(hal, buses, journal, logger)
    parts = [settings, journal, clock, inputs, logger, requests, scanner, restart]
    lan = {}
    if hal.network or hal.converter:
        lan = lan_parts(hal, settings, buses, journal, link)
        parts += lan.values()
        health.give_back_by(lan["web"].give_back)
    for part in parts:
        link.add(part.handlers())
    hal.on_power_failing(journal.power_failing)  # the last: what is quicker goes first
    running = [part for part in parts if hasattr(part, "run")]
    running += [link, guard, alarms, pulses, temperatures, relays]
    running.append(Updater(hal, buses.quiet, health, restart.handlers()["board.restart"]))
    if hal.display or hal.keys or hal.leds:
        from firmware.panel.onlooker import Onlooker  # no memory where none is fitted
        from firmware.panel.sources import front_panel

        shown = {"guard": guard, "inputs": inputs, "alarms": alarms}
        shown.update(lan)
        panel = front_panel(hal, settings, buses, journal, link, logger, scanner, **shown)
        running.append(panel)
        link.add(Onlooker(hal, panel).handlers())
    return running


def lan_parts(hal, settings, buses, journal, link):
    """Return, by name, the parts that a board without a way in for others does not load."""
    from firmware.converter.level_converter import LevelConverter
    from firmware.network import Network
    from firmware.web.latest_readings import LatestReadings
    from firmware.web.mini_web import MiniWeb

    latest = LatestReadings()
    journal.watch(latest.add)
    web = MiniWeb(hal, settings, link, latest, journal)
    return {
        "converter": LevelConverter(hal, buses, settings),
        "network": Network(hal, settings),
        "web": web,
    }


async def keep_running(hal, health, name, task):
    """Run the coroutine function `task` for ever; `name` stands in the report when it fails."""
    while True:
        try:
            await task()
        except Exception as error:
            health.failed(name, error)
            report(name, error)
        await hal.sleep_ms(RESTART_MS)


def report(name, error):
    """Tell on the console that the task `name` failed, as far as there is memory for that."""
    try:
        print("task", name, "failed, starts again:")
        sys.print_exception(error)
    except MemoryError:
        pass


async def start(hal):
    """Run the tasks of the firmware on `hal`. Does not return."""
    health = Health(hal)
    parts = join(hal, health)
    tasks = [keep_running(hal, health, type(part).__name__, part.run) for part in parts]
    await asyncio.gather(*tasks)


def run(hal):
    """Be the firmware on `hal` (firmware/hal/contract.py) until Ctrl-C."""
    if hasattr(gc, "threshold"):  # CircuitPython has none
        gc.threshold(COLLECT_EVERY)
    try:
        asyncio.run(start(hal))
    finally:
        asyncio.new_event_loop()  # the REPL after Ctrl-C may run a loop of its own
