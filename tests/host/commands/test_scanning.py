"""`scan` starts, joins and stops the board's scan, and registers the meters as they were found."""

import argparse
import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host.commands import scanning
from host.commands.scan_watch import Watch
from host.device.facts import ScanState
from host.store import database
from shared.errors import BadSetting, Busy, LinkLost

IDLE = ScanState(
    boot=7,
    number=0,
    running=False,
    baud=None,
    probes=0,
    collisions=0,
    found=0,
    permille=0,
    elapsed_s=0,
    left_s=None,
    end=None,
    error=None,
)


def row(address: str, *bauds: int, trouble: str | None = None) -> dict[str, Any]:
    return {
        "segment": 1,
        "address": address,
        "secondary": None,
        "primary": int(address),
        "bauds": bauds,
        "trouble": trouble,
    }


class Board:
    """A board whose scan goes one step on each time it is asked: `steps` are the rows found then.

    lost: how many more starts come through, though their answers are lost
    """

    def __init__(self, *steps: list[dict[str, Any]], lost: int = 0) -> None:
        self.steps = list(steps)
        self.rows: list[dict[str, Any]] = []
        self.lost = lost
        self.starts = 0
        self.now = IDLE

    def scans(self) -> scanning.Scans:
        return scanning.Scans(self.start, self.state, self.stop, self.found)

    async def start(self, **_wanted: Any) -> ScanState:
        if self.now.running:
            raise Busy("a scan is under way; stop it first")
        self.starts += 1
        self.now = replace(IDLE, number=self.now.number + 1, running=True)
        if self.lost:
            self.lost -= 1
            raise LinkLost("cut")
        return self.now

    async def state(self) -> ScanState:
        if self.now.running:
            if self.steps:
                self.rows = self.steps.pop(0)
            self.now = replace(self.now, found=len(self.rows))
            if not self.steps:
                self.now = replace(self.now, running=False, end="done")
        return self.now

    async def stop(self) -> ScanState:
        self.now = replace(self.now, running=False, end="stopped")
        return self.now

    async def found(self, after: int) -> Sequence[dict[str, Any]]:
        return self.rows[after : after + 1]


def follow(board: Board, *, start: bool = True, stop: bool = False) -> tuple[int, Watch]:
    watch = Watch(as_json=False)
    wanted = {"by": "secondary"} if start else None
    return asyncio.run(scanning.follow(board.scans(), wanted, watch, stopping=stop)), watch


def test_rows_that_change_after_they_were_told_are_told_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(
        [row("5", 300), row("6", 300, trouble="no_answer"), row("9", 300)],
        [row("5", 300, 2400), row("6", 300)],
    )
    status, watch = follow(board)
    assert status == scanning.DONE
    assert watch.rows == [row("5", 300, 2400), row("6", 300)]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == ["5", "6", "9", "5", "6"]
    assert lines[3][-1] == "300,2400"


def test_a_start_whose_answer_is_lost_is_not_made_twice() -> None:
    board = Board([row("5", 2400)], lost=1)
    assert follow(board)[0] == scanning.DONE
    assert board.starts == 1


def test_a_scan_under_way_is_named_with_what_helps_joined_and_stopped() -> None:
    steps = [[row("5", 2400)]] * 3
    board = Board(*steps)
    asyncio.run(board.start())
    with pytest.raises(Busy, match="scan --stop"):
        follow(board)
    status, watch = follow(board, start=False)
    assert (status, watch.rows, board.starts) == (scanning.DONE, steps[0], 1)
    board = Board(*steps)
    asyncio.run(board.start())
    status, watch = follow(board, start=False, stop=True)
    assert (status, watch.rows) == (scanning.STOPPED, steps[0])


def test_there_must_be_a_scan_to_join() -> None:
    with pytest.raises(BadSetting, match="no scan"):
        follow(Board(), start=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--primary", "\u00b2-5"], "range error"),
        (["--primary", "\u0661-5"], "range error"),
        (["--primary", "0-0"], "range error"),
        (["--primary", "0"], "range error"),
        (["--primary", "1-9", "--backward"], "--backward"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, arguments: list[str], words: str) -> None:
    options = argparse.ArgumentParser()
    scanning.add_arguments(options, (300, 2400))
    chosen = options.parse_args(arguments, argparse.Namespace(data=tmp_path))
    with pytest.raises(BadSetting, match=words):
        asyncio.run(scanning.scan(chosen))


def test_a_meter_is_registered_on_the_output_where_it_was_found(tmp_path: Path) -> None:
    rows = [
        {"trouble": None, "bauds": [2400], "segment": 1, "address": "17"},
        {"trouble": None, "bauds": [300], "segment": 2, "address": "62140003AE4C6916"},
        {"trouble": "no_answer", "bauds": [300], "segment": 3, "address": "18"},
    ]
    asyncio.run(scanning.register(tmp_path, rows, as_json=False))
    told = sqlite3.connect(database.database_path(tmp_path)).execute(
        "SELECT address, baud, segment FROM meters ORDER BY id"
    )
    assert told.fetchall() == [("17", 2400, 1), ("62140003AE4C6916", 300, 2)]
