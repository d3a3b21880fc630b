"""Run a coroutine test in an event loop, with real time or with time that jumps.

In jumping time the loop never waits: when nothing is ready, its clock jumps to the next timer. A
test of minutes takes milliseconds and gives the same result every time. Only for tests that do no
real input or output: what another process sends would arrive at an arbitrary time.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

AsyncTest = Callable[..., Coroutine[Any, Any, None]]


class _JumpingSelector(selectors.SelectSelector):
    """Reports what is ready and, instead of waiting, moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("the test waits for something that will never happen")
            self.time += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps over every wait."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.time


def in_loop(test: AsyncTest) -> Callable[..., None]:
    """Decorate an `async def test_...`: it runs in a fresh event loop, in real time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def in_jumping_time(test: AsyncTest) -> Callable[..., None]:
    """Decorate an `async def test_...`: it runs in a fresh `JumpingLoop`."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run
