"""What the database said is said again until somebody commits; nobody sees what another may."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.settings.value import ValueKey, ValueSettings
from host.store import arrivals, database, meters, value_settings
from host.store.arrivals import Arrival
from host.store.meters import Attempt
from host.store.readings import Reading
from host.store.tables import MeterRow
from host.texts.locale import words
from host.web import meters_view, reader, sight
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.meters_view import UNHEARD_S, MetersView, anatomies
from host.web.reader import Reader
from host.web.settings import WebSettings
from tests.fakes.installation import install

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def change(data: Path, name: str) -> None:
    with Session(database.open_writer(database.database_path(data))) as session, session.begin():
        meters.change(session, "1", {"name": name})


def store(data: Path, meter_id: int, at: datetime, telegrams: list[bytes], number: int) -> None:
    with Session(database.open_writer(database.database_path(data))) as session, session.begin():
        arrivals.append(session, [Arrival(meter_id, at, telegrams, "board", 9, number)])
        meters.record_attempts(session, [Attempt(meter_id, at, "ok", read=True)])


class Asked:
    """Work on the database that counts how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, session: Session) -> list[str]:
        self.times += 1
        return list(session.scalars(select(MeterRow.name).where(MeterRow.address == "1")))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    install(tmp_path, NOW)
    return tmp_path


def test_it_is_asked_again_only_after_a_commit(data: Path) -> None:
    kept, work = Reader(data).kept, Asked()
    kept("name", work)
    before = [kept("name", work) for _ in range(5)]
    assert work.times <= 2, "the first time only finds out how far the database is"
    change(data, "Cellar")
    assert kept("name", work) == ["Cellar"]
    assert before[0] != ["Cellar"]


def test_what_follows_from_something_known_is_asked_again_when_that_is_another(data: Path) -> None:
    kept, work = Reader(data).kept, Asked()
    for revision in (0, 0, 1, 1, 1):
        change(data, f"Cellar {revision}")
        kept("name", work, revision)
    assert work.times == 2


def test_many_at_once_have_it_read_once(data: Path) -> None:
    kept, work = Reader(data).kept, Asked()
    kept("name", work)
    kept("name", work)
    work.times = 0
    change(data, "Cellar")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: kept("name", work), range(64)))
    assert answers == [["Cellar"]] * 64
    assert work.times == 1


def test_it_keeps_no_more_than_it_may(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_KEPT", 3)
    one = Reader(data)
    for number in range(20):
        one.kept(number, lambda session: session.connection() and None)
    assert len(one._kept) <= 3  # pyright: ignore[reportPrivateUsage]


def test_what_is_kept_for_one_is_not_shown_to_another(data: Path) -> None:
    view = MetersView(Reader(data), lambda: 900)
    with sight.looking(None):
        for _ in range(3):
            everything = [row.meter.id for row in view.rows()]
        first, second = everything[:2]
        assert view.row(second) is not None
        assert view.readings(second, 3)
    with sight.looking(frozenset({first})):
        assert [row.meter.id for row in view.rows()] == [first]
        assert view.row(second) is None
        assert view.readings(second, 3) == []


@pytest.fixture
def draw(data: Path) -> Callable[[datetime, str], str]:
    """Draw the row of the first meter as it is at a moment, in a language."""
    app = create_app(WebSettings(data), CoreLine(data))
    view: MetersView = app.extensions["meters"]

    def drawn(now: datetime, language: str) -> str:
        with sight.looking(None):
            row = view.rows()[0]
        said = words(language)
        context = {"row": row, "now": now, "words": said, "_": said.gettext, "zone": UTC}
        with app.app_context():
            return app.jinja_env.from_string("{{ drawn_rows([row]) }}").render(context)

    return drawn


def test_a_row_is_drawn_anew_when_its_meter_or_the_language_is_another(
    data: Path, draw: Callable[[datetime, str], str]
) -> None:
    first = draw(NOW, "en")
    assert 'id="meter-1"' in first
    assert draw(NOW, "en") == first
    assert "Letzte Auslesung" in draw(NOW, "de")
    change(data, "<b>Cellar</b>")
    assert "&lt;b&gt;Cellar&lt;/b&gt;" in draw(NOW, "en")
    assert draw(NOW + timedelta(hours=2), "en") != draw(NOW, "en"), "its age"


def test_of_the_newest_readings_a_new_one_is_shown_at_once_and_a_late_one_when_it_is_heard_of(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, clock = MetersView(Reader(data), lambda: 900), [0.0]
    monkeypatch.setattr(meters_view.time, "monotonic", lambda: clock[0])
    with sight.looking(None):
        meter = view.rows()[0].meter
        before = view.readings(meter.id, 3)
        newest, frames = before[0].at, before[0].frames
        store(data, meter.id, newest + timedelta(seconds=30), frames, 1)
        assert seconds_after(newest, view.readings(meter.id, 2)) == [30, 0]
        store(data, meter.id, newest + timedelta(seconds=10), frames, 2)
        view.hear(meter.id)
        assert seconds_after(newest, view.readings(meter.id, 3)) == [30, 10, 0]
        store(data, meter.id, newest + timedelta(seconds=20), frames, 3)
        clock[0] += UNHEARD_S
        assert seconds_after(newest, view.readings(meter.id, 3)) == [30, 20, 10]


def seconds_after(moment: datetime, found: Sequence[Reading]) -> list[float]:
    return [(one.at - moment).total_seconds() for one in found]


def test_a_drawn_reading_is_that_of_its_settings_its_language_and_no_other(data: Path) -> None:
    app = create_app(WebSettings(data), CoreLine(data))
    view: MetersView = app.extensions["meters"]

    def drawn(meter: meters.Meter, language: str, *, newest: bool = True) -> str:
        said = words(language)
        with sight.looking(None):
            reading = view.readings(meter.id, 1)[0]
            context = {"meter": meter, "reading": reading, "newest": newest, "words": said}
            context |= {"values": view.values(meter, reading), "telegrams": anatomies(reading)}
            context |= {"_": said.gettext, "ngettext": said.ngettext, "zone": UTC}
        with app.app_context():
            return app.jinja_env.from_string("{{ drawn_reading() }}").render(context)

    with sight.looking(None):
        first, second = [row.meter for row in view.rows()][:2]
    english = drawn(first, "en")
    assert drawn(first, "en") == english
    assert f"/meters/{first.id}/chart" in english
    assert f"/meters/{second.id}/chart" in drawn(second, "en")
    assert "/chart" not in drawn(first, "en", newest=False)
    assert "Energie" in drawn(first, "de")
    upstairs = {ValueKey("0c06", 0): ValueSettings(designation="<b>Upstairs</b>")}
    with Session(database.open_writer(database.database_path(data))) as session, session.begin():
        value_settings.change(session, "Olga", first, upstairs)
    with sight.looking(None):
        (changed,) = (row.meter for row in view.rows() if row.meter.id == first.id)
    assert "&lt;b&gt;Upstairs&lt;/b&gt;" in drawn(changed, "en")
