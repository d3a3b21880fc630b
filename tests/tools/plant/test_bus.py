"""The bus in virtual time: spacing, delays, collisions, noise, short circuit, statistics."""

import pytest

from shared.mbus import frames
from tests.fakes.virtual_master import VirtualMaster
from tools.plant import population, profiles
from tools.plant.bus import Bus, find
from tools.plant.clock import bit_ticks, ticks
from tools.plant.wire import Format

KINDS = profiles.load()
NOW_S = 1_795_000_000.0
BIT = bit_ticks(2400)
REQUEST = frames.REQ_UD2
EVERYBODY = frames.long_frame(frames.SND_UD, 253, 0x52, b"\xff" * 8)


def bus_of(*rows: dict, baud: int = 2400) -> Bus:
    return Bus([population.make(row, KINDS, baud) for row in rows], NOW_S)


def water(primary: int, **row: object) -> dict:
    return {"profile": "water", "primary": primary, "serial": 62140300 + primary, **row}


def nke(address: int) -> bytes:
    return frames.short_frame(frames.SND_NKE, address)


def request(address: int) -> bytes:
    return frames.short_frame(REQUEST, address)


@pytest.mark.parametrize("baud", [300, 600, 1200, 2400, 4800, 9600])
def test_every_character_takes_11_bits_in_both_directions(baud):
    bus = bus_of(water(1, delay_bits=50), baud=baud)
    master = VirtualMaster(bus, bus.add_port(Format(baud)))
    bit = bit_ticks(baud)
    assert frames.check_frame(master.ask(request(1))) == "long"
    assert master.sent_until - master.sent_at == 5 * 11 * bit
    first = master.sent_until + 50 * bit + 11 * bit
    assert [tick for tick, _ in master.arrivals] == [
        first + n * 11 * bit for n in range(len(master.arrivals))
    ]


def test_what_is_written_in_pieces_is_sent_without_overlap():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    for byte in request(1):
        bus.write(master.port, bytes((byte,)), bus.now)
    assert master.port.free_at == bus.now + 5 * 11 * BIT
    assert frames.check_frame(master.wait()) == "long"


@pytest.mark.parametrize(("pause_bits", "gaps"), [(0, 0), (0.25, 0), (1, 4), (13, 4), (100, 4)])
def test_every_pause_within_a_telegram_of_a_master_is_counted(pause_bits, gaps):
    bus = bus_of(water(1))
    port = bus.add_port()
    for byte in request(1):
        bus.write(port, bytes((byte,)), port.free_at + int(pause_bits * BIT))
    figures = bus.statistics.as_dict(bus.now)
    assert figures["gaps"] == gaps
    assert figures["longest_gap_s"] == (round(pause_bits / 2400, 6) if gaps else 0)


def test_a_pause_between_telegrams_and_before_other_bytes_is_no_gap():
    bus = bus_of(water(1))
    port = bus.add_port()
    for data in (
        b"\x55" * 8,
        b"\x55",
        EVERYBODY,
        request(1) + EVERYBODY[:9],
        EVERYBODY[9:],
        nke(1),
    ):
        tail = data == EVERYBODY[9:]
        bus.write(port, data, port.free_at + (0 if tail else 40 * BIT))
    assert bus.statistics.gaps == 0


def test_after_a_torn_telegram_the_next_counts_for_itself():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    master.send(EVERYBODY[:9])
    bus.advance(bus.now + bus.gap + ticks(1))
    assert master.ask(request(1))
    for byte in request(1):
        bus.write(master.port, bytes((byte,)), master.port.free_at + 40 * BIT)
    assert bus.statistics.gaps == 1 + 4


def test_250_meters_answer_within_the_window_and_only_when_asked():
    bus = Bus(population.demo(KINDS, 250), NOW_S)
    master = VirtualMaster(bus)
    for meter in bus.meters:
        if meter.primary:
            address = meter.primary
        else:
            address = 253
            selection = frames.long_frame(frames.SND_UD, 253, 0x52, meter.identity.header)
            assert master.ask(selection) == frames.ACK
        answer = master.ask(request(address))
        assert frames.check_frame(answer) == "long"
        assert answer[5] == meter.primary
        delay = master.arrivals[0][0] - 11 * BIT - master.sent_until
        assert 11 * BIT <= delay <= 330 * BIT + ticks(0.05)
    figures = bus.statistics.as_dict(bus.now)
    assert (figures["collisions"], figures["idle_violations"], figures["flawed_down"]) == (0, 0, 0)
    assert sum(meter.answers for meter in bus.meters) == 250 + sum(
        not meter.primary for meter in bus.meters
    )


def test_acknowledgements_at_the_same_time_merge_into_a_clean_one():
    bus = bus_of(water(1, delay_bits=40), water(2, delay_bits=40.4))
    master = VirtualMaster(bus)
    assert master.ask(EVERYBODY) == frames.ACK
    assert bus.statistics.collisions == 1


def test_acknowledgements_apart_are_garbled():
    bus = bus_of(water(1, delay_bits=40), water(2, delay_bits=43))
    master = VirtualMaster(bus)
    heard = master.ask(EVERYBODY)
    assert heard
    assert frames.ACK not in heard


def test_acknowledgements_one_after_the_other_are_both_heard():
    bus = bus_of(water(1, delay_bits=40), water(2, delay_bits=60))
    assert VirtualMaster(bus).ask(EVERYBODY) == frames.ACK * 2
    assert bus.statistics.collisions == 0


def test_two_meters_at_one_address_answer_their_bits_anded():
    bus = bus_of(
        {"profile": "heat", "primary": 5, "delay_bits": 30},
        {"profile": "heat", "primary": 5, "delay_bits": 30, "serial": 4800199},
    )
    master = VirtualMaster(bus)
    both = master.ask(request(5))
    assert both[:4] == bytes.fromhex("68a3a368")
    assert both[7] == 0x81 & 0x99
    with pytest.raises(Exception, match=r"checksum|bytes"):
        frames.check_frame(both)


def test_a_frame_with_wrong_parity_reaches_nobody():
    bus = bus_of(water(1))
    for parity in "NOMS":
        master = VirtualMaster(bus, bus.add_port(Format(2400, parity)))
        assert master.ask(nke(1), rest_s=0.3) == b"", parity
    assert VirtualMaster(bus).ask(nke(1), rest_s=0.3) == frames.ACK
    assert bus.statistics.flawed_down > 0


def test_a_wrong_baud_rate_hears_garbage():
    bus = bus_of(water(1))
    wrong = bus.add_port(Format(9600))
    right = VirtualMaster(bus)
    right.send(request(1))
    answer = right.wait()
    assert frames.check_frame(answer) == "long"
    assert wrong.inbox
    assert bytes(wrong.inbox) != answer


def test_baud_change_moves_the_meter_to_the_new_rate():
    bus = bus_of(water(1), water(2))
    slow, fast = VirtualMaster(bus), VirtualMaster(bus, bus.add_port(Format(9600)))
    assert slow.ask(frames.control_frame(frames.SND_UD, 1, 0xBD)) == frames.ACK
    assert slow.ask(nke(1)) == b""
    assert fast.ask(nke(1)) == frames.ACK
    assert fast.ask(nke(2)) == b""
    assert slow.ask(nke(2), rest_s=0.3) == frames.ACK
    assert fast.ask(frames.control_frame(frames.SND_UD, 1, 0xBB), rest_s=0.3) == frames.ACK
    assert slow.ask(nke(1), rest_s=0.3) == frames.ACK


def test_all_masters_share_the_bus_and_hear_all_answers():
    bus = bus_of(water(1))
    master, listener = VirtualMaster(bus), bus.add_port()
    answer = master.ask(request(1))
    assert bytes(listener.inbox) == answer


def test_echo():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    master.port.echo = True
    assert master.ask(nke(1)) == nke(1) + frames.ACK


def test_a_master_that_does_not_wait_33_bits_is_counted():
    bus = bus_of(water(1, delay_bits=20))
    master = VirtualMaster(bus)
    for rest_bits, counted in ((33, 0), (34, 0), (32, 1), (0, 2)):
        master.ask(nke(1), rest_bits * BIT / 614_400)
        assert bus.statistics.idle_violations == counted, rest_bits


def test_a_master_that_talks_into_an_answer_spoils_it():
    bus = bus_of(water(1, delay_bits=20))
    master = VirtualMaster(bus)
    whole = master.ask(request(1))
    master.send(request(1))
    bus.advance(master.sent_until + 200 * BIT)
    bus.write(master.port, nke(9), bus.now)
    spoilt = master.wait()
    assert spoilt != whole
    assert (bus.statistics.idle_violations, bus.statistics.interruptions) == (1, 1)


def test_frames_sent_back_to_back_are_an_idle_violation():
    bus = bus_of(water(1))
    VirtualMaster(bus).ask(nke(255) + nke(255))
    assert bus.statistics.idle_violations == 1


def test_short_circuit_silences_the_bus_and_resets_the_meters():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    assert master.ask(EVERYBODY) == frames.ACK
    master.send(request(1))
    bus.advance(master.sent_until + 500 * BIT)
    bus.set_short(True, bus.now)
    bus.set_short(True, bus.now)
    assert bus.current_ma() > 500
    cut = master.wait()
    assert len(cut) < 60
    assert master.ask(nke(1)) == b""
    bus.set_short(False, bus.now + ticks(5))
    assert bus.current_ma() == 1.5
    assert master.ask(request(253)) == b"", "the selection is forgotten"
    assert master.ask(nke(1)) == frames.ACK


def test_noise_spoils_some_answers_and_is_the_same_for_the_same_seed():
    heard = []
    for _ in range(2):
        bus = bus_of(water(1))
        bus.set_noise(5, bus.now)
        master = VirtualMaster(bus)
        answers = []
        for _ in range(30):
            master.send(request(1))
            bus.advance(bus.now + ticks(1))
            answers.append(bytes(master.port.inbox))
        heard.append(answers)
    assert heard[0] == heard[1]
    good = sum(len(answer) == 89 for answer in heard[0])
    assert 0 < good < 30
    bus.set_noise(0, bus.now)
    bus.advance(bus.now + ticks(1))
    assert bus.next_due() is None


def test_garbage_from_a_master_changes_nothing():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    for garbage in (
        bytes(range(256)) * 4,
        b"\x68" * 300,
        b"\x68\xff\xff\x68",
        b"\x10\x40",
        b"\0" * 9,
    ):
        master.ask(garbage)
        assert master.ask(nke(1), rest_s=0.5) == frames.ACK


def test_an_unfinished_frame_ends_with_silence():
    bus = bus_of(water(1))
    master = VirtualMaster(bus)
    master.ask(b"\x68\xff\xff\x68\x53")
    assert master.ask(nke(1), rest_s=0.07) == frames.ACK


def test_a_bus_at_rest_has_nothing_to_do():
    bus = bus_of(water(1))
    assert bus.next_due() is None
    VirtualMaster(bus).ask(request(1))
    bus.advance(bus.now + ticks(1))
    assert bus.next_due() is None
    assert bus._up.signals == bus._down.signals == []


def test_utilisation_is_the_share_of_time_the_wire_is_used():
    bus = bus_of(water(1, delay_bits=50))
    master = VirtualMaster(bus)
    bus.reset_statistics(bus.now)
    answer = master.ask(request(1), rest_s=0)
    bus.advance(2 * (5 + len(answer)) * 11 * BIT)
    figures = bus.statistics.as_dict(bus.now)
    assert figures["utilisation"] == pytest.approx(0.5, abs=0.001)
    assert (figures["bytes_down"], figures["bytes_up"]) == (5, len(answer))


def test_finding_a_meter_by_its_address():
    bus = bus_of(water(1), water(2))
    assert find(bus.meters, "2") is bus.meters[1]
    assert find(bus.meters, "62140301") is bus.meters[0]
    assert find(bus.meters, bus.meters[0].secondary) is bus.meters[0]
    for wrong in ("3", "FFFFFFFF"):
        with pytest.raises(KeyError, match="meters have the address"):
            find(bus.meters, wrong)
