"""The msgids that stand in tables of `shared`, which knows no gettext and cannot mark them."""

from collections.abc import Iterator
from typing import Any

from shared import quantities
from shared.mbus import media, vif_tables

# Without types, as the small Pythons have none.
_vifs: Any = vif_tables
_quantities: Any = quantities
_media: Any = media


def table_msgids() -> Iterator[str]:
    """Yield every quantity, modifier and medium a telegram can name, each once, "" left out."""
    found = dict.fromkeys(_words())
    found.pop("", None)
    yield from found


def _words() -> Iterator[str]:
    for table in (_vifs.PRIMARY, _vifs.FD, _vifs.FDFD, _vifs.FB):
        for row in (*table, _vifs.RESERVED):
            yield row[4]
            yield _quantities.csv_name(row[4])
    yield from _vifs.WORDS.values()
    yield from _vifs.MORE_WORDS.values()
    yield from _limit_words()
    for code in range(256):
        text = _media.medium(code) or ""
        if not text.startswith("Reserved"):
            yield text


def _limit_words() -> Iterator[str]:
    """Yield what VIFEs 42h-6Fh are called (`shared.mbus.vib`)."""
    for which in ("first", "last"):
        for edge in ("begin", "end"):
            yield f"{edge} of {which}"
            for limit in ("lower", "upper"):
                yield f"{edge} of {which} {limit} limit exceed"
        for limit in ("lower", "upper"):
            yield f"duration of {which} {limit} limit exceed"
        yield f"duration of {which}"
    yield "manufacturer's VIFE"
