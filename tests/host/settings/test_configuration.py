import json
from datetime import UTC, datetime
from typing import Any

import pytest

from host.settings import configuration
from host.settings.chapters import CHAPTERS
from host.settings.readout import ReadoutSettings
from host.settings.site import SiteSettings
from shared.errors import BadSetting

AT = datetime(2016, 11, 28, 10, 2, tzinfo=UTC)
KEPT = {name: model() for name, model in CHAPTERS.items()} | {
    "site": SiteSettings(name="Nörd 1", zone="Europe/Zurich"),
    "readout": ReadoutSettings(cycle_s=60, dates=[[0, 31, 23]]),
}


def test_what_is_written_is_read_again() -> None:
    read = configuration.read(configuration.write(KEPT, AT))
    assert {name: CHAPTERS[name](**values) for name, values in read.items()} == KEPT


@pytest.mark.parametrize(
    ("name", "word"),
    [("Name", "Name"), ("Nörd 1", "Nord-1"), ("", "mbuslink"), ("../../etc\x00", "etc")],
)
def test_the_file_is_called_as_in_the_manual(name: str, word: str) -> None:
    assert configuration.file_name(name, AT) == f"Configuration_{word}_28_11_2016_10_2.json"


def whole(**changes: Any) -> str:
    return json.dumps(json.loads(configuration.write(KEPT, AT)) | changes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "only a part"),
        (configuration.write(KEPT, AT)[:-40], "only a part"),
        ("[" * 100_000, "only a part"),
        ("[1]", "no file of a configuration"),
        (whole(kind="recipe"), "no file of a configuration"),
        (whole(format=99), "newer release"),
        (whole(format=0), "not whole"),
        (whole(chapters=None), "not whole"),
        (whole(chapters={"weather": {}}), "weather: no settings"),
        (whole(chapters={"site": []}), "site: no settings"),
        (whole(chapters={"site": {"height": 3}}), "height: there is no such setting"),
        (whole(chapters={"readout": {"cycle_s": 9}}), "Readout cycle"),
    ],
    ids=range(12),
)
def test_anything_but_a_whole_file_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        configuration.read(text)


def test_an_older_format_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    def lift(chapters: dict[str, Any]) -> dict[str, Any]:
        return {"site": {"name": chapters["location"]["name"]}}

    old = whole(chapters={"location": {"name": "North"}})
    monkeypatch.setattr(configuration, "LIFTS", (lift,))
    monkeypatch.setattr(configuration, "FORMAT", 2)
    assert configuration.read(old) == {"site": {"name": "North"}}


def test_a_file_with_a_few_settings_leaves_the_rest() -> None:
    few = whole(chapters={"site": {"site": "Cellar"}})
    assert configuration.read(few) == {"site": {"site": "Cellar"}}
