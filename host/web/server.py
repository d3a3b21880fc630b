"""The web process as one ASGI application: pages, live connection and line to the core."""

import asyncio
from contextlib import suppress
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from host.web.app import create_app
from host.web.core_line import CoreLine, Event
from host.web.guard import host_allowed
from host.web.live import PATH, Live, Receive, Scope, Send
from host.web.settings import WebSettings

_PAGE_THREADS = 8


class Server:
    """What uvicorn runs. `settings` say where the data lies."""

    def __init__(self, settings: WebSettings) -> None:
        self.core = CoreLine(settings.data)
        self.app = create_app(settings, self.core)
        self.live = Live(self.app, self.core)
        self._pages = WSGIMiddleware(cast(Any, self.app), workers=_PAGE_THREADS)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the kind `scope` names (ASGI 3)."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            if scope["path"] == PATH and host_allowed(_host(scope)):
                await self.live.serve(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
        else:
            await self._pages(cast(Any, scope), cast(Any, receive), cast(Any, send))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._tasks = [
                    asyncio.create_task(self.core.run(self._happened)),
                    asyncio.create_task(self.live.keep_clock()),
                ]
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
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
            case "JobChanged":
                await self.live.show(("job",))
            case "Connected":
                await self.live.show_everything()
            case "ReadingsStored" | "MeterChanged":
                number: int = event["meter_id"]
                await self.live.show(("meter", number), "overview")
                await self.live.show(("reading", number), f"meter-{number}")
            case _:
                pass


def _host(scope: Scope) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers.get(b"host", b"").decode("latin-1")
