"""Frames are built, checked, and found again whatever stands between them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import FrameError
from shared.mbus import frames
from shared.mbus.frames import ACK, Receiver, check_frame, control_frame, long_frame, short_frame
from tests.fakes.real_telegrams import TELEGRAMS

REQUEST = short_frame(0x7B, 5)
ANSWER = long_frame(0x08, 5, 0x72, bytes(range(40)))

byte = st.integers(0, 255)
valid = st.one_of(
    st.just(ACK),
    st.builds(short_frame, st.sampled_from([0x40, 0x5B, 0x7B]), st.integers(0, 250)),
    st.builds(
        long_frame,
        st.sampled_from([0x08, 0x18, 0x28, 0x38, 0x53, 0x73]),
        st.integers(0, 250),
        byte,
        st.binary(max_size=252),
    ),
)
# Noise without a start byte can hold back nothing and hide nothing.
harmless = st.binary(max_size=300).map(
    lambda noise: bytes(b for b in noise if b not in (0x10, 0x68, 0xE5))
)


def test_frames_as_the_standard_prints_them():
    assert short_frame(frames.SND_NKE, 1).hex() == "1040014116"
    assert short_frame(frames.REQ_UD2, 254).hex() == "105bfe5916"
    assert control_frame(frames.SND_UD, 1, 0x50).hex() == "680303685301 50a416".replace(" ", "")
    assert (
        long_frame(frames.SND_UD, 253, 0x52, bytes.fromhex("78563412ffffffff")).hex()
        == "680b0b6853fd5278563412ffffffffb216"
    )
    with pytest.raises(FrameError, match="253 data bytes"):
        long_frame(0x53, 1, 0x51, bytes(253))


@given(valid)
def test_what_we_build_passes_our_check(frame):
    assert check_frame(frame) in ("ack", "short", "control", "long")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("", "no bytes"),
        ("00", "start 00h"),
        ("04046853fe5010b116", "start 04h"),
        ("680000680816", "length"),
        ("6805056801020304050f16", "C field 01h"),
        ("68030468080172 7b16", "length"),
        ("6803036908017b7b16", "second start"),
        ("68030368080172 7c16", "checksum 7Ch, counted 7Bh"),
        ("68030368080172 7b17", "stop 17h"),
        ("68030368080172 7b", "8 bytes where 9"),
        ("68030368080172 7b1600", "10 bytes where 9"),
        ("1040fc3c16", "reserved address 252"),
        ("10c0014116", "checksum|C field"),
        ("e5e5", "2 bytes where 1"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(frame, reason):
    with pytest.raises(FrameError, match=reason):
        check_frame(bytes.fromhex(frame))


@given(st.lists(st.tuples(harmless, valid), max_size=6), harmless)
def test_noise_between_frames_costs_no_frame(parts, tail):
    receiver = Receiver()
    stream = b"".join(noise + frame for noise, frame in parts) + tail
    assert receiver.feed(stream) + receiver.idle() == [frame for _, frame in parts]
    assert receiver.dropped == sum(len(noise) for noise, _ in parts) + len(tail)


@given(st.binary(max_size=700), valid)
def test_after_silence_any_frame_is_found(noise, frame):
    receiver = Receiver()
    receiver.feed(noise)
    receiver.idle()
    dropped = receiver.dropped
    assert receiver.feed(frame) == [frame]
    assert receiver.dropped == dropped


@given(st.binary(max_size=300), st.integers(1, 250), st.binary(max_size=40))
def test_a_false_start_holds_a_frame_back_only_until_silence(noise, address, data):
    """The frame stands behind `noise` that starts no valid frame of its own."""
    noise = bytes(b for b in noise if b != 0xE5) + b"\x68\xff\xff\x68"
    frame = long_frame(0x08, address, 0x72, data)
    receiver = Receiver()
    found = receiver.feed(noise + frame) + receiver.idle()
    assert frame in found


@given(st.lists(st.one_of(valid, st.binary(max_size=60)), max_size=6), st.data())
def test_any_division_of_the_stream_gives_the_same(parts, data):
    stream = b"".join(parts)
    whole, single, cut = Receiver(), Receiver(), Receiver()
    expected = whole.feed(stream) + whole.idle()
    found = []
    for i in range(len(stream)):
        found += single.feed(stream[i : i + 1])
        assert 1 <= single.expected() <= frames.LONGEST
    assert found + single.idle() == expected
    at = data.draw(st.integers(0, len(stream)))
    assert cut.feed(stream[:at]) + cut.feed(stream[at:]) + cut.idle() == expected
    assert whole.dropped == single.dropped == cut.dropped
    assert whole.dropped + sum(map(len, expected)) == len(stream)


def test_expected_follows_the_length_field():
    receiver = Receiver()
    lacks = []
    for i in range(len(ANSWER)):
        lacks.append(receiver.expected())
        receiver.feed(ANSWER[i : i + 1])
    assert lacks[:5] == [1, 3, 2, 1, len(ANSWER) - 4]
    assert lacks[-1] == 1
    assert receiver.expected() == 1


@pytest.mark.parametrize("before", [b"", b"\x00", b"\xff\x00\xe1"])
def test_the_echo_is_not_an_answer(before):
    receiver = Receiver()
    receiver.sent(REQUEST)
    assert receiver.feed(before + REQUEST + ANSWER) == [ANSWER]
    assert receiver.echoes == 1
    assert receiver.dropped == len(before)


def test_only_the_exact_echo_is_taken_and_only_once():
    receiver = Receiver()
    receiver.sent(REQUEST)
    assert receiver.feed(short_frame(0x5B, 5) + REQUEST + REQUEST) == [
        short_frame(0x5B, 5),
        REQUEST,
    ]


def test_a_truncated_frame_costs_only_itself():
    receiver = Receiver()
    assert receiver.feed(ANSWER[:20]) == []
    assert receiver.idle() == []
    assert receiver.dropped == 20
    assert receiver.feed(ANSWER) == [ANSWER]
    assert receiver.rubbish == ANSWER[:20]
    receiver.sent(REQUEST)
    assert receiver.rubbish == b""


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x68" * 100_000,
        b"\x68\xff\xff\x68" * 25_000,
        (b"\x68\x03\x03" * 85 + b"\x16") * 400,
        bytes([0x68, 0xF9, 0xF9, 0x68] + [0x10] * 249 + [0x16, 0x16]) * 400,
    ],
)
def test_hostile_bytes_cost_bounded_work(hostile, monkeypatch):
    """At most one checksum of 255 bytes for a byte received, and no more than one buffer."""
    calls = 0
    fault = frames._fault

    def counted(*args):
        nonlocal calls
        calls += 1
        return fault(*args)

    monkeypatch.setattr(frames, "_fault", counted)
    receiver = Receiver()
    receiver.feed(hostile)
    receiver.idle()
    assert calls <= len(hostile)
    assert len(receiver._buffer) == frames.LONGEST
    assert len(receiver.rubbish) <= 24


def test_reset_forgets_everything():
    receiver = Receiver()
    receiver.sent(REQUEST)
    receiver.feed(b"\x00" + REQUEST + ANSWER[:30])
    receiver.reset()
    assert (receiver.dropped, receiver.echoes, receiver.rubbish) == (0, 0, b"")
    assert receiver.feed(ANSWER) == [ANSWER]


@pytest.mark.skipif(not TELEGRAMS.exists(), reason="the collected telegrams are not here")
def test_real_telegrams_pass():
    for line in TELEGRAMS.read_text().splitlines():
        row = json.loads(line)
        if row["kind"].startswith("slave"):
            frame = bytes.fromhex(row["hex"])
            assert check_frame(frame) in ("control", "long")
            assert Receiver().feed(frame) == [frame]
