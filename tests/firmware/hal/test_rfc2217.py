"""RFC 2217 byte by byte: what the client sends, and what it makes of what arrives."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.hal.rfc2217 import Client
from firmware.hal.telnet import escape

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
COM_PORT = 44
ACKS = {  # what a converter answers that does all: command + 100, the value
    "baud": bytes((IAC, SB, COM_PORT, 101, 0, 0, 0x09, 0x60, IAC, SE)),
    "size": bytes((IAC, SB, COM_PORT, 102, 8, IAC, SE)),
    "parity": bytes((IAC, SB, COM_PORT, 103, 3, IAC, SE)),
    "stop": bytes((IAC, SB, COM_PORT, 104, 1, IAC, SE)),
}


def test_settings_as_the_rfc_writes_them():
    assert Client().settings(2400, 0) == (
        bytes((IAC, SB, COM_PORT, 1, 0, 0, 0x09, 0x60, IAC, SE))
        + bytes((IAC, SB, COM_PORT, 2, 8, IAC, SE))
        + bytes((IAC, SB, COM_PORT, 3, 3, IAC, SE))
        + bytes((IAC, SB, COM_PORT, 4, 1, IAC, SE))
    )


@pytest.mark.parametrize("order", list(itertools.permutations(ACKS))[::5])
def test_settled_when_all_is_acknowledged_and_not_before(order: tuple[str, ...]):
    client = Client()
    client.settings(2400, 0)
    for name in order:
        assert not client.settled()
        assert client.feed(b"x" + ACKS[name] + b"y") == b"xy"
    assert client.settled()
    assert client.refusal is None


def test_another_value_is_a_refusal():
    client = Client()
    client.settings(9600, 0)
    client.feed(ACKS["baud"])
    assert client.settled()
    assert client.refusal == "it keeps baud 2400, asked for 9600"


def test_a_server_without_com_port_is_a_refusal():
    client = Client()
    client.settings(2400, 0)
    client.feed(bytes((IAC, DONT, COM_PORT)))
    assert client.settled()
    assert client.refusal == "it does not speak RFC 2217"


def test_a_value_of_ff_is_doubled_both_ways():
    client = Client()
    # 65280 = FF00h is no baud rate of M-Bus; the rule is the same for all values.
    request = client.settings(65280, 0)
    assert request.startswith(bytes((IAC, SB, COM_PORT, 1, 0, 0, IAC, IAC, 0, IAC, SE)))
    client.feed(bytes((IAC, SB, COM_PORT, 101, 0, 0, IAC, IAC, 0, IAC, SE)))
    assert client.refusal is None


def test_offers_are_answered_once_and_strange_ones_declined():
    client = Client()
    client.greeting()
    client.feed(bytes((IAC, DO, COM_PORT, IAC, WILL, 0, IAC, DO, 0, IAC, WILL, 3)))
    assert client.take_replies() == b""  # we had offered these ourselves
    client.feed(bytes((IAC, DO, 24, IAC, WILL, 1)))
    assert client.take_replies() == bytes((IAC, WONT, 24, IAC, DONT, 1))
    client.feed(bytes((IAC, WILL, COM_PORT)) * 2)
    assert client.take_replies() == bytes((IAC, DO, COM_PORT))


@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_data_passes_unchanged_however_it_is_cut(pieces: list[bytes], step: int):
    wire = b"".join(escape(p) + ACKS["size"] + bytes((IAC, DO, 0)) for p in pieces)
    client = Client()
    cut = (wire[i : i + step] for i in range(0, len(wire), step))
    assert b"".join(client.feed(part) for part in cut) == b"".join(pieces)


@given(st.binary())
def test_garbage_never_raises(garbage: bytes):
    client = Client()
    client.settings(2400, 0)
    client.feed(bytes((IAC, SB)) + garbage)
    client.feed(garbage * 3)
    assert len(client.replies) <= 6 + 9 * len(garbage)
