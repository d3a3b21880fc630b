"""`python -m host user`: the way back in, with a core and without."""

import asyncio
import io
import json
import re
from pathlib import Path

import pytest

from host.__main__ import main
from host.core.events import Events
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.core.users import Users
from host.store import accounts, audit, database, passwords
from host.store.accounts import User
from host.store.writer import Writer
from tests.fakes.loop import in_loop

GOOD = "a good password"


def users(path: Path) -> dict[str, User]:
    with database.reading(path) as session:
        return {user.name: user for user in accounts.all(session)}


def run(path: Path, *arguments: str) -> int:
    return main(["user", *arguments, "--data", str(path.parent)])


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return type_in


def test_users_are_added_listed_and_deleted(path, capsys, typed) -> None:
    typed(f"{GOOD}\n")
    assert run(path, "add", "Olga", "--role", "administrator") == 0
    assert run(path, "add", "Peter", "--make") == 0
    made = re.search(r"password: (\S+) ", capsys.readouterr().out)
    assert made is not None
    known = users(path)
    assert passwords.fits(known["Olga"].password, GOOD)
    assert (known["Olga"].must_change, known["Olga"].role) == (False, "administrator")
    assert passwords.fits(known["Peter"].password, made[1])
    assert (known["Peter"].must_change, known["Peter"].role) == (True, "standard")
    assert set(known) == {"Admin", "Olga", "Peter"}
    assert run(path, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Admin  administrator  since ")
    assert lines[0].endswith("must change the password")
    assert run(path, "list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["users"]) == 3
    assert run(path, "delete", "ADMIN") == 0
    assert run(path, "delete", "Olga") == 2
    assert "last administrator" in capsys.readouterr().err
    assert set(users(path)) == {"Olga", "Peter"}


def test_a_forgotten_password_is_replaced(path, capsys, typed) -> None:
    accounts.have_first_in(path)
    typed(f"{GOOD}\n")
    assert run(path, "reset", "admin") == 0
    assert passwords.fits(users(path)["Admin"].password, GOOD)
    assert not users(path)["Admin"].must_change
    assert run(path, "reset", "admin", "--make") == 0
    assert users(path)["Admin"].must_change
    with database.reading(path) as session:
        told = [(entry.who, entry.what) for entry in audit.newest(session, 9)]
    assert told[:2] == [("command line", "user.password_set")] * 2


def test_on_a_terminal_it_is_asked_for_twice_without_echo(path, capsys, monkeypatch) -> None:
    accounts.have_first_in(path)
    before = users(path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter([GOOD, GOOD + "x", GOOD, GOOD])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert run(path, "reset", "Admin") == 2
    assert "repeated password is another one" in capsys.readouterr().err
    assert users(path) == before
    assert run(path, "reset", "Admin") == 0
    assert passwords.fits(users(path)["Admin"].password, GOOD)


@pytest.mark.parametrize(
    ("arguments", "typing", "said"),
    [
        (("reset", "Nobody"), "", "no such user"),
        (("reset",), "", "whom?"),
        (("reset", "Admin"), "12\n", "3 characters or more"),
        (("reset", "Admin"), "1234567\n", "shorter than the setting"),
        (("add", "Al"), f"{GOOD}\n", "3 characters or more"),
        (("add", "aDMIN"), f"{GOOD}\n", "already"),
    ],
)
def test_what_cannot_be_is_refused_by_name(path, capsys, typed, arguments, typing, said) -> None:
    accounts.have_first_in(path)
    before = users(path)
    typed(typing)
    assert run(path, *arguments) == 2
    assert said in capsys.readouterr().err
    assert users(path) == before


def test_how_long_a_password_is_at_least_is_a_setting(path, capsys, typed) -> None:
    assert main(["config", "users.password_min=3", "--data", str(path.parent)]) == 0
    typed("abc\n")
    assert run(path, "add", "Olga") == 0
    assert main(["config", "users.password_min=2", "--data", str(path.parent)]) == 2


def test_through_a_core_that_runs(path, typed, capsys) -> None:
    accounts.have_first_in(path)

    @in_loop
    async def with_core() -> None:
        writer, events = Writer(path), Events()
        heard: list[object] = []
        events.subscribe(heard.append)
        server = RpcServer(socket_path(path.parent), Users(writer, events).handlers(), events)
        await server.start()
        for arguments in (("add", "Olga"), ("reset", "Olga"), ("delete", "Olga")):
            typed(f"{GOOD}\n")
            status = await asyncio.to_thread(run, path, *arguments)
            assert status == 0, capsys.readouterr().err
        await server.stop()
        await writer.close()
        assert len(heard) == 3, "the core told it"

    with_core()
    assert set(users(path)) == {"Admin"}
