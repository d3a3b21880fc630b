"""The picture of the board's LCD as the outline of its dark dots, for SVG. Pure."""

from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 128, 64
_ROWS = 8  # a band


def path(bands: Sequence[str]) -> str:
    """Return the path data of the dark dots: a box for each run of them in a row.

    bands: eight of 128 bytes in hex, from the top; of a byte the lowest bit is on top.
    """
    return "".join(_runs([bytes.fromhex(band) for band in bands]))


def _runs(bands: Sequence[bytes]) -> Iterator[str]:
    for y in range(HEIGHT):
        band, bit = bands[y // _ROWS], 1 << y % _ROWS
        begun: int | None = None
        for x in range(WIDTH + 1):
            dark = x < WIDTH and band[x] & bit
            if dark and begun is None:
                begun = x
            elif not dark and begun is not None:
                yield f"M{begun} {y}h{x - begun}v1h{begun - x}z"
                begun = None
