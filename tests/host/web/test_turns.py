"""Pages are drawn one after the other; who waits for something else keeps nobody waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from host.web.reader import Reader
from host.web.turns import Turns, aside
from tests.fakes import installation

LONG_S = 10


class App:
    """A WSGI application that says who is in it, and waits in there until it is told."""

    def __init__(self, *, steps_aside=False):
        self.inside, self.most = 0, 0
        self.entered = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)
        self._count = threading.Lock()
        self._steps_aside = steps_aside

    def __call__(self, environ, start_response):
        with self._count:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.entered.release()
        if self._steps_aside:
            with aside():
                self._wait()
        else:
            self._wait()
        with self._count:
            self.inside -= 1
        return [environ["PATH_INFO"].encode()]

    def _wait(self):
        assert self.leave.acquire(timeout=LONG_S)

    def others(self):
        """Whether another one comes in, within the blink of an eye."""
        return self.entered.acquire(timeout=0.05)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def ask(pool, turns, path="/"):
    return pool.submit(turns, {"PATH_INFO": path}, None)


def test_pages_are_drawn_one_after_the_other(pool):
    app = App()
    turns = Turns(app, "/api/")
    pages = [ask(pool, turns) for _ in range(3)]
    assert app.entered.acquire(timeout=LONG_S)
    assert not app.others()
    app.leave.release(3)
    assert [page.result(LONG_S) for page in pages] == [[b"/"]] * 3
    assert app.most == 1


def test_a_program_that_takes_long_keeps_no_page_waiting(pool):
    app = App()
    turns = Turns(app, "/api/")
    program = ask(pool, turns, "/api/v1/meters")
    assert app.entered.acquire(timeout=LONG_S)
    page = ask(pool, turns)
    assert app.entered.acquire(timeout=LONG_S), "the page is drawn meanwhile"
    app.leave.release(2)
    assert {page.result(LONG_S)[0], program.result(LONG_S)[0]} == {b"/", b"/api/v1/meters"}


def test_whoever_waits_for_something_else_steps_aside(pool):
    app = App(steps_aside=True)
    turns = Turns(app, "/api/")
    pages = [ask(pool, turns) for _ in range(3)]
    for _ in pages:
        assert app.entered.acquire(timeout=LONG_S)
    app.leave.release(3)
    assert all(page.result(LONG_S) for page in pages)


def test_a_page_that_fails_gives_its_turn_back(pool):
    def fails(_environ, _start_response):
        with aside():
            raise ValueError

    turns = Turns(fails, "/api/")
    for _ in range(2):
        with pytest.raises(ValueError):
            ask(pool, turns).result(LONG_S)


def test_pages_that_read_the_same_are_not_in_each_others_way(pool, tmp_path: Path):
    installation.install(tmp_path)
    kept = Reader(tmp_path).kept
    reading, go = threading.Event(), threading.Event()

    def work(_session):
        reading.set()
        assert go.wait(LONG_S)
        return "read"

    turns = Turns(lambda _environ, _start_response: [kept("it", work, 1).encode()], "/api/")
    first = ask(pool, turns)
    assert reading.wait(LONG_S)
    others = [ask(pool, turns) for _ in range(4)]
    go.set()
    assert [page.result(LONG_S) for page in (first, *others)] == [[b"read"]] * 5
