"""Users as a service: rules, events, and no password where it does not belong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from host.core.events import Event, Events, UserChanged
from host.core.users import Users
from host.settings.accounts import AccountSettings, Refused
from host.store import accounts, audit, database, passwords, settings
from host.store.accounts import User
from host.store.writer import Writer
from tests.fakes.loop import in_loop

GOOD = "a good password"


class Service:
    """The service on the database at `path`, what it told, and its users as they are stored."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self.path = path
        self.heard: list[Event] = []
        events = Events()
        events.subscribe(self.heard.append)
        self._handlers = Users(writer, events).handlers()

    async def call(self, method: str, who: str | None = "Admin", **params: Any) -> Any:
        if method == "list":
            return await self._handlers["users.list"]()
        return await self._handlers[f"users.{method}"](**params, who=who)

    def ask_for(self, characters: int) -> None:
        """Have passwords of so many characters allowed."""
        engine = database.open_writer(self.path)
        with Session(engine) as session, session.begin():
            settings.save(session, AccountSettings(password_min=characters))
        engine.dispose()

    def user(self, name: str) -> User:
        with database.reading(self.path) as session:
            user = accounts.by_name(session, name)
        assert user is not None
        return user

    def changes(self) -> list[tuple[str, str, str]]:
        with database.reading(self.path) as session:
            return [(one.who, one.what, one.which) for one in audit.newest(session, 99)]


@asynccontextmanager
async def service(path: Path) -> AsyncIterator[Service]:
    accounts.have_first_in(path)
    writer = Writer(path)
    yield Service(path, writer)
    await writer.close()


async def add(users: Service, name: str = "Olga", role: str = "standard") -> int:
    added = await users.call("add", name=name, role=role, password=GOOD, must_change=False)
    return added["id"]


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes that cost nothing."""
    monkeypatch.setattr(passwords, "make", lambda password: f"hash of {password}")
    monkeypatch.setattr(passwords, "fits", lambda hashed, one: hashed == f"hash of {one}")
    return iter(())


@in_loop
async def test_a_user_is_added_listed_changed_and_deleted(path: Path) -> None:
    async with service(path) as users:
        number = await add(users)
        assert passwords.fits(users.user("olga").password, GOOD)
        listed = await users.call("list")
        assert [(one["name"], one["role"]) for one in listed["users"]] == [
            ("Admin", "administrator"),
            ("Olga", "standard"),
        ]
        assert "argon2" not in str(listed)
        await users.call("change_role", id=number, role="administrator")
        await users.call("set_language", id=number, language="fr", who="Olga")
        await users.call("set_expert", id=number, expert=True, who="Olga")
        assert users.user("Olga").expert
        await users.call("delete", id=users.user("Admin").id, who="Olga")
        assert users.heard == [UserChanged(number)] * 4 + [UserChanged(1)]
        with pytest.raises(Refused, match="last_administrator"):
            await users.call("delete", id=number)
        with pytest.raises(Refused, match="last_administrator"):
            await users.call("change_role", id=number, role="standard")
        assert users.user("Olga").role == "administrator", "what was refused left nothing behind"
        assert users.changes()[0] == ("Olga", "user.deleted", "Admin")


@in_loop
async def test_passwords_keep_the_rules(path: Path) -> None:
    async with service(path) as users:
        number = await add(users)
        for password, reason in (("12", "password_short"), ("1234567", "password_weak")):
            with pytest.raises(Refused, match=reason):
                await users.call("set_password", id=number, password=password, must_change=True)
        users.ask_for(3)
        await users.call("set_password", id=number, password="abc", must_change=True)
        assert users.user("Olga").must_change
        assert users.changes()[0] == ("Admin", "user.password_set", "Olga")


@in_loop
async def test_ones_own_password_needs_the_current_one_and_is_another(path: Path) -> None:
    async with service(path) as users:
        admin = users.user("Admin").id
        change = {"id": admin, "who": "Admin"}
        users.ask_for(3)
        for current, new, reason in (
            ("1234", GOOD, "password_wrong"),
            ("123", "123", "password_same"),
            ("123", "12", "password_short"),
        ):
            with pytest.raises(Refused, match=reason):
                await users.call("set_own_password", current=current, password=new, **change)
        assert users.user("Admin").must_change
        await users.call("set_own_password", current="123", password=GOOD, **change)
        assert not users.user("Admin").must_change
        assert passwords.fits(users.user("Admin").password, GOOD)


@in_loop
async def test_the_loop_goes_on_while_a_password_is_hashed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash waits for something that only the loop can bring."""
    loop, came = asyncio.get_running_loop(), []

    def make(password: str) -> str:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(10)
        came.append(password)
        return "hash"

    async with service(path) as users:
        monkeypatch.setattr(passwords, "make", make)
        await add(users)
    assert came == [GOOD]


@in_loop
async def test_no_password_is_logged_or_told(path: Path, fast: None) -> None:
    with capture_logs() as logs:
        async with service(path) as users:
            number = await add(users)
            with pytest.raises(Refused):
                await users.call("add", name="Olga", role="standard", password=GOOD, must_change=0)
            await users.call("set_password", id=number, password=GOOD + "2", must_change=False)
            assert GOOD not in str(users.heard) + str(users.changes())
    assert GOOD not in str(logs)
