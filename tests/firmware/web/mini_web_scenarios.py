"""The parts of the board's own page one by one: for CPython and MicroPython alike.

Each `scenario_*` is a coroutine that asserts; test_mini_web.py runs them.
"""

import asyncio
import sys

from firmware.borrowed import Borrowed
from firmware.web.access import PIN_MS, SESSION_MS, Access, is_own_host
from firmware.web.stream import BoundedStream, TooMuch
from shared.compat import ticks_add
from shared.errors import BadSetting, Busy

OWNER = "192.168.1.20"
OTHER = "192.168.1.66"


class Door:
    """An `Access` at a time near the wrap of the ticks."""

    def __init__(self):
        self.now = (1 << 30) - 20000
        self.access = Access(lambda: ticks_add(0, self.now))

    def wrong(self, address=OTHER):
        """Try a wrong PIN; return how many seconds one has to wait instead, 0 if it was tried."""
        pin = "000000" if self.access.show() != "000000" else "000001"
        try:
            self.access.enter(pin, address)
        except Busy as error:
            return int(str(error))
        except BadSetting:
            return 0
        raise AssertionError("a wrong PIN let one in")

    def right(self, address=OWNER):
        return self.access.enter(self.access.show(), address)


async def scenario_who_is_wrong_waits_longer_each_time_and_nobody_else():
    door = Door()
    waits = []
    for _ in range(6):
        assert door.wrong() == 0
        waits.append(door.wrong())
        assert door.right()  # the owner does not wait
        door.now += 1000 * waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32]
    assert door.wrong() == 0
    assert door.wrong() == 60
    assert door.wrong() == 60  # that was no guess: the wait does not grow
    door.now += 60000
    cookie = door.right(OTHER)
    assert door.wrong(OTHER) == 0
    assert door.wrong(OTHER) == 1  # the right one has ended the long waits
    assert door.access.token(cookie)


async def scenario_guesses_from_many_addresses_make_everybody_wait_and_stay_bounded():
    door = Door()
    pins = {door.access.show()}
    for guess in range(20):
        assert door.wrong("10.0.0." + str(guess)) == 0
        pins.add(door.access.show())
    assert len(pins) == 3  # another PIN after ten wrong ones
    assert len(door.access._guessers) <= 8
    assert door.wrong("10.0.0.99") > 50
    try:
        door.right()
        raise AssertionError("20 wrong ones in a minute, and the next is let in")
    except Busy:
        pass
    door.now += 60001
    assert door.right()


async def scenario_a_pin_counts_for_ten_minutes_from_when_it_was_shown():
    door = Door()
    for guess in ("000000", None, ""):  # nobody has looked at the display yet
        assert not await lets_in(door, guess)
    door.now += 600000
    pin = door.access.show()
    door.now += PIN_MS - 1
    assert door.access.show() == pin
    assert await lets_in(door, pin)
    door.now += 1
    assert not await lets_in(door, pin)
    door.access.tidy()
    door.now += (1 << 30) - PIN_MS  # the ticks have wrapped
    assert not await lets_in(door, pin)
    assert door.access.show() != pin


async def lets_in(door, pin):
    try:
        return bool(door.access.enter(pin, OWNER))
    except BadSetting:
        door.access._guessers.clear()  # nobody has to wait here
        return False


async def scenario_a_session_ends_when_nothing_is_changed_for_ten_minutes():
    door = Door()
    cookie = door.right()
    token = door.access.token(cookie)
    door.now += SESSION_MS - 1
    assert door.access.may_change(cookie, token)
    door.now += SESSION_MS - 1
    assert not door.access.may_change(cookie, "x" * 32)
    assert door.access.token(cookie) == token
    door.now += 1
    assert door.access.token(cookie) is None
    assert not door.access.may_change(cookie, token)
    assert not door.access.may_change(None, None)


async def scenario_the_fifth_session_ends_the_one_unused_for_longest():
    door = Door()
    cookies = []
    for _ in range(5):
        cookies.append(door.right())
        door.now += 1000
    assert [bool(door.access.token(cookie)) for cookie in cookies] == [False] + [True] * 4
    door.access.leave(cookies[1])
    assert door.access.token(cookies[1]) is None


async def scenario_names_of_the_internet_are_not_ours():
    for host in ("192.168.1.17", "192.168.1.17:8080", "mbuslink", "cellar.local", "[fe80::1]"):
        assert is_own_host(host), host
    for host in ("", "evil.example", "192.168.1.17.evil.example:80", "a.b:80"):
        assert not is_own_host(host), host


class Line:
    """A connection on which `data` comes in pieces of `size`, and then the end."""

    def __init__(self, data, size=7):
        self.data = data
        self.size = size

    async def read(self, count):
        count = min(count, self.size)
        data, self.data = self.data[:count], self.data[count:]
        return data


async def scenario_a_request_is_read_whatever_its_pieces():
    for size in (1, 7, 4096):
        stream = BoundedStream(Line(b"GET / HTTP/1.1\r\n\r\nbody and more", size), 1000)
        assert await stream.readline() == b"GET / HTTP/1.1\r\n"
        assert await stream.readline() == b"\r\n"
        assert await stream.readexactly(4) == b"body"
        assert await stream.readexactly(0) == b""
        assert await stream.readexactly(9) == b" and more"
        assert await fails(EOFError, stream.readexactly(1))


async def scenario_what_is_too_long_is_told_and_skipped():
    line = Line(b"x" * 5000, 4096)
    stream = BoundedStream(line, 1000)
    assert await fails(TooMuch, stream.readline())
    assert len(line.data) == 4000
    await stream.skip(2000)
    assert len(line.data) <= 2000
    await stream.skip(1 << 20)
    assert line.data == b""
    assert await fails(ValueError, BoundedStream(Line(b"x"), 10).readexactly(-1))


async def fails(kind, work):
    try:
        await work
    except kind:
        return True
    return False


async def scenario_borrowed_modules_leave_with_all_that_they_brought():
    def importer():
        from firmware.web import values

        return values

    for name in [name for name in sys.modules if name.startswith("firmware.web.v")]:
        del sys.modules[name]
    if hasattr(sys.modules["firmware.web"], "values"):
        delattr(sys.modules["firmware.web"], "values")
    borrowed = Borrowed()
    before = set(sys.modules)
    assert borrowed.load(importer).describe(b"") == ("", None, [])
    assert "firmware.web.values" in sys.modules
    borrowed.give_back()
    assert set(sys.modules) == before
    assert not hasattr(sys.modules["firmware.web"], "values")
    assert borrowed.load(importer).describe(b"") == ("", None, [])  # and come again
    borrowed.give_back()


async def scenario_nothing_stays_of_a_module_for_which_memory_was_too_short():
    def importer():
        from firmware.web import values

        raise MemoryError(values.__name__)

    borrowed = Borrowed()
    before = set(sys.modules)
    try:
        borrowed.load(importer)
        raise AssertionError("no MemoryError")
    except MemoryError:
        pass
    assert set(sys.modules) == before


SCENARIOS = [value for name, value in sorted(globals().items()) if name.startswith("scenario_")]


def main():
    for scenario in SCENARIOS:
        asyncio.run(scenario())
        print("ok", scenario.__name__)
