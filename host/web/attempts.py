"""Slows the guessing of passwords, for each address and each account; it locks nobody out.

A try counts when it begins, so that many at once are no way around it. After a few that failed,
each further one has to wait longer, a minute at most; a try that comes too early is not looked at
and makes the wait no longer. From an address where its owner has signed in before, an account is
not slowed by what others try elsewhere. Pure: `now` comes from the caller (seconds, any origin).
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass

from host.settings.accounts import name_key

FREE_TRIES = 3
"""So many may fail without a wait."""
LONGEST_S = 60
FORGET_S = 3600.0
_MOST = 10_000


@dataclass(slots=True)
class _Count:
    failed: int = 0
    last: float = 0.0

    def wait_s(self, now: float) -> float:
        """Return how long (s) the next try has to wait at `now`."""
        beyond = self.failed - FREE_TRIES
        if beyond < 0:
            return 0.0
        return max(0.0, self.last + min(2 ** min(beyond + 1, 10), LONGEST_S) - now)


class Attempts:
    """The tries to sign in, for any thread; of the oldest of very many there is no memory."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, address: str, name: str, now: float) -> int:
        """Begin a try for the user `name` from `address`; return 0, or the whole seconds to wait.

        One that may begin counts as failed until `succeeded` is told.
        """
        with self._lock:
            wait_s = self._wait_s(address, name, now)
            if wait_s == 0:
                for count in self._of(address, name, now):
                    count.failed += 1
                    count.last = now
            return wait_s

    def wait_s(self, address: str, name: str, now: float) -> int:
        """Return how many whole seconds the next try has to wait."""
        with self._lock:
            return self._wait_s(address, name, now)

    def succeeded(self, address: str, name: str) -> None:
        """Forget the tries: this one had the right password."""
        with self._lock:
            for key in _keys(address, name):
                self._counts.pop(key, None)
            self._known[_place(address), name_key(name)] = None
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def _wait_s(self, address: str, name: str, now: float) -> int:
        longest = max(count.wait_s(now) for count in self._of(address, name, now))
        return int(longest) + (longest > int(longest))

    def _of(self, address: str, name: str, now: float) -> list[_Count]:
        """Return the counts that this try is slowed by."""
        keys = _keys(address, name)
        if (_place(address), name_key(name)) in self._known:
            keys = keys[:1]
        return [self._count(key, now) for key in keys]

    def _count(self, key: tuple[str, ...], now: float) -> _Count:
        count = self._counts.setdefault(key, _Count())
        self._counts.move_to_end(key)
        if now - count.last > FORGET_S:
            count.failed = 0
        while len(self._counts) > _MOST:
            self._counts.popitem(last=False)
        return count


def _keys(address: str, name: str) -> list[tuple[str, ...]]:
    return [("address", _place(address)), ("name", name_key(name))]


def _place(address: str) -> str:
    """Return what counts as one address: a whole /64 of IPv6, where one customer has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)
