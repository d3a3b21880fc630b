"""How a meter is called: primary (one byte on the bus) or secondary (the number on its plate).

The text of a secondary address is libmbus's: the identification number as printed (8 digits),
then manufacturer (2 bytes), version and medium as they stand on the wire, 16 hex digits in all.
A digit F of the number, FFFF, FF and FF are wildcards (EN 13757-3:2018, selection).
"""

from shared.compat import const
from shared.errors import BadAddress

SELECTED = const(253)  # whoever the last selection (CI 52h) found
ANYONE = const(254)  # every meter answers: for a bus with one meter on it
EVERYONE = const(255)  # broadcast: nobody answers

HIGHEST_PRIMARY = const(250)
_HEX = "0123456789ABCDEF"
_LONG_HEADER = (0x72, 0x76)
_FIXED = (0x73, 0x77)
_MSB_FIRST = const(0x04)  # bit of the CI field: bytes of a number stand highest first


class Address:
    """One meter's address; equal to another when they call the same meter, and hashable.

    primary: 0..250, 253 or 254; None for a secondary address
    secondary: the 8 bytes that follow CI 52h; None for a primary address
    text: "17", or 16 hex digits
    """

    def __init__(self, primary: "int | None", secondary: "bytes | None"):
        self.primary = primary
        self.secondary = secondary
        self.text = str(primary) if secondary is None else secondary_text(secondary)

    def __eq__(self, other):
        return isinstance(other, Address) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __repr__(self):
        return "Address(%s)" % self.text

    def has_wildcards(self) -> bool:
        """Tell whether more than one meter may answer to this address."""
        if self.secondary is None:
            return self.primary == ANYONE
        return not is_plain(self.secondary)


def parse_address(text: str) -> Address:
    """Return the `Address` that `text` means.

    text: "0".."250", "253" (the selected meter), "254" (whoever is there, one meter on the bus),
        8 hex digits (identification number, any manufacturer, version and medium) or 16.
    Raises BadAddress with the text and what is wrong with it.
    """
    if not isinstance(text, str):
        raise BadAddress("an address is text, this is %r" % (text,))
    digits = text.strip().upper()
    if not digits or len(digits) > 16:
        raise BadAddress("%r: 1 to 3 digits, or 8 or 16 hex digits" % text[:40])
    for digit in digits:
        if digit not in _HEX:
            raise BadAddress("%r: %r is not a digit" % (text, digit))
    if len(digits) <= 3:
        return _primary(text, digits)
    if len(digits) not in (8, 16):
        raise BadAddress("%r: %d digits, an address has 1 to 3, 8 or 16" % (text, len(digits)))
    if len(digits) == 8:
        digits += "FFFFFFFF"
    wire = [int(digits[i : i + 2], 16) for i in range(0, 16, 2)]
    return Address(None, _turned(wire[:4]) + bytes(wire[4:]))


def _primary(text, digits):
    for digit in digits:
        if digit > "9":
            raise BadAddress("%r: a primary address is decimal" % text)
    number = int(digits)
    if number == EVERYONE:
        raise BadAddress("255 is the broadcast address: no meter answers it")
    if number > EVERYONE:
        raise BadAddress("%s: primary addresses end at 250" % digits)
    if number > HIGHEST_PRIMARY and number not in (SELECTED, ANYONE):
        raise BadAddress("%s is reserved (EN 13757-2)" % digits)
    return Address(number, None)


def secondary_text(secondary: bytes) -> str:
    """Return the 16 digits of `secondary`, the 8 bytes of a header or selection."""
    return (_turned(secondary[:4]) + bytes(secondary[4:])).hex().upper()


def _turned(data):
    """Return the bytes of `data` in reverse order (the small Pythons have no step in a slice)."""
    return bytes(reversed(data))


def is_plain(mask):
    """Tell whether the 8 bytes `mask` have no wildcard in them."""
    for byte in mask[:4]:
        if byte & 0x0F == 0x0F or byte & 0xF0 == 0xF0:
            return False
    return mask[4:6] != b"\xff\xff" and mask[6] != 0xFF and mask[7] != 0xFF


def matches(mask: bytes, header: bytes) -> bool:
    """Tell whether the meter with `header` is among those that `mask` selects (8 bytes each).

    Wildcards stand in `mask`: a digit F of the number, FFFFh of the manufacturer, FFh of the
    version or the medium. A wildcard byte in `header` (a frame that does not tell) fits anything.
    """
    for i in range(4):
        differ = mask[i] ^ header[i]
        if differ & 0x0F and mask[i] & 0x0F != 0x0F:
            return False
        if differ & 0xF0 and mask[i] & 0xF0 != 0xF0:
            return False
    for first, last in ((4, 6), (6, 7), (7, 8)):
        wanted = bytes(mask[first:last])
        there = bytes(header[first:last])
        if wanted != there and wanted.strip(b"\xff") and there.strip(b"\xff"):
            return False
    return True


def header_of(frame):
    """Return the 8 bytes that name the sender of `frame` (a checked long frame), as on the wire.

    None where the frame does not say (CI 78h, 7Ah, 70h, 71h ...). The fixed structure (CI 73h)
    tells the number only; what it leaves out is FFh, as a wildcard. MSB-first frames (CI 76h, 77h)
    are turned around.
    """
    if len(frame) < 9:
        return None
    ci = frame[6]
    if ci in _LONG_HEADER and len(frame) >= 21:
        header = bytes(frame[7:15])
        if ci & _MSB_FIRST:
            return _turned(header[:4]) + _turned(header[4:6]) + header[6:]
        return header
    if ci in _FIXED and len(frame) >= 25:
        number = bytes(frame[7:11])
        return (_turned(number) if ci & _MSB_FIRST else number) + b"\xff\xff\xff\xff"
    return None


def secondary_of(frame: bytes) -> "str | None":
    """Return the 16-digit text of the sender of `frame` (a checked long frame), None if unsaid."""
    header = header_of(frame)
    return None if header is None else secondary_text(header)
