"""Asks a time server once (SNTP, RFC 4330): does it answer, and how far is this clock off?"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import dataclass

PORT = 123
_WAIT_S = 1.0
_TRIES = 3
_ALL_S = 4.5
"""For looking up the name and all tries."""
_EPOCH = 2_208_988_800  # from 1900 to 1970
_ERA = 1 << 32
_ASK = struct.pack("!B39x", 0b00_100_011)  # version 4, client
_LENGTH = 48
_NEVER = 3  # leap indicator: the server has no time itself

UNKNOWN_NAME = "unknown_name"
NO_ANSWER = "no_answer"
NO_TIME = "no_time"


class NoTime(Exception):
    """A server did not tell the time; `str(error)` is one of the three words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. address: its own. offset_us: how far it is ahead of this clock, µs.

    delay_us: of question and answer; the offset is right to half of it.
    """

    address: str
    offset_us: int
    delay_us: int
    stratum: int


def question(now_ns: int) -> bytes:
    """Return the question asked at `now_ns` (ns since 1970)."""
    return _ASK + _stamp(now_ns)


def answer(packet: bytes, address: str, sent_ns: int, came_ns: int) -> Answer | None:
    """Return what `packet` says to the question of `sent_ns`; None when it answers another.

    Raises `NoTime` for a server that has no time or wants no questions.
    """
    if len(packet) < _LENGTH or packet[0] & 7 != 4 or packet[24:32] != _stamp(sent_ns):
        return None
    stratum = packet[1]
    if packet[0] >> 6 == _NEVER or not 1 <= stratum <= 15:
        raise NoTime(NO_TIME)
    received_ns, left_ns = _moment(packet[32:40]), _moment(packet[40:48])
    offset_ns = ((received_ns - sent_ns) + (left_ns - came_ns)) // 2
    delay_ns = max(0, (came_ns - sent_ns) - (left_ns - received_ns))
    return Answer(address, round(offset_ns / 1000), round(delay_ns / 1000), stratum)


async def ask(server: str, port: int = PORT) -> Answer:
    """Ask `server` (a name or an address). Raises `NoTime`."""
    try:
        async with asyncio.timeout(_ALL_S):
            return await _ask(server, port)
    except TimeoutError:
        raise NoTime(NO_ANSWER) from None


async def _ask(server: str, port: int) -> Answer:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(server, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise NoTime(UNKNOWN_NAME) from None
    family, _, _, _, place = found[0]
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        for _ in range(_TRIES):
            try:
                line.connect(place)
                sent_ns = time.time_ns()
                line.send(question(sent_ns))
                async with asyncio.timeout(_WAIT_S):
                    while True:
                        packet = await loop.sock_recv(line, 512)
                        said = answer(packet, str(place[0]), sent_ns, time.time_ns())
                        if said:
                            return said
            except TimeoutError:
                continue
            except OSError:  # nobody listens there, or no way leads there
                break
    raise NoTime(NO_ANSWER)


def _stamp(ns: int) -> bytes:
    seconds, rest = divmod(ns, 1_000_000_000)
    return struct.pack("!II", (seconds + _EPOCH) % _ERA, (rest << 32) // 1_000_000_000)


def _moment(stamp: bytes) -> int:
    """Return ns since 1970; a stamp before 1968 is one of the era that begins in 2036."""
    seconds, fraction = struct.unpack("!II", stamp)
    era = 0 if seconds & 0x8000_0000 else _ERA
    return (seconds + era - _EPOCH) * 1_000_000_000 + (fraction * 1_000_000_000 >> 32)
