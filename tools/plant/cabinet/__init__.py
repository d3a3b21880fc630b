"""The switch cabinet as a page: the device's LCD, LEDs and keys, relays, inputs and the bus.

A skin over the control port and nothing more: the page posts the same commands to /control. It is
for looking and pressing while the plant runs; tests use the control port.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

_PAGE = Path(__file__).parent / "page.html"
_LONGEST = 4096  # bytes of a command
_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        b"connect-src 'self'; form-action 'none'; frame-ancestors 'none'",
    ),
]


class _Server(uvicorn.Server):
    """In the plant's own loop, whose signals are the plant's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Cabinet:
    """run: what answers a command (a dict), as the control port does."""

    def __init__(self, run: Callable[[Any], dict[str, Any]]) -> None:
        self._run = run
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> str:
        """Serve on `host`:`port` (0: any free); return the page's address. OSError."""
        listener = socket.create_server((host, port))
        config = uvicorn.Config(
            self, lifespan="off", ws="none", log_level="warning", server_header=False
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        return f"http://{host}:{listener.getsockname()[1]}/"

    async def stop(self) -> None:
        """Stop serving; connections are cut."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = self._server.force_exit = True
            await self._serving

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request (ASGI)."""
        status, kind, body = 404, b"text/plain", b"not here"
        wanted = (scope["method"], scope["path"])
        headers = dict(scope["headers"])
        if wanted == ("GET", "/"):
            status, kind, body = 200, b"text/html; charset=utf-8", _PAGE.read_bytes()
        elif wanted == ("POST", "/control"):
            # A page from elsewhere cannot send this kind of body without asking us first.
            if headers.get(b"content-type") != b"application/json":
                status, body = 415, b"application/json is wanted"
            else:
                status, kind, body = 200, b"application/json", await self._command(receive)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", kind), *_HEADERS],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _command(self, receive: Any) -> bytes:
        text = b""
        more = True
        while more and len(text) <= _LONGEST:
            message = await receive()
            text += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            request = json.loads(text) if len(text) <= _LONGEST else None
        except ValueError:
            request = None
        return json.dumps(self._run(request)).encode()
