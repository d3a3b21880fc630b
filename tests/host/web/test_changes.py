"""What the page of changes says of each: labels and values in the reader's language."""

import re

import pytest
from sqlalchemy.orm import Session

from host.store import accounts, audit, database, units
from host.texts.locale import words
from host.web.change_text import said
from tests.fakes import every_page

LANGUAGES = ("de", "en", "fr")


@pytest.fixture(scope="module")
def changes(tmp_path_factory):
    """Changes of units, users, tokens, templates and messages."""
    data = tmp_path_factory.mktemp("data")
    every_page.install(data)
    engine = database.open_writer(database.database_path(data))
    with Session(engine) as session, session.begin():
        (unit,) = units.all(session)
        units.change(session, "Olga", unit.id, "Flat 1", "Upstairs")
        units.set_meters(session, "Olga", unit.id, [1, 2])
        accounts.set_language(session, "Olga", 2, "fr")
    with Session(engine) as session:
        return list(audit.newest(session, 100))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_a_label_in_the_readers_language(changes, language):
    assert len(changes) > 8
    raw = {name for one in changes for side in (one.before, one.after) for name in side or {}}
    assert {"description", "users", "meters", "expires"} <= raw
    labels = {label for one in changes for label, *_ in said(one, words(language))}
    assert labels & raw == set()


def test_members_are_a_list_and_a_day_is_written_as_one(changes):
    told = {label: (was, now) for one in changes for label, was, now in said(one, words("de"))}
    (was, now) = next(
        facts[1:] for one in changes for facts in said(one, words("en")) if facts[0] == "Meters"
    )
    assert now == "Flat 1 cold water, Flat 1 heating"
    assert was.startswith("Flat 1 cold water, Flat 1 heating, [U+202E]")
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", told["Gültig bis"][1])
