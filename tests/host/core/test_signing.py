"""Who signs in is on record, and guessing cannot fill the table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.core.signing import MOST_A_MINUTE, Signing
from host.settings.accounts import NOBODY, Refused, check_name
from host.store import accounts, audit, database
from host.store.writer import Writer
from tests.fakes.loop import in_loop

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


class Door:
    """The service at the database `path`; now: what its clock says."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self.now = NOW
        self._path = path
        self._note = Signing(writer, lambda: self.now).handlers()["signing.note"]

    async def note(self, what: str, name: str = "admin", address: str = "192.0.2.1") -> None:
        await self._note(what=what, name=name, address=address)

    def told(self) -> list[tuple[object, ...]]:
        with database.reading(self._path) as session:
            found = audit.newest(session, 99)
        return [(one.who, one.what, one.which, one.after) for one in found][:-1]


@asynccontextmanager
async def door(path: Path) -> AsyncIterator[Door]:
    accounts.have_first_in(path)
    writer = Writer(path)
    yield Door(path, writer)
    await writer.close()


@in_loop
async def test_signing_in_and_out_is_told_with_the_address(path: Path) -> None:
    async with door(path) as ours:
        await ours.note("in", "Admin")
        await ours.note("out", "Admin")
        assert ours.told() == [
            ("Admin", "sign.out", "", {"address": "192.0.2.1"}),
            ("Admin", "sign.in", "", {"address": "192.0.2.1"}),
        ]


@in_loop
async def test_what_is_refused_is_one_entry_a_minute_with_a_count(path: Path) -> None:
    async with door(path) as ours:
        for _ in range(3):
            await ours.note("refused")
        await ours.note("refused", address="192.0.2.2")
        ours.now += timedelta(seconds=61)
        await ours.note("refused")
        counts = [(which, facts) for _, _, which, facts in ours.told()]
        assert counts == [
            ("Admin", {"address": "192.0.2.1", "count": 1}),
            ("Admin", {"address": "192.0.2.2", "count": 1}),
            ("Admin", {"address": "192.0.2.1", "count": 3}),
        ]
        assert {(who, what) for who, what, *_ in ours.told()} == {(NOBODY, "sign.refused")}


@in_loop
async def test_from_many_addresses_it_fills_nothing(path: Path) -> None:
    async with door(path) as ours:
        for number in range(3 * MOST_A_MINUTE):
            await ours.note("refused", address=f"2001:db8::{number}")
        told = ours.told()
        assert len(told) == MOST_A_MINUTE + 1
        assert told[0][2:] == ("", {"address": "", "count": 2 * MOST_A_MINUTE})


@in_loop
async def test_a_name_that_no_user_has_is_not_written_down(path: Path) -> None:
    async with door(path) as ours:
        await ours.note("refused", "my password by mistake")
        assert "mistake" not in str(ours.told())
        assert ours.told()[0][2:] == ("", {"address": "192.0.2.1", "count": 1})


def test_no_user_is_called_like_nobody() -> None:
    with pytest.raises(Refused, match="name_taken"):
        check_name("Nobody signed in")


def test_visits_are_forgotten_after_a_while_and_changes_beyond_the_newest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST", 5)
    engine = database.open_writer(path)
    with Session(engine) as session, session.begin():
        for number in range(4):
            audit.record(session, "Olga", "meter.changed", str(number), after={"baud": 300}, at=NOW)
            audit.record(session, "Olga", audit.SIGNED_IN, after={"address": "x"}, at=NOW)
        later = NOW + audit.VISITS_KEPT + timedelta(days=1)
        assert audit.purge(session, NOW) == 3
        assert audit.purge(session, later) == 3
        assert [entry.which for entry in audit.newest(session, 9)] == ["3", "2"]
        assert audit.purge(session, later) == 0
    engine.dispose()
