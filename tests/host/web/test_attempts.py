"""Guessing is slowed, for each address and account, and nobody is locked out for good."""

from host.web.attempts import FREE_TRIES, LONGEST_S, Attempts

HERE, THERE = "192.168.1.7", "10.0.0.9"


def fail(attempts, count, address=HERE, name="Admin", now=0.0):
    """Fail `count` times, each as soon as it may be; return the waits and the time it is then."""
    waits = []
    for _ in range(count):
        wait_s = attempts.wait_s(address, name, now)
        waits.append(wait_s)
        now += wait_s
        assert attempts.begin(address, name, now) == 0
    return waits, now


def test_the_wait_grows_to_a_minute_and_no_further():
    waits, _ = fail(Attempts(), 12)
    assert waits[:FREE_TRIES] == [0] * FREE_TRIES
    assert waits[FREE_TRIES:] == [2, 4, 8, 16, 32, LONGEST_S, LONGEST_S, LONGEST_S, LONGEST_S]


def test_a_try_that_comes_too_early_is_refused_and_makes_it_no_longer():
    attempts = Attempts()
    _, now = fail(attempts, 5)
    assert attempts.begin(HERE, "Admin", now) == 8
    assert attempts.begin(HERE, "Admin", now + 7.5) == 1
    assert attempts.begin(HERE, "Admin", now + 8) == 0


def test_many_at_once_count_each():
    attempts = Attempts()
    assert [attempts.begin(HERE, "Admin", 0.0) for _ in range(6)] == [0, 0, 0, 2, 2, 2]


def test_an_account_is_slowed_from_everywhere_and_in_any_case_of_its_name():
    attempts = Attempts()
    _, now = fail(attempts, 3)
    assert attempts.wait_s(THERE, "ADMIN", now) == 2
    assert attempts.wait_s(THERE, "Olga", now) == 0


def test_an_address_is_slowed_for_every_account():
    attempts = Attempts()
    now = 0.0
    for name in ("Anna", "Bert", "Carl"):
        attempts.begin(HERE, name, now)
    assert attempts.wait_s(HERE, "Dora", now) == 2


def test_the_right_password_ends_the_wait():
    attempts = Attempts()
    _, now = fail(attempts, 6)
    attempts.begin(HERE, "Admin", now + 60)
    attempts.succeeded(HERE, "Admin")
    assert attempts.wait_s(HERE, "Admin", now + 60) == 0


def test_its_owner_gets_in_from_a_known_address_whatever_others_try():
    attempts = Attempts()
    attempts.begin(HERE, "Admin", 0.0)
    attempts.succeeded(HERE, "Admin")
    _, now = fail(attempts, 20, THERE)
    assert attempts.wait_s(THERE, "Admin", now) == LONGEST_S
    assert attempts.begin(HERE, "admin", now) == 0


def test_it_is_forgotten_in_an_hour():
    attempts = Attempts()
    _, now = fail(attempts, 9)
    assert attempts.wait_s(HERE, "Admin", now + 3601) == 0
    assert fail(attempts, 4, now=now + 3601)[0] == [0, 0, 0, 2]


def test_a_network_of_ipv6_is_one_address_and_ipv4_is_itself():
    attempts = Attempts()
    for last in range(3):
        attempts.begin(f"2001:db8::{last}", f"User {last}", 0.0)
    assert attempts.wait_s("2001:db8::ffff", "Anna", 0.0) == 2
    assert attempts.wait_s("2001:db8:0:1::1", "Anna", 0.0) == 0
    fail(attempts, 3)
    assert attempts.wait_s(f"::ffff:{HERE}", "Anna", 0.0) == 2


def test_very_many_names_fill_no_memory():
    attempts = Attempts()
    for number in range(10_100):
        attempts.begin(f"10.{number >> 8}.{number & 255}.1", str(number), 0.0)
    assert len(attempts._counts) <= 10_000
