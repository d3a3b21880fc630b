"""`python -m tools.bench.watched_core DATA PORT CYCLE_S FILE`: the core, and how late its loop is.

It is the product's core with one task more, which sleeps 5 ms at a time. When it is told to stop
it writes into FILE, a line each, when (s since 1970) and how much later than asked it woke (ms).
"""

import asyncio
import contextlib
import sys
import time
from pathlib import Path

from host import assemble
from host.core.core import Core

STEP_S = 0.005


class WatchedCore(Core):
    """The core, whose loop is watched while it runs."""

    delays: list[tuple[float, float]] = []

    async def run(self, stop: asyncio.Event) -> None:
        watching = asyncio.create_task(_watch(self.delays))
        try:
            await super().run(stop)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _watch(delays: list[tuple[float, float]]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + STEP_S
        await asyncio.sleep(STEP_S)
        delays.append((time.time(), 1000 * (loop.time() - due)))


def main() -> int:
    data, port, cycle_s, file = sys.argv[1:]
    assemble.Core = WatchedCore
    status = assemble.run_core(Path(data), port, int(cycle_s))
    Path(file).write_text("".join(f"{at} {delay}\n" for at, delay in WatchedCore.delays))
    return status


if __name__ == "__main__":
    sys.exit(main())
