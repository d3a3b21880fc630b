"""The server's side of RFC 2217 byte by byte; tests/whole drives it with pyserial's client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.converter.serial_server import Server
from firmware.hal.rfc2217 import Client
from firmware.hal.telnet import command, escape

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
COM_PORT = 44


def answer(server: Server, number: int, value: bytes) -> bytes:
    """Return what `server` answers to a command: all that it then owes."""
    assert server.feed(b"a" + command(number, value) + b"b") == b"ab"
    return server.take_replies()


def test_our_own_client_settles_with_it():
    server, client = Server(2400), Client()
    client.feed(server.greeting())
    server.feed(client.greeting() + client.settings(9600, 0))
    assert client.feed(server.take_replies()) == b""
    assert client.settled()
    assert client.refusal is None
    assert server.baud == 9600
    server.feed(client.take_replies())
    assert server.take_replies() == b""  # nobody goes on talking


@pytest.mark.parametrize(
    ("number", "value", "kept"),
    [
        (1, (19200).to_bytes(4, "big"), (2400).to_bytes(4, "big")),
        (1, bytes(4), (2400).to_bytes(4, "big")),  # 0 asks
        (2, b"\x07", b"\x08"),
        (3, b"\x01", b"\x03"),  # no parity: it stays even
        (4, b"\x02", b"\x01"),
        (5, b"\x02", b"\x01"),  # no XON/XOFF
        (5, b"\x05", b"\x06"),  # no BREAK
    ],
)
def test_what_an_m_bus_cannot_do_is_answered_with_what_it_has(
    number: int, value: bytes, kept: bytes
):
    server = Server(2400)
    assert answer(server, number, value) == command(number + 100, kept)
    assert server.baud == 2400


@pytest.mark.parametrize("value", [1, 3, 8, 9, 11, 12, 14, 16])
def test_controls_that_change_nothing_are_agreed_to(value: int):
    assert answer(Server(2400), 5, bytes((value,))) == command(105, bytes((value,)))


def test_modem_lines_are_always_ready():
    assert answer(Server(2400), 11, b"\xff") == command(111, b"\xff") + command(107, b"\xb0")


def test_purge_suspend_resume_and_signature():
    server = Server(2400, "mbuslink")
    assert answer(server, 12, b"\x03") == command(112, b"\x03")
    assert server.purge
    assert answer(server, 8, b"") == command(108, b"")
    assert server.suspended
    assert answer(server, 9, b"") == command(109, b"")
    assert not server.suspended
    assert answer(server, 0, b"") == command(100, b"mbuslink")


@pytest.mark.parametrize("said", [(5, b""), (1, b""), (99, b"x"), (5, b"\x63")])
def test_strange_commands_do_no_harm(said: tuple[int, bytes]):
    server = Server(2400)
    answer(server, *said)
    assert server.baud == 2400


@given(st.binary(), st.integers(1, 9))
def test_bytes_of_the_bus_pass_unchanged_however_they_are_cut(data: bytes, step: int):
    wire = escape(data)
    server = Server(2400)
    assert b"".join(server.feed(wire[i : i + step]) for i in range(0, len(wire), step)) == data


@given(st.binary())
def test_garbage_never_raises_and_owes_little(garbage: bytes):
    server = Server(2400)
    for _ in range(20):
        server.feed(bytes((IAC, SB, COM_PORT)) + garbage + bytes((IAC, SE, IAC, DO, 99)))
    assert len(server.replies) < 600
