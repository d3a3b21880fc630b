"""Where the pages listen: this machine alone, one of its addresses, or all of them."""

from __future__ import annotations

import ipaddress
import socket

from shared.errors import BadSetting

THIS_MACHINE = "127.0.0.1"
HTTP = 80
"""The port that a browser takes when its address names none."""
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the owner may choose


def check_address(address: str) -> None:
    """Raise `BadSetting` unless `address` is one in digits."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise BadSetting(
            f"{address}: not an address; give 0.0.0.0 for the whole network, or an address of this"
            f" machine"
        ) from None


def listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0: any free one. Raises OSError, OverflowError.

    "::" listens for IPv4 as well. Its connections send at once: the last piece of a page would
    otherwise wait for the browser's acknowledgement, some 40 ms (RFC 9293, 3.7.4).
    """
    if ":" in address:
        both = address == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            (address, port), family=socket.AF_INET6, dualstack_ipv6=both
        )
    else:
        listener = socket.create_server((address, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def seen_from_here(address: str) -> str:
    """Return the address at which this machine itself reaches it."""
    return _ALL.get(address, address)


def url(address: str, port: int) -> str:
    """Return the address of the pages as a browser on this machine takes it."""
    seen = seen_from_here(address)
    name = f"[{seen}]" if ":" in seen else seen
    return f"http://{name}/" if port == HTTP else f"http://{name}:{port}/"
