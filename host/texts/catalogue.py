"""The gettext catalogues de.po, en.po and fr.po, looked up by language.

The msgid is the English text as the code has it; en.po holds it too, so that English can be mended
without touching code. A compiled .mo stands beside its .po after `python -m host.texts`; where it
is missing or older than the .po, the .po is compiled in memory, so old words are never shown.
"""

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("de", "en", "fr")
DEFAULT_LANGUAGE = "en"
FOLDER = Path(__file__).parent


def N_(msgid: str) -> str:
    """Mark `msgid` for extraction where a table holds it; it is translated when it is shown."""
    return msgid


@cache
def translations(language: str) -> GNUTranslations:
    """Return the catalogue of `language` ("de", "en" or "fr"); another one gives English."""
    if language not in LANGUAGES:
        return translations(DEFAULT_LANGUAGE)
    source = FOLDER / f"{language}.po"
    compiled = source.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        with compiled.open("rb") as file:
            return GNUTranslations(file)
    return GNUTranslations(BytesIO(compile_catalogue(source)))


def gettext(language: str, msgid: str) -> str:
    """Return `msgid` in `language`; a text that no catalogue knows comes back as it is."""
    return translations(language).gettext(msgid) if msgid else ""


def compile_catalogue(source: Path) -> bytes:
    """Return the .mo bytes of the catalogue `source` (.po)."""
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.stem)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()
