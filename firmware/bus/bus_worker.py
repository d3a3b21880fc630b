"""Runs one exchange at a time on one M-Bus output: the only owner of its UART.

What is sent, when, and which answers count is decided in `shared.mbus`; here the steps meet the
hardware. A lost line is silent until the next request opens it again: a converter that hangs up now
and then costs a retry, one that stays away fails the exchange. A line that never falls silent is
closed: what has piled up behind it is not worth reading.
"""

import asyncio

from firmware.bus.meter_memories import MeterMemories
from firmware.bus.quiet_gate import QuietGate
from shared.compat import ticks_diff
from shared.errors import BusShort, GarbledAnswer, LinkLost, MbuslinkError, NoAnswer, WrongMeter
from shared.mbus.addresses import parse_address
from shared.mbus.exchange import Memory, read_meter
from shared.mbus.line import Line

_UNHEARD = (NoAnswer.key, GarbledAnswer.key)


class BusWorker:
    """One M-Bus output as the rest of the firmware sees it.

    segment: its number, from 1; gate: the `QuietGate` that its telegrams pass
    guard: the `BusGuard` that may have cut the segment off, None where there is none
    busy: an exchange is under way; held_by: who has taken the bus for longer, None if nobody has
    lost: why the line could not be used last, None if it could
    """

    def __init__(self, hal, segment=1, gate=None, memories=None):
        self.uart = hal.open_bus(segment)
        self.segment = segment
        self.held_by = None
        self._hal = hal
        self._gate = gate or QuietGate()
        self._lock = asyncio.Lock()
        self._memories = memories or MeterMemories()
        self._unsettled = False
        self.guard = None
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

    @property
    def cut_off(self):
        """Why nobody may be asked now, as text: a short circuit. None if all is well."""
        return self.guard and self.guard.refuses(self.segment)

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
            known = self._memories.get(self.segment, meter.text)
            memory = Memory(known[0]) if known else Memory()
            took_ms = known[1] if known else 0
            is_first = memory.first is None  # it takes longer, to see how the meter behaves

            def steps(line):
                return read_meter(
                    line, meter, snd_nke, application_reset, retries, settle_ms, memory
                )

            started = self._hal.ticks_ms()
            try:
                frames = await self.exchange("meter " + meter.text, baud, steps)
                self._counts["readings"] += 1
                if not is_first:
                    took_ms = max(0, ticks_diff(self._hal.ticks_ms(), started))
                return frames
            finally:
                self._memories.put(self.segment, meter.text, memory.kept(), took_ms)

    async def run(self, name, baud, steps):
        """Run the generator `steps(line)` as one exchange, and return what it returns.

        name: what errors shall call it; baud: of the line; steps: a function that takes a
        `shared.mbus.line.Line` and makes the generator of its steps. It may be called twice: when
        the line proves lost before the first request. Waits for other exchanges; raises what the
        generator raises, BadSetting and LinkLost.
        """
        async with self._lock:
            return await self.exchange(name, baud, steps)

    def duration_ms(self, address):
        """Return how long the last good reading of the meter at `address` (text) took.

        It counts from when the bus was free for it, in milliseconds. None before there was one: the
        first reading of all does not count, it finds out how the meter behaves.
        """
        known = self._memories.get(self.segment, parse_address(address).text)
        return (known and known[1]) or None

    async def take(self, owner):
        """Take the bus for `owner` (text): `exchange` and `uart` are the caller's until `give`."""
        await self._lock.acquire()
        self.held_by = owner

    def give(self):
        """Give the bus back after `take`: an answer may still be on its way."""
        self.held_by = None
        self._unsettled = True
        self._lock.release()

    async def exchange(self, name, baud, steps):
        """As `run`, for those who have taken the bus. Raises BusShort when it is cut off."""
        refusal = self.cut_off
        if refusal:
            raise BusShort(refusal)
        self.busy = True
        try:
            return await self._exchange(name, baud, steps)
        except MbuslinkError as error:
            refusal = self.cut_off
            if refusal and error.key in _UNHEARD:
                raise BusShort(refusal)  # since it was asked: no fault of the meter
            if error.key in self._counts:
                self._counts[error.key] += 1
            raise
        finally:
            self.busy = False

    async def _exchange(self, name, baud, steps):
        """Run the generator `steps(line)`, once more if the line proves lost before any request."""
        reopened = False
        while True:
            line = Line(name, baud, self.uart.latency_ms, self._unsettled)
            try:
                await self.uart.set_baud(baud)
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
                    self.uart.close()

    async def _drive(self, steps):
        """Do what `steps` yields until it ends; return what it returns."""
        uart = self.uart
        gate = self._gate
        self._unsettled = True  # until we know that nobody is still answering
        telegram = False  # one of ours may be on the line, or its answer
        result = lost = None
        try:
            while True:
                step = steps.send(result)
                kind = step[0]
                result = None
                if telegram and kind in ("idle", "pause"):
                    gate.end()
                    telegram = False
                if kind == "read":
                    try:
                        result = await uart.read(step[1], step[2])
                    except LinkLost as error:
                        lost = error
                        await self._hal.sleep_ms(step[2])
                        result = b""
                elif kind == "send":
                    if not telegram:
                        await gate.begin()
                        telegram = True
                    await uart.write(step[1])
                elif kind == "idle":
                    try:
                        result = await uart.idle(step[1])
                    except LinkLost as error:
                        lost = error
                        await self._hal.sleep_ms(step[1] // 1000)
                        result = b""
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
            if telegram:
                gate.end()

    def forget(self):
        """Forget how meters were left: somebody else has spoken to them."""
        self._memories.reset(self.segment, Memory().kept())

    def _count(self, line):
        counts = self._counts
        for name in ("requests", "retries", "answers", "noise", "echoes", "strays"):
            counts[name] += getattr(line, name)
