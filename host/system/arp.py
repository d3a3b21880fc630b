"""Asks the cable whether somebody has an IPv4 address already: an ARP probe (RFC 5227)."""

from __future__ import annotations

import asyncio
import socket
import struct
from ipaddress import IPv4Address

_ETHERTYPE = 0x0806
_HEAD = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)  # Ethernet, IPv4, a request
_BROADCAST = b"\xff" * 6
_WAIT_S = 0.5
_PROBES = 2


def probe(mac: bytes, address: IPv4Address) -> bytes:
    """Return the frame that asks for `address` from the interface `mac`, which claims none."""
    ask = _HEAD + mac + bytes(4) + bytes(6) + address.packed
    return _BROADCAST + mac + struct.pack("!H", _ETHERTYPE) + ask


def answers(frame: bytes, mac: bytes, address: IPv4Address) -> str | None:
    """Return the MAC of who says by `frame` that `address` is his; None when it says no such thing.

    A probe for it by another counts as well: two would take it at once.
    """
    if len(frame) < 42 or frame[12:14] != struct.pack("!H", _ETHERTYPE):
        return None
    sender, sender_address, target_address = frame[22:28], frame[28:32], frame[38:42]
    if sender == mac:
        return None
    asks_as_well = sender_address == bytes(4) and target_address == address.packed
    return sender.hex(":") if sender_address == address.packed or asks_as_well else None


async def taken_by(interface: str, address: str) -> str | None:
    """Return the MAC of who has `address` on the cable of `interface`.

    None: nobody said so within a second, or it cannot be asked (no right to, no cable).
    """
    wanted = IPv4Address(address)
    loop = asyncio.get_running_loop()
    try:
        line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERTYPE))
    except OSError:
        return None
    with line:
        try:
            line.setblocking(False)
            line.bind((interface, _ETHERTYPE))
            mac: bytes = line.getsockname()[4]
            for _ in range(_PROBES):
                line.send(probe(mac, wanted))
                try:
                    async with asyncio.timeout(_WAIT_S):
                        while True:
                            found = answers(await loop.sock_recv(line, 2048), mac, wanted)
                            if found:
                                return found
                except TimeoutError:
                    continue
        except OSError:
            pass
    return None
