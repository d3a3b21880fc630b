"""A core without board and bus that speaks the real conversation on the real socket.

Users, units, driver templates, the settings of values, network, clock and the wizard are the real
services. A test tells it what has happened (`stored`, `link`) and sees what it was asked (`asked`).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from host.core import registration
from host.core.clock import ClockServices
from host.core.events import (
    Events,
    ExportChanged,
    FaultChanged,
    InputsChanged,
    LinkChanged,
    MeterChanged,
    PanelChanged,
    PlanChanged,
    ReadingsStored,
    ReadoutFinished,
    ReadoutStarted,
    ScanChanged,
    StatusChanged,
)
from host.core.inputs import BoardInputs
from host.core.kept_settings import KeptSettings
from host.core.meter_services import MeterServices
from host.core.network_trial import NetworkTrial
from host.core.redecoding import Redecoding
from host.core.rpc_server import RpcServer
from host.core.services import MOST_EXPORTS, socket_path
from host.core.signing import Signing
from host.core.templates import Templates
from host.core.tokens import Tokens
from host.core.undoing import Undoing
from host.core.units import Units
from host.core.users import Users
from host.core.wizard import WizardServices
from host.device.inputs import Inputs
from host.readout import planned
from host.settings.chapter import Chapter
from host.settings.clock import TimeSettings
from host.store import database, status_messages
from host.store.status_messages import Said
from host.store.writer import Writer
from shared import board_settings
from shared.errors import LinkLost, MbuslinkError
from tests.fakes import installation
from tests.fakes.clock import FakeTimekeeping
from tests.fakes.computer import FakeComputer
from tests.fakes.scanned import Scanned


def measured(**changes: Any) -> dict[str, Any]:
    """Return `board.inputs` as far as pages ask for it: one segment and two sensors."""
    supply = {"segment": 1, "state": "ok", "voltage_mv": 36149, "current_ua": 21400}
    sensors = [
        {"sensor": 1, "active": True, "state": "ok", "milli_celsius": 21549},
        {"sensor": 2, "active": True, "state": "ok", "milli_celsius": -40},
    ]
    rest = {"relays": [False, True], "alarms": [], "alarm_count": 0}
    return {"s0": counters(), "temperatures": sensors, "supplies": [supply], **rest} | changes


def counters() -> list[dict[str, Any]]:
    """Return four S0 inputs as the board tells them, all off."""
    row = {"active": False, "closed": False, "pulses": 0, "milli": 0, "unit": "pulse"}
    return [{"input": number, **row} for number in range(1, 5)]


class WiredBoard:
    """A board's inputs and settings, as `host.core.inputs` asks for them; it counts no pulses."""

    def __init__(self, core: "FakeCore") -> None:
        self.values = board_settings.defaults()
        self.values |= {"t.1.active": True, "t.2.active": True}
        self._core = core

    async def inputs(self) -> Inputs:
        told = (await self._core.board_inputs())["inputs"]
        s0 = [{name: row[name] for name in row if name != "pulsed_ms"} for row in told["s0"]]
        return Inputs.of({**told, "s0": s0})

    async def settings(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        await self._core.board_inputs()
        for name, value in changes.items():
            board_settings.check_setting(name, value)
        self.values |= changes
        for row in self._core.inputs["s0"]:
            front = f"s0.{row['input']}."
            row["active"], row["unit"] = self.values[f"{front}active"], self.values[f"{front}unit"]
            if f"{front}start_milli" in changes:
                row["milli"] = changes[f"{front}start_milli"]
        for row in self._core.inputs["temperatures"]:
            row["active"] = self.values[f"t.{row['sensor']}.active"]
        return dict(self.values)


class FakeCore:
    """The core of the data folder `data`; `refuse` is raised by the next request, if set."""

    def __init__(self, data: Path) -> None:
        self.events = Events()
        self.asked: list[tuple[str, Any]] = []
        self.refuse: MbuslinkError | None = None
        self.readout: dict[str, int] | None = None
        self.lost: tuple[int, int | None] = (0, None)
        self.inputs: dict[str, Any] = measured()
        self.asked_inputs = 0
        self._link = "connected"
        self._link_error: str | None = None
        self._converter_on = False
        self._data = data
        self._number = 5000
        self.exports: list[dict[str, Any]] = []
        self.scanned = Scanned()
        bands = ("ff00" * 64,) * 8
        self.panel = PanelChanged(display=True, lit=True, leds=(1, 2), bands=bands, text="OK")
        self.computer = FakeComputer()
        self.timekeeping = FakeTimekeeping()
        self._handlers = {
            "state": self._state,
            "readout.start": self._start_readout,
            "export.start": self._start_export,
            "export.list": self._list_exports,
            "export.stop": self._stop_export,
            "export.delete": self._delete_export,
            "meters.delete": self._delete_meters,
            "meters.restore": self._restore_meters,
            "scan.start": self._start_scan,
            "scan.stop": self._stop_scan,
            "scan.state": self._scan_state,
            "scan.found": self._scan_found,
            "meters.add_each": self._add_each,
            "meters.take_over": self._take_over,
            "plan.change": self._change_plan,
            "board.inputs": self.board_inputs,
            "board.converter": self._converter,
            "panel.look": self._look,
            "panel.press": self._press,
            "status.clear": self._clear_messages,
            "status.restore": self._restore_messages,
        }

    async def start(self) -> None:
        self._writer = Writer(database.database_path(self._data))
        handlers = self._handlers | Users(self._writer, self.events).handlers()
        handlers |= Units(self._writer, self.events).handlers()
        self._redecoding = Redecoding(self._writer, self.events, self._data)
        handlers |= self._redecoding.handlers()
        handlers |= Templates(self._writer, self.events, lambda: None).handlers()
        meters = MeterServices(self._writer, self.events, lambda: None)
        for name in ("meters.change", "meters.change_values"):
            handlers[name] = meters.handlers()[name]
        settings = KeptSettings(self._writer, self.events, self._heed)
        handlers |= settings.handlers() | Undoing(self._writer, settings, meters).handlers()
        computer = self.computer
        trial = NetworkTrial(
            self._writer,
            self.events,
            self._data,
            computer.asked,
            clock=computer.clock,
            wait=computer.wait,
        )
        handlers |= trial.handlers()
        self._clock = ClockServices(self._writer, self.timekeeping.asked)
        handlers |= self._clock.handlers()
        self._trying = asyncio.create_task(trial.run())
        handlers |= Tokens(self._writer).handlers() | Signing(self._writer).handlers()
        handlers |= WizardServices(self._writer).handlers()
        self.wired = WiredBoard(self)
        ours = BoardInputs(cast(Any, self.wired), self._writer, self.events)
        handlers = ours.handlers() | handlers
        self._server = RpcServer(socket_path(self._data), handlers, self.events)
        await self._server.start()

    async def stop(self) -> None:
        await self._redecoding.close()
        self._trying.cancel()
        await self._server.stop()
        await self._writer.close()

    async def _state(self) -> Mapping[str, Any]:
        return {
            "link": self._link,
            "link_detail": "",
            "link_error": self._link_error,
            "port": "twin",
            "board": None,
            "cycle_s": 900,
            "readout": self.readout,
            "last_readout": None,
            "next_readout_ms": None,
            "fault": None,
            "meters": 14,
            "readings_stored": 0,
            "journal_lost": self.lost[0],
            "journal_lost_ms": self.lost[1],
        }

    async def _start_readout(self, meters: list[int] | None, who: str) -> Mapping[str, Any]:
        self.asked.append(("readout.start", meters))
        if self.refuse:
            raise self.refuse
        self.progress(0, len(meters or range(14)))
        return {"meters": len(meters or range(14))}

    async def _start_export(self, who: str, **wanted: Any) -> Mapping[str, Any]:
        self.asked.append(("export.start", wanted))
        if self.refuse:
            raise self.refuse
        number = 1 + max((line["number"] for line in self.exports), default=0)
        self.export(number)
        return {"number": number}

    async def _list_exports(self) -> Mapping[str, Any]:
        return {"exports": self.exports}

    async def _stop_export(self, number: int, who: str) -> Mapping[str, Any]:
        self.asked.append(("export.stop", number))
        self.export(number, state="stopped")
        return {}

    async def _delete_export(self, number: int, who: str) -> Mapping[str, Any]:
        self.asked.append(("export.delete", number))
        self.exports = [line for line in self.exports if line["number"] != number]
        self.events.emit(ExportChanged(number, "deleted", 0, 0))
        return {}

    def export(self, number: int, **changes: Any) -> None:
        """The export `number` has changed so; a new one runs for 100 s already."""
        line = next((one for one in self.exports if one["number"] == number), None)
        if line is None:
            line = {"number": number, "state": "running", "done": 0, "total": 0, "bytes": 0}
            line |= {"error_key": None, "error": None, "kind": "standard", "meters": None}
            line |= {"medium": None, "since_ms": None, "until_ms": None}
            line["started_ms"] = int(time.time() * 1000) - 100_000
            self.exports.insert(0, line)
            del self.exports[MOST_EXPORTS:]
        line |= changes
        self.events.emit(ExportChanged(number, line["state"], line["done"], line["total"]))

    def _heed(self, chapter: type[Chapter], _changes: Mapping[str, Any]) -> None:
        if chapter is TimeSettings:
            self._clock.heed()

    async def _delete_meters(self, addresses: list[str], who: str | None) -> Mapping[str, Any]:
        now = datetime.now(UTC)
        self._write(lambda session: registration.delete(session, addresses, now))
        return {"deleted": len(addresses)}

    async def _restore_meters(self, addresses: list[str], who: str | None) -> Mapping[str, Any]:
        self._write(lambda session: registration.restore(session, addresses))
        return {"restored": len(addresses)}

    async def board_inputs(self) -> Mapping[str, Any]:
        if self._link != "connected":
            raise LinkLost("twin: unplugged")
        self.asked_inputs += 1
        return {"inputs": self.inputs}

    async def _clear_messages(self, who: str | None) -> Mapping[str, Any]:
        return {"cleared": self._messages(lambda s: status_messages.clear(s, who or ""))}

    async def _restore_messages(self, who: str | None) -> Mapping[str, Any]:
        return {"restored": self._messages(lambda s: status_messages.restore(s, who or ""))}

    def say(self, *said: Said) -> None:
        """The logger has messages."""
        self._messages(lambda session: status_messages.enter(session, said))

    def _messages(self, work: Callable[[Session], Any]) -> Any:
        done = self._write(work)
        self.events.emit(StatusChanged(1))
        return done

    def _write(self, work: Callable[[Session], Any]) -> Any:
        engine = database.open_writer(database.database_path(self._data))
        with Session(engine) as session, session.begin():
            done = work(session)
        engine.dispose()
        return done

    async def _start_scan(self, who: str, **wanted: Any) -> Mapping[str, Any]:
        self.asked.append(("scan.start", wanted))
        if self.refuse:
            raise self.refuse
        self.scanned.restart()
        self.scan(0, by=wanted["by"], bauds=wanted["bauds"])
        return self.scanned.state

    async def _stop_scan(self, who: str) -> Mapping[str, Any]:
        self.asked.append(("scan.stop", None))
        self.scan(running=False, end="stopped")
        return self.scanned.state

    async def _scan_state(self) -> Mapping[str, Any]:
        return await self.scanned.ask("scan.state")

    async def _scan_found(self, after: int, limit: int) -> Mapping[str, Any]:
        return await self.scanned.ask("scan.found", after=after)

    def scan(self, found: Any = None, **changes: Any) -> None:
        """The board's scan has come so far; see `Scanned.run`."""
        self.scanned.run(found, **changes)
        names = ("boot", "number", "running", "probes", "collisions", "found", "permille")
        state = {name: self.scanned.state[name] for name in (*names, "left_s", "end")}
        self.events.emit(ScanChanged(**state))

    async def _add_each(
        self, meters: Sequence[Mapping[str, Any]], who: str | None
    ) -> Mapping[str, Any]:
        self.asked.append(("meters.add_each", meters))
        if self.refuse:
            raise self.refuse
        done = self._write(lambda session: registration.register_each(session, meters))
        for meter in done.added:
            self.events.emit(MeterChanged(meter.id, meter.state))
        added = [{"id": meter.id, "address": meter.address} for meter in done.added]
        return {"added": added, "known": list(done.known)}

    async def _take_over(
        self, meters: Sequence[Mapping[str, Any]], who: str | None
    ) -> Mapping[str, Any]:
        self.asked.append(("meters.take_over", meters))
        for meter in self._write(lambda session: registration.take_over(session, meters)):
            self.events.emit(MeterChanged(meter.id, meter.state))
        return {"changed": len(meters)}

    async def _change_plan(self, meters: Any, who: str | None) -> Mapping[str, Any]:
        plan = planned.kept(meters)
        self._write(lambda session: planned.save(session, plan))
        self.events.emit(PlanChanged(len(plan)))
        return {}

    async def _look(self) -> Mapping[str, Any]:
        return {"panel": asdict(self.panel)}

    async def _press(self, gesture: str, who: str | None) -> Mapping[str, Any]:
        if self.refuse:
            raise self.refuse
        self.asked.append(("panel.press", gesture))
        self.draw(text=f"pressed\n{gesture}")
        return {}

    def draw(self, **changes: Any) -> None:
        """The board's LCD is another."""
        self.panel = replace(self.panel, **changes)
        self.events.emit(self.panel)

    async def _converter(self, what: str, who: str | None) -> Mapping[str, Any]:
        if what != "state":
            self.asked.append(("board.converter", what))
            self._converter_on = what == "on"
        told: dict[str, Any] = {"active": self._converter_on, "baud": 2400, "segment": 1}
        told |= {"master": None, "sent": 0, "received": 0, "ends_s": None, "trouble": None}
        return {"converter": told}

    def tell_inputs(self) -> None:
        """The board tells of its inputs, without being asked."""
        self.events.emit(InputsChanged(self.inputs))

    def lose(self, count: int, at_ms: int) -> None:
        """The board had to drop `count` readings, as became known at `at_ms`."""
        self.lost = (count, at_ms)
        self.events.emit(FaultChanged(None))

    def link(self, state: str, error: str | None = None) -> None:
        """The board's link has changed to `state`. error: the key of why it is not connected."""
        self._link, self._link_error = state, error
        self.events.emit(LinkChanged(state, ""))

    def progress(self, done: int, total: int) -> None:
        """A readout is under way."""
        begun = self.readout is None
        ms = int(time.time() * 1000)
        self.readout = {"started_ms": ms, "total": total, "done": done, "failed": 0}
        if begun:
            self.events.emit(ReadoutStarted(total))

    def finish(self) -> None:
        """The readout is over."""
        readout, self.readout = self.readout, None
        assert readout is not None
        self.events.emit(ReadoutFinished(readout["total"], readout["total"], 0, 1000))

    def stored(self, meter_id: int, telegrams: Sequence[bytes]) -> None:
        """A reading of a meter has come in."""
        self._number += 1
        now = datetime.now(UTC)
        engine = database.open_writer(database.database_path(self._data))
        with Session(engine) as session, session.begin():
            reading = installation.store(session, meter_id, telegrams, now, number=self._number)
        engine.dispose()
        self.events.emit(ReadingsStored(meter_id, reading, int(now.timestamp() * 1000)))
        self.events.emit(MeterChanged(meter_id, "ok"))
