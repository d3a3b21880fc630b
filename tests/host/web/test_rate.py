"""How fast somebody may ask."""

from host.web.rate import Rate


def test_a_burst_then_an_even_rate():
    rate = Rate(burst=3, a_second=2)
    assert [rate.take("a", 10.0) for _ in range(4)] == [0, 0, 0, 1]
    assert rate.take("a", 10.4) == 1
    assert rate.take("a", 10.5) == 0
    assert [rate.take("a", 99.0) for _ in range(4)] == [0, 0, 0, 1]


def test_callers_do_not_slow_each_other():
    rate = Rate(burst=1, a_second=1)
    assert [rate.take(who, 0.0) for who in "aabb"] == [0, 1, 0, 1]


def test_a_clock_that_was_set_back_takes_nothing_away():
    rate = Rate(burst=2, a_second=1)
    assert [rate.take("a", at) for at in (100.0, 50.0, 50.0)] == [0, 0, 1]
