"""Display controllers as their datasheets describe them: commands and data in, a picture out.

What a datasheet does not list is refused, so that a driver cannot invent commands.
"""

from typing import Any

Event = list[Any]


class Controller:
    """The memory, and what the glass shows of it: `lit()` is 64 rows of 128, 1 for a driven dot."""

    columns = 128

    def __init__(self) -> None:
        self.memory = bytearray(8 * self.columns)
        self.page = self.column = self.start_line = 0
        self.on = self.reverse = self.all_on = False
        self.mirrored = self.upside_down = False
        self.contrast = 0
        self.data_bytes = 0

    def run(self, events: list[Event], cs: int | None, dc: int | None) -> "Controller":
        """Obey a recorded stream; `cs`, `dc`: numbers of those pins, None on I2C."""
        levels: dict[int, int] = {}
        for kind, *what in events:
            if kind == "pin":
                levels[what[0]] = what[1]
            elif kind == "spi":
                assert cs is not None
                assert dc is not None
                assert levels[cs] == 0, "not selected"
                self.take(bytes.fromhex(what[0]), is_data=bool(levels[dc]))
            else:
                assert what[0] == 0x3C
                control, *data = bytes.fromhex(what[1])
                assert control in (0x00, 0x40)
                self.take(bytes(data), is_data=control == 0x40)
        return self

    def take(self, data: bytes, is_data: bool) -> None:
        if is_data:
            self.data_bytes += len(data)
            for byte in data:
                self.store(byte)
            return
        codes = list(data)
        while codes:
            self.command(codes.pop(0), codes)

    def store(self, byte: int) -> None:
        raise NotImplementedError

    def command(self, code: int, rest: list[int]) -> None:
        raise NotImplementedError

    def dot(self, x: int, y: int) -> int:
        """Return the bit of the memory behind column driver `x`, row driver `y`."""
        line = (y + self.start_line) % 64
        bit = self.memory[line // 8 * self.columns + x] >> line % 8 & 1
        return 1 if self.all_on else bit ^ self.reverse


class St7565(Controller):
    """Sitronix ST7565R: 132 columns; no window, the column counter stops at the end."""

    columns = 132

    def __init__(self, glass_column: int = 0) -> None:
        super().__init__()
        self.glass_column = glass_column
        self.power = self.ratio = 0
        self.powers: list[int] = []
        self.bias = 0

    def store(self, byte: int) -> None:
        assert self.page < 8
        if self.column < self.columns:
            self.memory[self.page * self.columns + self.column] = byte
            self.column += 1

    def command(self, code: int, rest: list[int]) -> None:
        if code <= 0x0F:
            self.column = self.column & 0xF0 | code
        elif code <= 0x1F:
            self.column = self.column & 0x0F | (code & 15) << 4
        elif code <= 0x27:
            self.ratio = code & 7
        elif 0x28 <= code <= 0x2F:
            self.power = code & 7
            self.powers.append(self.power)
        elif 0x40 <= code <= 0x7F:
            self.start_line = code & 63
        elif code == 0x81:
            self.contrast = rest.pop(0)
            assert self.contrast < 64
        elif code in (0xA0, 0xA1):
            self.mirrored = bool(code & 1)
        elif code in (0xA2, 0xA3):
            self.bias = 7 if code & 1 else 9
        elif code in (0xA4, 0xA5):
            self.all_on = bool(code & 1)
        elif code in (0xA6, 0xA7):
            self.reverse = bool(code & 1)
        elif code in (0xAE, 0xAF):
            self.on = bool(code & 1)
        elif 0xB0 <= code <= 0xB8:
            self.page = code & 15
        elif code in (0xC0, 0xC8):
            self.upside_down = code == 0xC0
        else:
            raise AssertionError(f"{code:#x} is not in the datasheet")

    def shown(self) -> bytes:
        """Return what the glass shows as MONO_VLSB: its segments begin at `glass_column`."""
        buffer = bytearray(1024)
        for y in range(64):
            for x in range(128):
                driver = 131 - (x + self.glass_column) if self.mirrored else x + self.glass_column
                line = 63 - y if self.upside_down else y
                buffer[y // 8 * 128 + x] |= self.dot(driver, line) << y % 8
        return bytes(buffer)


class Ssd1306(Controller):
    """Solomon SSD1306, horizontal addressing in a window. Its usual modules stand on their head."""

    ARGUMENTS = {
        0x20: 1,
        0x21: 2,
        0x22: 2,
        0x81: 1,
        0x8D: 1,
        0xA8: 1,
        0xD3: 1,
        0xD5: 1,
        0xD9: 1,
        0xDA: 1,
        0xDB: 1,
    }

    def __init__(self) -> None:
        super().__init__()
        self.set: dict[int, tuple[int, ...]] = {0x21: (0, 127), 0x22: (0, 7), 0x20: (2,)}

    def store(self, byte: int) -> None:
        assert self.set[0x20] == (0,), "another addressing mode"
        self.memory[self.page * 128 + self.column] = byte
        (first, last), (top, bottom) = self.set[0x21], self.set[0x22]
        self.column += 1
        if self.column > last:
            self.column = first
            self.page = top if self.page >= bottom else self.page + 1

    def command(self, code: int, rest: list[int]) -> None:
        if code in self.ARGUMENTS:
            self.set[code] = tuple(rest.pop(0) for _ in range(self.ARGUMENTS[code]))
            if code == 0x21:
                self.column = self.set[code][0]
            elif code == 0x22:
                self.page = self.set[code][0]
        elif 0x40 <= code <= 0x7F:
            self.start_line = code & 63
        elif code in (0xA0, 0xA1):
            self.mirrored = code == 0xA0
        elif code in (0xA4, 0xA5):
            self.all_on = bool(code & 1)
        elif code in (0xA6, 0xA7):
            self.reverse = bool(code & 1)
        elif code in (0xAE, 0xAF):
            self.on = bool(code & 1)
        elif code in (0xC0, 0xC8):
            self.upside_down = code == 0xC0
        else:
            raise AssertionError(f"{code:#x} is not in the datasheet")

    def shown(self) -> bytes:
        """Return what a usual module shows as MONO_VLSB."""
        assert self.set[0xA8] == (63,)
        assert self.set[0xD3] == (0,)
        assert self.set[0xDA] == (0x12,)
        assert self.set[0x8D] == (0x14,), "no charge pump, no light"
        buffer = bytearray(1024)
        for y in range(64):
            for x in range(128):
                driver = 127 - x if self.mirrored else x
                line = 63 - y if self.upside_down else y
                buffer[y // 8 * 128 + x] |= self.dot(driver, line) << y % 8
        return bytes(buffer)
