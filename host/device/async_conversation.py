"""One end of a conversation on an asyncio stream: a serial port, TCP or a Unix socket.

The shell around `shared.link.conversation`: it moves the bytes, keeps the time and turns events
into awaited results, handler tasks and callbacks. It does not open, reopen or greet; `link` does
that for a board, the services of the core do it for the Unix socket.

    peer = AsyncConversation(TABLE, reader, writer, handlers={"state": state})
    running = asyncio.create_task(peer.run())
    meters = await peer.call("meters.add", addresses=["17"])
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from shared.errors import LinkLost, MbuslinkError
from shared.link import conversation
from shared.link.conversation import Conversation
from shared.link.table import Table

Handler = Callable[..., Awaitable[Mapping[str, Any]]]
Notified = Callable[[str, dict[str, Any]], None]

DEFAULT_TIMEOUT_MS = 10_000
_READ_SIZE = 4096
_LONGEST_BACKLOG = 4 << 20  # bytes a peer may leave unread before it is given up
_LAST_WORDS_S = 0.5
_TICKS_MASK = (1 << 30) - 1

_log = structlog.get_logger(__name__)


class AsyncConversation:
    """Calls, handlers and notifications of one end.

    handlers: method -> coroutine function that takes the params as keywords and returns the result
    (a mapping). What it raises is the answer: a MbuslinkError by its key, anything else is logged
    and answered as "error". Each request runs in a task of its own, so a slow one delays no other.
    on_notification(method, params), on_console(line): called as things arrive; they must not block.
    """

    def __init__(
        self,
        table: Table,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        handlers: Mapping[str, Handler] | None = None,
        on_notification: Notified | None = None,
        on_console: Callable[[str], None] | None = None,
        longest: int = 1 << 20,
        most_open: int = 8,
    ) -> None:
        self.sans_io = Conversation(
            table, secrets.token_hex(4), longest=longest, most_open=most_open
        )
        self.lost: str | None = None  # why the line is gone, once it is
        self._reader = reader
        self._writer = writer
        self._handlers = handlers or {}
        self._on_notification = on_notification
        self._on_console = on_console
        self._results: dict[Any, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def call(self, method: str, /, *, timeout_ms: int = DEFAULT_TIMEOUT_MS, **params: Any):
        """Ask the other end and return its result (dict).

        Raises DeadlineExceeded after `timeout_ms`, LinkLost when the line goes, BadSetting for
        params that do not fit, and the error the other end answered with.
        """
        if self.lost is not None:
            raise LinkLost(self.lost)
        call = self.sans_io.call(method, params, self._now(), timeout_ms)
        result: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._results[call] = result
        self._advance()
        try:
            return await result
        finally:
            self._results.pop(call, None)
            self.sans_io.cancel(call)

    def notify(self, method: str, /, **params: Any) -> None:
        """Tell the other end; nothing comes back, and it may be lost."""
        if self.lost is None:
            self.sans_io.notify(method, params)
            self._flush()

    def send_raw(self, data: bytes) -> None:
        """Send bytes that are no record: keys for the prompt of a board."""
        self._writer.write(data)

    async def run(self) -> None:
        """Serve the stream until it ends, then fail what is pending and return; see `lost`.

        Cancelling it closes the stream as well.
        """
        reason = "closed here"
        try:
            while data := await self._reader.read(_READ_SIZE):
                self._dispatch(self.sans_io.receive(data, self._now()))
                self._advance()
            reason = "the other end closed the connection"
        except OSError as error:
            reason = error.strerror or str(error)
        finally:
            self.close(self.lost or reason)

    def close(self, reason: str) -> None:
        """Close the stream; every pending call fails with LinkLost(reason)."""
        if self.lost is not None:
            return
        self.lost = reason
        self._dispatch(self.sans_io.fail(reason))
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(OSError):
            self._writer.close()
        if self._writer.transport.get_write_buffer_size():  # a last answer, or a peer that hangs
            asyncio.get_running_loop().call_later(_LAST_WORDS_S, self._writer.transport.abort)

    def _now(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000) & _TICKS_MASK

    def _advance(self) -> None:
        """Do what is due now, send it, and set the timer for the next time."""
        now = self._now()
        self._dispatch(self.sans_io.tick(now))
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait_ms = self.sans_io.next_tick(now)
        if wait_ms is not None and self.lost is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later((wait_ms + 1) / 1000, self._advance)

    def _flush(self) -> None:
        if self.lost is not None:
            return
        data = b"".join(self.sans_io.outgoing())
        if data:
            self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > _LONGEST_BACKLOG:
            self.close("the other end has stopped reading")

    def _dispatch(self, events: list[Any]) -> None:
        for event in events:
            kind = event[0]
            if kind == conversation.RESULT:
                self._resolve(event[1], result=event[2])
            elif kind == conversation.FAILED:
                self._resolve(event[1], error=event[2])
            elif kind == conversation.REQUEST:
                self._start(*event[1:])
            elif kind == conversation.NOTIFICATION and self._on_notification is not None:
                self._guarded(self._on_notification, event[1], event[2])
            elif kind == conversation.CONSOLE and self._on_console is not None:
                self._guarded(self._on_console, event[1])
            elif kind == conversation.DAMAGED:
                _log.debug("damaged record", text=event[1])

    def _guarded(self, callback: Callable[..., None], *arguments: Any) -> None:
        """A callback that fails must not end the conversation."""
        try:
            callback(*arguments)
        except Exception:
            _log.exception("a callback of the link failed")

    def _resolve(self, call: Any, result: Any = None, error: Exception | None = None) -> None:
        waiting = self._results.get(call)
        if waiting is None or waiting.done():
            return
        if error is not None:
            waiting.set_exception(error)
        else:
            waiting.set_result(result)

    def _start(self, key: str, method: str, params: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(key, method, params))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, key: str, method: str, params: dict[str, Any]) -> None:
        """Run one request and answer it."""
        try:
            handler = self._handlers.get(method)
            if handler is None:
                raise MbuslinkError(f"{method} is not served at this end")
            result = dict(await handler(**params))
        except MbuslinkError as error:
            self.sans_io.refuse(key, error, self._now())
        except Exception as error:
            _log.exception("a request failed", method=method)
            self.sans_io.refuse(key, error, self._now())
        else:
            self.sans_io.answer(key, method, result, self._now())
        self._flush()
