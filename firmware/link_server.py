"""The board's end of the link: answers the host, and tells it what happens.

It reads the console stream without end, runs each request in a task of its own, so that a meter
read of many seconds delays no other answer, and hands it to the part of the firmware that knows the
answer. It decodes nothing and never writes to the console but records.
"""

import asyncio
import os
from binascii import hexlify

from shared.compat import const
from shared.link import conversation
from shared.link.conversation import Conversation
from shared.link.messages import BOARD, PROTOCOL
from shared.version import VERSION

_READ_SIZE = const(256)
_LONGEST_REQUEST = const(2048)
_TICKS_MASK = const(0x3FFFFFFF)


class LinkServer:
    """hal: see `firmware/hal/contract.py`. What it can answer is added by `add`."""

    def __init__(self, hal):
        self._hal = hal
        self._stream = hal.link_stream()
        self._talk = Conversation(
            BOARD, hexlify(os.urandom(4)).decode(), _LONGEST_REQUEST, console_longest=0
        )
        self._wake = asyncio.Event()  # there may be something to send
        self._tasks = set()  # asyncio itself keeps only a weak hold of a task
        self.heard = 0  # whole records from the host since boot
        self._handlers = {"hello": self._hello}

    def add(self, handlers):
        """Answer the methods in `handlers`: {name: coroutine function of the params' dict}."""
        self._handlers.update(handlers)

    def answers(self, method):
        """Tell whether a request `method` can be answered here."""
        return method in self._handlers

    async def ask(self, method, params):
        """Answer a request of another part of the board as if it were the host's.

        Raises BadSetting when `params` do not fit the table, and what the part that answers raises.
        """
        BOARD.check_params(method, params)
        return await self._handlers[method](params)

    def tell(self, method, params):
        """Send the notification `method`, as soon as the line allows. It may get lost."""
        self._talk.notify(method, params)
        self._wake.set()

    @property
    def damaged(self):
        """Records that could not be read since boot."""
        return self._talk.reader.damaged + self._talk.unusable

    async def run(self):
        """Serve until cancelled. The first thing a host hears is the state, with the new boot."""
        if "board.state" in self._handlers:
            self.tell("board.state", await self._handlers["board.state"]({}))
        tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._receive())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _receive(self):
        """Take what the host says, without end."""
        while True:
            data = await self._stream.read(_READ_SIZE)
            for event in self._talk.receive(data, self._now()):
                self.heard += 1
                if event[0] == conversation.REQUEST:
                    task = asyncio.create_task(self._answer(event[1], event[2], event[3]))
                    self._tasks.add(task)
            self._wake.set()

    async def _send(self):
        """Write what the conversation has to say, a piece at a time."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for piece in self._talk.outgoing():
                await self._stream.write(piece)

    async def _answer(self, key, method, params):
        try:
            result = await self._handlers[method](params)
            self._talk.answer(key, method, result, self._now())
        except Exception as error:  # the rim: a request that fails must not stop the server
            self._talk.refuse(key, error, self._now())
        self._tasks.discard(asyncio.current_task())
        self._wake.set()

    def _now(self):
        return self._hal.ticks_ms() & _TICKS_MASK

    async def _hello(self, params):
        return {
            "protocol": PROTOCOL,
            "firmware": VERSION,
            "board": self._hal.board,
            "unique_id": self._hal.unique_id,
            "boot": self._hal.boot,
            "fingerprint": BOARD.fingerprint(),
            "ticks_ms": self._now(),
            "utc_s": self._hal.utc_s(),
        }
