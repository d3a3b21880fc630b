"""Each fault of a meter, as a master sees it."""

from random import Random

import pytest

from shared.errors import FrameError
from shared.mbus import frames
from tests.fakes.virtual_master import VirtualMaster
from tools.plant import faults, population, profiles
from tools.plant.bus import Bus
from tools.plant.clock import bit_ticks, ticks

KINDS = profiles.load()
REQUEST = frames.short_frame(frames.REQ_UD2, 1)
NKE = frames.short_frame(frames.SND_NKE, 1)


def master(fault: object) -> VirtualMaster:
    rows = [
        {"profile": "water", "primary": 1, "fault": fault},
        {"profile": "water", "primary": 2, "serial": 1},
    ]
    return VirtualMaster(Bus([population.make(row, KINDS) for row in rows], 1_795_000_000.0))


@pytest.fixture
def whole() -> bytes:
    return master(None).ask(REQUEST)


def test_the_table_is_whole_and_tested():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(faults.FAULTS) <= tested


def test_silent():
    one = master("silent")
    assert one.ask(NKE) == one.ask(REQUEST) == b""


def test_slow(whole):
    one = master({"kind": "slow", "ms": 700})
    assert one.ask(REQUEST) == whole
    assert one.arrivals[0][0] - one.sent_until > ticks(0.7)


def test_checksum(whole):
    one = master("checksum")
    with pytest.raises(FrameError, match="checksum"):
        frames.check_frame(one.ask(REQUEST))
    assert one.ask(NKE) == frames.ACK


def test_truncated(whole):
    assert master({"kind": "truncated", "bytes": 30}).ask(REQUEST) == whole[:30]
    assert master("truncated").ask(REQUEST) == whole[: len(whole) // 2]
    assert master({"kind": "truncated", "bytes": 0}).ask(REQUEST) == b""


def test_wrong_address():
    answer = master("wrong_address").ask(REQUEST)
    assert frames.check_frame(answer) == "long"
    assert answer[5] == 2


def test_wrong_id(whole):
    answer = master("wrong_id").ask(REQUEST)
    assert frames.check_frame(answer) == "long"
    assert answer[5] == 1
    assert answer[7:11] != whole[7:11]


def test_nth(whole):
    one = master({"kind": "nth", "n": 3})
    assert [len(one.ask(REQUEST)) for _ in range(6)] == [0, 0, 89, 0, 0, 89]
    assert one.ask(NKE) == frames.ACK


def test_rubbish(whole):
    answer = master({"kind": "rubbish", "bytes": 40}).ask(REQUEST)
    assert len(answer) == 40
    with pytest.raises(FrameError):
        frames.check_frame(answer)
    assert len(master("rubbish").ask(NKE)) == 1


def test_application_error():
    answer = master({"kind": "application_error", "code": 9}).ask(REQUEST)
    assert frames.check_frame(answer) == "long"
    assert answer[6:8] == b"\x70\x09"


def test_a_faulty_meter_leaves_its_neighbour_alone():
    other = frames.short_frame(frames.REQ_UD2, 2)
    for kind in faults.FAULTS:
        one = master(kind)
        one.ask(REQUEST)
        assert frames.check_frame(one.ask(other, rest_s=0.5)) == "long", kind


def test_times_and_probability(whole):
    one = master({"kind": "silent", "times": 2})
    assert [len(one.ask(REQUEST)) for _ in range(4)] == [0, 0, 89, 89]
    one = master({"kind": "silent", "probability": 0.5})
    lost = sum(one.ask(REQUEST) == b"" for _ in range(200))
    assert 60 < lost < 140


def test_a_slow_answer_arrives_late_but_whole_at_the_next_request():
    one = master({"kind": "slow", "ms": 400})
    one.send(REQUEST)
    window = 330 * bit_ticks(2400) + ticks(0.05)
    one.bus.advance(one.sent_until + window)
    assert one.port.inbox == b"", "the master gives up"
    one.bus.write(one.port, REQUEST, one.bus.now)
    assert frames.check_frame(one.wait()) == "long", "deaf meanwhile, it answers once"


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        {"kind": "nonsense"},
        {},
        7,
        ["silent"],
        {"kind": "silent", "ms": 4},
        {"kind": "slow", "ms": "4"},
        {"kind": "slow", "ms": -1},
        {"kind": "truncated", "bytes": 2.5},
        {"kind": "nth", "n": 0},
        {"kind": "silent", "probability": 2},
        {"kind": "silent", "times": 0},
        {"kind": "silent", "times": True},
        {"kind": ["silent"]},
    ],
)
def test_a_wrong_fault_is_refused(bad):
    with pytest.raises(ValueError, match="fault"):
        faults.check(bad)


def test_no_fault_changes_nothing():
    answer = faults.Answer(b"\xe5", 0)
    assert faults.apply(answer, None, Random(0)) == answer
    assert faults.check(None) is None
