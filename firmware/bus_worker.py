"""Runs one exchange at a time on the M-Bus: the only owner of its UART.

What is sent, when, and which answers count is decided in `shared.mbus`; here the steps meet the
hardware. A lost line is silent until the next request opens it again: a converter that hangs up now
and then costs a retry, one that stays away fails the exchange. A line that never falls silent is
closed: what has piled up behind it is not worth reading.
"""

import asyncio

from shared.compat import const
from shared.errors import LinkLost, MbuslinkError, NoAnswer, WrongMeter
from shared.mbus.addresses import parse_address
from shared.mbus.exchange import Memory, read_meter
from shared.mbus.line import Line

_MOST_MEMORIES = const(300)  # meters whose frame count bit is remembered; a bus has 250


class BusWorker:
    """The M-Bus as the rest of the firmware sees it.

    busy: an exchange is under way; lost: why the line could not be used last, None if it could
    """

    def __init__(self, hal):
        self._uart = hal.open_bus()
        self._hal = hal
        self._lock = asyncio.Lock()
        self._memories = {}
        self._unsettled = False
        self.busy = False
        self.lost = None
        self._counts = {
            "readings": 0,
            "requests": 0,
            "retries": 0,
            "answers": 0,
            "noise": 0,
            "echoes": 0,
            "strays": 0,
            "no_answer": 0,
            "garbled_answer": 0,
            "wrong_meter": 0,
            "link_lost": 0,
        }

    def counts(self):
        """Return a copy of what was counted since the start.

        readings: exchanges that gave a meter's telegrams; requests, retries (among them), answers:
        telegrams; noise: bytes outside any frame; echoes: own frames given back by the converter;
        strays: whole frames nobody had asked for; and how many exchanges failed, by error key.
        """
        return dict(self._counts)

    async def read_meter(
        self,
        address,
        baud=2400,
        snd_nke=True,
        application_reset=None,
        retries=2,
        settle_ms=0,
    ):
        """Return the RSP_UD frames (list of bytes) of the meter at `address` (text).

        Arguments as `shared.mbus.exchange.read_meter`; `baud` is the meter's. Waits while another
        exchange is under way. Raises BadAddress, BadSetting, NoAnswer, GarbledAnswer, WrongMeter,
        ApplicationError, or LinkLost when the bus cannot be reached.
        """
        meter = parse_address(address)

        async with self._lock:
            self.busy = True
            memory = Memory(self._memories.get(meter.text, 1))

            def steps(line):
                return read_meter(
                    line, meter, snd_nke, application_reset, retries, settle_ms, memory
                )

            try:
                frames = await self._exchange("meter " + meter.text, baud, steps)
                self._counts["readings"] += 1
                return frames
            except MbuslinkError as error:
                if error.key in self._counts:
                    self._counts[error.key] += 1
                raise
            finally:
                self._remember(meter.text, memory)
                self.busy = False

    async def _exchange(self, name, baud, steps):
        """Run the generator `steps(line)`, once more if the line proves lost before any request."""
        reopened = False
        while True:
            line = Line(name, baud, self._uart.latency_ms, self._unsettled)
            try:
                await self._uart.set_baud(baud)
                result = await self._drive(steps(line))
                self.lost = None
                return result
            except LinkLost as error:
                self.lost = str(error)
                if reopened or line.requests:
                    raise
                reopened = True
            finally:
                self._count(line)
                if line.babbles:
                    self._uart.close()

    async def _drive(self, steps):
        """Do what `steps` yields until it ends; return what it returns."""
        uart = self._uart
        self._unsettled = True  # until we know that nobody is still answering
        result = lost = None
        try:
            while True:
                step = steps.send(result)
                result = None
                if step[0] == "read":
                    try:
                        result = await uart.read(step[1], step[2])
                    except LinkLost as error:
                        lost = error
                        await self._hal.sleep_ms(step[2])
                        result = b""
                elif step[0] == "send":
                    await uart.write(step[1])
                else:
                    await self._hal.sleep_ms(step[1])
        except StopIteration as end:
            self._unsettled = False
            return end.value
        except (NoAnswer, WrongMeter) as error:  # raised after a whole window of silence
            self._unsettled = False
            if lost and error.key == NoAnswer.key:
                raise lost
            raise
        finally:
            steps.close()

    def _remember(self, text, memory):
        """Keep `memory` of the meter with address `text`; forgets all others when full."""
        if text not in self._memories and len(self._memories) >= _MOST_MEMORIES:
            self._memories.clear()
        self._memories[text] = memory.kept()

    def _count(self, line):
        counts = self._counts
        for name in ("requests", "retries", "answers", "noise", "echoes", "strays"):
            counts[name] += getattr(line, name)
