"""L4: `python -m host messages` lists, filters and deletes, with a core and without."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.__main__ import main
from host.core.events import Events
from host.core.rpc_server import RpcServer
from host.core.services import socket_path
from host.core.status_log import StatusLog
from host.store import database, status_messages
from host.store.status_messages import Said
from host.store.writer import Writer
from tests.fakes.loop import in_loop

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def told(path: Path) -> Path:
    """A database with three messages."""
    said = [
        Said("logger_started", AT),
        Said("meter_unreadable", AT + timedelta(minutes=1), None, "00000005", "no_answer"),
        Said("meter_fault", AT + timedelta(minutes=2), None, "\x1b[31m", detail="0x08"),
    ]
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        status_messages.enter(session, said)
    engine.dispose()
    return path


def run(path: Path, *arguments: str) -> int:
    return main(["messages", *arguments, "--data", str(path.parent)])


def test_l4_messages_are_listed_newest_first(told: Path, capsys) -> None:
    assert run(told) == 0
    fault, unreadable, started = capsys.readouterr().out.splitlines()
    assert started == "2026-11-27 12:00:00 UTC   0  info     The logger has started."
    assert unreadable.endswith(" 8  error    Meter 00000005: the readout failed. (no_answer)")
    assert "10  warning  Meter " in fault
    assert "\x1b" not in fault


def test_l4_messages_are_filtered_by_number_and_type(told: Path, capsys) -> None:
    assert run(told, "--number", "8", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["number"], one["severity"]) for one in found["messages"]] == [(8, "error")]
    assert run(told, "--type", "info") == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert run(told, "--limit", "1") == 0
    assert "and 2 older ones" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run(told, "--number", "11")


def test_l4_messages_are_deleted_and_had_back_without_a_core(told: Path, capsys) -> None:
    assert run(told, "--clear") == 0
    assert "3 messages deleted" in capsys.readouterr().out
    assert run(told) == 0
    assert capsys.readouterr().out == ""
    assert run(told, "--restore") == 0
    assert "3 messages are back" in capsys.readouterr().out


@in_loop
async def test_l4_messages_are_deleted_through_a_core(told: Path, capsys) -> None:
    writer = Writer(told)
    events = Events()
    server = RpcServer(socket_path(told.parent), StatusLog(writer, events).handlers(), events)
    await server.start()
    assert await asyncio.to_thread(run, told, "--clear") == 0
    await server.stop()
    await writer.close()
    assert "3 messages deleted" in capsys.readouterr().out
    with database.reading(told) as session:
        assert status_messages.count(session) == 0
