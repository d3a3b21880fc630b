"""`python -m host.texts` compiles the catalogues; `--update` first takes in new texts.

It extracts the msgids from the code and the templates, and from the tables of `shared`, which
cannot mark theirs (`table_msgids`). A new text is added untranslated: `tests/host/texts` fails
until every language has it. Texts that are gone are removed.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from host.texts.catalogue import FOLDER, LANGUAGES, compile_catalogue
from host.texts.tables import table_msgids

ROOT = FOLDER.parent
_METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]
_KEYWORDS = {"N_": None, "gettext": None, "_": None, "ngettext": (1, 2)}


def extract() -> Catalog:
    """Return a catalogue of every msgid in use, without translations."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    found = extract_from_dir(ROOT, _METHODS, keywords=_KEYWORDS)
    for _file, _line, message, _comments, _context in sorted(found, key=lambda row: row[:2]):
        catalog.add(message)
    for message in table_msgids():
        catalog.add(message)
    return catalog


def update(language: str) -> list[str]:
    """Merge the msgids in use into the catalogue of `language`; return those without text."""
    path = FOLDER / f"{language}.po"
    template = extract()
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
    else:
        catalog = template
        catalog.locale = language
    catalog.fuzzy = False
    with path.open("wb") as file:
        write_po(file, catalog, omit_header=False, no_location=True, width=100, sort_output=True)
    _keep_header_still(path)
    return list(missing(catalog))


def missing(catalog: Catalog) -> Iterator[str]:
    """Yield the msgids that have no translation, or a fuzzy one."""
    for message in catalog:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(strings):
            yield message.id if isinstance(message.id, str) else message.id[0]


def _keep_header_still(path: Path) -> None:
    """Reduce the header of a .po to what gettext needs, so that it changes only with the texts."""
    header, _, body = path.read_text("utf-8").partition("\n\n")
    kept = [line for line in header.splitlines() if _needed(line)]
    path.write_text("\n".join(kept) + "\n\n" + body, "utf-8")


def _needed(line: str) -> bool:
    names = ("msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME', '"Content')
    return line.startswith(names)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m host.texts", description=__doc__)
    parser.add_argument("--update", action="store_true", help="take in new texts first")
    options = parser.parse_args()
    for language in LANGUAGES:
        if options.update:
            for msgid in update(language):
                print(f"{language}: no text for {msgid!r}")
        source = FOLDER / f"{language}.po"
        source.with_suffix(".mo").write_bytes(compile_catalogue(source))


if __name__ == "__main__":
    main()
