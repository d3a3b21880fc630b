"""What every setting has: a name for people, help, documentation, words in three languages."""

from pathlib import Path

import pytest

from host.settings.chapter import KINDS, Chapter, Row, WrongSettings
from host.settings.chapters import CHAPTERS, named
from host.settings.site import SiteSettings
from host.texts.catalogue import LANGUAGES, gettext
from shared.errors import BadSetting

SETTINGS = [(name, row) for name, model in CHAPTERS.items() for row in model.rows()]
DOCUMENTED = (Path(__file__).parents[3] / "host" / "settings" / "README.md").read_text()


@pytest.mark.parametrize(
    ("chapter", "row"), SETTINGS, ids=[f"{name}.{row.name}" for name, row in SETTINGS]
)
def test_a_setting_has_a_label_help_and_documentation(chapter: str, row: Row) -> None:
    assert row.kind in KINDS
    for text in (row.label, row.help):
        assert len(text) > 2
        assert all(gettext(language, text) for language in LANGUAGES)
    assert gettext("de", row.help) != row.help, "not translated"
    if row.kind in ("number", "duration"):
        assert row.low is not None
        assert row.high is not None
    assert f"`{chapter}.{row.name}`" in DOCUMENTED


@pytest.mark.parametrize("model", CHAPTERS.values())
def test_a_chapter_is_whole_from_the_start(model: type[Chapter]) -> None:
    assert model.TITLE
    assert model.HELP
    assert gettext("fr", model.HELP) != model.HELP
    model()


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(
        WrongSettings, match=r"Name \(name\): .* Time zone \(zone\): .*Europe/Zurich"
    ) as caught:
        SiteSettings(name="a\nb", zone="Mars/Olympus")
    assert [problem.name for problem in caught.value.problems] == ["name", "zone"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"keep_days": -1}, "choose 0 to 36500 days"),
        ({"keep_days": 36_501}, "choose 0 to 36500 days"),
        ({"keep_days": "7"}, "a whole number"),
        ({"keep_days": True}, "a whole number"),
        ({"keep_days": None}, "a whole number"),
    ],
    ids=str,
)
def test_a_number_is_held_to_its_range_and_type(values: dict[str, object], told: str) -> None:
    with pytest.raises(WrongSettings, match=told):
        named("storage")(**values)


def test_a_change_keeps_the_rest_and_knows_its_names() -> None:
    site = SiteSettings(name="North", zone="Europe/Zurich")
    assert site.changed(name=" South ") == SiteSettings(name="South", zone="Europe/Zurich")
    with pytest.raises(BadSetting, match="height: there is no such setting"):
        site.changed(height=3)


def test_what_a_newer_release_stored_is_left_aside() -> None:
    assert SiteSettings(name="North", height=3) == SiteSettings(name="North")  # pyright: ignore[reportCallIssue]


def test_a_chapter_that_there_is_not_is_named() -> None:
    with pytest.raises(BadSetting, match="weather: no settings are called so"):
        named("weather")
