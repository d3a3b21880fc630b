"""The real web server on a free port, beside a fake core, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from flask import Flask

from host.web.access import COOKIE
from host.web.server import Server
from host.web.settings import WebSettings
from tests.fakes.core import FakeCore

STARTED_S = 20


def sign_in(app: Flask, name: str = "Olga") -> str:
    """Return the token of a new session of the user `name` at the pages `app`."""
    known = {user.name: user for user in app.extensions["people"].all()}
    return app.extensions["sessions"].begin(known[name])


class Site:
    """Serves the data folder `data`; use as a context. address: "http://127.0.0.1:PORT"."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Site":
        self._thread.start()
        assert self._ready.wait(STARTED_S), "the web server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(STARTED_S)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self.core = FakeCore(self.data)
        await self.core.start()
        self._begin(self._listener)
        self._ready.set()
        await self._over.wait()
        await self._end()
        await self.core.stop()

    def _begin(self, listener: socket.socket) -> None:
        settings = WebSettings(self.data)
        self.server = Server(settings)
        config = uvicorn.Config(
            self.server, ws="websockets-sansio", log_level="warning", timeout_graceful_shutdown=1
        )
        self._uvicorn = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._uvicorn.serve(sockets=[listener]))

    async def _end(self) -> None:
        self._uvicorn.should_exit = True
        await self._serving

    def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run `work` (a function or coroutine function) in the server's loop; return its result."""

        async def run() -> Any:
            result = work(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(STARTED_S)

    def sign_in(self, name: str = "Olga") -> str:
        """Return the token of a new session of the user `name`."""
        return sign_in(self.server.app, name)

    def cookie(self, name: str = "Olga") -> str:
        """Return the header Cookie of a new session of the user `name`."""
        return f"{COOKIE}={self.sign_in(name)}"

    async def connected(self) -> None:
        """Wait until the pages have their line to the core."""
        async with asyncio.timeout(STARTED_S):
            while self.server.core.link != "connected":  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def stop_web(self) -> None:
        """Stop the web server, as a crash or an update would; the core goes on."""
        self.do(self._end)

    def start_web(self) -> None:
        """Start it again on the same port."""
        self.do(lambda: self._begin(socket.create_server(("127.0.0.1", self.port))))
