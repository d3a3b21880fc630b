"""The words for keys of other rooms cover every key there is."""

from typing import get_args

from host.store.meters import State
from host.texts import words
from shared.mbus import report


def test_every_state_of_a_meter_has_a_word():
    assert set(words.STATES) == set(get_args(State))


def test_every_bit_of_the_status_byte_has_a_word():
    for status in range(256):
        assert set(report.status_flags(status)) <= set(words.STATUS)
