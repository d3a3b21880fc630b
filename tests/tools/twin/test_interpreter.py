"""What the wrapper of the interpreter does with bytes that come at an awkward moment."""

import os

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
