"""The web's line to a core on the real socket."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from host.web.core_line import CoreAway, CoreLine
from shared.errors import LinkLost
from tests.fakes import installation
from tests.fakes.core import FakeCore


class SlowCore(FakeCore):
    """A core that does not answer a request for a readout before it is stopped."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.heard = asyncio.Event()

    async def _start_readout(self, meters: list[int] | None, who: str) -> Mapping[str, Any]:
        self.heard.set()
        if not self.refuse:
            await asyncio.Event().wait()
        return await super()._start_readout(meters, who)


@pytest.mark.parametrize("core_goes", [True, False])
def test_a_core_that_goes_away_is_told_from_a_board_that_is_away(
    tmp_path: Path, core_goes: bool
) -> None:
    async def main() -> None:
        core = SlowCore(tmp_path)
        core.refuse = None if core_goes else LinkLost("the board is away")
        await core.start()
        line = CoreLine(tmp_path)
        connected = asyncio.Event()

        async def hear(event: dict[str, Any]) -> None:
            if event["type"] == "Connected":
                connected.set()

        running = asyncio.create_task(line.run(hear))
        await connected.wait()
        request = asyncio.create_task(
            asyncio.to_thread(line.request, "readout.start", meters=None, who="Olga")
        )
        await core.heard.wait()
        if core_goes:
            await core.stop()
        with pytest.raises(LinkLost) as caught:
            await request
        assert isinstance(caught.value, CoreAway) is core_goes
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if not core_goes:
            await core.stop()

    asyncio.run(main())


def test_without_a_core_a_request_says_so_at_once(tmp_path: Path) -> None:
    with pytest.raises(CoreAway, match="no core listens"):
        CoreLine(tmp_path).request("readout.start", meters=None, who="Olga")


def test_a_request_just_after_the_start_waits_for_the_first_line(tmp_path: Path) -> None:
    async def main() -> None:
        core = FakeCore(tmp_path)
        installation.install(tmp_path)
        line = CoreLine(tmp_path)
        running = asyncio.create_task(line.run(ignore))
        await asyncio.sleep(0)  # it has looked for a core in vain
        request = asyncio.create_task(
            asyncio.to_thread(line.request, "readout.start", meters=[1], who="Olga")
        )
        await core.start()
        assert (await request)["meters"] == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await core.stop()

    asyncio.run(main())


async def ignore(_event: dict[str, Any]) -> None:
    pass
