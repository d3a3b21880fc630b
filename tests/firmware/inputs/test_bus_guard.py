"""One segment's guard by its measurements, look by look."""

from firmware.inputs.bus_guard import LONGEST_RETRY_MS, LOOK_MS, RETRY_MS, Segment

WELL, HIGH, OVER = (36_000, 4_500), (36_000, 377_000), (2_500, 600_000)


def look(segment: Segment, ms: int, measured: tuple[int, int]) -> list:
    """Look for `ms`; return (when, switch, event) of each look that did something."""
    done = []
    for at in range(LOOK_MS, ms + 1, LOOK_MS):
        switch, event = segment.look(LOOK_MS, *measured)
        if switch is not None or event:
            done.append((at, switch, event))
    return done


def test_a_short_circuit_is_cut_off_within_100_ms_and_told_once():
    segment = Segment()
    look(segment, 1000, WELL)
    ((at, switch, event),) = look(segment, 200, OVER)[:1]
    assert at + 50 <= 100, "with 50 ms of measuring"
    assert (switch, event) == (False, "bus_overcurrent")
    assert segment.state == "tripped"


def test_a_spike_of_one_look_is_none():
    segment = Segment()
    for _ in range(50):
        assert look(segment, LOOK_MS, OVER) == []
        assert look(segment, LOOK_MS, WELL) == []


def test_it_tries_again_with_growing_pauses_and_recovers():
    segment = Segment()
    look(segment, 100, OVER)
    pause_ms = RETRY_MS
    for _ in range(7):
        tried = look(segment, pause_ms + 200, OVER)
        assert [(switch, event) for _, switch, event in tried[:2]] == [(True, None), (False, None)]
        assert abs(tried[0][0] - pause_ms) <= 2000
        pause_ms = min(2 * pause_ms, LONGEST_RETRY_MS)
    tried = look(segment, pause_ms + 1200, WELL)
    assert [(switch, event) for _, switch, event in tried] == [
        (True, None),
        (None, "bus_recovered"),
    ]
    look(segment, 61_000, WELL)
    look(segment, 100, OVER)
    assert look(segment, RETRY_MS, WELL)[0][1] is True, "a new fault is tried after 10 s again"


def test_warnings_come_and_go_after_a_second():
    segment = Segment()
    assert look(segment, 980, HIGH) == []
    assert look(segment, 20, HIGH) == [(20, None, "bus_load_high")]
    assert look(segment, 5000, HIGH) == []
    assert look(segment, 1000, (36_000, 376_999)) == [(1000, None, "bus_recovered")]
    assert look(segment, 1000, (23_999, 4_500)) == [(1000, None, "bus_voltage_wrong")]
    assert look(segment, 1000, (42_000, 4_500)) == [(1000, None, "bus_recovered")]
    assert look(segment, 1000, (42_001, 4_500)) == [(1000, None, "bus_voltage_wrong")]
