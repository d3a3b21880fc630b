"""`python -m tools.lcd_font`: make firmware/panel/font.py from the pictures in glyphs.txt."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "firmware" / "panel" / "font.py"
SMALL_WIDTH, BIG_WIDTH = 5, 8
HEAD = '''"""The LCD's characters, columns of bits: made by `python -m tools.lcd_font`, do not edit.

A byte is eight rows of one column, the lowest bit on top (framebuf.MONO_VLSB). `SMALL`: 5 bytes a
character, ASCII from the space, then `MORE`. `BIG`: 16 bytes for each of `BIG_CHARACTERS`, the 8
columns of the upper eight rows, then those of the lower six.
"""

'''


def read(path: Path = Path(__file__).parent / "glyphs.txt") -> dict[tuple[str, int], list[str]]:
    """Return (character, width) -> rows; ValueError names a line that is no picture."""
    found: dict[tuple[str, int], list[str]] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if number <= 3:  # the head; a semicolon is a character too
            continue
        name, *rows = line.split(" ")
        character = " " if name == "SP" else name
        widths = {len(row) for row in rows}
        fits = widths == {SMALL_WIDTH} and len(rows) in (7, 8)
        if len(character) != 1 or set("".join(rows)) - set(".#"):
            raise ValueError(f"{path}:{number}: no picture of one character")
        if not fits and not (widths == {BIG_WIDTH} and len(rows) == 14):
            raise ValueError(f"{path}:{number}: rows of another size")
        found[character, len(rows[0])] = rows
    return found


def columns(rows: list[str]) -> bytes:
    """Return the bytes of a picture: a band of eight rows after the other, column by column."""
    made = bytearray()
    for top in range(0, len(rows), 8):
        for column in range(len(rows[0])):
            band = rows[top : top + 8]
            made.append(sum(1 << y for y, row in enumerate(band) if row[column] == "#"))
    return bytes(made)


def table(name: str, glyphs: list[bytes]) -> str:
    """Return a bytes constant, some characters a line."""
    per_line = 4 if len(glyphs[0]) == SMALL_WIDTH else 1
    lines = [b"".join(glyphs[i : i + per_line]) for i in range(0, len(glyphs), per_line)]
    escaped = ["".join(f"\\x{byte:02x}" for byte in line) for line in lines]
    return f"{name} = (\n" + "".join(f'    b"{line}"\n' for line in escaped) + ")\n"


def module() -> str:
    """Return the source of firmware/panel/font.py."""
    glyphs = read()
    small = [character for character, width in glyphs if width == SMALL_WIDTH]
    big = [character for character, width in glyphs if width == BIG_WIDTH]
    ascii_ones = [chr(code) for code in range(32, 127)]
    if small[: len(ascii_ones)] != ascii_ones:
        raise ValueError("ASCII from the space to ~ comes first")
    more = "".join(small[len(ascii_ones) :])
    return (
        f'{HEAD}MORE = "{more}"\nBIG_CHARACTERS = "{"".join(big)}"\n'
        + table("SMALL", [columns(glyphs[c, SMALL_WIDTH]) for c in small])
        + table("BIG", [columns(glyphs[c, BIG_WIDTH]) for c in big])
    )


if __name__ == "__main__":
    TARGET.write_text(module())
