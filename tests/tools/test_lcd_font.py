"""The LCD's characters: the table in the firmware is that of the pictures."""

from pathlib import Path

import pytest

from firmware.panel import font
from tools.lcd_font import __main__ as lcd_font


def test_the_table_is_made_of_the_pictures() -> None:
    assert lcd_font.TARGET.read_text() == lcd_font.module(), "run: python -m tools.lcd_font"


def test_no_two_characters_look_alike() -> None:
    glyphs = lcd_font.read()
    pictures = ["/".join(rows) for rows in glyphs.values()]
    assert len(set(pictures)) == len(pictures) == 95 + len(font.MORE) + len(font.BIG_CHARACTERS)


def test_columns_are_bits_from_the_top() -> None:
    assert lcd_font.columns(["#.", "..", ".#"]) == bytes((1, 4))
    assert len(font.SMALL) == 5 * (95 + len(font.MORE))
    assert len(font.BIG) == 16 * len(font.BIG_CHARACTERS)


@pytest.mark.parametrize("line", ["AB ..... .....", "A ....", "A #.x.. " + "..... " * 5 + "....."])
def test_a_line_that_is_no_picture_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "glyphs.txt"
    path.write_text(f"1\n2\n3\n{line}\n")
    with pytest.raises(ValueError, match=r"glyphs\.txt:4"):
        lcd_font.read(path)
