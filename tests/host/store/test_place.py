from pathlib import Path

import pytest

from host.store import database, place
from host.store.place import Server
from shared.errors import BadSetting

URL = "postgresql://me:secret@db.example/meters?logger=house3"


def test_it_is_a_file_unless_a_url_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.of(tmp_path) == database.database_path(tmp_path)
    place.write(tmp_path, URL)
    found = place.of(tmp_path)
    assert isinstance(found, Server)
    assert (found.logger, found.url.host, found.url.database) == ("house3", "db.example", "meters")
    monkeypatch.setenv(place.VARIABLE, "postgresql://me@other/meters")
    found = place.of(tmp_path)
    assert isinstance(found, Server)
    assert (found.logger, found.url.host) == ("", "other")


def test_the_password_is_never_shown_and_its_file_is_its_owners(tmp_path: Path) -> None:
    place.write(tmp_path, URL)
    assert "secret" not in str(place.of(tmp_path))
    assert (tmp_path / place.URL_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["secret", "mysql://me:secret@host/db", "postgresql://me:secret@host"]
)
def test_another_url_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(BadSetting, match="write postgresql://") as caught:
        place.server(text)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    place.write(tmp_path, "postgresql://me:secret@127.0.0.1:1/meters")
    with (
        pytest.raises(database.StoreFault, match="does not answer") as caught,
        database.reading(place.of(tmp_path)) as session,
    ):
        session.connection()
    assert "secret" not in str(caught.value)
