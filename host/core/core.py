"""The core process: everything that changes something, joined by events and asked by services."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from host.core.bi import BiTable
from host.core.clock import ClockServices
from host.core.events import Events, LinkChanged
from host.core.exports import Exports
from host.core.inputs import BoardInputs
from host.core.journal import Journal
from host.core.kept_settings import KeptSettings
from host.core.meter_services import MeterServices
from host.core.network_trial import NetworkTrial
from host.core.nightly import Nightly
from host.core.notes import note
from host.core.panel import Panel
from host.core.plan import Plan
from host.core.readout import Progress, Readout
from host.core.redecoding import Redecoding
from host.core.rpc_server import RpcServer
from host.core.scans import Scans
from host.core.services import socket_path
from host.core.signing import Signing
from host.core.status_log import StatusLog
from host.core.templates import Templates
from host.core.tokens import Tokens
from host.core.undoing import Undoing
from host.core.units import Units
from host.core.users import Users
from host.core.wizard import WizardServices
from host.device.board import Board
from host.device.facts import BoardState, LoggerState, ScanState
from host.device.inputs import Inputs
from host.device.link import State, Status
from host.settings.chapter import Chapter
from host.settings.clock import TimeSettings
from host.settings.readout import ReadoutSettings, check_baud
from host.settings.site import SiteSettings
from host.store import audit, place
from host.store import meters as known_meters
from host.store.writer import Writer
from shared.errors import LinkLost, MbuslinkError, from_key
from shared.mbus.addresses import parse_address

_log = structlog.get_logger(__name__)


class Core:
    """Joins board, database and services.

    data: the data folder, whose database is up to date and whose lock we hold. port: the board's
    port. settings: the common readout cycle and the reading dates. zone: the site's (IANA name, ""
    for UTC). notice: what happened to the
    database at start, told as fault while there is no other.
    """

    def __init__(
        self,
        data: Path,
        port: str,
        settings: ReadoutSettings,
        zone: str = "",
        notice: str | None = None,
    ) -> None:
        self.events = Events()
        self._port = port
        self._writer = Writer(place.of(data))
        self._board = Board(
            port,
            on_status=self._link_changed,
            on_state=self._board_state,
            on_scan=self._scan_changed,
            on_journal=self._kept,
            on_logger=self._logger_state,
            on_inputs=self._inputs_changed,
        )
        self._journal = Journal(
            self._board, self._writer, self.events, greeted=lambda: self._readout.changed()
        )
        self._readout = Readout(
            self._board, self._writer, self._journal, self.events, settings, zone
        )
        self._meters = MeterServices(self._writer, self.events, self._readout.changed)
        self._kept_settings = KeptSettings(self._writer, self.events, self._heed)
        self._undoing = Undoing(self._writer, self._kept_settings, self._meters)
        self._wizard = WizardServices(self._writer)
        self._network = NetworkTrial(self._writer, self.events, data)
        self._redecoding = Redecoding(self._writer, self.events, data)
        self._templates = Templates(self._writer, self.events, self._readout.changed)
        self._clock = ClockServices(self._writer)
        self._plan = Plan(self._writer, self.events)
        self._inputs = BoardInputs(self._board, self._writer, self.events)
        self._panel = Panel(self._board, self._writer, self.events)
        self._scans = Scans(self._board, self._writer, self.events)
        self._nightly = Nightly(self._writer, data)
        self._bi = BiTable(self._writer, data)
        self._exports = Exports(data, self.events, self._writer)
        self._units = Units(self._writer, self.events)
        self._users = Users(self._writer, self.events)
        self._signing = Signing(self._writer)
        self._tokens = Tokens(self._writer)
        self._status_log = StatusLog(self._writer, self.events)
        self._notice = notice
        self._rpc = RpcServer(socket_path(data), self._handlers(), self.events)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises `Busy` when another core has the socket."""
        await self._rpc.start()
        self._clock.heed()
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("link", self._board.link.run()),
                ("journal", self._journal.run()),
                ("readout", self._readout.run()),
                ("inputs", self._inputs.run()),
                ("panel", self._panel.run()),
                ("nightly", self._nightly.run()),
                ("bi", self._bi.run()),
                ("network", self._network.run()),
                ("stop", _wait(stop)),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what ended it; `stop` ends without
        finally:
            await _end(tasks)
            await self._exports.close()
            await self._redecoding.close()
            await self._rpc.stop()
            await self._writer.close()

    def _handlers(self) -> Mapping[str, Any]:
        return {
            "state": self._state,
            "meter.read": self._read,
            "readout.start": self._start,
            "board.converter": self._converter,
            "board.restart": self._restart,
            **self._meters.handlers(),
            **self._kept_settings.handlers(),
            **self._undoing.handlers(),
            **self._wizard.handlers(),
            **self._network.handlers(),
            **self._templates.handlers(),
            **self._clock.handlers(),
            **self._redecoding.handlers(),
            **self._plan.handlers(),
            **self._inputs.handlers(),
            **self._panel.handlers(),
            **self._scans.handlers(),
            **self._exports.handlers(),
            **self._units.handlers(),
            **self._users.handlers(),
            **self._signing.handlers(),
            **self._tokens.handlers(),
            **self._status_log.handlers(),
        }

    async def _state(self) -> dict[str, Any]:
        status = self._board.link.status
        board = status.board
        known = await self._writer.read(known_meters.all)
        next_s = self._readout.next_due_s()
        fault = self._journal.fault or self._nightly.fault or self._bi.fault or self._notice
        return {
            "link": status.state.value,
            "link_detail": status.reason[:400],
            "link_error": status.error_key,
            "port": self._port,
            "board": board
            and {
                "unique_id": board.unique_id,
                "board": board.board,
                "firmware": board.firmware,
                "boot": board.boot,
            },
            "cycle_s": self._readout.settings.cycle_s,
            "readout": _progress(self._readout.progress),
            "last_readout": _progress(self._readout.last),
            "next_readout_ms": next_s and next_s * 1000,
            "schedule": self._schedule_state(),
            "fault": fault and fault[:400],
            "meters": len(known),
            "readings_stored": self._journal.stored,
            "journal_lost": self._journal.loss.lost,
            "journal_lost_ms": self._journal.loss.at_ms,
        }

    def _schedule_state(self) -> dict[str, Any]:
        logger = self._readout.logger
        too_short = self._readout.too_short()
        return {
            "given": self._readout.is_given(),
            "held": logger is not None and logger.held,
            "late": logger.late if logger else 0,
            "too_short": too_short and str(too_short),
        }

    def _heed(self, chapter: type[Chapter], changes: Mapping[str, Any]) -> None:
        """Act on settings that are stored now."""
        if chapter is ReadoutSettings:
            self._readout.changed(self._readout.settings.changed(**changes))
        elif chapter is SiteSettings:
            self._readout.changed(zone=changes.get("zone"))
        elif chapter is TimeSettings:
            self._clock.heed()

    async def _read(
        self,
        address: str,
        baud: int | None,
        snd_nke: bool | None,
        application_reset: int | None,
    ) -> dict[str, Any]:
        text = parse_address(address).text
        meter = await self._writer.read(lambda session: known_meters.by_address(session, text))
        if baud is not None:
            check_baud(baud)
        entry = await self._readout.read(
            text,
            meter,
            baud=baud,
            snd_nke=snd_nke,
            application_reset=application_reset,
        )
        if meter is not None:
            await self._drained()
        error = entry.error and {"key": entry.error.key, "detail": str(entry.error)[:400]}
        return {
            "entry": {
                "number": entry.number,
                "boot": entry.boot,
                "ticks_ms": entry.ticks_ms,
                "utc_s": entry.utc_s,
                "address": entry.address,
                "segment": entry.segment,
                "baud": entry.baud,
                "kind": entry.kind,
                "telegrams": [telegram.hex() for telegram in entry.telegrams],
                "error": error,
            }
        }

    async def _drained(self) -> None:
        """Store what was just read, so that the caller finds it in the database."""
        try:
            await self._journal.drain()
        except MbuslinkError as error:
            _log.info("readings are still on the board", error=str(error))

    async def _start(self, meters: Sequence[int] | None, who: str) -> dict[str, Any]:
        status = self._board.link.status
        if status.state is not State.CONNECTED:
            raise from_key(status.error_key or LinkLost.key, status.reason)
        addresses = None
        if meters is not None:
            known = await self._writer.read(known_meters.all)
            addresses = [meter.address for meter in known if meter.id in set(meters)]
        due, spent = await self._readout.start(addresses)
        which = ", ".join(addresses or ())
        await note(self._writer, who, "readout.asked", which, {"meters": due})
        return {"meters": due, "spent": spent}

    async def _converter(self, what: str, who: str) -> dict[str, Any]:
        converter = await self._board.converter(what)
        if what != "state":
            await self._record(who, f"converter.{what}")
        return {"converter": converter}

    async def _restart(self, who: str) -> dict[str, Any]:
        await self._board.restart()
        await self._record(who, "board.restarted")
        return {}

    async def _record(
        self,
        who: str,
        what: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down what `who` had the board do."""
        await self._writer.run(
            lambda session: audit.record(session, who, what, before=before, after=after)
        )

    def _link_changed(self, status: Status) -> None:
        self.events.emit(LinkChanged(status.state.value, status.reason))
        self._journal.wake()
        self._readout.changed()
        self._inputs.link_changed()

    def _kept(self, boot: int, number: int) -> None:
        self._journal.wake()

    def _logger_state(self, state: LoggerState) -> None:
        self._readout.heard(state)

    def _inputs_changed(self, inputs: Inputs) -> None:
        self._inputs.heard(inputs)

    def _scan_changed(self, state: ScanState) -> None:
        self._scans.changed(state)

    def _board_state(self, state: BoardState) -> None:
        if state.journal.held:
            self._journal.wake()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: a cancellation can be lost in what a task is waiting for."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


def _progress(progress: Progress | None) -> dict[str, int] | None:
    if progress is None:
        return None
    return {
        "started_ms": progress.started_ms,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
    }
