"""Every text in use stands in all three catalogues, translated, with the same placeholders."""

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from host.texts.__main__ import extract, missing
from host.texts.catalogue import FOLDER, LANGUAGES, compile_catalogue, gettext, translations

_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s")
# Words that are the same in both languages are fine; whole sentences that are, were forgotten.
_SENTENCE = re.compile(r"\w+ \w+ \w+ \w+")


def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def used() -> set[str]:
    """The msgids in code, templates and tables."""
    return {_id(message) for message in extract() if message.id}


def _id(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language, used):
    known = {_id(message) for message in catalogue(language) if message.id}
    assert used - known == set(), "run: python -m host.texts --update"
    assert known - used == set(), "no longer in use; run: python -m host.texts --update"
    assert list(missing(catalogue(language))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language):
    for message in catalogue(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if ids[0]:
            for text, string in zip(ids, strings, strict=True):
                assert sorted(_PLACEHOLDER.findall(text)) == sorted(_PLACEHOLDER.findall(string))


@pytest.mark.parametrize("language", ["de", "fr"])
def test_no_sentence_was_left_in_english(language):
    same = [m.id for m in catalogue(language) if m.id and m.id == m.string]
    assert [text for text in same if _SENTENCE.search(text)] == []


def test_texts_are_found_by_language():
    assert gettext("de", "Energy") == "Energie"
    assert gettext("fr", "Energy") == "Énergie"
    assert gettext("en", "Energy") == "Energy"
    assert gettext("de", "a meter's own words") == "a meter's own words"
    assert gettext("de", "") == "", "the empty msgid is the catalogue's header"
    assert translations("it") is translations("en")


def test_a_catalogue_compiles():
    assert compile_catalogue(FOLDER / "de.po")[:4] == b"\xde\x12\x04\x95"
