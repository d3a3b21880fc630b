"""One meter: what it answers to which frame. No bus, no time but what is passed in."""

import pytest

from shared.mbus import frames, telegram
from tools.plant import population, profiles
from tools.plant.clock import bit_ticks, ticks
from tools.plant.meter import Meter

KINDS = profiles.load()
NOW_S = 1_795_000_000.0


class Line:
    """Speaks to one meter, far enough apart for it to be at rest."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.now = 0
        self.clock_s = NOW_S

    def ask(self, frame: bytes, baud: int = 2400) -> bytes:
        self.now += ticks(2)
        if not self.meter.listens(baud, self.now):
            return b""
        reply = self.meter.hear(frame, baud, self.now, self.clock_s)
        return b"" if reply is None else reply.data

    def request(self, address: int, fcb: bool, fcv: bool = True) -> bytes:
        control = 0x4B | (frames.FCB if fcb else 0) | (frames.FCV if fcv else 0)
        return self.ask(frames.short_frame(control, address))

    def nke(self, address: int) -> bytes:
        return self.ask(frames.short_frame(frames.SND_NKE, address))

    def send(self, address: int, ci: int, data: bytes = b"") -> bytes:
        return self.ask(frames.long_frame(frames.SND_UD, address, ci, data))

    def select(self, header: bytes) -> bytes:
        return self.send(253, 0x52, header)


def line(profile: str, **row: object) -> Line:
    return Line(population.make({"profile": profile, "primary": 7, **row}, KINDS))


def telegram_no(frame: bytes) -> int:
    """Which of the three telegrams this is, by its first record."""
    return {0x04: 0, 0x42: 1, 0x44: 2}[frame[19]]


def test_answers_to_its_address_and_to_254_only():
    water = line("water")
    for address in (7, 254):
        assert water.nke(address) == frames.ACK
        assert frames.check_frame(water.request(address, True)) == "long"
    for address in (6, 8, 0, 251, 252, 253, 255):
        assert water.nke(address) == b""
        assert water.request(address, True) == b""


def test_a_broadcast_is_obeyed_without_an_answer():
    water = line("water")
    assert water.send(255, 0x51, b"\x01\x7a\x2a") == b""
    assert water.nke(42) == frames.ACK


def test_the_same_frame_count_bit_repeats_the_telegram_byte_for_byte():
    water = line("water")
    first = water.request(7, True)
    water.clock_s += 86_400
    assert water.request(7, True) == first
    toggled = water.request(7, False)
    assert toggled != first
    assert telegram.decode(toggled).access_no == (telegram.decode(first).access_no + 1) & 0xFF


@pytest.mark.parametrize("first", [True, False])
def test_after_nke_either_frame_count_bit_begins_with_the_first_telegram(first):
    three = line("three_telegrams")
    three.request(7, True)
    three.request(7, False)
    three.nke(7)
    assert telegram_no(three.request(7, first)) == 0


def test_telegrams_follow_when_the_frame_count_bit_is_toggled():
    three = line("three_telegrams")
    three.nke(7)
    bits = [True, False, False, True, False]
    assert [telegram_no(three.request(7, bit)) for bit in bits] == [0, 1, 1, 2, 0]
    decoded = [telegram.decode(three.request(7, bit)) for bit in (True, False, True)]
    assert [one.more for one in decoded] == [True, False, True]


def test_a_set_of_telegrams_shows_one_moment():
    three = line("three_telegrams")
    frames_ = [three.request(7, True)]
    three.clock_s += 40 * 86_400
    frames_.append(three.request(7, False))
    later = line("three_telegrams")
    assert frames_[1] == [later.request(7, True), later.request(7, False)][1]


def test_a_request_without_fcv_asks_for_the_next():
    three = line("three_telegrams")
    asked = [telegram_no(three.request(7, False, fcv=False)) for _ in range(4)]
    assert asked == [0, 1, 2, 0]


def test_the_frame_count_bit_of_253_is_its_own():
    three = line("three_telegrams")
    header = three.meter.identity.header
    assert three.select(header) == frames.ACK
    assert telegram_no(three.request(253, True)) == 0
    assert telegram_no(three.request(253, False)) == 1
    assert telegram_no(three.request(7, False)) == 2  # new to this memory: not a repetition


def test_selection_by_every_wildcard():
    water = line("water", serial=62140318)
    header = water.meter.identity.header
    any_ = b"\xff"
    fits = [
        header,
        any_ * 8,
        header[:4] + any_ * 4,
        any_ * 4 + header[4:],
        b"\xf8" + any_ * 3 + header[4:],
        header[:7] + any_,
        header[:6] + any_ + header[7:],
    ]
    for mask in fits:
        assert water.select(mask) == frames.ACK, mask.hex()
        assert frames.check_frame(water.request(253, True)) == "long"
    misses = [
        b"\x17" + header[1:],
        header[:4] + b"\x01\x02" + header[6:],
        header[:6] + b"\x01" + header[7:],
        header[:7] + b"\x01",
        header[:7],
        b"",
    ]
    for mask in misses:
        water.select(any_ * 8)
        assert water.select(mask) == b"", mask.hex()
        assert water.request(253, True) == b"", "deselected"


def test_selection_narrowed_by_the_fabrication_number():
    water = line("water", serial=62140318)
    number = b"\x18\x03\x14\x62"
    assert water.select(b"\xff" * 8 + b"\x0c\x78" + number) == frames.ACK
    assert water.select(b"\xff" * 8 + b"\x0c\x78\xff\xff\x14\x62") == frames.ACK
    assert water.select(b"\xff" * 8 + b"\x0c\x78\x19\x03\x14\x62") == b""


def test_nke_at_253_ends_the_selection():
    water = line("water")
    water.select(water.meter.identity.header)
    assert water.nke(253) == frames.ACK
    assert water.nke(253) == b""
    assert water.request(253, True) == b""


def test_selected_it_answers_with_its_primary_address():
    water = line("water")
    water.select(b"\xff" * 8)
    assert water.request(253, True)[5] == 7


def test_application_reset_begins_anew_and_chooses_by_sub_code():
    three = line("three_telegrams")
    three.request(7, True)
    assert three.send(7, 0x50) == frames.ACK
    assert three.meter.last_reset == -1
    assert telegram_no(three.request(7, True)) == 0
    assert three.send(7, 0x50, b"\x02") == frames.ACK
    assert three.meter.last_reset == 2
    assert telegram_no(three.request(7, False)) == 2
    three.send(7, 0x50, b"\x80")  # profile: sub-code 8xh, telegrams 2 and 3
    assert [telegram_no(three.request(7, bit)) for bit in (True, False, True)] == [1, 2, 1]
    three.send(7, 0x50, b"\x50")
    assert not telegram.decode(three.request(7, True)).more


def test_baud_change_is_acknowledged_at_the_old_rate_and_ends_unused():
    water = line("water")
    assert water.send(7, 0xBD) == frames.ACK
    assert water.nke(7) == b""
    assert water.ask(frames.short_frame(frames.SND_NKE, 7), 9600) == frames.ACK
    water.now += ticks(3600)
    assert water.ask(frames.short_frame(frames.SND_NKE, 7), 9600) == frames.ACK
    water.ask(frames.long_frame(frames.SND_UD, 7, 0xB8, b""), 9600)
    water.now += ticks(121)
    assert water.ask(frames.short_frame(frames.SND_NKE, 7), 300) == b"", "never used: given up"
    assert water.ask(frames.short_frame(frames.SND_NKE, 7), 9600) == frames.ACK


def test_a_meter_that_finds_the_rate_answers_at_each():
    water = line("water", baud=[300, 2400])
    for baud, answer in ((300, frames.ACK), (2400, frames.ACK), (9600, b"")):
        assert water.ask(frames.short_frame(frames.SND_NKE, 7), baud) == answer


def test_class_1_data_and_unknown_commands():
    water = line("water")
    assert water.ask(frames.short_frame(frames.REQ_UD1, 7)) == frames.ACK
    assert water.send(7, 0xA0) == b""
    assert water.send(7, 0x54) == frames.ACK


def test_deaf_while_it_answers():
    water = line("water")
    frame = frames.short_frame(frames.REQ_UD2, 7)
    reply = water.meter.hear(frame, 2400, 1000, NOW_S)
    end = 1000 + reply.delay + len(reply.data) * 11 * bit_ticks(2400)
    assert water.meter.hear(frame, 2400, end - 1, NOW_S) is None
    assert water.meter.hear(frame, 2400, end, NOW_S).data == reply.data


def test_the_delay_is_as_configured_and_never_under_11_bits():
    bit = bit_ticks(2400)
    frame = frames.short_frame(frames.SND_NKE, 7)
    for bits, ms, least, most in (
        (0, 0, 11 * bit, 11 * bit),
        (40, 0, 40 * bit, 40 * bit),
        (330, 50, 330 * bit + ticks(0.05), 330 * bit + ticks(0.05)),
    ):
        water = line("water", delay_bits=bits, delay_ms=ms)
        assert least <= water.meter.hear(frame, 2400, 0, NOW_S).delay <= most
    water = line("water", delay_bits=40, jitter_bits=10)
    delays = set()
    for n in range(100):
        delays.add(water.meter.hear(frame, 2400, n * ticks(1), NOW_S).delay)
    assert 30 * bit <= min(delays) < max(delays) <= 50 * bit
    assert len(delays) > 50, "less than a bit apart"


def test_quirks():
    assert line("water", quirks=["no_nke"]).nke(7) == b""
    shy = line("water", quirks=["needs_nke"])
    assert shy.request(7, True) == b""
    shy.nke(7)
    assert shy.request(7, True) != b""
    assert shy.request(7, False) == b""
    stays = line("three_telegrams", quirks=["keeps_place"])
    stays.select(b"\xff" * 8)
    stays.request(253, True)
    stays.nke(253)
    stays.select(b"\xff" * 8)
    assert telegram_no(stays.request(253, True)) == 1
    stays.select(b"\xff" * 8)
    assert telegram_no(stays.request(253, True)) == 2, "a selection forgets the frame count bit"
    stays.nke(7)
    assert telegram_no(stays.request(7, True)) == 0


def test_a_value_that_cannot_be_sent_is_an_application_error():
    water = line("water")
    water.meter.contents.overrides[2] = "rubbish"
    answer = water.request(7, True)
    assert (frames.check_frame(answer), answer[6]) == ("long", 0x70)


def test_the_fixed_structure():
    old = telegram.decode(line("fixed", serial=711342).request(7, True))
    assert (old.ci, old.id, len(old.records)) == (0x73, "00711342", 2)
