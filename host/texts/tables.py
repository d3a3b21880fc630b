"""The msgids that stand in tables of `shared`, which knows no gettext and cannot mark them."""

from collections.abc import Iterator
from typing import Any

from shared import quantities
from shared.mbus import meanings, media

# Without types, as the small Pythons have none.
_meanings: Any = meanings
_quantities: Any = quantities
_media: Any = media


def table_msgids() -> Iterator[str]:
    """Yield every quantity, modifier and medium a telegram can name, each once.

    The decoder is asked what it calls each code, so nothing it can say is forgotten. What is
    reserved, and named by its code, is left out.
    """
    found = [word for word in _words() if word and not word.lower().startswith("reserved ")]
    yield from dict.fromkeys(found)


def _words() -> Iterator[str]:
    for code in range(0x80):
        for vif in (bytes((code,)), bytes((0xFB, code)), bytes((0xFD, code)), b"\xfd\xfd%c" % code):
            quantity: str = _meanings.meaning(vif)[0] if code != 0x7C else ""
            yield quantity
            yield _quantities.csv_name(quantity)
        for vife in (bytes((0x83, code)), bytes((0x83, 0xFC, code))):
            yield from _meanings.meaning(vife)[4]
    for code in range(0x100):
        yield _media.medium(code)
