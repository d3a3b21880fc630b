"""The value that stands for a meter."""

import pytest

from host.readout.main_value import main_record
from host.web.anatomy import dissect
from tests.fakes import installation


@pytest.mark.parametrize(
    ("frames", "medium", "quantity", "value"),
    [
        (installation.heat("1".zfill(8), 5), 0x04, "Energy", "5000"),
        (installation.water("1".zfill(8), 5000), 0x16, "Volume", "5"),
        (installation.electricity("1".zfill(8), 7), 0x02, "Energy", "7"),
        (installation.allocator("1".zfill(8), 9), 0x08, "H.C.A.", "9"),
        (installation.room("1".zfill(8), 1978), 0x1B, "External temperature", "19.78"),
    ],
)
def test_the_main_value(frames, medium, quantity, value):
    record = main_record(medium, [line for frame in frames for line in dissect(frame).records])
    assert record is not None
    assert (record["quantity"], record["value"]) == (quantity, value)


def test_nothing_is_better_than_a_serial_number():
    assert main_record(0x04, []) is None
    assert main_record(0x0F, dissect(installation.hostile("66600013")[0]).records) is None
