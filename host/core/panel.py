"""The board's LCD and keys as a service: seen while somebody looks, pressed for somebody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from zlib import crc32

from host.core.events import Events, PanelChanged
from host.device.board import Board
from host.store import audit
from host.store.writer import Writer
from shared.errors import BadSetting, LinkLost, MbuslinkError, RemoteError
from shared.link.messages import BAND_BYTES, BANDS, MOST_BANDS

WATCHED_S = 12.0
"""Who looks says so more often than this."""
EVERY_S = 0.25
_DARK: tuple[str, ...] = ("00" * BAND_BYTES,) * BANDS
_NOTHING = PanelChanged(display=False, lit=False, leds=(), bands=_DARK, text="")


class Panel:
    """Asks `board` for its picture while it is looked at, and tells `events` when it is another."""

    def __init__(
        self,
        board: Board,
        writer: Writer,
        events: Events,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._writer = writer
        self._events = events
        self._clock = clock
        self._until = 0.0
        self._wake = asyncio.Event()
        self._told = _NOTHING
        self._bands = [*_DARK]
        self._marks: list[int | None] = [None] * BANDS
        self._text = ""

    def handlers(self) -> Mapping[str, Any]:
        """Return the services that are answered here."""
        return {"panel.look": self._look, "panel.press": self._press}

    async def run(self) -> None:
        """Follow the picture while somebody looks, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._clock() < self._until:
                try:
                    more = await self._follow()
                except LinkLost:
                    break  # whoever still looks says so again
                except (BadSetting, RemoteError):  # no panel is fitted
                    self._tell(_NOTHING)
                    break
                except MbuslinkError:
                    more = False
                if not more:
                    await asyncio.sleep(EVERY_S)

    async def _follow(self) -> bool:
        """Take over what is another in the picture; return whether there is more of it."""
        seen = await self._board.look(self._marks)
        for one in seen["bands"]:
            self._bands[one["band"]] = one["dots"]
            self._marks[one["band"]] = crc32(bytes.fromhex(one["dots"]))
        self._text = self._text if seen["text"] is None else seen["text"]
        if len(seen["bands"]) == MOST_BANDS:
            return True  # half a picture is none
        leds = tuple(seen["leds"])
        self._tell(PanelChanged(seen["display"], seen["lit"], leds, tuple(self._bands), self._text))
        return False

    def _tell(self, now: PanelChanged) -> None:
        if now != self._told:
            self._told = now
            self._events.emit(now)

    async def _look(self) -> dict[str, Any]:
        self._until = self._clock() + WATCHED_S
        self._wake.set()
        return {"panel": asdict(self._told)}

    async def _press(self, gesture: str, who: str) -> dict[str, Any]:
        await self._board.press(gesture)
        await self._writer.run(lambda session: audit.record(session, who, "panel.pressed", gesture))
        return {}
