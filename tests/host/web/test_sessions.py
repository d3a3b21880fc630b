"""Sessions: on the server, ended at once, idle for ten minutes at most, kept over a restart."""

import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from host.store.accounts import User
from host.web.sessions import IDLE_S, Sessions

OLGA = User(
    1, "Olga", "administrator", False, None, False, datetime(2026, 11, 27, tzinfo=UTC), "hash"
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_session_is_found_by_its_token_alone(clock):
    sessions = Sessions(clock=clock)
    one, other = sessions.begin(OLGA), sessions.begin(OLGA)
    assert one != other
    assert len(one) >= 43, "256 bits"
    found = sessions.find(one)
    assert found is not None
    assert (found.user_id, found.stamp) == (1, OLGA.stamp)
    assert sessions.find("") is None
    assert sessions.find(one + "x") is None


def test_it_ends_after_ten_minutes_in_which_nothing_was_done(clock):
    sessions = Sessions(clock=clock)
    token = sessions.begin(OLGA)
    clock.now += 599
    assert sessions.left_s(token) == 1
    sessions.touch(token)
    clock.now += 599
    assert sessions.find(token)
    clock.now += 1
    assert sessions.find(token) is None
    sessions.touch(token)
    assert sessions.find(token) is None, "what has ended does not begin again"


def test_a_clock_that_was_set_back_makes_it_no_longer(clock):
    sessions = Sessions(clock=clock)
    token = sessions.begin(OLGA)
    clock.now -= 3600
    assert sessions.find(token) is None


def test_one_or_all_of_a_user_end_at_once_and_that_is_told(clock):
    sessions = Sessions(clock=clock)
    told = []
    sessions.on_end = lambda: told.append(1)
    one, two = sessions.begin(OLGA), sessions.begin(OLGA)
    other = sessions.begin(replace(OLGA, id=2))
    sessions.end(one)
    assert (sessions.find(one), bool(sessions.find(two))) == (None, True)
    sessions.end_of(1)
    assert sessions.find(two) is None
    assert sessions.find(other)
    sessions.end("none")
    assert len(told) == 2


def test_they_outlive_a_restart_but_no_token_is_in_the_file(tmp_path, clock):
    file = tmp_path / "sessions.json"
    sessions = Sessions(file, clock)
    token, ended = sessions.begin(OLGA), sessions.begin(OLGA)
    sessions.end(ended)
    clock.now += 300
    sessions.touch(token)
    sessions.save()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token not in file.read_text()
    again = Sessions(file, clock)
    assert again.left_s(token) == IDLE_S
    assert again.find(ended) is None
    clock.now += IDLE_S
    assert Sessions(file, clock).find(token) is None


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', '{"a": {"user": 1}}', "\x00"])
def test_a_file_that_is_none_only_signs_everybody_out(tmp_path, clock, content):
    file = tmp_path / "sessions.json"
    file.write_text(content)
    sessions = Sessions(file, clock)
    assert sessions.find("x") is None
    assert sessions.find(sessions.begin(OLGA))


def test_a_disk_that_is_full_lets_people_in_all_the_same(tmp_path, clock):
    sessions = Sessions(tmp_path / "missing" / "sessions.json", clock)
    assert sessions.find(sessions.begin(OLGA))
