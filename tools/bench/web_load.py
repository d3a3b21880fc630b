"""Browsers in numbers: pages asked for by several at a time, and live connections that listen."""

import asyncio
import contextlib
import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

from host.web.access import COOKIE


def ask(site: str, token: str, paths: Sequence[str], at_once: int, seconds: float) -> list[float]:
    """Return how long (ms) each answer took: `at_once` browsers ask for one page after the other,
    for one at least.

    Raises RuntimeError for an answer that is no page.
    """
    end = time.perf_counter() + seconds
    times: list[float] = []
    faults: list[str] = []
    starts = [paths[number * len(paths) // at_once :] for number in range(at_once)]
    asking = [
        threading.Thread(target=_browse, args=(site, token, (*start, *paths), end, times, faults))
        for start in starts
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    if faults:
        raise RuntimeError(faults[0])
    return times


def _browse(
    site: str, token: str, paths: Sequence[str], end: float, times: list[float], faults: list[str]
) -> None:
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    with contextlib.closing(connection):
        for path in cycle(paths):
            begin = time.perf_counter()
            connection.request("GET", path, headers={"Cookie": f"{COOKIE}={token}"})
            answer = connection.getresponse()
            answer.read()
            times.append(1000 * (time.perf_counter() - begin))
            if answer.status != 200:
                faults.append(f"{path}: {answer.status}")
            if faults or time.perf_counter() > end:
                return


class Listeners:
    """Live connections in a thread of their own; `heard` counts the pieces that came."""

    def __init__(self, site: str, token: str, views: Sequence[str]) -> None:
        self.heard = 0
        self._url = site.replace("http", "ws", 1) + "/live?language=en&view="
        self._headers = {"Cookie": f"{COOKIE}={token}"}
        self._origin = site
        self._views = views
        self._loop = asyncio.new_event_loop()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen while the block runs."""
        everybody = self._everybody()
        thread = threading.Thread(target=self._loop.run_until_complete, args=(everybody,))
        thread.start()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._stop)
            thread.join()
            self._loop.close()

    def _stop(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    async def _everybody(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(self._listen(view) for view in self._views))

    async def _listen(self, view: str) -> None:
        async with connect(
            self._url + view,
            additional_headers=self._headers,
            origin=self._origin,  # pyright: ignore[reportArgumentType]
            max_size=None,
        ) as line:
            async for _ in line:
                self.heard += 1
