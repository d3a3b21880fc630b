"""What the pages know of the board's scan, running, over, or with the board away."""

import asyncio

import pytest

from host.web.scans import RESTARTED, Scans
from shared.errors import LinkLost
from tests.fakes.scanned import Scanned


def learn(scans, board):
    return asyncio.run(scans.learn(board.ask))


@pytest.fixture
def board():
    return Scanned()


def test_a_scan_is_followed_and_who_was_found_is_asked_for_once(board):
    scans = Scans()
    assert learn(scans, board) == (False, False)
    assert scans.progress is None
    board.run(found=3)
    assert learn(scans, board) == (True, True)
    assert (scans.running, len(scans.rows)) == (True, 3)
    board.run(found=20, permille=500)
    board.asked.clear()
    assert learn(scans, board) == (True, True)
    assert board.asked == [("scan.state", {}), *(("scan.found", n) for n in (3, 19))]
    assert scans.progress.percent == 50
    assert learn(scans, board) == (False, False)


def test_in_the_end_everybody_is_asked_for_again(board):
    scans = Scans()
    board.run(found=2)
    learn(scans, board)
    board.rows[0]["bauds"] = [2400, 300]
    board.run(running=False, end="done", permille=1000)
    assert learn(scans, board) == (True, True)
    assert scans.rows[0].bauds == (2400, 300)


def test_the_result_stays_until_the_next_scan(board):
    scans = Scans()
    board.run(found=2, running=False, end="done")
    learn(scans, board)
    board.restart()
    assert learn(scans, board) == (False, False)
    board.refuse = LinkLost("cable")
    with pytest.raises(LinkLost):
        learn(scans, board)
    assert len(scans.rows) == 2
    board.refuse = None
    board.run(number=1, found=1)
    learn(scans, board)
    assert len(scans.rows) == 1


def test_a_scan_ends_with_its_board(board):
    scans = Scans()
    board.run(found=2)
    learn(scans, board)
    board.restart()
    assert learn(scans, board) == (True, False)
    assert (scans.running, scans.progress.end, scans.progress.error_key) == (
        False, "failed", RESTARTED
    )  # fmt: skip
    assert len(scans.rows) == 2
