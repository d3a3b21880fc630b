"""Reads the small characters of an LCD picture back into text, dark on light or light on dark."""

from firmware.panel import font

_ADVANCE = 6
_GLYPHS = {
    font.SMALL[5 * index : 5 * index + 5]: character
    for index, character in enumerate([*map(chr, range(32, 127)), *font.MORE])
}


def read_lcd(buffer: bytes) -> str:
    """Return the lines of text from the top, as they stand; what is no character is left out."""
    rows = [[buffer[y // 8 * 128 + x] >> y % 8 & 1 for x in range(128)] for y in range(64)]
    lines = []
    y = 0
    while y <= 56:
        line = _line(rows, y)
        if line:
            lines.append(line)
            y += 8
        else:
            y += 1
    return "\n".join(lines)


def _line(rows: list[list[int]], y: int) -> str:
    """Return the text whose characters have their top at `y`, "" for none."""
    columns = [sum(rows[y + bit][x] << bit for bit in range(8)) for x in range(128)]
    text = ""
    x = 0
    blanks = 0
    while x <= 123:
        found = _glyph(columns, x)
        if found is None:
            x += 1
            blanks += 1
            continue
        text += (" " if text and blanks > 2 else "") + found
        blanks = 0
        x += _ADVANCE
    return text if len(text) > 1 else ""


def _glyph(columns: list[int], x: int) -> str | None:
    """Return the character with its left edge at `x`, framed by empty columns; None for none."""
    for inverse in (0, 0xFF):
        cell = bytes(column ^ inverse for column in columns[x : x + 5])
        before = columns[x - 1] ^ inverse if x else 0
        behind = columns[x + 5] ^ inverse if x < 123 else 0
        if not before and not behind and any(cell) and cell in _GLYPHS:
            return _GLYPHS[cell]
    return None


def read_big(buffer: bytes, x: int, y: int, scale: int) -> str:
    """Return the big digits that begin at (x, y), `scale` times as large."""
    text = ""
    while x + 8 * scale <= 128:
        bits = []
        for band in (0, 1):
            for column in range(8):
                rows = range(min(8, 14 - 8 * band))
                dots = [_dot(buffer, x + column * scale, y + (8 * band + r) * scale) for r in rows]
                bits.append(sum(dot << r for r, dot in enumerate(dots)))
        index = font.BIG.find(bytes(bits))
        if index < 0 or index % 16:
            break
        text += font.BIG_CHARACTERS[index // 16]
        x += 9 * scale
    return text


def _dot(buffer: bytes, x: int, y: int) -> int:
    return buffer[y // 8 * 128 + x] >> y % 8 & 1
