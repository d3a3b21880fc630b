"""The web process as one ASGI application: pages, live connection and line to the core."""

import asyncio
import threading
from contextlib import suppress
from functools import partial
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from host.web import programs
from host.web.app import create_app
from host.web.core_line import CoreLine, Event
from host.web.guard import host_allowed
from host.web.live import PATH, Live, Receive, Scope, Send
from host.web.meters_view import MetersView
from host.web.pages.device import DEVICE
from host.web.pages.export import DOWNLOADS, EXPORT, GONE
from host.web.pages.inputs import INPUTS
from host.web.pages.overview import EMPTY_OVERVIEW, OVERVIEW
from host.web.pages.scan import SCAN
from host.web.pages.templates import VIEW as TEMPLATES
from host.web.sessions import Sessions
from host.web.settings import WebSettings
from host.web.turns import Turns

_PAGE_THREADS = 8
_GATHER_S = 0.05


class Server:
    """What uvicorn runs. `settings` say where the data lies."""

    def __init__(self, settings: WebSettings) -> None:
        self.core = CoreLine(settings.data, settings.cycle_s)
        self.app = create_app(settings, self.core)
        self.live = Live(self.app, self.core)
        self._meters: MetersView = self.app.extensions["meters"]
        self._names = settings.names
        self._sessions: Sessions = self.app.extensions["sessions"]
        self._pages = WSGIMiddleware(
            cast(Any, Turns(self.app, programs.ROOT)), workers=_PAGE_THREADS
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._changed: set[int] = set()  # meters whose rows are to be drawn
        self._new = False  # one of them is not in the table yet
        self._showing: asyncio.Task[None] | None = None
        self._exports_changed = False
        self._showing_exports: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the kind `scope` names (ASGI 3)."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            if scope["path"] == PATH and host_allowed(_host(scope), self._names):
                await self.live.serve(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
        elif scope["method"] == "GET" and scope["path"].startswith(DOWNLOADS):
            await self._download(scope, receive, send)
        else:
            await self._pages(cast(Any, scope), cast(Any, receive), cast(Any, send))

    async def _download(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a page that is made while it is sent, and tell it when nobody takes it any more."""
        gone = threading.Event()
        scope[GONE] = gone

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()

        async def nothing() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        watching = asyncio.create_task(watch())
        try:
            await self._pages(cast(Any, scope), cast(Any, nothing), cast(Any, send))
        finally:
            watching.cancel()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.core.exports.on_change = partial(
                    asyncio.get_running_loop().call_soon_threadsafe, self._exports_are_others
                )
                self._sessions.on_end = partial(
                    asyncio.get_running_loop().call_soon_threadsafe, self.live.sessions_are_others
                )
                self._tasks = [
                    asyncio.create_task(self.core.run(self._happened)),
                    asyncio.create_task(self.live.keep_clock()),
                    asyncio.create_task(self.live.keep_supply()),
                    asyncio.create_task(self.live.keep_panel()),
                    asyncio.create_task(self.live.keep_sessions()),
                ]
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.core.exports.close()
                self._sessions.save()
                for task in self._tasks:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _happened(self, event: Event) -> None:
        """Show an event on the pages that it concerns."""
        match event["type"]:
            case "StateChanged":
                await self.live.show(("link",))
                await self.live.show(("panel",), DEVICE)
                await self.live.show(("inputs",), INPUTS)
                self.live.look_at_supply()
                if self.core.scans.running:  # whether it is still heard of
                    await self.live.show(("scan chip",))
                    await self.live.show(("scan",), SCAN)
            case "JobChanged":
                await self.live.show(("job",))
            case "Connected":
                await self.live.show_everything()
            case "ReadingsStored" | "MeterChanged":
                self._meters.hear(event["meter_id"])
                self._changed.add(event["meter_id"])
                self._new = self._new or event.get("state") == "unread"
                if self._showing is None or self._showing.done():
                    self._showing = asyncio.create_task(self._show_changed())
            case "UserChanged" | "UnitChanged":
                self.live.sessions_are_others()
            case "ExportChanged":
                self._exports_are_others()
            case "ScanLearnt":
                await self.live.show(("scan chip",))
                await self.live.show(("scan",), SCAN)
                if event["rows"] or not self.core.scans.running:
                    await self.live.show(("found",), SCAN)
            case "PlanChanged":
                await self.live.show(("found",), SCAN)
            case "InputsChanged":
                await self.live.show(("supply",))
                await self.live.show(("inputs",), INPUTS)
            case "RedecodingChanged":
                await self.live.show(("redecoding",), TEMPLATES)
            case "PanelChanged":
                await self.live.show(("panel",), DEVICE)
            case "StatusChanged":
                await self.live.show_messages()
            case _:
                pass

    def _exports_are_others(self) -> None:
        """Show the exports soon; more that changes meanwhile is shown with them."""
        self._exports_changed = True
        if self._showing_exports is None or self._showing_exports.done():
            self._showing_exports = asyncio.create_task(self._show_exports())

    async def _show_exports(self) -> None:
        while self._exports_changed:
            await asyncio.sleep(_GATHER_S)
            self._exports_changed = False
            await self.live.show(("export chip",))
            await self.live.show(("exports",), EXPORT)

    async def _show_changed(self) -> None:
        """Show the meters that changed, several at a time: a readout tells of each twice."""
        while self._changed:
            await asyncio.sleep(_GATHER_S)
            numbers, self._changed = frozenset(self._changed), set()
            new, self._new = self._new, False
            await self.live.show(("meters",) if new else ("rows", numbers), OVERVIEW)
            await self.live.show(("reload",), EMPTY_OVERVIEW)
            await self.live.show(("found",), SCAN)
            for number in numbers:
                await self.live.show(("reading", number), f"meter-{number}")


def _host(scope: Scope) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers.get(b"host", b"").decode("latin-1")
