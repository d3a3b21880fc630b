"""The LCD as a person sees it: from its 1024 bytes to text and to a PNG picture.

Pure. The bytes are framebuf's MONO_VLSB: eight rows of a column a byte, the lowest bit on top.
"""

import struct
import zlib

WIDTH, HEIGHT = 128, 64
LCD_BYTES = WIDTH * HEIGHT // 8
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE = 0, 3

# Dot, gap between dots: dark and light, of a yellow-green STN display.
LIT = ((31, 47, 28), (43, 60, 36), (176, 204, 66), (165, 192, 62))
UNLIT = ((48, 55, 44), (58, 65, 52), (122, 134, 92), (114, 126, 86))


def rows(buffer: bytes) -> list[list[int]]:
    """Return 64 rows of 128 dots, 1 for dark. ValueError when `buffer` has another length."""
    if len(buffer) != LCD_BYTES:
        raise ValueError(f"{len(buffer)} bytes, {LCD_BYTES} are wanted")
    return [[buffer[y // 8 * WIDTH + x] >> y % 8 & 1 for x in range(WIDTH)] for y in range(HEIGHT)]


def text(buffer: bytes) -> str:
    """Return 32 lines of 128 half blocks: dark dots are drawn, trailing spaces left out."""
    dots = rows(buffer)
    lines = []
    for above, below in zip(dots[0::2], dots[1::2], strict=True):
        pairs = zip(above, below, strict=True)
        lines.append("".join(" ▀▄█"[up + 2 * down] for up, down in pairs).rstrip())
    return "\n".join(lines)


def picture(buffer: bytes, lit: bool = True, scale: int = 4) -> bytes:
    """Return a PNG that looks like the display: dots of `scale` (2 to 16) pixels with gaps."""
    if type(scale) is not int or not 2 <= scale <= 16:
        raise ValueError(f"scale {scale!r}: 2 to 16")
    edge = 2 * scale
    width, height = WIDTH * scale + 2 * edge, HEIGHT * scale + 2 * edge
    side = bytes([2] * edge)
    gap_tone = (3, 1)  # index of the palette, by the dot's darkness
    lines = [bytes([2] * width)] * edge
    for row in rows(buffer):
        inside = b"".join(bytes([0 if dot else 2] * (scale - 1) + [gap_tone[dot]]) for dot in row)
        between = b"".join(bytes([gap_tone[dot]] * scale) for dot in row)
        lines += [side + inside + side] * (scale - 1) + [side + between + side]
    lines += [bytes([2] * width)] * edge
    palette = b"".join(bytes(colour) for colour in (LIT if lit else UNLIT))
    return _png(width, height, 8, _PALETTE, lines, palette)


def dots_png(buffer: bytes) -> bytes:
    """Return the dots alone: a PNG of 128 by 64 pixels of one bit, as golden pictures are kept."""
    lines = []
    for row in rows(buffer):
        packed = int("".join("10"[dot] for dot in row), 2)  # 0 is black
        lines.append(packed.to_bytes(WIDTH // 8, "big"))
    return _png(WIDTH, HEIGHT, 1, _GREY, lines)


def read_dots(png: bytes) -> bytes:
    """Return the 1024 bytes of a picture that `dots_png` made. ValueError when it is another."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    at, packed = len(_SIGNATURE), b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR" and body != struct.pack(">IIBBBBB", WIDTH, HEIGHT, 1, _GREY, 0, 0, 0):
            raise ValueError("no picture of the LCD's dots")
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    lines = zlib.decompress(packed)
    stride = 1 + WIDTH // 8
    if any(lines[y * stride] for y in range(HEIGHT)):
        raise ValueError("a filtered picture: another program has written it")
    buffer = bytearray(LCD_BYTES)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            dark = not lines[y * stride + 1 + x // 8] >> 7 - x % 8 & 1
            buffer[y // 8 * WIDTH + x] |= dark << y % 8
    return bytes(buffer)


def _png(
    width: int, height: int, depth: int, colour: int, lines: list[bytes], palette: bytes = b""
) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    made = _SIGNATURE
    made += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    if palette:
        made += chunk(b"PLTE", palette)
    made += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines), 9))
    return made + chunk(b"IEND", b"")
