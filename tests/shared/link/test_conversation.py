"""A conversation over bad wires: every request is answered once or fails by name in its time."""

import json
import random
from binascii import crc32
from typing import Any

import pytest

from shared.errors import DeadlineExceeded, LinkLost, NoAnswer, RemoteError
from shared.link import conversation, records
from shared.link.conversation import Conversation
from shared.link.table import Table, group, integer, many, method, notification, nullable, text
from tests.fakes.wire import Moments, Wire

TABLE = Table(
    "test",
    (
        method("hello", (), (("boot", integer(0, 9)),)),
        method(
            "count",
            (("number", integer(0, 10_000)), ("filler", text(4000))),
            (("number", integer(0, 10_000)), ("filler", many(20, text(400)))),
        ),
        notification("told", (("number", integer(0, 10_000)),)),
    ),
    opening="hello",
)
LONGEST = 16384


class End:
    """A conversation at one end of two wires; it serves `count`, slowly and sometimes not."""

    def __init__(self, moments: Moments, session: str, seed: int) -> None:
        self.moments = moments
        self.random = random.Random(seed)
        self.talk = Conversation(TABLE, session, longest=LONGEST, most_open=4)
        self.wire = Wire(0)
        self.peer: End = self
        self.ran: list[int] = []
        self.outcomes: dict[Any, list[tuple[int, Any]]] = {}
        self.told: list[int] = []
        self.slowest_ms = 800
        self.planned = 0  # when `advance` will be called next

    def call(self, method: str, params: dict[str, Any], timeout_ms: int) -> Any:
        call = self.talk.call(method, params, self.moments.ticks, timeout_ms)
        self.outcomes[call] = []
        self.advance()
        return call

    def receive(self, data: bytes) -> None:
        self.handle(self.talk.receive(data, self.moments.ticks))
        assert self.talk.reader.held() <= LONGEST
        self.advance()

    def advance(self) -> None:
        """Do what is due, send it, and plan the next time."""
        self.handle(self.talk.tick(self.moments.ticks))
        for chunk_at, chunk in self.wire.send(b"".join(self.talk.outgoing()), self.moments.at):
            self.moments.plan(chunk_at, lambda chunk=chunk: self.peer.receive(chunk))
        wait = self.talk.next_tick(self.moments.ticks)
        if wait is not None and not self.moments.at < self.planned <= self.moments.at + wait:
            self.planned = self.moments.at + max(1, wait)
            self.moments.plan(self.planned, self.advance)

    def handle(self, events: list[Any]) -> None:
        for event in events:
            if event[0] in (conversation.RESULT, conversation.FAILED):
                self.outcomes[event[1]].append((self.moments.at, event[2]))
            elif event[0] == conversation.REQUEST:
                self.serve(*event[1:])
            elif event[0] == conversation.NOTIFICATION:
                self.told.append(event[2]["number"])

    def serve(self, key: str, method: str, params: dict[str, Any]) -> None:
        if method == "hello":
            self.talk.answer(key, method, {"boot": 1}, self.moments.ticks)
            return
        self.ran.append(params["number"])
        wait = self.random.randint(0, self.slowest_ms)
        self.moments.plan(self.moments.at + wait, lambda: self.finish(key, params["number"]))

    def finish(self, key: str, number: int) -> None:
        now = self.moments.ticks
        if number % 7 == 3:
            self.talk.refuse(key, NoAnswer(f"meter {number}"), now)
        else:
            filler = ["x" * self.random.randint(0, 400)] * self.random.randint(0, 20)
            self.talk.answer(key, "count", {"number": number, "filler": filler}, now)
        self.advance()


def two_ends(seed: int, **faults: Any) -> tuple[Moments, End, End]:
    moments = Moments()
    near, far = End(moments, "0000near", seed), End(moments, "00000far", seed + 1)
    near.peer, far.peer = far, near
    near.wire, far.wire = Wire(seed + 2, **faults), Wire(seed + 3, **faults)
    return moments, near, far


def greet(moments: Moments, near: End) -> None:
    """Say hello until it is heard, as `host.device.link` does."""
    for _ in range(100):
        call = near.call("hello", {}, 2000)
        moments.run(moments.at + 2000)
        ((_, outcome),) = near.outcomes.pop(call)
        if isinstance(outcome, dict):
            return
    raise AssertionError("hello was never answered")


FAULTS: dict[str, dict[str, Any]] = {
    "a good wire": {},
    "byte by byte": {"largest": 1, "delay_ms": (0, 1)},
    "slow": {"delay_ms": (20, 60)},
    "loses": {"largest": 2000, "lost": 0.1},
    "repeats": {"largest": 200, "repeated": 0.01},
    "changes": {"largest": 500, "changed": 0.02},
    "console text": {"largest": 500, "console": 0.02},
    "late copies": {"largest": 2000, "late": 0.7},
    "everything": {
        "largest": 1000,
        "delay_ms": (0, 30),
        "lost": 0.03,
        "changed": 0.01,
        "repeated": 0.03,
        "console": 0.03,
        "late": 0.3,
    },
    "hopeless": {"largest": 50, "lost": 0.5, "changed": 0.3, "console": 0.3},
}
IN_A_HURRY = ("everything", "hopeless")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", FAULTS)
def test_every_request_is_answered_once_or_fails_by_name_in_its_time(name: str, seed: int) -> None:
    moments, near, far = two_ends(100 * seed, **FAULTS[name])
    if name != "hopeless":
        greet(moments, near)
    calls = {}
    timeout_ms = 3000 if name in IN_A_HURRY else 60_000
    for number in range(60):
        params = {"number": number, "filler": "y" * near.random.randint(0, 1500)}
        calls[number] = (near.call("count", params, timeout_ms), moments.at)
        moments.run(moments.at + near.random.randint(0, 400))
    moments.run(moments.at + 70_000)

    assert len(far.ran) == len(set(far.ran)), "a request was run twice"
    for number, (call, asked_at) in calls.items():
        ((answered_at, outcome),) = near.outcomes[call]
        assert answered_at <= asked_at + timeout_ms + 1
        if isinstance(outcome, dict):
            assert outcome["number"] == number
            assert number in far.ran
        elif name in IN_A_HURRY:
            assert isinstance(outcome, NoAnswer | DeadlineExceeded | LinkLost)
        else:
            assert isinstance(outcome, NoAnswer)
            assert str(outcome) == f"meter {number}"


@pytest.mark.parametrize("seed", range(3))
def test_both_ends_may_ask_at_once(seed: int) -> None:
    moments, near, far = two_ends(seed, **FAULTS["everything"])
    greet(moments, near)
    greet(moments, far)
    for number in range(0, 40, 2):
        near.call("count", {"number": number, "filler": ""}, 60_000)
        far.call("count", {"number": number + 1, "filler": ""}, 60_000)
        moments.run(moments.at + 100)
    moments.run(moments.at + 70_000)
    for end, other in ((near, far), (far, near)):
        assert all(len(outcomes) == 1 for outcomes in end.outcomes.values())
        assert len(other.ran) == len(set(other.ran)) == 20


def test_a_restarted_asker_is_not_mistaken_for_its_past() -> None:
    moments, near, far = two_ends(5, late=1.0)
    greet(moments, near)
    near.call("count", {"number": 1, "filler": ""}, 5000)
    moments.run(moments.at + 5000)
    again = End(moments, "000again", 9)
    again.peer, far.peer = far, again
    again.wire = Wire(7, late=1.0)
    greet(moments, again)  # its requests have the numbers of the old ones
    call = again.call("count", {"number": 2, "filler": ""}, 5000)
    moments.run(moments.at + 60_000)  # all late copies of both sessions arrive
    assert far.ran == [1, 2]
    assert again.outcomes[call][0][1]["number"] == 2


def test_a_restarted_answerer_refuses_what_it_may_have_run() -> None:
    moments, near, _ = two_ends(5)
    greet(moments, near)
    fresh = End(moments, "000fresh", 9)
    fresh.peer, near.peer = near, fresh
    call = near.call("count", {"number": 1, "filler": ""}, 5000)
    moments.run(moments.at + 5000)
    assert fresh.ran == []
    ((_, outcome),) = near.outcomes[call]
    assert isinstance(outcome, LinkLost)
    assert "hello must begin it" in str(outcome)


def test_notifications_come_through_and_are_checked() -> None:
    moments, near, far = two_ends(0)
    for number in (1, 2, 3):
        far.talk.notify("told", {"number": number})
    far.advance()
    moments.run(100)
    near.receive(records.encode({"jsonrpc": "2.0", "method": "told", "params": {"number": -1}}))
    assert near.told == [1, 2, 3]
    assert near.talk.unusable == 1


def test_a_line_that_is_too_slow_drops_notifications_not_memory() -> None:
    _, near, _ = two_ends(0)
    taken = [near.talk.notify("told", {"number": n}) for n in range(1000)]
    assert taken.count(True) == 64


def test_a_line_that_echoes_makes_no_answers() -> None:
    moments, near, _ = two_ends(0)
    near.peer = near
    call = near.call("hello", {}, 3000)
    moments.run(4000)
    ((_, outcome),) = near.outcomes[call]
    assert isinstance(outcome, DeadlineExceeded)


def test_a_cancelled_call_has_no_outcome() -> None:
    moments, near, _ = two_ends(0)
    greet(moments, near)
    call = near.call("count", {"number": 1, "filler": ""}, 3000)
    near.talk.cancel(call)
    moments.run(moments.at + 5000)
    assert near.outcomes[call] == []
    assert near.talk.next_tick(moments.ticks) is None


DEEP = b"[" * 8000 + b"]" * 8000
GARBAGE = {
    "random": random.Random(1).randbytes(1 << 20),
    "zeros": bytes(1 << 20),
    "starts": b"\x1e" * (1 << 20),
    "lines": b"\n" * (1 << 20),
    "half records": b'\x1e{"jsonrpc":"2.0"' * (1 << 16),
    "a long line": b"x" * (10 << 20),
    "a long record": b"\x1e" + b"[" * (10 << 20),
    "a deep record with its check word": b"\x1e" + DEEP + b"%08x\n" % crc32(DEEP),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_changes_nothing(name: str) -> None:
    """A megabyte of it, in pieces as they come from a line; then the next request works."""
    moments, near, far = two_ends(0)
    greet(moments, near)
    garbage = GARBAGE[name]
    for start in range(0, len(garbage), 4096):
        events = far.talk.receive(garbage[start : start + 4096], moments.ticks)
        assert far.talk.reader.held() <= LONGEST
        assert all(len(event[1]) <= 1024 for event in events)
    assert not b"".join(far.talk.outgoing())
    call = near.call("count", {"number": 1, "filler": ""}, 3000)
    moments.run(moments.at + 3000)
    ((_, outcome),) = near.outcomes[call]
    assert outcome["number"] == 1


@pytest.mark.parametrize(
    "message",
    [
        [],
        "text",
        {},
        {"method": "hello", "id": 7},
        {"method": "hello", "id": None, "open": []},
        {"method": "hello", "id": "a-b-1", "open": []},
        {"method": "hello", "id": "a-0x1", "open": []},
        {"method": "hello", "id": "a-2", "open": [2]},
        {"method": "hello", "id": "a-2", "open": ["1"]},
        {"method": "hello", "id": "a-2", "open": {"1": 1}},
        {"method": "hello", "id": "a-99", "open": list(range(1, 40))},
        {"method": ["hello"], "id": "a-1", "open": []},
        {"method": "count", "id": "a-1", "open": [], "params": [1]},
        {"method": None},
        {"id": "0000near-1", "error": None},
        {"id": ["a"], "result": {}},
    ],
)
def test_messages_that_break_the_rules_do_no_harm(message: Any) -> None:
    moments, near, far = two_ends(0)
    far.receive(records.encode(message))
    moments.run(moments.at + 100)
    assert far.ran == []
    greet(moments, near)


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"method": "nothing", "params": {}}, -32601, "nothing: no such method"),
        ({"method": "count", "params": {"number": 1}}, -32602, "count: filler is missing"),
        (
            {"method": "count", "params": {"number": True, "filler": ""}},
            -32602,
            "count.number: True is not an integer from 0 to 10000",
        ),
        ({"method": "count", "params": [1]}, -32602, "count: [1] is not an object"),
    ],
)
def test_wrong_requests_get_the_codes_of_json_rpc(
    asked: dict[str, Any], code: int, words: str
) -> None:
    far = Conversation(TABLE, "far")
    far.receive(records.encode({"id": "a-1", "method": "hello", "open": []}), 0)
    far.answer("a-1", "hello", {"boot": 1}, 0)
    b"".join(far.outgoing())
    far.receive(records.encode({"jsonrpc": "2.0", "id": "a-2", "open": [], **asked}), 0)
    answer = json.loads(b"".join(far.outgoing())[1:-9])
    assert answer["jsonrpc"] == "2.0"
    assert answer["id"] == "a-2"
    assert answer["error"]["code"] == code
    assert answer["error"]["data"] == {"key": "bad_setting", "detail": words}


@pytest.mark.parametrize(
    "answer",
    [
        {"error": None},
        {"error": 7},
        {"error": {"code": 1, "message": "odd"}},
        {"error": {"data": {"key": "new", "detail": "x"}}},
        {"result": {"boot": 10}},
        {"result": None},
        {},
    ],
)
def test_an_answer_that_breaks_the_rules_is_the_peers_fault(answer: dict[str, Any]) -> None:
    talk = Conversation(TABLE, "near")
    talk.call("hello", {}, 0, 1000)
    talk.tick(0)
    ((kind, _, error),) = talk.receive(records.encode({"id": "near-1", **answer}), 0)
    assert kind == conversation.FAILED
    assert isinstance(error, RemoteError)


def test_a_request_that_memory_is_too_short_for_fails_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Conversation(TABLE, "aaaaaaaa")
    answering = Conversation(TABLE, "bbbbbbbb")
    call = asking.call("hello", {}, 0, 1000)
    asking.tick(0)
    loads = json.loads
    monkeypatch.setattr(conversation.json, "loads", _no_memory)
    sent = b"".join(asking.outgoing())
    (damaged,) = answering.receive(sent, 0)
    assert damaged[0] == conversation.DAMAGED
    monkeypatch.setattr(conversation.json, "loads", loads)
    ((kind, failed, error),) = asking.receive(b"".join(answering.outgoing()), 0)
    assert (kind, failed) == (conversation.FAILED, call)
    assert "no memory for a request of" in str(error)


def _no_memory(text: bytes) -> Any:
    raise MemoryError


def test_what_may_be_absent_does_not_travel() -> None:
    row = method("set", (("rows", many(2, group(("a", nullable(integer(0, 9)))))),), ())
    table = Table("test", (row,))
    talk = Conversation(table, "aaaaaaaa")
    given: dict[str, Any] = {"rows": [{}]}
    talk.call("set", given, 0, 1000)
    talk.tick(0)
    assert b'"rows":[{}]' in b"".join(talk.outgoing())
    assert given == {"rows": [{}]}
