"""A board whose vital parts fail again and again, or that has no memory left, is sick."""

from firmware.health import MOST, Health


class Hal:
    now_ms = 1_073_000_000  # the ticks wrap in the middle of the tests

    def ticks_ms(self) -> int:
        return self.now_ms % (1 << 30)


def health_after(failures: int, every_ms: int, name: str, error: Exception) -> tuple[Hal, Health]:
    hal = Hal()
    health = Health(hal)
    for _ in range(failures):
        assert not health.is_sick()
        hal.now_ms += every_ms
        health.failed(name, error)
    return hal, health


def test_a_vital_part_that_fails_again_and_again_makes_it_sick():
    for part in ("LinkServer", "Logger", "Journal"):
        assert health_after(MOST, 1000, part, ValueError())[1].is_sick()


def test_now_and_then_is_not_sick():
    assert not health_after(MOST - 1, 1000, "Logger", ValueError())[1].is_sick()
    assert not health_after(200, 5000, "Logger", ValueError())[1].is_sick()
    hal, health = health_after(MOST, 1000, "Logger", ValueError())
    hal.now_ms += 60_000
    assert not health.is_sick()


def test_another_part_may_fail_for_ever_but_not_for_want_of_memory():
    assert not health_after(500, 1000, "FrontPanel", OSError())[1].is_sick()
    assert health_after(MOST, 1000, "FrontPanel", MemoryError())[1].is_sick()


def test_memory_is_given_back_where_it_was_short():
    hal = Hal()
    health = Health(hal)
    given: list[str] = []
    health.give_back_by(lambda: given.append("page"))
    health.failed("Logger", ValueError())
    assert given == []
    health.failed("FrontPanel", MemoryError())
    assert given == ["page"]


def test_it_was_well_from_the_last_failure_on():
    hal = Hal()
    health = Health(hal)
    assert health.was_well(30_000)
    health.failed("Logger", ValueError())
    hal.now_ms += 29_999
    assert not health.was_well(30_000)
    hal.now_ms += 1
    assert health.was_well(30_000)
