"""What the wrapper of the interpreter does with bytes that come at an awkward moment."""

import os
import select
import sys

import pytest

from tests.fakes.loop import in_loop
from tools.twin.interpreter import Interpreter


@in_loop
async def test_what_is_typed_behind_a_reset_is_for_the_board_that_comes():
    """The word of the reset waits in the pipe while the Ctrl-C of the next mpremote arrives."""
    resets = []
    done = Interpreter([], print, lambda: resets.append(1), print, lambda: None)
    done._pipe, child = os.pipe()
    done._booted = True
    try:
        os.write(child, b"r")
        done.write(b"\r\x03\r\x01")
        assert resets == [1]
        assert done._input == b"\r\x03\r\x01"
    finally:
        os.close(done._pipe)
        os.close(child)


@pytest.mark.timeout(10)
@in_loop
async def test_a_word_that_typing_took_out_of_the_pipe_is_not_waited_for():
    """Both were ready in one turn of the loop: the pipe's own callback finds it empty."""
    says = "import os, time; os.write(int(os.environ['MBUSLINK_TWIN_PIPE']), b'b'); time.sleep(60)"
    resets = []
    twin = Interpreter(
        [sys.executable, "-c", says], print, lambda: resets.append(1), print, lambda: None
    )
    twin.start(dict(os.environ))
    try:
        assert select.select([twin._pipe], [], [], 10)[0]
        twin._booted = True
        twin.write(b"x")
        twin._read_pipe()
        assert resets == []
    finally:
        twin.close()
