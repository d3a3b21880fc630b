"""Reading a meter, one field failure after the other, on a bus in virtual time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import (
    ApplicationError,
    BadSetting,
    GarbledAnswer,
    LineFault,
    NoAnswer,
    WrongMeter,
)
from shared.mbus.addresses import parse_address
from shared.mbus.exchange import MOST_TELEGRAMS, WITHOUT_SUBCODE, Memory, read_meter
from shared.mbus.frames import ACK, long_frame, short_frame
from shared.mbus.line import Line
from shared.mbus.timing import BAUD_RATES
from tests.fakes.bus import FakeBus, FakeMeter, drive, telegram

HEADER = bytes.fromhex("7803491177040e16")
TEXT = "1149037877040E16"
MARK = st.integers(0, 0xFFFFFF)
OTHER = bytes.fromhex("7903491177040e16")


def run(bus, address, line=None, **options):
    """Read `address` (text) on `bus`; options go to read_meter."""
    line = line or Line("meter " + address, bus.baud)
    return drive(read_meter(line, parse_address(address), **options), bus)


def sent(bus):
    return [frame.hex() for frame in bus.sent]


def requests(bus):
    """Return start and C field of each REQ_UD2 sent."""
    return [frame[:2].hex() for frame in bus.sent if frame[0] == 0x10 and frame[1] & 0x0F == 0x0B]


def test_primary_first_link_reset_then_request_with_fcb_one():
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([FakeMeter(4, OTHER), meter])
    line = Line("meter 5")
    assert run(bus, "5", line) == meter.telegrams
    assert sent(bus) == ["1040054516", "107b058016"]
    assert (line.requests, line.answers, line.retries, line.noise, line.strays) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize("address", ["5", TEXT, "11490378", "254"])
def test_three_telegrams_with_fcb_toggled(address):
    meter = FakeMeter(5, HEADER, parts=3)
    bus = FakeBus([meter])
    memory = Memory()
    for _ in range(3):
        assert run(bus, address, memory=memory) == meter.telegrams
    asked = requests(bus)[-3:]
    assert asked in (["107b", "105b", "107b"], ["105b", "107b", "105b"])
    assert address != "5" or asked[0] == "107b"


def test_secondary():
    meter = FakeMeter(17, HEADER, parts=2)
    bus = FakeBus([FakeMeter(4, OTHER), meter])
    memory = Memory()
    assert run(bus, TEXT, memory=memory) == meter.telegrams
    bus.sent.clear()
    meter.count_up()
    assert run(bus, TEXT, memory=memory) == meter.telegrams
    assert sent(bus) == [
        "1040fd3d16",
        "680b0b6853fd527803491177040e161616",
        "107bfd7816",
        "105bfd5816",
    ]


@pytest.mark.parametrize("parts", [1, 2, 3, 20])
@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("options", [{"address": TEXT}, {"address": "5", "snd_nke": False}])
def test_a_meter_left_anywhere_is_read_from_its_first_telegram(parts, before, options):
    """SND_NKE to 253 does not turn this meter back, and it repeats itself at an equal FCB."""
    meter = FakeMeter(5, HEADER, parts)
    for i in range(before):
        meter.hear(short_frame(0x5B if i & 1 else 0x7B, 5))
    bus = FakeBus([meter])
    memory = Memory()
    for _ in range(4):
        meter.count_up()
        assert run(bus, memory=memory, **options) == meter.telegrams
    meter.count_up()
    bus.sent.clear()
    run(bus, memory=memory, **options)
    assert len(requests(bus)) <= parts + 1


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("options", [{"address": TEXT}, {"address": "5", "snd_nke": False}])
def test_after_a_failed_reading_nothing_old_is_taken_for_new(parts, options):
    meter = FakeMeter(5, HEADER, parts)
    bus = FakeBus([meter])
    memory = Memory()
    run(bus, memory=memory, **options)
    for lost in range(1, 6):
        meter.count_up()
        first = len(bus.sent) + lost
        bus.spoil = {first + i: lambda answer: b"" for i in range(3)}
        try:
            run(bus, memory=memory, **options)
        except NoAnswer:
            pass
        meter.count_up()
        bus.spoil = {}
        assert run(bus, memory=memory, **options) == meter.telegrams


def test_selected_meter_alone_answers_253():
    first, second = FakeMeter(0, HEADER), FakeMeter(0, OTHER)
    bus = FakeBus([first, second])
    assert run(bus, TEXT) == first.telegrams
    assert run(bus, "11490379") == second.telegrams
    assert not first.selected


def test_link_reset_can_be_switched_off():
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    memory = Memory()
    for _ in range(3):
        meter.count_up()
        assert run(bus, "5", snd_nke=False, memory=memory) == meter.telegrams
    # Read twice when it is met; toggled from one reading to the next.
    assert sent(bus) == ["107b058016", "105b056016", "107b058016", "105b056016"]
    bus.sent.clear()
    run(bus, TEXT, snd_nke=False, memory=memory)
    assert bus.sent[0][0] == 0x68


@pytest.mark.parametrize(
    ("subcode", "frame"),
    [
        (0x10, "6804046873055010d816"),
        (0, "6804046873055000c816"),
        (WITHOUT_SUBCODE, "680303687305 50c816"),
    ],
)
def test_application_reset(subcode, frame):
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    assert run(bus, "5", application_reset=subcode) == meter.telegrams
    assert sent(bus)[1] == frame.replace(" ", "")
    bus.sent.clear()
    assert run(bus, TEXT, application_reset=subcode, memory=Memory()) == meter.telegrams
    resets = [frame for frame in bus.sent if len(frame) > 6 and frame[6] == 0x50]
    assert resets
    assert all(frame[5] == 253 for frame in resets)


def test_unknown_resets_do_not_matter():
    meter = FakeMeter(5, HEADER, acknowledges_nke=False)
    bus = FakeBus([meter])
    assert run(bus, "5") == meter.telegrams
    assert sent(bus) == ["1040054516", "107b058016", "105b056016"]


def test_without_an_acknowledge_the_fcb_goes_on_from_the_last_reading():
    meter = FakeMeter(5, HEADER, acknowledges_nke=False)
    bus = FakeBus([meter])
    memory = Memory()
    for _ in range(3):
        meter.count_up()
        assert run(bus, "5", memory=memory) == meter.telegrams
    assert requests(bus) == ["107b", "105b", "107b", "105b"]


def test_pause_after_the_reset():
    bus = FakeBus([FakeMeter(5, HEADER)])
    run(bus, "5", settle_ms=40_000)
    assert bus.idle_us[1] >= 40_000_000


def test_silence_is_no_answer_after_all_retries():
    bus = FakeBus([])
    with pytest.raises(
        NoAnswer, match="meter 5 at 2400 baud: nothing heard within 193 ms, asked 3"
    ):
        run(bus, "5")
    assert sent(bus) == ["1040054516"] + ["107b058016"] * 3
    with pytest.raises(NoAnswer):
        run(bus, TEXT)
    assert sent(bus)[4:] == [
        "1040fd3d16",
        "680b0b6853fd527803491177040e161616",
        "680b0b6873fd527803491177040e163616",
        "680b0b6853fd527803491177040e161616",
    ]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_requests_that_are_lost_are_sent_again(lost):
    meter = FakeMeter(5, HEADER, parts=2)
    bus = FakeBus([meter])
    bus.spoil = {i: lambda answer: b"" for i in range(lost)}
    assert run(bus, "5") == meter.telegrams


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_lost_answer_is_asked_for_with_the_same_fcb(at):
    meter = FakeMeter(5, HEADER, parts=3)
    bus = FakeBus([meter])
    bus.spoil = {at: lambda answer: b""}
    line = Line("meter 5")
    assert run(bus, "5", line) == meter.telegrams
    assert bus.sent[at] == bus.sent[at + 1]
    assert line.retries == 1


def wrong_checksum(answer):
    return answer[:-2] + bytes([answer[-2] ^ 1, 0x16]) if len(answer) > 1 else b"\xe4"


SPOILT = {
    "checksum": wrong_checksum,
    "truncated": lambda answer: answer[:20],
    "stop": lambda answer: answer[:-1] + b"\x17",
    "length pair": lambda answer: answer[:2] + b"\x99" + answer[3:],
    "zeros": lambda answer: bytes(30),
    "ack": lambda answer: ACK,
    "rubbish": lambda answer: b"\x68\xff\xff\x68" + answer[:15],
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_garbled_answer_is_asked_for_again_after_a_whole_window(kind):
    meter = FakeMeter(5, HEADER, parts=2)
    bus = FakeBus([meter])
    bus.spoil = {1: SPOILT[kind]}
    assert run(bus, "5") == meter.telegrams
    assert bus.idle_us[2] >= 193_000
    bus.spoil = dict.fromkeys(range(20), SPOILT[kind])
    with pytest.raises(GarbledAnswer):
        run(bus, "5")


@pytest.mark.parametrize("before", [b"\x00", b"\xff\x00\x00", b"\xe1\x16", b"\x68\x68", b"\x10"])
def test_noise_before_the_answer_costs_nothing(before):
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    bus.spoil = {0: lambda answer: before + answer, 1: lambda answer: before + answer}
    line = Line("meter 5")
    assert run(bus, "5", line) == meter.telegrams
    assert line.noise >= len(before)


@pytest.mark.parametrize("address", ["5", TEXT])
def test_the_converters_echo_is_no_answer(address):
    meter = FakeMeter(5, HEADER, parts=2)
    bus = FakeBus([meter])
    bus.echo = True
    line = Line("meter")
    assert run(bus, address, line) == meter.telegrams
    assert line.echoes == line.requests
    assert line.noise == 0
    bus.meters = []
    with pytest.raises(NoAnswer):
        run(bus, address)


def test_another_meters_answer_is_not_taken():
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    stranger = telegram(6, OTHER, 1)
    late = [(10_000, stranger), (200_000, meter.telegrams[0])]
    bus.spoil = {1: lambda answer: late}
    assert run(bus, "5") == meter.telegrams  # listened on
    bus = FakeBus([meter])
    bus.spoil = dict.fromkeys(range(1, 9), lambda answer: stranger)
    with pytest.raises(WrongMeter, match="asked 5, answered by 6 1149037977040E16"):
        run(bus, "5")


def test_another_secondary_address_is_not_taken():
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    bus.spoil = dict.fromkeys(range(2, 20), lambda answer: answer and telegram(5, OTHER, 1))
    with pytest.raises(WrongMeter, match=r"asked 1149037877040E16, answered by 5 1149037977040E16"):
        run(bus, TEXT)


def test_a_telegram_received_twice_counts_once():
    meter = FakeMeter(5, HEADER, parts=3)
    bus = FakeBus([meter])
    first = meter.telegrams[0]
    # The converter delivers the first telegram again, in front of the second.
    bus.spoil = {2: lambda answer: first + answer}
    assert run(bus, "5") == meter.telegrams


def test_a_meter_that_ignores_the_fcb_gives_its_telegram_once():
    meter = FakeMeter(5, HEADER, parts=2, ignores_fcb=True)
    bus = FakeBus([meter])
    assert run(bus, "5") == meter.telegrams[:1]


def test_a_meter_without_end_is_cut_off():
    meter = FakeMeter(5, HEADER, parts=200)
    bus = FakeBus([meter])
    assert len(run(bus, "5")) == MOST_TELEGRAMS


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "meter 5 reports 0: Unspecified"),
        (b"\x00", "0: Unspec"),
        (b"\x09", "9: Too many readouts"),
        (b"\x55", "85: Application error 55h"),
    ],
)
@pytest.mark.parametrize("address", ["5", TEXT])
def test_application_error(data, text, address):
    bus = FakeBus([FakeMeter(5, HEADER)])
    bus.meters[0].telegrams = [long_frame(0x08, 5, 0x70, data)]
    with pytest.raises(ApplicationError, match=text):
        run(bus, address)


def test_a_busy_meter_is_asked_again():
    meter = FakeMeter(5, HEADER)
    bus = FakeBus([meter])
    busy = long_frame(0x08, 5, 0x70, b"\x08")
    bus.spoil = {1: lambda answer: busy}
    assert run(bus, "5") == meter.telegrams
    bus.spoil = dict.fromkeys(range(20), lambda answer: busy)
    with pytest.raises(ApplicationError, match="8: Application busy"):
        run(bus, "5")


def test_a_babbling_line_is_given_up():
    bus = FakeBus([])
    bus.deliver(0, bytes(20_000))
    with pytest.raises(GarbledAnswer, match="does not fall silent"):
        run(bus, "5")
    assert bus.sent == []


@pytest.mark.parametrize("baud", BAUD_RATES)
@pytest.mark.parametrize("bits", [11, 330])
def test_the_slowest_and_quickest_answers_are_heard(baud, bits):
    meter = FakeMeter(5, HEADER, parts=2)
    bus = FakeBus([meter], baud)
    delay = bits * 1_000_000 // baud + (50_000 if bits == 330 else 0)
    bus.spoil = dict.fromkeys(range(20), lambda answer: [(delay, answer)] if answer else b"")
    line = Line("meter", baud)
    assert run(bus, "5", line) == meter.telegrams
    assert line.retries == 0
    assert all(idle >= 33 * 1_000_000 // baud for idle in bus.idle_us)


def test_wildcards_sit_out_the_window_after_the_first_acknowledge():
    """Two meters match; asking at once would be heard by only one of them."""
    first, second = FakeMeter(1, HEADER), FakeMeter(2, OTHER)
    bus = FakeBus([first, second])
    bus.spoil = {1: lambda answer: [(5_000, ACK), (150_000, ACK)]}
    bus.meters = [first]
    second.selected = True
    run(bus, "1149037F")
    assert bus.idle_us[2] >= 13_750
    assert bus.now_us > 0
    select = next(i for i, frame in enumerate(bus.sent) if frame[0] == 0x68)
    assert bus.idle_us[select + 1] >= 193_000


def test_nonsense_is_refused():
    for options in ({"retries": -1}, {"retries": 11}, {"application_reset": 256}):
        with pytest.raises(BadSetting):
            run(FakeBus([]), "5", **options)


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.none() | MARK)
def test_memory_is_kept_whole(fcb, complete, sleepy, several, first):
    memory = Memory()
    memory.fcb = 0x20 if fcb else 0
    memory.complete, memory.sleepy, memory.several, memory.first = complete, sleepy, several, first
    assert vars(Memory(memory.kept())) == vars(memory)
    assert memory.kept() < 1 << 30  # a small integer on a board of 32 bits
    assert vars(Memory(Memory().kept())) == vars(Memory())


@settings(max_examples=300)
@given(st.dictionaries(st.integers(0, 12), st.binary(max_size=40)), st.sampled_from(["5", TEXT]))
def test_whatever_comes_it_is_the_meters_telegrams_or_a_named_error(noise, address):
    meter = FakeMeter(5, HEADER, parts=2)
    bus = FakeBus([meter])
    bus.spoil = {
        at: lambda answer, data=data: data if data[:1] > b"\x80" else data + answer
        for at, data in noise.items()
    }
    try:
        frames = run(bus, address)
    except LineFault:
        return
    assert frames == meter.telegrams
