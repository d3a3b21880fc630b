"""Keeps the link to one board: opens the port, greets, watches, and begins anew when it is lost.

    connecting ──hello answered──▶ connected ──silence, cable, restart──▶ not_connected
    not_connected ──hello answered──▶ connected      it tries without end

Every state comes with a reason that names the port and the next step. A board that stands at its
prompt because its main was stopped is started again: the port is ours alone, so nobody is typing.
It knows no meters; `board` makes typed calls of it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

from host.device.async_conversation import AsyncConversation, Notified
from host.device.facts import BoardInfo
from host.device.ports import Port, open_port
from shared.errors import DeadlineExceeded, LinkLost, MbuslinkError, ProtocolMismatch
from shared.link.messages import BOARD, PROTOCOL

RETRY_S = 0.2  # between attempts to open the port: the link is back within 1 s of the cable
_HELLO_MS = 1000
_HEARTBEAT_S = 2.0
_ANSWER_MS = 5000  # a long answer may be on the line before the one we wait for
_CLOCK_S = 600.0  # the board's clock is set this often
_LONGEST_RECORD = 65536  # 32 telegrams of 261 bytes in hex, four times over
_CONSOLE_LINES = 100

_SHOW_PROMPT = b"\r\x02\r"  # leave the raw REPL, if in it; a running main ignores these
_START_MAIN = b"\x03\x02\x04"  # at the prompt: clear the line, soft reset
_STARTS = 3  # attempts to start main before we say that it does not

_log = structlog.get_logger(__name__)


class State(StrEnum):
    CONNECTED = "connected"
    CONNECTING = "connecting"
    NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Status:
    """State of the link; `reason` and `error_key` tell why it is not connected."""

    state: State
    reason: str = ""
    error_key: str | None = None
    board: BoardInfo | None = None  # who is, or was last, at the other end


class BoardLink:
    """The link to the board behind `url` (a serial path or tcp://HOST:PORT).

    on_status(status): at every change. on_notification(method, params): of the table of the board
    link; the answer to each heartbeat comes as "board.state" too. `console` holds the last lines
    that the board printed. Callbacks must not block. open and utc are replaced in tests.
    """

    def __init__(
        self,
        url: str,
        *,
        on_status: Callable[[Status], None] | None = None,
        on_notification: Notified | None = None,
        open: Callable[[str], Awaitable[Port]] = open_port,
        utc: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self.status = Status(State.CONNECTING, f"{url}: opening the port")
        self.connected = asyncio.Event()
        self.console: deque[str] = deque(maxlen=_CONSOLE_LINES)
        self._on_status = on_status
        self._on_notification = on_notification
        self._open = open
        self._utc = utc
        self._talk: AsyncConversation | None = None
        self._starts = 0

    async def call(self, method: str, /, *, timeout_ms: int = _ANSWER_MS, **params: Any) -> Any:
        """Ask the board; see `AsyncConversation.call`. Raises LinkLost while not connected."""
        if self._talk is None or self.status.state is not State.CONNECTED:
            raise LinkLost(self.status.reason or f"{self.url}: not connected")
        try:
            return await self._talk.call(method, timeout_ms=timeout_ms, **params)
        except LinkLost as error:
            raise LinkLost(f"{self.url}: {error}") from None

    async def run(self) -> None:
        """Keep the link until cancelled."""
        while True:
            try:
                reader, writer = await self._open(self.url)
                await self._converse(reader, writer)
            except MbuslinkError as error:
                self._change(State.NOT_CONNECTED, error)
            except Exception as error:  # the rim: a bug must not end the link for good
                _log.exception("the link failed", port=self.url)
                self._change(State.NOT_CONNECTED, MbuslinkError(f"{self.url}: {error!r}"))
            await asyncio.sleep(RETRY_S)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet and watch over an open port, until an error ends it."""
        self._talk = talk = AsyncConversation(
            BOARD,
            reader,
            writer,
            on_notification=self._notified,
            on_console=self.console.append,
            longest=_LONGEST_RECORD,
            most_open=4,  # a small board holds the answers to all of them
        )
        serving = asyncio.create_task(talk.run())
        keeping = asyncio.create_task(self._keep(talk))
        try:
            await asyncio.wait((serving, keeping), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                raise LinkLost(f"{self.url}: {talk.lost}")
            keeping.result()  # raises what ended it
        finally:
            self._talk = None
            self.connected.clear()
            talk.close("the link is being set up anew")
            for task in (serving, keeping):
                task.cancel()
            await asyncio.gather(serving, keeping, return_exceptions=True)

    async def _keep(self, talk: AsyncConversation) -> None:
        """Greet, then watch until an error ends it."""
        try:
            board = await self._greet(talk)
            await self._set_clock(talk)
            self._change(State.CONNECTED, board=board)
            await self._watch(talk)
        except LinkLost as error:
            raise LinkLost(f"{self.url}: {error}") from None

    async def _greet(self, talk: AsyncConversation) -> BoardInfo:
        """Say hello until a board of our version answers; return who it is."""
        self._starts = 0
        while True:
            try:
                board = BoardInfo.of(await talk.call("hello", timeout_ms=_HELLO_MS))
                _check_version(board, self.url)
                return board
            except DeadlineExceeded:
                self._rouse(talk)
            except LinkLost:
                raise
            except MbuslinkError as error:
                self._change(State.NOT_CONNECTED, error)
                await asyncio.sleep(_HELLO_MS / 1000)

    def _rouse(self, talk: AsyncConversation) -> None:
        """No answer to hello: say why, and start main if the board stands at its prompt."""
        at_prompt = talk.sans_io.reader.line().startswith((">>> ", ">"))
        if not at_prompt:
            step = "unplug it and plug it in, or install its firmware (python -m host flash)"
            error = DeadlineExceeded(f"{self.url}: the port is open but no board answers; {step}")
            talk.send_raw(_SHOW_PROMPT)
        elif self._starts < _STARTS:
            error = DeadlineExceeded(f"{self.url}: the board is at its prompt; starting its main")
            self._starts += 1
            talk.send_raw(_START_MAIN)
        else:
            last = f" ({self.console[-1]})" if self.console else ""
            step = "install the firmware: python -m host flash"
            error = DeadlineExceeded(f"{self.url}: the board's main does not start{last}; {step}")
            talk.send_raw(_START_MAIN)
        self._change(State.NOT_CONNECTED, error)

    async def _watch(self, talk: AsyncConversation) -> None:
        """Ask for the board's state again and again; an error of the line ends it."""
        loop = asyncio.get_running_loop()
        clock_due = loop.time() + _CLOCK_S
        while True:
            try:
                state = await talk.call("board.state", timeout_ms=_ANSWER_MS)
            except DeadlineExceeded:
                raise LinkLost(f"the board has been silent for {_ANSWER_MS // 1000} s") from None
            self._notified("board.state", state)
            if loop.time() >= clock_due:
                await self._set_clock(talk)
                clock_due = loop.time() + _CLOCK_S
            await asyncio.sleep(_HEARTBEAT_S)

    async def _set_clock(self, talk: AsyncConversation) -> None:
        try:
            await talk.call("clock.set", timeout_ms=_ANSWER_MS, utc_s=int(self._utc()))
        except DeadlineExceeded:
            raise LinkLost("the board said hello, then fell silent") from None

    def _notified(self, method: str, params: dict[str, Any]) -> None:
        board = self.status.board
        connected = self.status.state is State.CONNECTED
        if connected and self._talk and board and params.get("boot", board.boot) != board.boot:
            self._talk.close(f"the board has restarted (boot {params['boot']})")
        elif connected and self._on_notification is not None:
            self._on_notification(method, params)

    def _change(
        self, state: State, error: MbuslinkError | None = None, board: BoardInfo | None = None
    ) -> None:
        """Take a new state, and tell of it when it differs from the last."""
        reason, key = (str(error), error.key) if error else ("", None)
        status = Status(state, reason, key, board or self.status.board)
        if status == self.status:
            return
        self.status = status
        _log.info("link", state=state.value, reason=reason, port=self.url)
        if state is State.CONNECTED:
            self.connected.set()
        if self._on_status is not None:
            self._on_status(status)


def _check_version(board: BoardInfo, url: str) -> None:
    """Raise ProtocolMismatch unless `board` speaks exactly what we speak."""
    ours = BOARD.fingerprint()
    if (board.protocol, board.fingerprint) != (PROTOCOL, ours):
        raise ProtocolMismatch(
            f"{url}: firmware {board.firmware} on {board.board} speaks protocol {board.protocol} "
            f"({board.fingerprint}), this host protocol {PROTOCOL} ({ours}); "
            f"install the matching firmware: python -m host flash --port {url}"
        )
