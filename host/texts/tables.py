"""The msgids that stand in tables of `shared`, which knows no gettext and cannot mark them."""

from collections.abc import Iterator
from typing import Any

from shared import quantities, reading
from shared.mbus import encode, frames, media, telegram

# Without types, as the small Pythons have none.
_quantities: Any = quantities
_reading: Any = reading
_encode: Any = encode
_frames: Any = frames
_media: Any = media
_telegram: Any = telegram

_PLAIN_TEXT = 0x7C


def table_msgids() -> Iterator[str]:
    """Yield every quantity, modifier and medium a telegram can name, each once.

    The decoder is asked what it calls each code, so nothing it can say is forgotten. What is
    reserved, and named by its code, is left out.
    """
    found = [word for word in _words() if word and not word.lower().startswith("reserved ")]
    yield from dict.fromkeys(found)


def quantities_named() -> Iterator[str]:
    """Yield the quantities of the values that people read, each once."""
    for code in range(0x70):
        for record in _decoded(b"%c" % code):
            yield _reading.quantity(record)


def _words() -> Iterator[str]:
    for code in range(0x80):
        for vib in (b"%c", b"\xfb%c", b"\xfd%c", b"\xfd\xfd%c", b"\x83%c", b"\x83\xfc%c"):
            if (vib, code) == (b"%c", _PLAIN_TEXT):
                continue
            for record in _decoded(vib % code):
                quantity: str = _reading.quantity(record)
                yield quantity
                yield _quantities.csv_name(quantity)
                yield from _reading.modifiers(record)
    for code in range(0x100):
        yield _media.medium(code)


def _decoded(vib: bytes) -> list[Any]:
    """Return the records of a telegram that has one, with these bytes as its VIF and VIFEs."""
    records = _encode.record("int32", vib, 0)
    data = _encode.variable_data("00000001", "ABC", 1, 4, 0, 0, 0, records)
    return _telegram.decode(_frames.long_frame(8, 1, 0x72, data)).records
