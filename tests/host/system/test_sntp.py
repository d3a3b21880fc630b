"""L2: a question to a time server, and what its answer means."""

import struct

import pytest

from host.system import sntp
from host.system.sntp import Answer, NoTime
from tests.fakes import own_network

SENT = 1_774_747_800_000_000_000
MS = 1_000_000


def stamp(ns: int) -> bytes:
    return sntp.question(ns)[40:]


def reply(received: int, left: int, *, first: int = 0x24, stratum: int = 2, asked: int = SENT):
    head = struct.pack("!BB22x", first, stratum)
    return head + stamp(asked) + stamp(received) + stamp(left)


def test_l2_the_offset_is_what_the_server_is_ahead_of_this_clock() -> None:
    ahead = reply(SENT + 510 * MS, SENT + 510 * MS)
    said = sntp.answer(ahead, "192.0.2.1", SENT, SENT + 20 * MS)
    assert said == Answer("192.0.2.1", 500_000, 20_000, 2)
    behind = sntp.answer(reply(SENT - 90 * MS, SENT - 80 * MS), "", SENT, SENT + 30 * MS)
    assert behind == Answer("", -100_000, 20_000, 2)


def test_l2_the_era_that_begins_in_2036() -> None:
    later = 2_100_000_000_000_000_000
    said = sntp.answer(reply(later, later, asked=later), "", later, later)
    assert said == Answer("", 0, 0, 2)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        reply(SENT, SENT)[:47],
        reply(SENT, SENT, asked=SENT + MS),  # of another question
        reply(SENT, SENT, first=0x23),  # a question itself
    ],
)
def test_l2_what_is_no_answer_is_left_aside(packet: bytes) -> None:
    assert sntp.answer(packet, "", SENT, SENT) is None


@pytest.mark.parametrize("more", [{"stratum": 0}, {"stratum": 16}, {"first": 0xE4}])
def test_l2_a_server_without_time_is_told_so(more: dict[str, int]) -> None:
    with pytest.raises(NoTime, match=sntp.NO_TIME):
        sntp.answer(reply(SENT, SENT, **more), "", SENT, SENT)


@pytest.mark.skipif(bool(own_network.why_not()), reason=own_network.why_not())
@pytest.mark.parametrize("scenario", ["sntp", "chrony"])
def test_l2_a_real_server_answers_and_a_real_chrony_goes_by_it(scenario: str) -> None:
    done = own_network.inside("none", "tests.host.system.clock_scenarios", scenario)
    assert done.returncode == 0, done.stderr
