"""The LCD's picture and text."""

import random

import pytest

from tools.plant import lcd


def dotted(*dots: tuple[int, int]) -> bytes:
    buffer = bytearray(lcd.LCD_BYTES)
    for x, y in dots:
        buffer[y // 8 * 128 + x] |= 1 << y % 8
    return bytes(buffer)


def test_rows_are_dots_from_the_top_left():
    rows = lcd.rows(dotted((0, 0), (127, 63), (5, 9)))
    assert (len(rows), {len(row) for row in rows}) == (64, {128})
    dark = [(x, y) for y, row in enumerate(rows) for x, dot in enumerate(row) if dot]
    assert dark == [(0, 0), (5, 9), (127, 63)]


def test_text_shows_two_rows_in_one_line():
    lines = lcd.text(dotted((0, 0), (1, 1), (2, 0), (2, 1), (3, 62))).split("\n")
    assert len(lines) == 32
    assert lines[0] == "▀▄█"
    assert lines[31] == "   ▀"


def test_the_dots_come_back_from_their_png():
    dots = random.Random(1).randbytes(lcd.LCD_BYTES)
    png = lcd.dots_png(dots)
    assert lcd.read_dots(png) == dots
    assert len(png) < 1200


@pytest.mark.parametrize("png", [b"", b"GIF89a", lcd.picture(bytes(1024))])
def test_what_is_no_picture_of_dots_is_refused(png: bytes):
    with pytest.raises(ValueError):
        lcd.read_dots(png)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_picture_has_its_size(scale: int):
    png = lcd.picture(dotted((3, 3)), scale=scale)
    size = (128 * scale + 4 * scale, 64 * scale + 4 * scale)
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == size
    assert png != lcd.picture(dotted((3, 3)), lit=False, scale=scale)


@pytest.mark.parametrize("scale", [0, 1, 17, 2.5, True, "4"])
def test_a_scale_that_makes_no_sense_is_refused(scale: object):
    with pytest.raises(ValueError, match="2 to 16"):
        lcd.picture(bytes(1024), scale=scale)


def test_another_number_of_bytes_is_refused():
    with pytest.raises(ValueError, match="1024"):
        lcd.rows(bytes(1023))
