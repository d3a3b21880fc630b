"""The core's door: DATA/core.sock, one conversation for each process that comes in.

Requests go to the handlers, every event of the core goes to everybody. The socket's mode is 0600:
who may read the data folder's owner's files may also give orders, nobody else. A socket left over
by a killed core is replaced; one that still answers is not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from pathlib import Path

import structlog

from host.core.events import Event, Events, as_params
from host.core.services import SERVICES
from host.device.async_conversation import AsyncConversation, Handler
from shared.errors import Busy

_log = structlog.get_logger(__name__)
_LONGEST_PATH = 100  # bytes; the kernel's sockaddr_un ends at 108


class RpcServer:
    """Serves `handlers` (method -> coroutine function) on the Unix socket at `path`."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler], events: Events) -> None:
        self._path = path
        self._handlers = handlers
        self._events = events
        self._server: asyncio.Server | None = None
        self._peers: set[AsyncConversation] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._end_of_events = lambda: None

    async def start(self) -> None:
        """Begin to listen. Raises `Busy` when another core listens there."""
        listener = _listen(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener)
        self._end_of_events = self._events.subscribe(self._broadcast)

    async def stop(self) -> None:
        """Close the door and every conversation."""
        self._end_of_events()
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        peer = AsyncConversation(SERVICES, reader, writer, handlers=self._handlers)
        self._peers.add(peer)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await peer.run()
        finally:
            self._peers.discard(peer)
            self._tasks.discard(task)

    def _broadcast(self, event: Event) -> None:
        for peer in tuple(self._peers):
            peer.notify("event", **as_params(event))


def _listen(path: Path) -> socket.socket:
    address = str(path)
    if len(address.encode()) > _LONGEST_PATH:
        raise Busy(f"{address}: too long for a socket; choose a shorter --data folder")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _answers(address):
            raise Busy(f"{address}: another core is running on this data folder; stop it first")
        path.unlink(missing_ok=True)
        listener.bind(address)
        path.chmod(0o600)  # before `listen`: until then nobody can connect
        listener.listen(16)
    except BaseException:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True
