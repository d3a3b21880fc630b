"""What the answering half remembers, step by step."""

from typing import Any

import pytest

from shared.errors import NoAnswer
from shared.link.answerer import Answerer
from shared.link.table import Table, integer, method

TABLE = Table(
    "test", (method("hello", (), ()), method("add", (("n", integer(0, 99)),), ())), opening="hello"
)
LATER = 10_000  # ms between steps: nothing is still on its way


class Steps:
    """Requests in the order they are heard, time passing between them."""

    def __init__(self) -> None:
        self.answerer = Answerer(TABLE)
        self.now = 0

    def hear(self, key: str, *others: int, method: str = "add") -> tuple[Any, bool]:
        self.now += LATER
        params = {"n": 1} if method == "add" else {}
        message = {"id": key, "method": method, "params": params, "open": list(others)}
        return self.answerer.accept(message, self.now)

    def answer(self, key: str) -> Any:
        return self.answerer.answer(key, "add", {}, self.now)

    def greet(self, session: str) -> None:
        assert self.hear(f"{session}-1", method="hello") == (None, True)
        self.answer(f"{session}-1")


@pytest.fixture
def steps() -> Steps:
    steps = Steps()
    steps.greet("a")
    return steps


def test_a_repeat_of_a_running_request_is_ignored(steps: Steps) -> None:
    assert steps.hear("a-2") == (None, True)
    assert steps.hear("a-2") == (None, False)


def test_a_repeat_of_an_answered_request_gets_the_same_answer(steps: Steps) -> None:
    steps.hear("a-2")
    answer = steps.answer("a-2")
    assert steps.hear("a-2") == (answer, False)
    assert steps.hear("a-3", 2) == (None, True)
    assert steps.hear("a-2") == (answer, False)


def test_an_answer_is_not_sent_again_while_it_may_be_on_its_way(steps: Steps) -> None:
    steps.hear("a-2")
    steps.answer("a-2")
    steps.now -= LATER
    assert steps.hear("a-2") == (None, False)


def test_an_answer_is_forgotten_when_the_asker_names_it_no_more(steps: Steps) -> None:
    steps.hear("a-2")
    steps.answer("a-2")
    steps.hear("a-3")
    assert steps.hear("a-2") == (None, False)


def test_a_request_lost_at_first_is_run_when_it_comes(steps: Steps) -> None:
    assert steps.hear("a-4", 2, 3) == (None, True)
    assert steps.hear("a-3", 2) == (None, True)
    assert steps.hear("a-2") == (None, True)
    assert steps.hear("a-2") == (None, False)


def test_an_earlier_session_never_comes_back(steps: Steps) -> None:
    steps.hear("a-2")
    steps.answer("a-2")
    steps.greet("b")
    assert steps.hear("a-1", method="hello") == (None, False)
    assert steps.hear("a-2") == (None, False)
    assert steps.hear("b-2") == (None, True)


def test_an_answer_for_an_earlier_session_is_not_sent(steps: Steps) -> None:
    steps.hear("a-2")
    steps.greet("b")
    steps.hear("b-2")
    assert steps.answer("a-2") is None
    assert steps.answer("b-2") is not None


def test_a_session_is_begun_by_hello_alone(steps: Steps) -> None:
    reply, run = steps.hear("c-1")
    assert not run
    assert reply["error"]["data"]["key"] == "link_lost"
    assert steps.hear("a-2") == (None, True)


def test_a_refusal_is_remembered_like_an_answer(steps: Steps) -> None:
    steps.hear("a-2")
    refusal = steps.answerer.refuse("a-2", NoAnswer("meter 7"), steps.now)
    assert refusal["error"]["message"] == "no_answer: meter 7"
    assert steps.hear("a-2") == (refusal, False)


def test_it_remembers_no_more_than_what_may_be_asked_for(steps: Steps) -> None:
    for number in range(2, 500):
        steps.hear(f"a-{number}")
        steps.answer(f"a-{number}")
        assert len(steps.answerer._open) == 1
    for number in range(50):
        steps.greet(f"s{number}")
    assert len(steps.answerer._closed) <= 8


def test_more_open_requests_than_the_rules_allow_are_refused(steps: Steps) -> None:
    assert steps.hear("a-30", *range(2, 17)) == (None, True)
    assert len(steps.answerer._open) == 16
    reply, run = steps.hear("a-31", *range(2, 18))
    assert not run
    assert reply["error"]["code"] == -32600
    assert len(steps.answerer._open) == 16
