"""The web process's line to the core: calls for every change, events for everything that happens.

It runs in the loop of uvicorn; a page in its own thread calls `request`. No page waits for the
core to draw itself: while the core is away, `link` says so and the database still has the values.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from structlog import get_logger

from host.core.services import CHANGES, SERVICES, socket_path
from host.device.async_conversation import AsyncConversation
from host.web import turns
from host.web.exports import Exports
from host.web.scans import Scans
from host.web.supply import Told
from shared.errors import LinkLost, MbuslinkError, Misuse

AWAY = "core_away"
_LINK_ERRORS = {"busy": "port_in_use"}
RETRY_S = 0.5
PROGRESS_S = 0.5
FIRST_LINE_S = 3.0
CALL_TIMEOUT_MS = 5000
_EVENTS_LIMIT = 4096

Event = dict[str, Any]
Handler = Callable[[Event], Awaitable[None]]

_log = get_logger("web.core")


class CoreAway(LinkLost):
    """The core does not run, so nothing can be changed at the moment."""

    key = AWAY


@dataclass(frozen=True, slots=True)
class Job:
    """A readout under way: `done` of `total` meters, `failed` of them in vain."""

    done: int
    total: int
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """Readings that the board had to drop: how many ever, and when the core learned of the last."""

    count: int
    at: datetime


class CoreLine:
    """The line to the core of the data folder `data`.

    link: state of the board's link, or "core_away". link_error: which explanation it has that it
    is not connected.
    job: the readout under way, or None.
    fault: what keeps the core from storing readings (English, for the expert), or None.
    lost: readings that the board had to drop, or None.
    inputs: what the board said last of its supply and sensors, None before it has.
    panel: the board's LCD as it was seen last (PanelChanged), None before.
    cycle_s: the common readout cycle, as told until the core says it.
    exports: those that the core makes by itself. scans: the board's scan, under way or the last.
    """

    def __init__(self, data: Path, cycle_s: int = 900) -> None:
        self.link = AWAY
        self.link_error: str | None = None
        self.cycle_s = cycle_s
        self.job: Job | None = None
        self.fault: str | None = None
        self.lost: Lost | None = None
        self.inputs: Told | None = None
        self.panel: Event | None = None
        self.exports = Exports(data)
        self.scans = Scans()
        self._scan_told = asyncio.Event()
        self._path = socket_path(data)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._line: AsyncConversation | None = None
        self._reached = threading.Event()  # once there was a line

    async def run(self, handler: Handler) -> None:
        """Keep the line up for ever and hand every event to `handler`, one after the other.

        Beside the core's events there are three of our own: StateChanged (`link` or `fault`),
        JobChanged (`job`) and ScanLearnt (`scans`; "rows": whether other meters are found).
        """
        self._loop = asyncio.get_running_loop()
        while True:
            with suppress(OSError, MbuslinkError):
                await self._session(handler)
            if self.link != AWAY:
                _log.warning("the core is away", socket=str(self._path))
                self.link, self.job, self.fault, self.lost = AWAY, None, None, None
                self.link_error = None
                self.exports.learn(None)
                await handler({"type": "StateChanged"})
                await handler({"type": "JobChanged"})
                await handler({"type": "ExportChanged"})
            await asyncio.sleep(RETRY_S)

    async def _session(self, handler: Handler) -> None:
        """Connect, learn the state, then pass events on until the core goes away."""
        reader, writer = await asyncio.open_unix_connection(str(self._path))
        events: asyncio.Queue[Event] = asyncio.Queue(_EVENTS_LIMIT)

        def notified(_method: str, params: Event) -> None:
            # Facts are absolute and pages catch up, so an event too many may be dropped.
            with suppress(asyncio.QueueFull):
                events.put_nowait(params)

        line = AsyncConversation(SERVICES, reader, writer, on_notification=notified)
        running = asyncio.create_task(line.run())
        passing = asyncio.create_task(self._pass_on(line, events, handler))
        following = asyncio.create_task(self._follow_scan(line, handler))
        try:
            self._line = line
            self._reached.set()
            await asyncio.wait((running, passing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._line = None
            line.close("the core's line is closed")
            for task in (running, passing, following):
                task.cancel()
            await asyncio.gather(running, passing, following, return_exceptions=True)

    async def _pass_on(
        self, line: AsyncConversation, events: asyncio.Queue[Event], handler: Handler
    ) -> None:
        await self._learn(line, handler, connecting=True)
        while True:
            try:
                # While a readout runs, its progress is asked for: counts from the core itself.
                # Not wait_for: it loses a cancellation that comes together with an event.
                async with asyncio.timeout(PROGRESS_S if self.job else None):
                    event = await events.get()
            except TimeoutError:
                await self._learn(line, handler)
                continue
            if event["type"] in (
                "ReadoutStarted",
                "ReadoutFinished",
                "LinkChanged",
                "FaultChanged",
            ):
                await self._learn(line, handler)
            elif event["type"] == "ExportChanged":
                await self._learn_exports(line)
            elif event["type"] == "InputsChanged":
                self.inputs = Told(datetime.now(UTC), event["inputs"])
            elif event["type"] == "PanelChanged":
                self.panel = event
            if event["type"] in ("ScanChanged", "LinkChanged"):
                self._scan_told.set()
            await handler(event)

    async def _learn(
        self, line: AsyncConversation, handler: Handler, *, connecting: bool = False
    ) -> None:
        """Ask the core how things stand; tell `handler` what is new."""
        if connecting:
            await self._learn_exports(line)
        state: dict[str, Any] = await line.call("state", timeout_ms=CALL_TIMEOUT_MS)
        before = (self.link, self.link_error, self.fault, self.lost), self.job
        self.link, self.fault = state["link"], state["fault"]
        self.link_error = _LINK_ERRORS.get(state["link_error"], state["link_error"])
        at_ms = state["journal_lost_ms"]
        self.lost = at_ms and Lost(state["journal_lost"], datetime.fromtimestamp(at_ms / 1000, UTC))
        self.cycle_s = state["cycle_s"]
        readout = state["readout"]
        self.job = readout and Job(readout["done"], readout["total"], readout["failed"])
        if connecting or before[0] != (self.link, self.link_error, self.fault, self.lost):
            await handler({"type": "StateChanged"})
        if connecting or before[1] != self.job:
            await handler({"type": "JobChanged"})
        if connecting:
            await handler({"type": "Connected"})

    async def _follow_scan(self, line: AsyncConversation, handler: Handler) -> None:
        """Learn how the scan is when the core tells of it, and now and then while one runs.

        The board is asked, which may take its time: no other event waits for that.
        """
        ask = partial(line.call, timeout_ms=CALL_TIMEOUT_MS)
        self._scan_told.set()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PROGRESS_S if self.scans.running else None):
                    await self._scan_told.wait()
            self._scan_told.clear()
            with suppress(MbuslinkError):
                is_other, rows = await self.scans.learn(ask)
                if is_other or rows:
                    await handler({"type": "ScanLearnt", "rows": rows})

    async def _learn_exports(self, line: AsyncConversation) -> None:
        told: dict[str, Any] = await line.call("export.list", timeout_ms=CALL_TIMEOUT_MS)
        self.exports.learn(told["exports"])

    async def ask_inputs(self) -> None:
        """Ask the board, through the core, what it measures; `inputs` stays when it is away."""
        line = self._line
        if line is None or self.link != "connected":
            return
        with suppress(MbuslinkError, TimeoutError):
            told = await line.call("board.inputs", timeout_ms=CALL_TIMEOUT_MS)
            self.inputs = Told(datetime.now(UTC), told["inputs"])

    async def look_at_panel(self) -> None:
        """Have the core follow the board's LCD for some seconds; `panel` is what it knows now."""
        line = self._line
        if line is None:
            return
        with suppress(MbuslinkError, TimeoutError):
            told = await line.call("panel.look", timeout_ms=CALL_TIMEOUT_MS)
            self.panel = told["panel"]

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        """Call the core from a page's thread and return the result.

        What changes something is asked for by somebody: `who`, the user's name. Raises `CoreAway`
        when there is no core, else what the core answered with. Before the first line it waits a
        moment for it.
        """
        if method in CHANGES and not params.get("who"):
            raise Misuse(f"{method}: for whom?")
        with turns.aside():
            return self._answer(method, params)

    def _answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if self._loop is not None:  # both have just been started: the first line comes soon
            self._reached.wait(FIRST_LINE_S)
        line, loop = self._line, self._loop
        if line is None or loop is None:
            raise CoreAway("no core listens on " + str(self._path))
        future = asyncio.run_coroutine_threadsafe(
            line.call(method, timeout_ms=CALL_TIMEOUT_MS, **params), loop
        )
        try:
            return future.result(CALL_TIMEOUT_MS / 1000 + 1)
        except LinkLost as error:
            if line.lost is None:  # the core says so of its board
                raise
            raise CoreAway(str(error)) from error
