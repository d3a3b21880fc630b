"""The shortest allowed pulses count, bounces and spikes do not, whatever the clock says."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.hal.debounce import Debounce
from tests.fakes.small_python import run_on_micropython
from tools.plant.wiring import Contact, Train, bounce

WRAP = 1 << 30


def played(train: Train, start_us: int = 0, seed: int = 0) -> Debounce:
    """Return what is left of `train` behind the debounce."""
    contact, debounce, end_us = Contact(1, seed), Debounce(), start_us
    contact.start(train, start_us)
    while contact.due_us is not None:
        end_us = contact.due_us
        for at_us, closed in contact.advance(end_us):
            debounce.edge(closed, at_us % WRAP)
    debounce.settle((end_us + 20_000) % WRAP)
    assert contact.pulses == train.count
    return debounce


@given(
    count=st.integers(0, 40),
    bounce_us=st.integers(0, 10_000),
    start_us=st.integers(0, 2 * WRAP),
    seed=st.integers(),
)
@settings(max_examples=60, deadline=None)
def test_pulses_at_the_highest_rate_with_bounce(count, bounce_us, start_us, seed):
    debounce = played(Train(count, 30_000, 30_000, bounce_us), start_us, seed)
    assert debounce.count == count
    assert not debounce.closed


@given(count=st.integers(1, 40), seed=st.integers())
@settings(max_examples=30, deadline=None)
def test_spikes_in_the_middle_of_pulses_and_pauses(count, seed):
    assert played(Train(count, 30_000, 30_000, 3_000, 3_000), 0, seed).count == count


@pytest.mark.parametrize("closed", [False, True])
def test_bounce_alone_is_no_pulse(closed):
    debounce = Debounce(closed)
    at_us = 0
    for edge in bounce(0, 5_000_000, closed, random.Random(1), 3_000):
        at_us = edge.at_us
        debounce.edge(edge.closed, at_us)
    assert debounce.settle(at_us + 20_000) == 0
    assert debounce.closed is closed


def test_the_contact_at_the_start_is_no_pulse():
    debounce = Debounce(True)
    debounce.edge(False, 100)
    assert debounce.settle(50_000) == 0
    debounce.edge(True, 60_000)
    assert debounce.settle(69_999) == 0
    assert debounce.settle(70_000) == 1


def test_an_edge_later_than_now_is_not_old():
    debounce = Debounce()
    debounce.edge(True, 60_000)
    assert debounce.settle(59_000) == 0
    assert debounce.settle(69_000) == 0


def test_late_edges_count_by_their_own_times():
    """A scheduler that hands out three pulses at once changes nothing."""
    debounce = Debounce()
    for n in range(3):
        debounce.edge(True, 60_000 * n)
        debounce.edge(False, 60_000 * n + 30_000)
    assert debounce.settle(10_000_000) == 3


def test_a_missed_pair_of_edges_begins_the_level_anew():
    debounce = Debounce()
    debounce.edge(True, 0)
    debounce.edge(True, 8_000)
    assert debounce.settle(17_999) == 0
    assert debounce.settle(18_000) == 1


def test_the_same_on_micropython():
    code = """
from firmware.hal.debounce import Debounce
one = Debounce()
at = (1 << 30) - 500000
for n in range(40):
    for step, closed in ((0, 1), (700, 0), (1500, 1), (30000, 0), (32000, 1), (33000, 0)):
        one.edge(closed, (at + step) & 0x3FFFFFFF)
    at += 60000
tell([one.settle(at & 0x3FFFFFFF), one.closed])
"""
    assert run_on_micropython(code) == [40, False]
