"""`python -m host token`: made, listed and revoked, with a core and without."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from host.__main__ import main
from host.core.events import Events
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.core.tokens import Tokens
from host.store import accounts, audit, database, tokens
from host.store.writer import Writer
from tests.fakes.loop import in_loop


def run(path: Path, *arguments: str) -> int:
    return main(["token", *arguments, "--data", str(path.parent)])


def holder(path: Path, secret: str) -> str | None:
    with database.reading(path) as session:
        found = tokens.find(session, secret, datetime.now(UTC))
    return found and found[1].name


@pytest.fixture(autouse=True)
def _admin(path: Path) -> None:
    accounts.have_first_in(path)


def test_a_token_is_made_listed_and_revoked(path: Path, capsys) -> None:
    assert run(path, "add", "Admin", "Grafana", "--read-only", "--days", "9") == 0
    secret = capsys.readouterr().out.strip()
    assert holder(path, secret) == "Admin"
    assert run(path, "list", "admin") == 0
    line = capsys.readouterr().out
    assert line.startswith("Grafana  reads ")
    assert line.endswith("last used never\n")
    assert secret not in line
    assert run(path, "list", "Admin", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["tokens"]
    assert (told["name"], told["read_only"], told["used"]) == ("Grafana", True, None)
    assert run(path, "revoke", "Admin", "Grafana") == 0
    assert holder(path, secret) is None
    assert run(path, "revoke", "Admin", "Grafana") == 2
    assert run(path, "add", "Nobody", "Grafana") == 2
    assert run(path, "add", "Admin") == 2


@in_loop
async def test_where_a_core_runs_it_is_asked(path: Path, capsys) -> None:
    writer = Writer(path)
    server = RpcServer(socket_path(path.parent), Tokens(writer).handlers(), Events())
    await server.start()

    def in_thread(*arguments: str) -> Callable[[], int]:
        return lambda: run(path, *arguments)

    assert await asyncio.to_thread(in_thread("add", "Admin", "Backup")) == 0
    secret = capsys.readouterr().out.strip()
    assert holder(path, secret) == "Admin"
    assert await asyncio.to_thread(in_thread("revoke", "Admin", "Backup")) == 0
    assert holder(path, secret) is None
    with database.reading(path) as session:
        assert [one.who for one in audit.newest(session, 2)] == ["command line"] * 2
    await server.stop()
    await writer.close()
