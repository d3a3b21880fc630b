"""The link's bytes over the board's console (USB serial or UART 0): `LinkStream` of contract.py."""

import asyncio
import select
import sys

PIECE = 256  # bytes written before other tasks get their turn


class ConsoleStream:
    """`stdin` and `stdout` (binary streams that can be polled) as one stream."""

    def __init__(self, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer):
        self._stdin, self._stdout = stdin, stdout
        self._reader = asyncio.StreamReader(stdin)
        self._ready = select.poll()
        self._ready.register(stdin, select.POLLIN)

    async def read(self, count):
        # A console's read(n) blocks the whole board until n bytes came: take them one by one.
        data = await self._reader.read(1)
        if len(data) < count and self._ready.poll(0):
            data = bytearray(data)
            while len(data) < count and self._ready.poll(0):
                data += self._stdin.read(1)
        return bytes(data)

    async def write(self, data):
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self._stdout.write(view[start : start + PIECE])
            await asyncio.sleep_ms(0)
