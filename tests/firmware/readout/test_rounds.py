from firmware.readout.rounds import Rounds
from tests.fakes.virtual_time import VirtualHal


def test_a_round_takes_in_who_falls_due_and_ends_with_the_last():
    hal = VirtualHal()
    rounds = Rounds(hal, 4)
    assert rounds.current() is None
    assert rounds.joined(0)
    assert not rounds.joined(1)
    assert rounds.asked(0, True) is None
    assert not rounds.joined(0)  # a second time: of the next round
    assert not rounds.joined(3)
    assert rounds.asked(1, False) is None
    assert rounds.asked(0, True) is None
    hal.now_ms = 1500
    last = rounds.asked(3, True)
    assert (last["number"], last["total"], last["done"], last["failed"]) == (1, 3, 3, 1)
    assert last["duration_ms"] == 1500
    assert rounds.last == last
    assert rounds.joined(0)
    assert rounds.current()["number"] == 2


def test_another_plan_ends_the_round_as_it_is():
    rounds = Rounds(VirtualHal(), 4)
    rounds.joined(0)
    rounds.changed()
    assert (rounds.last["total"], rounds.last["done"]) == (1, 0)
    assert rounds.joined(0)
    assert rounds.asked(0, True)["number"] == 2
