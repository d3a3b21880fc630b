"""Undo: what a change of settings has changed is put back, and nothing else."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from host.core import registration
from host.core.events import Event, Events, MeterChanged, SettingsChanged
from host.core.kept_settings import KeptSettings
from host.core.meter_services import MeterServices
from host.core.undoing import Undoing
from host.settings.chapter import Chapter, setting
from host.settings.chapters import CHAPTERS
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from host.settings.undo import NotUndone, reason_of
from host.settings.value import ValueKey, ValueSettings
from host.store import audit, database, meters, migrate, settings, value_settings
from host.store.place import Place
from host.store.writer import Writer
from tests.fakes.loop import in_loop
from tests.fakes.postgresql import Cluster

WATER = {"head": "0c13", "nth": 0, "designation": "Cold, unit=l", "factor": "1000"}


class Services:
    """Settings, meters and their undo at `place`; what was heeded and told."""

    def __init__(self, place: Place, writer: Writer) -> None:
        self.place = place
        self.heeded: list[tuple[type[Chapter], Mapping[str, Any]]] = []
        self.heard: list[Event] = []
        events = Events()
        events.subscribe(self.heard.append)
        kept = KeptSettings(writer, events, lambda *told: self.heeded.append(told))
        ours = MeterServices(writer, events, lambda: None)
        undoing = Undoing(writer, kept, ours)
        self._handlers = {**kept.handlers(), **ours.handlers(), **undoing.handlers()}

    async def call(self, method: str, who: str = "Olga", **params: Any) -> Any:
        return await self._handlers[method](**params, who=who)

    async def set(self, who: str = "Olga", **chapters: Mapping[str, Any]) -> list[int]:
        return (await self.call("settings.change", chapters=chapters, who=who))["changes"]

    async def undo(self, *changes: int, who: str = "Paula") -> list[int]:
        return (await self.call("changes.undo", changes=list(changes), who=who))["changes"]

    def chapter(self, model: type[Chapter]) -> Any:
        with database.reading(self.place) as session:
            return settings.load(session, model)

    def meter(self, address: str = "5") -> Any:
        with database.reading(self.place) as session:
            return meters.by_address(session, address)

    def own(self) -> Any:
        with database.reading(self.place) as session:
            found = meters.by_address(session, "5")
            assert found is not None
            return dict(value_settings.of(session, found).by_key)

    def told(self) -> list[audit.Entry]:
        with database.reading(self.place) as session:
            return list(audit.newest(session, 50))


@asynccontextmanager
async def services(place: Place) -> AsyncIterator[Services]:
    engine = database.open_writer(place)
    with Session(engine) as session, session.begin():
        registration.register(session, ["5", "6"])
    engine.dispose()
    writer = Writer(place)
    yield Services(place, writer)
    await writer.close()


@in_loop
async def test_exactly_what_was_changed_is_put_back(path: Path) -> None:
    async with services(path) as core:
        await core.set(site={"name": "North", "site": "Hall 3"})
        (change,) = await core.set(site={"name": "South", "site": "Hall 3", "zone": "UTC"})
        await core.set(site={"site": "Hall 4"})
        core.heeded.clear()
        core.heard.clear()
        (back,) = await core.undo(change)
        site = core.chapter(SiteSettings)
        assert (site.name, site.site) == ("North", "Hall 4")
        assert core.heeded == [(SiteSettings, {"name": "North", "zone": ""})]
        assert core.heard == [SettingsChanged("site")]
        newest = core.told()[0]
        assert (newest.id, newest.who, newest.what) == (back, "Paula", "settings.changed")
        await core.undo(back)
        assert core.chapter(SiteSettings).name == "South", "what was put back can be had again"


@in_loop
async def test_it_is_refused_when_somebody_changed_the_same_since(path: Path) -> None:
    async with services(path) as core:
        (first,) = await core.set(site={"name": "North"})
        (second,) = await core.set(site={"name": "South"}, who="Paula")
        with pytest.raises(NotUndone, match="changed_since") as refused:
            await core.undo(first)
        assert reason_of(refused.value) == "changed_since"
        assert core.chapter(SiteSettings).name == "South"
        await core.undo(second)
        await core.undo(first)
        assert core.chapter(SiteSettings).name == ""


@in_loop
async def test_several_are_put_back_all_or_none(path: Path) -> None:
    async with services(path) as core:
        changes = await core.set(site={"name": "North"}, readout={"cycle_s": 60, "dates": []})
        dates = await core.set(readout={"dates": [[0, 31, 23]]})
        assert len(changes) == 2
        await core.undo(*changes, *dates)
        assert core.chapter(ReadoutSettings) == ReadoutSettings()
        again = await core.set(site={"name": "North"}, readout={"cycle_s": 60})
        await core.set(readout={"cycle_s": 90})
        with pytest.raises(NotUndone):
            await core.undo(*again)
        assert core.chapter(SiteSettings).name == "North"


@in_loop
async def test_settings_of_a_meter_and_of_its_values_are_put_back(path: Path) -> None:
    async with services(path) as core:
        (one,) = (
            await core.call(
                "meters.change", addresses=["5"], changes={"name": "Attic", "snd_nke": False}
            )
        )["changes"]
        (two,) = (await core.call("meters.change_values", address="5", values=[WATER]))["changes"]
        assert core.own() == {
            ValueKey("0c13", 0): ValueSettings(designation="Cold, unit=l", factor="1000")
        }
        core.heard.clear()
        (back,) = await core.undo(two)
        assert core.own() == {}
        await core.undo(back)
        assert core.own()[ValueKey("0c13", 0)].factor == "1000"
        await core.undo(one)
        assert (core.meter().name, core.meter().snd_nke) == ("", True)
        assert core.heard == [MeterChanged(1, "unread")] * 3
        again = await core.call("meters.change", addresses=["5"], changes={"name": "Attic"})
        await core.call("meters.change_values", address="5", values=[{**WATER, "factor": "10"}])
        await core.undo(*again["changes"])
        with pytest.raises(NotUndone, match="changed_since"):
            await core.undo(two)


@in_loop
async def test_a_meter_that_is_gone_or_another_one_now_is_left_alone(path: Path) -> None:
    async with services(path) as core:
        made = await core.call("meters.change", addresses=["5"], changes={"name": "Attic"})
        await core.call("meters.delete", addresses=["5"])
        with pytest.raises(NotUndone, match="is_gone"):
            await core.undo(*made["changes"])
        added = {"baud": None, "cycle_s": None, "segment": None, "site": None}
        await core.call("meters.add", addresses=["5"], name="Attic", **added)
        with pytest.raises(NotUndone, match="is_gone"):
            await core.undo(*made["changes"])
        assert core.meter().name == "Attic"


@in_loop
async def test_a_secret_is_neither_put_back_nor_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mail(Chapter):
        TITLE = HELP = MANUAL = "Mail"
        server: str = setting("", "Server", "Server", kind="text", high=99)
        password: str = setting("", "Password", "Word", kind="text", high=99, secret=True)

    monkeypatch.setitem(CHAPTERS, "mail", Mail)  # type: ignore[arg-type]
    async with services(path) as core:
        await core.set(mail={"server": "a", "password": "first secret"})
        both = await core.set(mail={"server": "b", "password": "second secret"})
        with pytest.raises(NotUndone, match="not_known"):
            await core.undo(*both)
        open_one = await core.set(mail={"server": "c", "password": "second secret"})
        await core.undo(*open_one)
        kept = core.chapter(Mail)
        assert (kept.server, kept.password) == ("b", "second secret")
        assert "secret" not in str(core.told())


@in_loop
async def test_the_network_and_what_is_no_setting_are_left_alone(path: Path) -> None:
    async with services(path) as core:
        network = await core.set(network={"dhcp": False, "address": "192.0.2.7"})
        added = core.told()[-1]
        for change in (*network, added.id, 999):
            with pytest.raises(NotUndone, match="not_known"):
                await core.undo(change)


@in_loop
async def test_undo_keeps_the_checks_of_a_change(path: Path) -> None:
    """What was possible once and is not any more is refused as when it is set."""
    async with services(path) as core:
        engine = database.open_writer(path)
        with Session(engine) as session, session.begin():
            facts = {"before": {"per_day": 99_999}, "after": {"per_day": None}}
            audit.record(session, "Olga", "meter.changed", "5", **facts)
        engine.dispose()
        with pytest.raises(Exception, match="choose 1 to 8640"):
            await core.undo(core.told()[0].id)
        assert core.meter().per_day is None


@in_loop
async def test_it_is_the_same_on_a_server(cluster: Cluster) -> None:
    with cluster.database() as name:
        ours, other = cluster.place(name, "ours"), cluster.place(name, "other")
        migrate.upgrade(ours)
        migrate.upgrade(other)
        async with services(other) as theirs, services(ours) as core:
            (change,) = await core.set(site={"name": "North"})
            (foreign,) = await theirs.set(site={"name": "Elsewhere"})
            with pytest.raises(NotUndone, match="not_known"):
                await core.undo(foreign)
            (back,) = await core.undo(change)
            assert core.chapter(SiteSettings).name == ""
            assert core.told()[0].id == back
