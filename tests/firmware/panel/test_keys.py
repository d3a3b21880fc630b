"""The gestures of the two keys: short, long, both, bouncing, stuck, one first, ticks that wrap."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from firmware.panel.keys import (
    BOTH,
    BOTH_HELD,
    ENTER,
    ENTER_HELD,
    FUNCTION,
    FUNCTION_HELD,
    Keys,
)
from shared.compat import ticks_add

STEP_MS = 20


class Hand:
    """Presses keys for so long, looks every 20 ms, remembers (gesture, ms since the start)."""

    def __init__(self, start: int = 0, ready: bool = True) -> None:
        self.keys = Keys()
        self.start, self.ms = start, 0
        self.seen: list[tuple[int, int]] = []
        if ready:
            self.hold(0, 100)
            self.ms = 0

    def look(self, down: int) -> None:
        now = ticks_add(self.start, self.ms)
        gesture = self.keys.feed(bool(down & ENTER), bool(down & FUNCTION), now)
        if gesture:
            self.seen.append((gesture, self.ms))

    def hold(self, down: int, ms: int) -> "Hand":
        for _ in range(0, ms, STEP_MS):
            self.look(down)
            self.ms += STEP_MS
        return self

    def gestures(self) -> list[int]:
        return [gesture for gesture, _ in self.seen]


@pytest.mark.parametrize("key", [ENTER, FUNCTION, BOTH])
def test_a_short_press_counts_on_release(key: int) -> None:
    hand = Hand().hold(key, 400)
    assert hand.seen == []
    hand.hold(0, 100)
    assert hand.gestures() == [key]


@pytest.mark.parametrize(
    ("key", "held", "ms"), [(ENTER, ENTER_HELD, 5000), (FUNCTION, FUNCTION_HELD, 2000)]
)
def test_a_held_key_counts_once_while_it_is_down(key: int, held: int, ms: int) -> None:
    hand = Hand().hold(key, ms)
    assert hand.seen == []
    hand.hold(key, 60000).hold(0, 100)
    ((gesture, at),) = hand.seen
    assert gesture == held
    assert ms < at <= ms + 100


def test_both_held_restart_on_release_of_the_last() -> None:
    hand = Hand().hold(BOTH, 5200)
    assert hand.seen == []
    hand.hold(ENTER, 3000)
    assert hand.seen == []
    hand.hold(0, 100)
    assert hand.gestures() == [BOTH_HELD]


def test_both_count_from_the_second_key() -> None:
    hand = Hand().hold(ENTER, 4000).hold(BOTH, 4000).hold(0, 100)
    assert hand.seen == []
    hand.hold(ENTER, 1000).hold(BOTH, 5200).hold(0, 100)
    assert hand.gestures() == [BOTH_HELD]


@pytest.mark.parametrize("first", [ENTER, FUNCTION])
def test_one_key_released_first_is_no_long_press_of_the_other(first: int) -> None:
    hand = Hand().hold(BOTH, 3000).hold(BOTH - first, 20000).hold(0, 100)
    assert hand.seen == []


def test_both_pressed_and_released_one_after_the_other() -> None:
    hand = Hand().hold(ENTER, 60).hold(BOTH, 200).hold(FUNCTION, 60).hold(0, 100)
    assert hand.gestures() == [BOTH]


@pytest.mark.parametrize("key", [ENTER, BOTH])
def test_who_thinks_better_of_it_has_done_nothing(key: int) -> None:
    hand = Hand().hold(key, 3000).hold(0, 100)
    assert hand.seen == []
    hand.hold(key, 100).hold(0, 100)
    assert hand.gestures() == [key]


def test_a_second_key_after_a_held_one_does_nothing() -> None:
    hand = Hand().hold(ENTER, 6000).hold(BOTH, 9000).hold(ENTER, 100).hold(0, 100)
    assert hand.gestures() == [ENTER_HELD]


@pytest.mark.parametrize("stuck", [ENTER, FUNCTION, BOTH])
def test_a_key_that_is_down_at_the_start_means_nothing_until_released(stuck: int) -> None:
    hand = Hand(ready=False).hold(stuck, 20000).hold(0, 100)
    assert hand.seen == []
    hand.hold(stuck, 100).hold(0, 100)
    assert hand.gestures() == [stuck]


def test_a_bouncing_key_is_one_press() -> None:
    hand = Hand()
    for down in (1, 0, 1, 1, 0, 1):  # looked at every 5 ms, never twice the same for 20 ms
        hand.look(down)
        hand.ms += 5
    hand.hold(ENTER, 300)
    for down in (0, 1, 0, 0, 1, 0):
        hand.look(down)
        hand.ms += 5
    hand.hold(0, 100)
    assert hand.gestures() == [ENTER]


def test_a_flicker_is_no_press() -> None:
    hand = Hand()
    for _ in range(20):
        hand.hold(FUNCTION, 20).hold(0, 40)
    assert hand.seen == []


@pytest.mark.parametrize("before_ms", [0, 20, 1000, 2500, 4990, 5010])
@pytest.mark.parametrize(("key", "held"), [(ENTER, ENTER_HELD), (BOTH, BOTH_HELD)])
def test_ticks_may_wrap_anywhere(before_ms: int, key: int, held: int) -> None:
    hand = Hand(start=(1 << 30) - before_ms).hold(key, 5200).hold(0, 100)
    assert hand.gestures() == [held]


def test_ticks_may_wrap_between_presses() -> None:
    hand = Hand()
    for days in range(40):
        hand.start = ticks_add(0, days * 86400000 % (1 << 30))
        hand.hold(FUNCTION, 200).hold(0, 200)
    assert hand.gestures() == [FUNCTION] * 40


def test_the_time_held_is_told_from_the_end_of_a_short_press() -> None:
    hand = Hand().hold(ENTER, 900)
    assert hand.keys.held(hand.ms) is None
    hand.hold(ENTER, 1100)
    keys, held_ms, wanted_ms = hand.keys.held(hand.ms) or (0, 0, 0)
    assert (keys, wanted_ms) == (ENTER, 5000)
    assert 1900 <= held_ms <= 2000
    hand.hold(ENTER, 4000)
    assert hand.keys.held(hand.ms) is None
    hand = Hand().hold(BOTH, 7000)
    assert hand.keys.held(hand.ms) == (BOTH, 5001, 5000)


@given(some.lists(some.tuples(some.integers(0, 3), some.integers(1, 400)), max_size=30))
def test_whatever_a_hand_does_it_gives_at_most_one_gesture_between_two_rests(
    moves: list[tuple[int, int]],
) -> None:
    hand = Hand()
    presses = 0
    for down, looks in moves:
        presses += down == 0
        hand.hold(down, looks * STEP_MS)
    hand.hold(0, 100)
    assert len(hand.seen) <= presses + 1
    hand.seen.clear()
    assert hand.hold(ENTER, 100).hold(0, 100).gestures() == [ENTER]
