"""The board's end of the link: answers the host from the bus, the journal and the hardware.

It reads the console stream without end, runs each request in a task of its own, so that a meter
read of many seconds delays no other answer, and tells of new journal entries. It decodes nothing
and never writes to the console but records.
"""

import asyncio
import os
from binascii import hexlify

from shared.compat import const
from shared.errors import LineFault, PeerFault
from shared.link import conversation
from shared.link.conversation import Conversation
from shared.link.messages import BOARD, PROTOCOL
from shared.version import VERSION

_READ_SIZE = const(256)
_LONGEST_REQUEST = const(2048)
_TICKS_MASK = const(0x3FFFFFFF)


class LinkServer:
    """hal: see `firmware/hal/contract.py`. worker: `BusWorker`. journal: `Journal`."""

    def __init__(self, hal, worker, journal):
        self._hal = hal
        self._worker = worker
        self._journal = journal
        self._stream = hal.link_stream()
        self._talk = Conversation(
            BOARD, hexlify(os.urandom(4)).decode(), _LONGEST_REQUEST, console_longest=0
        )
        self._wake = asyncio.Event()  # there may be something to send
        self._tasks = set()  # asyncio itself keeps only a weak hold of a task
        self._reads_ok = 0
        self._reads_failed = 0
        self._handlers = {
            "hello": self._hello,
            "clock.set": self._set_clock,
            "meter.read": self._read_meter,
            "journal.fetch": self._fetch,
            "journal.acknowledge": self._acknowledge,
            "board.state": self._state,
        }

    async def run(self):
        """Serve until cancelled. The first thing a host hears is the state, with the new boot."""
        self._tell("board.state", await self._state({}))
        sending = asyncio.create_task(self._send())
        try:
            while True:
                data = await self._stream.read(_READ_SIZE)
                for event in self._talk.receive(data, self._now()):
                    if event[0] == conversation.REQUEST:
                        task = asyncio.create_task(self._answer(event[1], event[2], event[3]))
                        self._tasks.add(task)
                self._wake.set()
        finally:
            sending.cancel()

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

    def _tell(self, method, params):
        self._talk.notify(method, params)
        self._wake.set()

    def _now(self):
        return self._hal.ticks_ms() & _TICKS_MASK

    async def _hello(self, params):
        return {
            "protocol": PROTOCOL,
            "firmware": VERSION,
            "board": self._hal.board,
            "unique_id": self._hal.unique_id,
            "boot": self._journal.boot,
            "fingerprint": BOARD.fingerprint(),
            "ticks_ms": self._now(),
            "utc_s": self._hal.utc_s(),
        }

    async def _set_clock(self, params):
        self._hal.set_utc(params["utc_s"])
        return {"utc_s": self._hal.utc_s()}

    async def _read_meter(self, params):
        """Read one meter. A meter or a bus that fails is a result too: an entry with its error.

        Raises BadAddress or BadSetting when the request makes no sense.
        """
        telegrams = []
        error = None
        try:
            telegrams = await self._worker.read_meter(
                params["address"],
                baud=params["baud"],
                snd_nke=params["snd_nke"],
                application_reset=params["application_reset"],
                retries=params["retries"],
                settle_ms=params["settle_ms"],
            )
            self._reads_ok += 1
        except (LineFault, PeerFault) as failure:
            self._reads_failed += 1
            error = {"key": failure.key, "detail": str(failure)[:400]}
        return self._entry(params, telegrams, error)

    def _entry(self, params, telegrams, error):
        entry = {
            "number": None,
            "boot": self._journal.boot,
            "ticks_ms": self._now(),
            "utc_s": self._hal.utc_s(),
            "address": params["address"],
            "baud": params["baud"],
            "telegrams": telegrams,
            "error": error,
        }
        if params["keep"]:
            number = self._journal.add(entry)
            self._tell("journal.added", {"boot": self._journal.boot, "number": number})
        return entry

    async def _fetch(self, params):
        result = self._journal_state()
        result["entries"] = self._journal.fetch(params["after"], params["limit"])
        return result

    async def _acknowledge(self, params):
        self._journal.acknowledge(params["boot"], params["number"])
        return self._journal_state()

    def _journal_state(self):
        journal = self._journal
        return {
            "boot": journal.boot,
            "oldest": journal.oldest,
            "newest": journal.newest,
            "lost": journal.lost,
        }

    async def _state(self, params):
        return {
            "boot": self._journal.boot,
            "ticks_ms": self._now(),
            "utc_s": self._hal.utc_s(),
            "heap_free": self._hal.free_heap(),
            "bus_busy": self._worker.busy,
            "reads_ok": self._reads_ok,
            "reads_failed": self._reads_failed,
            "link_damaged": self._talk.reader.damaged + self._talk.unusable,
            "journal_oldest": self._journal.oldest,
            "journal_newest": self._journal.newest,
            "journal_lost": self._journal.lost,
        }
