"""Ports that open, and ports that do not: each failure names the port and the next step."""

import asyncio
import os
import socket
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.device.ports import open_port
from shared.errors import BadSetting, Busy, LinkLost
from tests.fakes.loop import in_loop


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The board's end of a pseudo terminal, and the name of the host's."""
    ours, port = os.openpty()
    tty.setraw(port)
    yield ours, os.ttyname(port)
    os.close(port)
    os.close(ours)


@in_loop
async def test_a_serial_port_carries_every_byte_both_ways(pty: tuple[int, str]) -> None:
    ours, name = pty
    reader, writer = await open_port(name)
    every = bytes(range(256))
    os.write(ours, every)
    assert await asyncio.wait_for(reader.readexactly(256), 5) == every
    writer.write(every)
    await writer.drain()
    assert await asyncio.to_thread(os.read, ours, 256) == every
    writer.close()
    assert await asyncio.wait_for(reader.read(), 5) == b""


@in_loop
async def test_a_second_host_is_told_who_has_the_port(pty: tuple[int, str]) -> None:
    _, name = pty
    reader, writer = await open_port(name)
    with pytest.raises(Busy, match=f"{name}: in use by another program.*stop it"):
        await open_port(name)
    writer.close()
    await reader.read()  # the end: the port is closed
    _, writer = await open_port(name)
    writer.close()


@in_loop
async def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LinkLost, match=r"ttyACM7: no such port; plug in the board"):
        await open_port(str(tmp_path / "ttyACM7"))


@in_loop
async def test_a_file_is_no_port(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(LinkLost, match=f"{path}: "):
        await open_port(str(path))


@in_loop
async def test_a_port_that_may_not_be_opened(
    monkeypatch: pytest.MonkeyPatch, pty: tuple[int, str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("serial.Serial", refuse)
    with pytest.raises(LinkLost, match=r"permission denied; add this user to the group"):
        await open_port(pty[1])


@in_loop
async def test_a_port_that_goes_while_it_is_opened(
    monkeypatch: pytest.MonkeyPatch, pty: tuple[int, str]
) -> None:
    def vanish(*_: object) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr("termios.tcsetattr", vanish)
    with pytest.raises(LinkLost, match=f"{pty[1]}: .*Input/output error"):
        await open_port(pty[1])


@in_loop
async def test_tcp_that_refuses() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(LinkLost, match=f"{url}: connection refused; check that the board"):
            await open_port(url)


@in_loop
async def test_tcp_that_answers() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await open_port(f"tcp://127.0.0.1:{port}")
    assert await reader.read() == b"hello"
    writer.close()
    server.close()


@pytest.mark.parametrize("url", ["", "tcp://", "tcp://host", "tcp://host:99999", "http://x:1"])
@in_loop
async def test_what_is_no_port_at_all(url: str) -> None:
    with pytest.raises(BadSetting, match="is no port"):
        await open_port(url)


@in_loop
async def test_a_file_that_is_no_serial_port(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("no port")
    for path in (file, tmp_path):
        with pytest.raises(LinkLost, match=f"{path}: no serial port; give the port of the board"):
            await open_port(str(path))
