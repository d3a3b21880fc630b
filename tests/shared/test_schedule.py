from hypothesis import given
from hypothesis import strategies as st

from shared.schedule import is_due, next_due

QUARTER = 900
NOON = 1795953600  # 2026-11-29 12:00:00 UTC


def test_readouts_stand_on_the_full_quarter_hours():
    assert next_due(NOON, QUARTER) == NOON + 900
    assert next_due(NOON + 899, QUARTER) == NOON + 900


def test_a_meter_is_due_once_a_slot():
    assert is_due(None, NOON, QUARTER)
    assert not is_due(NOON + 3, NOON + 899, QUARTER)
    assert is_due(NOON + 3, NOON + 900, QUARTER)


def test_a_clock_put_back_makes_one_readout():
    assert is_due(NOON, NOON - 86400, QUARTER)
    assert not is_due(NOON - 86400, NOON - 86400, QUARTER)


@given(st.integers(0, 1 << 33), st.integers(1, 172800))
def test_what_is_next_is_due_and_nothing_before(now, cycle):
    due = next_due(now, cycle)
    assert now < due <= now + cycle
    assert is_due(now, due, cycle)
    assert not is_due(now, due - 1, cycle)
