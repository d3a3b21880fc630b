"""One page is drawn at a time, and one answer to a program; the others wait for their turn.

Several threads draw no more in a process of Python than one: they only take the interpreter from
each other, and from the loop that sends what is drawn, so that every page is late. Whoever waits
for something else (a database's server, the core, a password's hash) steps aside meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_mine = threading.local()


class Turns:
    """`app` (WSGI) with no more than one thread in it for people, and one for programs.

    programs: how the paths begin that programs ask for. What is made while it is sent, such as a
    download, is made outside of it.
    """

    def __init__(self, app: Wsgi, programs: str) -> None:
        self._app = app
        self._root = programs
        self._people, self._programs = threading.Semaphore(), threading.Semaphore()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_program = environ["PATH_INFO"].startswith(self._root)
        turn = self._programs if is_program else self._people
        with turn:
            _mine.turn = turn
            try:
                return self._app(environ, start_response)
            finally:
                _mine.turn = None


@contextmanager
def aside() -> Generator[None]:
    """Let others have the turn of this thread, if it has one, while the block waits."""
    turn: threading.Semaphore | None = getattr(_mine, "turn", None)
    if turn is None:
        yield
        return
    _mine.turn = None
    turn.release()
    try:
        yield
    finally:
        turn.acquire()
        _mine.turn = turn
