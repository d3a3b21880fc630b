"""The core's door: DATA/core.sock, one conversation for each process that comes in.

Requests go to the handlers, every event of the core goes to everybody. The socket's mode is 0600:
who may read the data folder's owner's files may also give orders, nobody else. A socket left over
by a killed core is replaced; one that still answers is not touched.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from host.core.events import Event, Events, as_params
from host.core.services import CHANGES, OWN_PASSWORD, SERVICES
from host.device.async_conversation import AsyncConversation, Handler
from host.settings.accounts import COMMAND_LINE
from shared.errors import Busy

_log = structlog.get_logger(__name__)
_NEXT_CALLER_S = 0.1
_LONGEST_PATH = 100  # bytes; the kernel's sockaddr_un ends at 108


class RpcServer:
    """Serves `handlers` (method -> coroutine function) on the Unix socket at `path`."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler], events: Events) -> None:
        self._path = path
        self._handlers = {name: _for_somebody(name, one) for name, one in handlers.items()}
        self._events = events
        self._listener: socket.socket | None = None
        self._callers: set[socket.socket] = set()  # let in, their conversation not yet begun
        self._peers: set[AsyncConversation] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._end_of_events = lambda: None

    async def start(self) -> None:
        """Begin to listen. Raises `Busy` when another core listens there."""
        self._listener = _listen(self._path)
        self._attend(self._listener)
        self._end_of_events = self._events.subscribe(self._broadcast)

    async def stop(self) -> None:
        """Close the door and every conversation, that of a caller just coming in as well."""
        self._end_of_events()
        self._path.unlink(missing_ok=True)
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for caller in self._callers:  # those whose task had not yet begun
            caller.close()
        self._callers.clear()

    def _attend(self, listener: socket.socket) -> None:
        if listener is self._listener:
            asyncio.get_running_loop().add_reader(listener, self._let_in, listener)

    def _let_in(self, listener: socket.socket) -> None:
        """Accept whoever knocks, and keep the socket in sight from the first moment.

        asyncio's own server and its `sock_accept` can both drop a caller, unclosed, who comes while
        they are being stopped.
        """
        try:
            caller, _ = listener.accept()
        except BlockingIOError:  # has left again
            return
        except OSError as error:  # out of descriptors: the caller waits at the door
            _log.warning("a caller could not be let in", error=str(error))
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener)
            loop.call_later(_NEXT_CALLER_S, self._attend, listener)
            return
        self._callers.add(caller)
        task = asyncio.create_task(self._serve(caller))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, caller: socket.socket) -> None:
        self._callers.discard(caller)
        reader, writer = await asyncio.open_unix_connection(sock=caller)
        peer = AsyncConversation(SERVICES, reader, writer, handlers=self._handlers)
        self._peers.add(peer)
        try:
            await peer.run()
        finally:
            self._peers.discard(peer)

    def _broadcast(self, event: Event) -> None:
        for peer in tuple(self._peers):
            peer.notify("event", **as_params(event))


def _for_somebody(method: str, handler: Handler) -> Handler:
    """Have what changes something told for whom, where a caller names nobody: the command line.

    Who changes the own password is told by that.
    """
    if method not in CHANGES or method == OWN_PASSWORD:
        return handler

    async def answer(*, who: str | None, **params: Any) -> Mapping[str, Any]:
        return await handler(who=who or COMMAND_LINE, **params)

    return answer


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
