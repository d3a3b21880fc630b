"""Two ends over a socket pair: calls, errors, notifications, many at once, a line that goes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from host.device.async_conversation import AsyncConversation
from shared.errors import BadSetting, Busy, DeadlineExceeded, LinkLost, MbuslinkError, NoAnswer
from shared.link.table import Table, anything, integer, method, notification, text
from tests.fakes.loop import in_jumping_time, in_loop

TABLE = Table(
    "test",
    (
        method("double", (("number", integer(0, 1000)),), (("number", integer(0, 2000)),)),
        method("wait", (("name", text(10)),), ()),
        method("fail", (("how", text(10)),), ()),
        method("echo", (("value", anything()),), (("value", anything()),)),
        notification("told", (("number", integer(0, 1000)),)),
    ),
)


class Server:
    """Handlers whose effects can be counted."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.waiting = asyncio.Event()
        self.ran: list[str] = []

    async def double(self, number: int) -> dict[str, int]:
        self.ran.append(f"double {number}")
        return {"number": 2 * number}

    async def wait(self, name: str) -> dict[str, int]:
        self.ran.append(name)
        self.waiting.set()
        await self.gate.wait()
        return {}

    async def fail(self, how: str) -> dict[str, int]:
        if how == "no answer":
            raise NoAnswer("meter 17")
        if how == "busy":
            raise Busy("bus")
        if how == "bug":
            raise ZeroDivisionError("a bug")
        return {"surplus": 1}

    async def echo(self, value: Any) -> dict[str, Any]:
        return {"value": value}

    def handlers(self) -> dict[str, Any]:
        return {"double": self.double, "wait": self.wait, "fail": self.fail, "echo": self.echo}


@asynccontextmanager
async def two_ends(
    **client: Any,
) -> AsyncIterator[tuple[AsyncConversation, AsyncConversation, Server]]:
    server = Server()
    one, other = socket.socketpair()
    near = AsyncConversation(TABLE, *await asyncio.open_connection(sock=one), **client)
    far = AsyncConversation(
        TABLE, *await asyncio.open_connection(sock=other), handlers=server.handlers()
    )
    tasks = [asyncio.create_task(near.run()), asyncio.create_task(far.run())]
    try:
        yield near, far, server
    finally:
        near.close("test over")
        far.close("test over")
        await asyncio.gather(*tasks)


@in_loop
async def test_a_slow_call_delays_no_other() -> None:
    async with two_ends() as (near, _, server):
        slow = asyncio.create_task(near.call("wait", name="slow"))
        answers = await asyncio.gather(*[near.call("double", number=n) for n in range(30)])
        assert [answer["number"] for answer in answers] == [2 * n for n in range(30)]
        assert not slow.done()
        server.gate.set()
        assert await slow == {}


@in_jumping_time
async def test_a_slow_call_is_repeated_but_run_once() -> None:
    async with two_ends() as (near, _, server):
        slow = asyncio.create_task(near.call("wait", name="slow"))
        await asyncio.sleep(7)
        server.gate.set()
        assert await slow == {}
        assert server.ran == ["slow"]


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("no answer", NoAnswer, "meter 17"),
        ("busy", Busy, "bus"),
        ("bug", MbuslinkError, "a bug"),
        ("surplus", MbuslinkError, "fail result: unknown field 'surplus'"),
    ],
)
@in_loop
async def test_errors_come_through_by_name(how: str, kind: type[Exception], words: str) -> None:
    async with two_ends() as (near, _, _server):
        with pytest.raises(kind, match=words):
            await near.call("fail", how=how)


@in_loop
async def test_wrong_params_are_named_before_they_are_sent() -> None:
    async with two_ends() as (near, _, server):
        with pytest.raises(BadSetting, match=r"double.number: 5000 is not an integer from 0 to"):
            await near.call("double", number=5000)
        assert server.ran == []


@in_loop
async def test_a_deadline_names_the_call() -> None:
    async with two_ends() as (near, _, _server):
        with pytest.raises(DeadlineExceeded, match="wait: no answer within 50 ms"):
            await near.call("wait", timeout_ms=50, name="never")


@in_loop
async def test_a_lost_line_fails_pending_and_later_calls() -> None:
    async with two_ends() as (near, far, server):
        pending = asyncio.create_task(near.call("wait", name="slow"))
        await asyncio.wait_for(server.waiting.wait(), 5)
        far.close("gone")
        with pytest.raises(LinkLost, match="closed the connection"):
            await pending
        with pytest.raises(LinkLost):
            await near.call("double", number=1)


@in_loop
async def test_notifications_arrive_and_a_failing_callback_does_no_harm() -> None:
    heard: list[int] = []
    done = asyncio.Event()

    def on_notification(name: str, params: dict[str, Any]) -> None:
        heard.append(params["number"])
        if params["number"] == 2:
            done.set()
        raise RuntimeError("a bug in the callback")

    async with two_ends(on_notification=on_notification) as (near, far, _):
        for number in (1, 2):
            far.notify("told", number=number)
        await asyncio.wait_for(done.wait(), 5)
        assert heard == [1, 2]
        assert await near.call("double", number=3) == {"number": 6}


@in_loop
async def test_any_text_comes_back_as_it_was() -> None:
    value = {"a": ["Wärme €😀", "\x1e\n\x03\x04", None, True, -(10**20)]}
    async with two_ends() as (near, _, _server):
        assert await near.call("echo", value=value) == {"value": value}


@in_loop
async def test_a_peer_that_does_not_read_is_given_up() -> None:
    one, other = socket.socketpair()
    near = AsyncConversation(TABLE, *await asyncio.open_connection(sock=one))
    running = asyncio.create_task(near.run())
    calls = [near.call("echo", value="x" * 1_000_000, timeout_ms=60_000) for _ in range(8)]
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(outcome, LinkLost)
    assert near.lost == "the other end has stopped reading"
    await running
    other.close()
