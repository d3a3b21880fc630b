"""What a board had to drop is news once, also after a restart, and reaches who asks."""

from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from host.core import journal, losses
from host.core.losses import Loss
from host.store import database, migrate
from host.store.writer import Writer
from tests.fakes.board_over_tcp import BoardOverTcp
from tests.fakes.loop import in_loop
from tests.host.core.test_core import house

FIRST = datetime(2026, 11, 27, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 28, 8, tzinfo=UTC)
FIRST_MS, LATER_MS = int(FIRST.timestamp() * 1000), int(LATER.timestamp() * 1000)


@in_loop
async def test_a_count_is_known_from_when_it_was_first_told(tmp_path: Path) -> None:
    path = database.database_path(tmp_path)
    migrate.upgrade(path)
    writer = Writer(path)

    async def note(board: str, lost: int, now: datetime) -> Loss:
        return await writer.run(lambda session: losses.note(session, board, lost, now))

    assert await note("a", 0, FIRST) == Loss()
    assert await note("a", 7, FIRST) == Loss(7, FIRST_MS)
    assert await note("b", 3, LATER) == Loss(3, LATER_MS)
    await writer.close()
    writer = Writer(path)
    assert await note("a", 7, LATER) == Loss(7, FIRST_MS)
    assert await note("a", 9, LATER) == Loss(9, LATER_MS)
    assert await note("a", 0, LATER) == Loss()  # its flash was emptied
    assert await writer.read(lambda session: losses.known(session, "b")) == Loss(3, LATER_MS)
    await writer.close()


@in_loop
async def test_the_state_tells_it_and_the_log_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[int] = []
    log = Mock()
    monkeypatch.setattr(journal, "_log", log)
    async with BoardOverTcp() as board:
        board.board.journal._store.lose(4)
        for _ in range(2):
            async with house(tmp_path, board) as h:
                await h.until(lambda core=h.core: core._journal.loss.lost == 4)
                state = await h.call("state")
                assert state["journal_lost"] == 4
                moments.append(state["journal_lost_ms"])
    assert moments[0] == moments[1]
    (warning,) = log.warning.call_args_list
    assert warning.args[0].startswith("readings lost")
