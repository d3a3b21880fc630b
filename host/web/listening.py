"""Where the pages listen: this machine alone, one of its addresses, or all of them."""

from __future__ import annotations

import ipaddress
import socket

from shared.errors import BadSetting

THIS_MACHINE = "127.0.0.1"
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

    "::" listens for IPv4 as well.
    """
    if ":" not in address:
        return socket.create_server((address, port))
    both = address == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((address, port), family=socket.AF_INET6, dualstack_ipv6=both)


def seen_from_here(address: str) -> str:
    """Return the address at which this machine itself reaches it."""
    return _ALL.get(address, address)


def url(address: str, port: int) -> str:
    """Return the address of the pages as a browser on this machine takes it."""
    seen = seen_from_here(address)
    return f"http://[{seen}]:{port}/" if ":" in seen else f"http://{seen}:{port}/"
