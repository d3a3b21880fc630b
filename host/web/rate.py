"""How fast somebody may ask: a bucket that fills evenly, for each caller. Pure: `now` is told."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Hashable

BURST = 100
A_SECOND = 20
_MOST = 10_000


class Rate:
    """Lets `burst` requests through at once, then `a_second`; for any thread."""

    def __init__(self, burst: int = BURST, a_second: float = A_SECOND) -> None:
        self._burst = burst
        self._a_second = a_second
        self._known: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: Hashable, now: float) -> int:
        """Count a request of `who` at `now` (s, any origin); return 0, or the seconds to wait."""
        with self._lock:
            left, since = self._known.pop(who, (float(self._burst), now))
            left = min(self._burst, left + max(0.0, now - since) * self._a_second)
            wait_s = 0 if left >= 1 else math.ceil((1 - left) / self._a_second)
            self._known[who] = (left if wait_s else left - 1, now)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
            return wait_s
