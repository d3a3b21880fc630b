"""UI rule 1: the steps in their order, left and taken up again, ended for good."""

import itertools

import pytest

from host.settings.wizard import ENDED, LATER, OPEN, STEPS, Wizard


def test_from_step_to_step_to_the_end() -> None:
    wizard = Wizard()
    for step, following in itertools.pairwise(STEPS):
        assert (wizard.state, wizard.at) == (OPEN, step)
        wizard = wizard.gone(following, done=step)
    assert wizard == Wizard(ENDED, STEPS[0], STEPS[:-1])


def test_a_step_left_out_is_not_done_and_one_done_twice_is_done_once() -> None:
    wizard = Wizard().gone("network", "site").gone("time").gone("site").gone("network", "site")
    assert wizard == Wizard(OPEN, "network", ("site",))


def test_put_off_it_goes_on_where_it_was() -> None:
    wizard = Wizard().gone("time").gone(LATER)
    assert wizard == Wizard(LATER, "time")
    assert wizard.gone("time") == Wizard(OPEN, "time")


@pytest.mark.parametrize("way", ["time", LATER, ENDED, "summary"])
def test_ended_it_stays_ended(way: str) -> None:
    wizard = Wizard().gone("time", "network").gone(ENDED)
    assert wizard.gone(way) == Wizard(ENDED, "site", ("network",))
