"""A master that is not ours reads the plant: pyMeterBus, over socket:// and rfc2217://."""

import meterbus
import pytest
import serial

from tests.fakes.plant import RunningPlant, running_plant

SCALE = 10  # fast, and still slow enough for a busy machine: the answer window is 19 ms
METERS = [
    {"profile": "heat", "primary": 1, "serial": 4800181},
    {"profile": "water", "primary": 2, "serial": 62140318},
    {"profile": "water", "primary": 0, "serial": 62140321},
    {"profile": "three_telegrams", "primary": 4, "serial": 30071102},
    {"profile": "fixed", "primary": 5, "serial": 711342},
]


@pytest.fixture(scope="module")
def plant():
    with running_plant(METERS, time_scale=SCALE) as running:
        yield running


@pytest.fixture
def line(plant: RunningPlant):
    with serial.serial_for_url(plant.bus.replace("tcp", "socket"), timeout=0.3) as port:
        yield port


def ask(line: serial.Serial) -> bytes:
    answer = meterbus.recv_frame(line, 1)
    assert answer, "no answer"
    return bytes(answer)


def serials(frame: bytes) -> str:
    return meterbus.load(frame).body.bodyHeader.id_nr_field.decodeBCD


@pytest.mark.parametrize("primary", [1, 2])
def test_reads_by_primary_address(line, primary):
    meterbus.send_ping_frame(line, primary)
    assert ask(line) == b"\xe5"
    meterbus.send_request_frame(line, primary)
    frame = ask(line)
    assert frame[5] == primary
    assert len(meterbus.load(frame).records) == {1: 23, 2: 12}[primary]


def test_reads_by_secondary_address(line, plant):
    for meter in plant.meters[1:3]:
        meterbus.send_ping_frame(line, meterbus.ADDRESS_NETWORK_LAYER)
        meterbus.recv_frame(line, 1)  # the meter that was selected before, if there was one
        meterbus.send_select_frame(line, meter["secondary"])
        assert ask(line) == b"\xe5"
        meterbus.send_request_frame(line, meterbus.ADDRESS_NETWORK_LAYER)
        frame = meterbus.load(ask(line))
        assert frame.secondary_address == meter["secondary"]


def test_reads_three_telegrams_with_toggled_frame_count_bit(line):
    meterbus.send_ping_frame(line, 4)
    ask(line)
    request = meterbus.send_request_frame_multi(line, 4)
    frames = [meterbus.load(ask(line))]
    while frames[-1].more_records_follow:
        request.header.cField.parts[0] ^= meterbus.CONTROL_MASK_FCB
        meterbus.send_request_frame_multi(line, req=request)
        frames.append(meterbus.load(ask(line)))
    assert len(frames) == 3


def test_reads_through_rfc2217(plant):
    with serial.serial_for_url(plant.rfc2217, baudrate=2400, parity="E", timeout=1) as line:
        meterbus.send_request_frame(line, 1)
        assert ask(line)[5] == 1


@pytest.mark.parametrize(("baud", "parity"), [(9600, "E"), (2400, "N"), (300, "E")])
def test_a_wrong_setting_of_the_rfc2217_port_gets_no_answer(plant, baud, parity):
    plant.control("reset_statistics")
    with serial.serial_for_url(plant.rfc2217, baudrate=baud, parity=parity, timeout=0.2) as line:
        meterbus.send_request_frame(line, 1)
        assert line.read(1) == b""
    assert plant.control("statistics")["bytes_up"] == 0
