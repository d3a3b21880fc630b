"""What the database said is said again until somebody commits; nobody sees what another may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.store import database, meters
from host.store.tables import MeterRow
from host.texts.locale import words
from host.web import reader, sight
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.meters_view import MetersView
from host.web.reader import Reader
from host.web.settings import WebSettings
from tests.fakes.installation import install

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def change(data: Path, name: str) -> None:
    with Session(database.open_writer(database.database_path(data))) as session, session.begin():
        meters.change(session, "1", {"name": name})


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
            return app.jinja_env.from_string("{{ drawn_row(row) }}").render(context)

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
